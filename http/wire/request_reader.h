#pragma once
// Takes one request off a connection: waits while it is idle, reads the head, then the body as the
// head frames it. Every phase has a deadline and a size, so a client can hold a thread only as long
// as it behaves:
//
//   idle (60 s, free) ──first byte──► head (10 s, 16 KiB) ──blank line──► body (60 s + 1 s/100 KB)
//
// Used by the connection's thread.

#include "http/wire/buffered_socket.h"
#include "http/wire/request_head.h"
#include "runtime/base/limits.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace millrace {

struct RequestLimits {
  /// How long a kept-alive connection may be silent. Ends it without a word.
  std::chrono::milliseconds idle{60'000};
  /// From the first byte of a head to its last. Beyond: 408.
  std::chrono::milliseconds head{10'000};
  /// A body or a response may take this long, and `bytes_per_second` on top. Beyond: 408, or for a
  /// response the connection is cut.
  std::chrono::milliseconds transfer{60'000};
  std::size_t bytes_per_second = 100'000;
  std::size_t head_bytes_max = limits::request_header_bytes_max;  // beyond: 431
  std::size_t body_bytes_max = limits::request_body_bytes_max;    // beyond: 413

  /// When the transfer of `bytes` that begins now must be over.
  Deadline transfer_deadline(std::size_t bytes) const;
};

class RequestReader {
 public:
  /// The connection is over and nobody is there to be told: idle for too long, closed, or broken.
  struct Ended {};

  RequestReader(BufferedSocket& socket, const RequestLimits& limits)
      : socket_(socket), limits_(limits) {}

  /// Waits for a request to begin; false when the connection is over.
  bool wait_for_request();
  std::variant<RequestHead, WireError, Ended> read_head();
  /// Its body is not here yet, as far as can be told from what has arrived.
  bool would_wait_for_body(const RequestHead& head) const;
  /// The body, decoded if it came in chunks. Sends "100 Continue" first when the client waits for
  /// it.
  std::variant<std::string, WireError, Ended> read_body(const RequestHead& head);

 private:
  using Refusal = std::optional<std::variant<WireError, Ended>>;

  Refusal fill_body(Deadline deadline);
  Refusal read_exactly(std::string& body, std::uint64_t bytes, Deadline deadline);
  Refusal read_line(std::string& line, Deadline deadline);
  Refusal read_chunks(std::string& body);

  BufferedSocket& socket_;
  const RequestLimits& limits_;
};

}  // namespace millrace
