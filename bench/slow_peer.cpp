#include "bench/slow_peer.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <pthread.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <utility>

namespace millrace::bench {
namespace {

/// A burst of connections must not overflow it: each that does costs a second.
constexpr int backlog = 4'096;

void watch(int poll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  CHECK(::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll refuses a descriptor");
}

double cpu_seconds_of(std::thread& thread) {
  clockid_t clock{};
  timespec time{};
  if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0) return 0;
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// The number in `GET /NUMBER HTTP/1.1`.
std::optional<std::string_view> number_asked_for(std::string_view head) {
  constexpr std::string_view before = "GET /";
  if (!head.starts_with(before)) return std::nullopt;
  const std::size_t end = head.find(' ', before.size());
  if (end == std::string_view::npos) return std::nullopt;
  const auto number = head.substr(before.size(), end - before.size());
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  if (number.empty() || !std::all_of(number.begin(), number.end(), is_digit)) return std::nullopt;
  return number;
}

std::string answer_with(std::string_view number) {
  const std::string body = R"({"number":)" + std::string(number) + R"(,"items":[]})";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

SlowPeer::SlowPeer(std::chrono::milliseconds answers_after)
    : answers_after_(answers_after),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(listener_.is_open() && poll_.is_open() && stop_.is_open(), "no descriptors for a peer");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  CHECK(::bind(listener_.get(), generic, size) == 0 && ::listen(listener_.get(), backlog) == 0 &&
            ::getsockname(listener_.get(), generic, &size) == 0,
        "a peer cannot listen on loopback");
  port_ = ntohs(address.sin_port);
  watch(poll_.get(), listener_.get());
  watch(poll_.get(), stop_.get());
  thread_ = std::thread([this] { run(); });
}

SlowPeer::~SlowPeer() {
  const std::uint64_t one = 1;
  CHECK(::write(stop_.get(), &one, sizeof one) == sizeof one, "a peer cannot be stopped");
  thread_.join();
}

SlowPeer::Seen SlowPeer::take_seen() {
  return {requests_.exchange(0), accepted_.exchange(0), waiting_most_.exchange(0),
          std::chrono::microseconds(latest_us_.exchange(0)), take_cpu_seconds()};
}

double SlowPeer::take_cpu_seconds() {
  const double before = std::exchange(cpu_seconds_, cpu_seconds_of(thread_));
  return cpu_seconds_ - before;
}

void SlowPeer::run() {
  std::array<epoll_event, 256> events{};
  while (true) {
    const int ready =
        ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < ready; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == stop_.get()) return;
      if (descriptor == listener_.get()) {
        accept_all();
      } else {
        receive(descriptor);
      }
    }
    answer_due();
  }
}

int SlowPeer::wait_ms() const {
  if (due_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_.front().when - Steady::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

void SlowPeer::accept_all() {
  while (true) {
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.is_open()) return;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int number = socket.get();
    watch(poll_.get(), number);
    connections_[number] = {std::move(socket), ++last_id_, {}};
    ++accepted_;
  }
}

void SlowPeer::receive(int socket) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  std::array<char, 4'096> bytes;
  const ssize_t received = ::recv(socket, bytes.data(), bytes.size(), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received > 0) {
    found->second.unread.append(bytes.data(), static_cast<std::size_t>(received));
    if (take_requests(found->second)) return;
  }
  connections_.erase(found);
}

bool SlowPeer::take_requests(Connection& connection) {
  constexpr std::string_view head_end = "\r\n\r\n";
  std::size_t end = 0;
  while ((end = connection.unread.find(head_end)) != std::string::npos) {
    const auto number = number_asked_for(std::string_view(connection.unread).substr(0, end));
    if (!number) return false;
    due_.push_back({Steady::now() + answers_after_, connection.socket.get(), connection.id,
                    answer_with(*number)});
    connection.unread.erase(0, end + head_end.size());
    ++requests_;
    waiting_most_ = std::max(waiting_most_.load(), due_.size());
  }
  return connection.unread.size() <= request_bytes_max;
}

void SlowPeer::answer_due() {
  const auto now = Steady::now();
  while (!due_.empty() && due_.front().when <= now) {
    const Due due = std::move(due_.front());
    due_.pop_front();
    const auto late = std::chrono::duration_cast<std::chrono::microseconds>(now - due.when);
    latest_us_ = std::max(latest_us_.load(), static_cast<std::int64_t>(late.count()));
    const auto found = connections_.find(due.socket);
    if (found == connections_.end() || found->second.id != due.connection) continue;
    // An answer is a hundred bytes: a short write means that the connection is gone.
    const ssize_t sent =
        ::send(due.socket, due.answer.data(), due.answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(due.answer.size())) connections_.erase(found);
  }
}

}  // namespace millrace::bench
