#pragma once
// The answer of a request while it is passed on: the HTTP caller's thread puts in what the peer sends, another thread
// takes it out. In between lies a window that is full at `window_bytes_max`: then the peer is not read on until
// something was taken, so that whoever takes slowly slows the peer, and memory does not grow.
//
//     begin ──► put … put ──► end          the caller's thread; `end` once, at any time, also without the others
//        wait_for_head ──► take … take     the other one
//
// All streams of a node share `StreamMemory`. A stream that holds nothing may always put one piece, whatever the others
// hold, so that they cannot wait for each other: at most `bytes_max` and a piece (16 KiB) for each stream.

#include "runtime/base/result.h"
#include "runtime/outbound/http_caller.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

namespace limits {
/// What one answer that is passed on may hold in memory; what all of a node may. Beyond: the peer waits.
inline constexpr std::size_t stream_window_bytes_max = 256u << 10;
inline constexpr std::size_t streams_bytes_max = 64u << 20;
static_assert(stream_window_bytes_max < streams_bytes_max);
}  // namespace limits

/// What all streams hold together. Thread-safe.
class StreamMemory {
 public:
  explicit StreamMemory(std::size_t bytes_max = limits::streams_bytes_max)
      : bytes_max_(bytes_max) {}
  std::size_t now() const { return now_; }

 private:
  friend class ResponseStream;
  bool has_room(std::size_t bytes) const { return now_ + bytes <= bytes_max_; }

  const std::size_t bytes_max_;
  std::atomic<std::size_t> now_{0};
};

class ResponseStream {
 public:
  /// `memory` outlives the stream.
  explicit ResponseStream(StreamMemory& memory,
                          std::size_t window_bytes_max = limits::stream_window_bytes_max)
      : memory_(memory), window_bytes_max_(window_bytes_max) {}
  ~ResponseStream();
  ResponseStream(const ResponseStream&) = delete;
  ResponseStream& operator=(const ResponseStream&) = delete;

  /// Status and headers; its body is not looked at.
  void begin(HttpResponse head);
  enum class Put : std::uint8_t {
    taken,
    full,  // nothing was taken; put again once `Piece::peer_waits` was told
  };
  Put put(std::string_view bytes);
  /// Nothing: the answer is whole.
  void end(std::optional<Error> why);

  /// Status and headers, once they are here; nothing when that takes longer. Errors: those of the call.
  std::optional<Result<HttpResponse>> wait_for_head(Millis time_max);

  struct Piece {
    std::string bytes;
    bool is_end = false;      // the answer is whole; there are no bytes
    bool peer_waits = false;  // for room, which there is now; then there may be no bytes yet
  };
  /// The next of the body; nothing when that takes longer. Errors: those of the call, behind all that came before.
  /// What was taken counts as held until the next is asked for.
  std::optional<Result<Piece>> take(Millis time_max);

 private:
  void give_back(std::size_t bytes);  // with the lock held

  StreamMemory& memory_;
  const std::size_t window_bytes_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<HttpResponse> head_;
  std::deque<std::string> pieces_;
  std::size_t held_ = 0;   // in `pieces_`, and what was taken last
  std::size_t taken_ = 0;  // what was taken last
  bool peer_waits_ = false;
  bool is_ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace millrace
