#include "http/wire/listener.h"

#include <spdlog/spdlog.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace millrace {
namespace {

Error system_error(const std::string& what) {
  return {ErrorCode::internal_error, what + ": " + std::generic_category().message(errno)};
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

Result<int> bind_and_listen(const addrinfo& info, const std::string& name) {
  const int descriptor = ::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return system_error("cannot make a socket");
  const int yes = 1;
  // Reuse of an address in TIME_WAIT, so that a restart need not wait; not of one that is
  // listening.
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  // Inherited by accepted sockets. Without it the second small write of a keep-alive connection
  // waits for the client's delayed acknowledgement: 40 ms instead of 40 us.
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 &&
      ::listen(descriptor, Listener::backlog) == 0) {
    return descriptor;
  }
  Error error = system_error("cannot listen on " + name);
  if (errno == EADDRINUSE) {
    error = Error(ErrorCode::conflict, "cannot listen on " + name +
                                           ": another process uses this port; stop it or choose "
                                           "another with --listen");
  }
  ::close(descriptor);
  return error;
}

}  // namespace

bool ListenAddress::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string ListenAddress::text() const {
  const bool is_version_6 = host.find(':') != std::string::npos;
  return (is_version_6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> parse_listen_address(const std::string& text) {
  const Error error(ErrorCode::invalid_request,
                    "'" + text + "' is not HOST:PORT, for example 127.0.0.1:8080 or [::1]:0");
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return error;
  ListenAddress address;
  address.host = text.substr(0, colon);
  if (address.host.front() == '[') {
    if (address.host.size() < 3 || address.host.back() != ']') return error;
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    return error;  // an IPv6 address without brackets
  }
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, address.port);
  if (read.ec != std::errc() || read.ptr != end) return error;
  return address;
}

Listener::~Listener() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (wake_ >= 0) ::close(wake_);
}

Outcome Listener::open(const ListenAddress& address) {
  CHECK(descriptor_ < 0, "the listener is open already");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failure != 0) {
    return Error(ErrorCode::invalid_request,
                 "cannot listen on " + address.text() + ": " + ::gai_strerror(failure));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> holder(found, &::freeaddrinfo);
  auto bound = bind_and_listen(*found, address.text());
  if (!bound) return bound.error();
  descriptor_ = *bound;
  port_ = port_of(descriptor_);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return system_error("cannot make an event descriptor");
  return Done{};
}

bool Listener::wait_for_connection() {
  CHECK(descriptor_ >= 0, "waiting for connections before open");
  while (!closed_) {
    std::array<pollfd, 2> entries{{{descriptor_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0) continue;  // interrupted by a signal
    if (entries[1].revents == 0) return true;
  }
  return false;
}

std::optional<int> Listener::accept() {
  const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted >= 0) return accepted;
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
    // Nothing is lost: the connection waits in the backlog until others have ended.
    spdlog::warn("cannot accept a connection for now: {}", std::generic_category().message(errno));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return std::nullopt;
}

void Listener::close() {
  closed_ = true;
  const std::uint64_t one = 1;
  if (wake_ >= 0 && ::write(wake_, &one, sizeof one) < 0) {
    spdlog::warn("cannot wake the accepting thread");
  }
  // Unlike close, shutdown takes effect at once even while another thread is inside accept.
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
}

}  // namespace millrace
