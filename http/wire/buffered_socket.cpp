#include "http/wire/buffered_socket.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace millrace {
namespace {

constexpr std::size_t read_bytes = 16u << 10;
/// A connection that once received a large body gives its buffer back.
constexpr std::size_t kept_buffer_bytes_max = 64u << 10;

}  // namespace

void BufferedSocket::consume(std::size_t bytes) {
  CHECK(consumed_ + bytes <= buffer_.size(), "consumed more than was received");
  consumed_ += bytes;
  if (consumed_ < buffer_.size()) return;
  buffer_.clear();
  consumed_ = 0;
  if (buffer_.capacity() > kept_buffer_bytes_max) buffer_.shrink_to_fit();
}

BufferedSocket::Outcome BufferedSocket::wait(short events, Deadline deadline) const {
  using namespace std::chrono;
  for (;;) {
    // Rounded up, so that the wait never ends a moment too early and spins.
    const auto left = ceil<milliseconds>(deadline - steady_clock::now()).count();
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
  // Waiting first and reading second costs two system calls, like reading, failing and waiting, but
  // leaves nothing to undo when a drain shuts the idle socket down meanwhile.
  std::array<char, read_bytes> received;
  for (;;) {
    const Outcome outcome = wait(POLLIN, deadline);
    if (outcome != Outcome::ready) return outcome;
    const ssize_t got = ::recv(descriptor_, received.data(), received.size(), MSG_DONTWAIT);
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

void BufferedSocket::linger(Deadline deadline) {
  ::shutdown(descriptor_, SHUT_WR);
  do {
    consume(unread().size());
  } while (fill(deadline) == Outcome::ready);
}

}  // namespace millrace
