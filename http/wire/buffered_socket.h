#pragma once
// A connected socket with a read buffer and deadlines over whole phases. A time-out per read, which
// is what sockets and most HTTP libraries offer, is no protection: a client that sends one byte per
// second never trips it. Here every read and write names the instant by which its phase must be
// over.
//
// Used by one thread. Does not own the descriptor: whoever accepted it closes it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

using Deadline = std::chrono::steady_clock::time_point;

class BufferedSocket {
 public:
  enum class Outcome : std::uint8_t {
    ready,      // at least one more byte is in the buffer, or everything is written
    closed,     // the peer ended the connection, or it broke
    timed_out,  // the deadline passed first
  };

  /// `usual_wait`: how long most waits for bytes may last. A wait that is at least as long is left to the
  /// socket's own time-out, which saves a system call; zero: none is.
  explicit BufferedSocket(int descriptor, std::chrono::milliseconds usual_wait = {});
  BufferedSocket(const BufferedSocket&) = delete;
  BufferedSocket& operator=(const BufferedSocket&) = delete;

  int descriptor() const { return descriptor_; }

  /// What was received and not yet consumed.
  std::string_view unread() const { return std::string_view(buffer_).substr(consumed_); }
  void consume(std::size_t bytes);

  /// Waits for more bytes.
  Outcome fill(Deadline deadline);
  /// Writes everything.
  Outcome write(std::string_view bytes, Deadline deadline);

  /// False once the peer has ended its side, or the connection broke. Does not wait.
  bool has_peer() const;

  /// Ends our side, then reads and drops what the client still sends, until it has seen our answer
  /// and closed, or `deadline`. Without this, closing with unread bytes makes the kernel reset the
  /// connection, and the reset may overtake the answer.
  void linger(Deadline deadline);

 private:
  Outcome wait(short events, Deadline deadline) const;
  bool may_wait_in_receive(Deadline deadline) const;

  const int descriptor_;
  std::chrono::milliseconds receive_timeout_{0};  // of the socket itself; zero: it has none
  std::string buffer_;
  std::size_t consumed_ = 0;
};

}  // namespace millrace
