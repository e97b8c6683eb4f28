#pragma once
// The body of a peer's answer piece by piece: unpacked, and bounded. Used by whoever gathers a body
// (http/outbound/response_body.h) and by whoever passes one on (http/api/passed_body.h).
//
// A part of a body (206) is never unpacked. Errors are worded to follow "the response of host ...".
// Belongs to one thread.

#include "http/wire/content_decoder.h"
#include "runtime/base/error.h"
#include "runtime/outbound/http_caller.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace {

class BodyUnpacker {
 public:
  enum class Encoding : std::uint8_t {
    ours,         // gzip and deflate were asked for, and are undone
    the_callers,  // whoever asked for an encoding of their own can read it
  };
  /// Takes unpacked bytes; an error ends it.
  using Take = std::function<std::optional<Error>(std::string_view)>;

  /// `bytes_max`: unpacked.
  BodyUnpacker(std::size_t bytes_max, Encoding encoding)
      : bytes_max_(bytes_max), encoding_(encoding) {}

  /// What is wrong with a response as far as its head tells.
  static std::optional<Error> objection(int status, const std::vector<HttpHeader>& headers);
  /// Whether the body of such a response is unpacked, so that its Content-Length is not what comes out.
  static bool unpacks(int status, const std::vector<HttpHeader>& headers);

  /// Before the first `feed`, which is of `first_bytes`: whether the body can be read.
  std::optional<Error> begin(int status, const std::vector<HttpHeader>& headers,
                             std::string_view first_bytes);
  std::optional<Error> feed(std::string_view bytes, const Take& take);
  /// False: a compressed body that is not at its end.
  bool is_whole() const { return !decoder_ || decoder_->is_whole(); }

 private:
  std::optional<Error> unpack(std::string_view bytes, const Take& take);
  std::optional<Error> give(std::string_view bytes, const Take& take);

  const std::size_t bytes_max_;
  const Encoding encoding_;
  std::uint64_t received_ = 0;             // as it was sent
  std::size_t given_ = 0;                  // unpacked
  std::optional<ContentDecoder> decoder_;  // if it is compressed
};

}  // namespace millrace
