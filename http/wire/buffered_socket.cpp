#include "http/wire/buffered_socket.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace millrace {
namespace {

constexpr std::size_t read_bytes = 16u << 10;
/// A connection that once received a large body gives its buffer back.
constexpr std::size_t kept_buffer_bytes_max = 64u << 10;

/// Rounded up, so that a wait never ends a moment too early and spins.
std::chrono::milliseconds time_left(Deadline deadline) {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
}

}  // namespace

BufferedSocket::BufferedSocket(int descriptor, std::chrono::milliseconds usual_wait)
    : descriptor_(descriptor) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(usual_wait);
  timeval time{};
  time.tv_sec = seconds.count();
  time.tv_usec = std::chrono::microseconds(usual_wait - seconds).count();
  if (::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0) {
    receive_timeout_ = usual_wait;
  }
}

bool BufferedSocket::may_wait_in_receive(Deadline deadline) const {
  return receive_timeout_.count() > 0 && time_left(deadline) >= receive_timeout_;
}

void BufferedSocket::consume(std::size_t bytes) {
  CHECK(consumed_ + bytes <= buffer_.size(), "consumed more than was received");
  consumed_ += bytes;
  if (consumed_ < buffer_.size()) return;
  buffer_.clear();
  consumed_ = 0;
  if (buffer_.capacity() > kept_buffer_bytes_max) buffer_.shrink_to_fit();
}

BufferedSocket::Outcome BufferedSocket::wait(short events, Deadline deadline) const {
  for (;;) {
    const auto left = time_left(deadline).count();
    if (left <= 0) return Outcome::timed_out;
    pollfd entry{descriptor_, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return Outcome::ready;
    if (ready < 0 && errno != EINTR) return Outcome::closed;
  }
}

BufferedSocket::Outcome BufferedSocket::fill(Deadline deadline) {
  if (consumed_ > 0) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  // Either way a drain that shuts the idle socket down ends the wait.
  std::array<char, read_bytes> received;
  for (;;) {
    int flags = 0;
    if (!may_wait_in_receive(deadline)) {
      const Outcome outcome = wait(POLLIN, deadline);
      if (outcome != Outcome::ready) return outcome;
      flags = MSG_DONTWAIT;
    }
    const ssize_t got = ::recv(descriptor_, received.data(), received.size(), flags);
    if (got > 0) {
      buffer_.append(received.data(), static_cast<std::size_t>(got));
      return Outcome::ready;
    }
    if (got == 0) return Outcome::closed;
    if (errno != EAGAIN && errno != EINTR) return Outcome::closed;
  }
}

BufferedSocket::Outcome BufferedSocket::write(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Outcome::closed;
    const Outcome outcome = wait(POLLOUT, deadline);
    if (outcome != Outcome::ready) return outcome;
  }
  return Outcome::ready;
}

bool BufferedSocket::has_peer() const {
  pollfd entry{descriptor_, POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) == 0;
}

void BufferedSocket::linger(Deadline deadline) {
  ::shutdown(descriptor_, SHUT_WR);
  do {
    consume(unread().size());
  } while (fill(deadline) == Outcome::ready);
}

}  // namespace millrace
