#include "http/api/passed_body.h"

#include <charconv>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t bytes_max = limits::response_bytes_max;

Error about_answer(Error why) {
  why.message = "the integration's answer " + why.message;
  return why;
}

Outcome put(const std::string& bytes, const StreamedBody::Write& write) {
  if (bytes.empty() || write(bytes)) return Done{};
  return Error(ErrorCode::cancelled, "the caller has gone");
}

}  // namespace

std::optional<std::uint64_t> passed_size(const HttpResponse& head) {
  const std::string* const text = head.header("content-length");
  if (text == nullptr || head.header("transfer-encoding") != nullptr) return std::nullopt;
  if (BodyUnpacker::unpacks(head.status, head.headers)) return std::nullopt;
  std::uint64_t size = 0;
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, size);
  return read.ec == std::errc() && read.ptr == end ? std::optional(size) : std::nullopt;
}

PassedBody::PassedBody(std::shared_ptr<PassedAnswer> answer)
    : answer_(std::move(answer)),
      size_(passed_size(answer_->head())),
      unpacker_(bytes_max, BodyUnpacker::Encoding::ours),
      masking_(answer_->secrets()) {}

Result<std::shared_ptr<PassedBody>> PassedBody::open(std::shared_ptr<PassedAnswer> answer) {
  const HttpResponse& head = answer->head();
  if (auto why = BodyUnpacker::objection(head.status, head.headers)) {
    return about_answer(std::move(*why));
  }
  const bool is_readable_by_head =
      head.status == 206 || content_coding(head.headers) != ContentCoding::unknown;
  std::shared_ptr<PassedBody> body(new PassedBody(std::move(answer)));
  if (body->size_ && *body->size_ > bytes_max) {
    return about_answer(Error(ErrorCode::response_too_large,
                              "has more than " + std::to_string(bytes_max) + " bytes"));
  }
  if (is_readable_by_head) return body;
  if (auto looked = body->look_at_first(); !looked) return looked.error();
  return body;
}

Outcome PassedBody::look_at_first() {
  auto first = answer_->take();
  if (!first) return first.error();
  const HttpResponse& head = answer_->head();
  has_begun_ = true;
  first_ = std::move(*first);
  auto why = unpacker_.begin(head.status, head.headers, *first_);
  if (why && !first_->empty()) return about_answer(std::move(*why));
  return Done{};
}

StreamedBody::Next PassedBody::next(const StreamedBody::Write& write) {
  using Next = StreamedBody::Next;
  auto piece = first_ ? Result<std::string>(*std::exchange(first_, std::nullopt)) : answer_->take();
  if (!piece) return Next::broken;
  if (piece->empty()) {
    return unpacker_.is_whole() && put(masking_.finish(), write) ? Next::end : Next::broken;
  }
  return pass(*piece, write) ? Next::more : Next::broken;
}

Outcome PassedBody::pass(std::string_view piece, const StreamedBody::Write& write) {
  const HttpResponse& head = answer_->head();
  if (!std::exchange(has_begun_, true)) {
    if (auto why = unpacker_.begin(head.status, head.headers, piece)) return *why;
  }
  const auto why = unpacker_.feed(piece, [&](std::string_view bytes) -> std::optional<Error> {
    auto written = put(masking_.feed(bytes), write);
    return written ? std::nullopt : std::optional(written.error());
  });
  return why ? Outcome(*why) : Outcome(Done{});
}

}  // namespace millrace
