#pragma once
// The bytes between the pool and its workers. A frame is a 32-bit size, then that many bytes; the
// first of them is the FrameKind. Numbers are in the byte order of the machine, because both ends
// are always on one machine and come from one build.
//
// Nobody may trust a worker: it runs hostile code and may be taken over. FrameReader therefore
// checks every length, and a reader that is not `good()` at the end means the worker is killed.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

enum class FrameKind : std::uint8_t {
  // Pool to worker.
  source = 1,  // a function version, sent once to each worker that runs it
  forget = 2,  // the worker may drop a source and what its calls left behind
  call = 3,
  check = 4,  // compile only
  // Worker to pool.
  started = 16,  // right after the fork: the process id
  ready = 17,    // locked down; the time limits of calls start to count
  reply = 18,
  waiting = 19,  // the running call does nothing for so many milliseconds
};

/// Beyond it, the other side is not sane: nothing that passes the limits of the product is larger.
inline constexpr std::size_t frame_bytes_max = 512u << 20;

/// Appends one frame to a buffer, so that many frames leave in one system call.
class FrameWriter {
 public:
  FrameWriter(std::string& out, FrameKind kind) : out_(out), start_(out.size()) {
    out_.append(sizeof(std::uint32_t), '\0');
    number(static_cast<std::uint8_t>(kind));
  }
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;
  ~FrameWriter() {
    const auto size = static_cast<std::uint32_t>(out_.size() - start_ - sizeof(std::uint32_t));
    std::memcpy(out_.data() + start_, &size, sizeof size);
  }

  template <class Number>
  FrameWriter& number(Number value) {
    static_assert(std::is_arithmetic_v<Number>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  FrameWriter& text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
    return *this;
  }

 private:
  std::string& out_;
  std::size_t start_;
};

/// Reads the fields of one frame. After the first wrong length everything reads as zero or empty.
class FrameReader {
 public:
  explicit FrameReader(std::string_view frame) : rest_(frame) {}

  template <class Number>
  Number number() {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    const std::string_view bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view text() { return take(number<std::uint32_t>()); }
  FrameKind kind() { return static_cast<FrameKind>(number<std::uint8_t>()); }

  bool good() const { return good_; }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool good_ = true;
};

/// Collects what arrives on a socket and cuts it into frames.
class FrameBuffer {
 public:
  explicit FrameBuffer(std::size_t bytes_max = frame_bytes_max) : bytes_max_(bytes_max) {}

  enum class Input : std::uint8_t {
    more,    // bytes arrived
    none,    // a non-blocking socket is empty
    closed,  // the other side is gone
  };

  /// One read(2) on `socket`. Invalidates the views that `next` gave.
  Input receive(int socket);
  /// The next complete frame without its size, or nothing; `broken()` tells why for good.
  std::optional<std::string_view> next();
  bool broken() const { return broken_; }
  /// Gives back the memory of an unusually large frame, once everything was read.
  void shrink();

 private:
  const std::size_t bytes_max_;  // of one frame
  std::string bytes_;
  std::size_t begin_ = 0;  // first byte not yet given out
  std::size_t end_ = 0;    // end of what arrived
  bool broken_ = false;
};

}  // namespace millrace
