#pragma once
// The body of an answer that is passed on to a caller: unpacked, bounded, without what is secret in the account, piece
// by piece (actors/gateway/connect_proxy.h).
//
// Belongs to the thread of the caller's connection.

#include "actors/gateway/connect_proxy.h"
#include "http/wire/body_unpacker.h"
#include "http/wire/streamed_body.h"
#include "runtime/secrets/masking_stream.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class PassedBody {
 public:
  /// Waits for the first of the body only where its head does not tell whether it can be read. Errors: bad_response,
  /// response_too_large, those of `PassedAnswer::take`.
  static Result<std::shared_ptr<PassedBody>> open(std::shared_ptr<PassedAnswer> answer);

  /// Of what comes out; nothing: not known yet.
  std::optional<std::uint64_t> size() const { return size_; }
  StreamedBody::Next next(const StreamedBody::Write& write);

 private:
  explicit PassedBody(std::shared_ptr<PassedAnswer> answer);
  Outcome look_at_first();
  Outcome pass(std::string_view piece, const StreamedBody::Write& write);

  const std::shared_ptr<PassedAnswer> answer_;
  const std::optional<std::uint64_t> size_;
  BodyUnpacker unpacker_;
  MaskingStream masking_;
  std::optional<std::string> first_;  // if it was waited for
  bool has_begun_ = false;
};

/// The Content-Length of what comes out of such an answer; nothing: it has none, or not of that.
std::optional<std::uint64_t> passed_size(const HttpResponse& head);

}  // namespace millrace
