#pragma once
// Unpacks the bodies of requests and responses (RFC 9110, 8.4): gzip with any number of members, and deflate as servers
// send it, with zlib's frame (as the RFC says) or bare. Unlike libcurl's own, it knows whether the
// stream has reached its end, so a cut body is never taken for a whole one.
//
// Only one coding is undone. With several ("gzip, gzip") a few bytes could grow a thousandfold at each
// layer, and what grows between two layers counts towards no cap; no server that means well does it.

#include "runtime/base/result.h"
#include "runtime/outbound/http_caller.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>
#include <zlib.h>

namespace millrace {

/// What Content-Encoding says of a body. Names that stand there by mistake and mean no coding (charsets,
/// "none", "binary", what only S3 understands) are passed over.
enum class ContentCoding : std::uint8_t { none, gzip, deflate, several, unknown };
ContentCoding content_coding(const std::vector<HttpHeader>& headers);

/// True when a Transfer-Encoding other than chunked was used. It must be asked for, which is never done.
bool has_unasked_transfer_coding(const std::vector<HttpHeader>& headers);

/// The body without the coding that its headers name. Errors: invalid_request (a coding other than gzip
/// and deflate, several, a body that is none), payload_too_large.
Result<std::string> undo_content_coding(const std::vector<HttpHeader>& headers,
                                        const std::string& body, std::size_t bytes_max);

class ContentDecoder {
 public:
  /// Takes the next bytes of the body; false: no more of them.
  using Take = std::function<bool(std::string_view)>;

  enum class Verdict : std::uint8_t {
    good,
    refused,  // `take` wants no more
    broken,   // what was fed is no such stream, or goes on after its end
  };

  /// `coding` is gzip or deflate.
  explicit ContentDecoder(ContentCoding coding);
  ~ContentDecoder();
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;

  /// Hands what `bytes` unpack to, in small blocks, to `take`. Not to be called again once it was not
  /// good.
  Verdict feed(std::string_view bytes, const Take& take);

  /// True when nothing is missing: the stream has ended, or not even begun (servers announce a coding
  /// for empty bodies too).
  bool is_whole() const { return ended_ || is_empty_; }

 private:
  Verdict inflate_all(std::string_view bytes, const Take& take);
  bool begin_stream(int window_bits);
  bool begin_next_member();

  const ContentCoding coding_;
  z_stream stream_{};
  std::string start_;  // of a deflate stream, until its frame is known
  bool has_begun_ = false;
  bool is_empty_ = true;
  bool ended_ = false;
};

}  // namespace millrace
