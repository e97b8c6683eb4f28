#include "http/outbound/response_body.h"

#include "runtime/base/check.h"
#include "runtime/content/read_content.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>

namespace millrace {
namespace {

/// How many compressed bytes a response may have at any cap (beyond: two for each unpacked one).
constexpr std::size_t packed_bytes_spare = 32u << 10;

/// Grows by doubling, as a string does by itself, but never beyond `max`.
void make_room(std::string& text, std::size_t needed, std::size_t max) {
  if (needed <= text.capacity()) return;
  std::string larger;
  larger.reserve(std::min(std::max(needed, 2 * text.capacity()), max));
  larger.append(text);
  text.swap(larger);
}

/// Says to be text and begins as text: whatever the encoding is called, it was not applied.
bool is_plain(const ResponseHead& head, std::string_view first_bytes) {
  const std::string* const header = head.header("content-type");
  const std::string type = header == nullptr ? std::string() : media_type(*header);
  if (!is_text_type(type) && !type.ends_with("json")) return false;
  return std::none_of(first_bytes.begin(), first_bytes.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && white_space.find(c) == std::string_view::npos;
  });
}

}  // namespace

ResponseBody::~ResponseBody() { in_flight_.now -= std::min(body_->size(), in_flight_.now); }

std::optional<Error> ResponseBody::take(const ResponseHead& head, std::string_view bytes) {
  if (received_ == 0 && !bytes.empty()) {
    if (auto problem = begin(head, bytes)) return problem;
  }
  received_ += bytes.size();
  return decoder_ ? unpack(bytes) : append(bytes);
}

/// Whether the body that is about to arrive can be read, and what it has to be unpacked with.
std::optional<Error> ResponseBody::begin(const ResponseHead& head, std::string_view first_bytes) {
  // libcurl would undo it, and take a cut one for a whole one.
  if (has_unasked_transfer_coding(head.headers())) {
    return Error(ErrorCode::bad_response, "has a transfer coding that was not asked for");
  }
  if (head.status() == 206) return std::nullopt;  // a part of a compressed body is the caller's
  const ContentCoding coding = content_coding(head.headers());
  if (coding == ContentCoding::several) {
    return Error(ErrorCode::bad_response, "is encoded more than once, which is not undone");
  }
  const bool is_ours = encoding_ == Encoding::ours;
  if (coding == ContentCoding::unknown && is_ours && !is_plain(head, first_bytes)) {
    return Error(ErrorCode::bad_response,
                 "has an encoding that was not asked for; gzip and deflate are");
  }
  if (coding == ContentCoding::gzip || coding == ContentCoding::deflate) decoder_.emplace(coding);
  return std::nullopt;
}

std::optional<Error> ResponseBody::unpack(std::string_view bytes) {
  // Packed data may be larger than what is in it, but it could also go on for ever and hold nothing.
  if (received_ > packed_bytes_spare && (received_ - packed_bytes_spare) / 2 > bytes_max_) {
    return Error(ErrorCode::response_too_large,
                 "has more than twice as many compressed bytes as the " +
                     std::to_string(bytes_max_) + " that it may unpack to");
  }
  std::optional<Error> problem;
  const auto verdict = decoder_->feed(bytes, [&](std::string_view block) {
    problem = append(block);
    return !problem;
  });
  if (verdict == ContentDecoder::Verdict::broken) {
    return Error(ErrorCode::bad_response, "is broken: its compressed body cannot be unpacked");
  }
  CHECK(problem || verdict == ContentDecoder::Verdict::good, "a decoder stopped without a reason");
  return problem;
}

std::optional<Error> ResponseBody::append(std::string_view bytes) {
  if (bytes.size() > bytes_max_ - body_->size()) {
    return Error(ErrorCode::response_too_large,
                 "has more than " + std::to_string(bytes_max_) + " bytes (decompressed)");
  }
  if (bytes.size() > in_flight_.max - std::min(in_flight_.max, in_flight_.now)) {
    return Error(ErrorCode::overloaded,
                 "was given up: the responses that are being received fill the memory set aside "
                 "for them");
  }
  make_room(*body_, body_->size() + bytes.size(), bytes_max_);
  body_->append(bytes);
  in_flight_.now += bytes.size();
  return std::nullopt;
}

}  // namespace millrace
