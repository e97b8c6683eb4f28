#include "tests/support/misbehaving_peer.h"

#include "runtime/text/ascii_text.h"

#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::tests {

std::string PeerRequest::header(std::string_view lower_name) const {
  const std::string wanted = "\r\n" + std::string(lower_name) + ":";
  const auto at = lower_case(head).find(wanted);
  if (at == std::string::npos) return {};
  const auto begin = head.find_first_not_of(' ', at + wanted.size());
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

bool PeerConnection::read_some() {
  char buffer[16384];
  const long got = tls_ != nullptr ? SSL_read(tls_, buffer, sizeof buffer)
                                   : ::recv(descriptor_, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  unread_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::optional<PeerRequest> PeerConnection::read_request() {
  std::size_t end = 0;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_some()) return std::nullopt;
  }
  PeerRequest request;
  request.head = unread_.substr(0, end + 4);
  const auto space = request.head.find(' ');
  request.method = request.head.substr(0, space);
  request.target = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
  const std::string length = request.header("content-length");
  const std::size_t body = length.empty() ? 0 : std::stoul(length);
  while (unread_.size() < end + 4 + body) {
    if (!read_some()) return std::nullopt;
  }
  request.body = unread_.substr(end + 4, body);
  unread_.erase(0, end + 4 + body);
  return request;
}

bool PeerConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = tls_ != nullptr
                          ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool PeerConnection::answer(int status, std::string_view body, std::string_view headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Whatever\r\n";
  text += headers;
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  text += body;
  return send(text);
}

void PeerConnection::wait_for_close() {
  while (read_some()) unread_.clear();
}

void PeerConnection::end() { ::shutdown(descriptor_, SHUT_RDWR); }

void PeerConnection::reset_on_close() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

MisbehavingPeer::MisbehavingPeer(Script script, SSL_CTX* tls, std::uint16_t port)
    : script_(std::move(script)), tls_(tls) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 4096) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the peer cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

MisbehavingPeer::Script MisbehavingPeer::serving(
    std::function<void(PeerConnection&, const PeerRequest&)> reply) {
  return [reply = std::move(reply)](PeerConnection& connection) {
    while (const auto request = connection.read_request()) reply(connection, *request);
  };
}

MisbehavingPeer::~MisbehavingPeer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const Served& each : served_) ::shutdown(each.descriptor, SHUT_RDWR);
  }
  for (Served& each : served_) {
    each.thread.join();
    ::close(each.descriptor);
  }
}

std::string MisbehavingPeer::url(std::string_view path) const {
  return std::string(tls_ != nullptr ? "https" : "http") + "://127.0.0.1:" + std::to_string(port_) +
         std::string(path);
}

void MisbehavingPeer::accept_all() {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ++connections_;
    const std::lock_guard lock(mutex_);
    served_.push_back({descriptor, std::thread([this, descriptor] { serve(descriptor); })});
  }
}

void MisbehavingPeer::serve(int descriptor) {
  // OpenSSL writes without MSG_NOSIGNAL.
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  const std::unique_ptr<SSL, void (*)(SSL*)> tls(tls_ == nullptr ? nullptr : SSL_new(tls_),
                                                 &SSL_free);
  if (tls) SSL_set_fd(tls.get(), descriptor);
  if (!tls || SSL_accept(tls.get()) == 1) {
    PeerConnection connection(descriptor, tls.get());
    script_(connection);
    if (tls) SSL_shutdown(tls.get());
  }
  linger lingering{};
  socklen_t size = sizeof lingering;
  ::getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, &size);
  if (lingering.l_onoff == 0) {
    ::shutdown(descriptor, SHUT_RDWR);  // the number stays ours until the peer ends
    return;
  }
  // Only closing resets: put something harmless in the number's place.
  const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::dup3(other, descriptor, O_CLOEXEC);
  ::close(other);
}

}  // namespace millrace::tests
