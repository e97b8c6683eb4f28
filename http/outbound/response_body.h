#pragma once
// The body of a response while it is received: unpacked, and bounded by what the caller takes and by
// the memory set aside for all responses that are being received. Never paused: paused ones could hold
// all the memory and wait for each other.
//
// Not thread-safe: belongs to the caller's one thread.

#include "http/outbound/response_head.h"
#include "http/wire/body_unpacker.h"
#include "runtime/base/error.h"
#include "runtime/outbound/http_caller.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Of all response bodies that are being received.
struct BytesInFlight {
  std::size_t max = 0;
  std::size_t now = 0;
};

class ResponseBody {
 public:
  using Encoding = BodyUnpacker::Encoding;

  /// `bytes_max`: unpacked.
  ResponseBody(BytesInFlight& in_flight, std::size_t bytes_max, Encoding encoding)
      : in_flight_(in_flight), bytes_max_(bytes_max), unpacker_(bytes_max, encoding) {}
  /// The memory is not in flight any more; the bytes may live on.
  ~ResponseBody();
  ResponseBody(const ResponseBody&) = delete;
  ResponseBody& operator=(const ResponseBody&) = delete;

  /// Takes what arrived, of the response with this head. What is wrong with the response, worded to
  /// follow "the response of host ..."; then nothing more is to be taken.
  std::optional<Error> take(const ResponseHead& head, std::string_view bytes);
  /// False: a compressed body that is not at its end.
  bool is_whole() const { return unpacker_.is_whole(); }
  SharedBytes bytes() const { return body_; }

 private:
  std::optional<Error> append(std::string_view bytes);

  BytesInFlight& in_flight_;
  const std::size_t bytes_max_;
  BodyUnpacker unpacker_;
  bool has_begun_ = false;
  std::shared_ptr<std::string> body_ = std::make_shared<std::string>();
};

}  // namespace millrace
