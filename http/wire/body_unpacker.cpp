#include "http/wire/body_unpacker.h"

#include "runtime/base/check.h"
#include "runtime/content/read_content.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <string>

namespace millrace {
namespace {

/// How many compressed bytes a response may have at any cap (beyond: two for each unpacked one).
constexpr std::size_t packed_bytes_spare = 32u << 10;

/// Says to be text and begins as text: whatever the encoding is called, it was not applied.
bool is_plain(const std::vector<HttpHeader>& headers, std::string_view first_bytes) {
  const auto header = std::find_if(headers.begin(), headers.end(), [](const HttpHeader& each) {
    return each.name == "content-type";
  });
  const std::string type = header == headers.end() ? std::string() : media_type(header->value);
  if (!is_text_type(type) && !type.ends_with("json")) return false;
  return std::none_of(first_bytes.begin(), first_bytes.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && white_space.find(c) == std::string_view::npos;
  });
}

}  // namespace

std::optional<Error> BodyUnpacker::objection(int status, const std::vector<HttpHeader>& headers) {
  // libcurl would undo it, and take a cut one for a whole one.
  if (has_unasked_transfer_coding(headers)) {
    return Error(ErrorCode::bad_response, "has a transfer coding that was not asked for");
  }
  // A part of a compressed body is the caller's.
  if (status != 206 && content_coding(headers) == ContentCoding::several) {
    return Error(ErrorCode::bad_response, "is encoded more than once, which is not undone");
  }
  return std::nullopt;
}

bool BodyUnpacker::unpacks(int status, const std::vector<HttpHeader>& headers) {
  const ContentCoding coding = content_coding(headers);
  return status != 206 && (coding == ContentCoding::gzip || coding == ContentCoding::deflate);
}

std::optional<Error> BodyUnpacker::begin(int status, const std::vector<HttpHeader>& headers,
                                         std::string_view first_bytes) {
  if (auto objected = objection(status, headers)) return objected;
  const ContentCoding coding = content_coding(headers);
  const bool is_readable = status == 206 || coding != ContentCoding::unknown ||
                           encoding_ == Encoding::the_callers || is_plain(headers, first_bytes);
  if (!is_readable) {
    return Error(ErrorCode::bad_response,
                 "has an encoding that was not asked for; gzip and deflate are");
  }
  if (unpacks(status, headers)) decoder_.emplace(coding);
  return std::nullopt;
}

std::optional<Error> BodyUnpacker::feed(std::string_view bytes, const Take& take) {
  received_ += bytes.size();
  return decoder_ ? unpack(bytes, take) : give(bytes, take);
}

std::optional<Error> BodyUnpacker::unpack(std::string_view bytes, const Take& take) {
  // Packed data may be larger than what is in it, but it could also go on for ever and hold nothing.
  if (received_ > packed_bytes_spare && (received_ - packed_bytes_spare) / 2 > bytes_max_) {
    return Error(ErrorCode::response_too_large,
                 "has more than twice as many compressed bytes as the " +
                     std::to_string(bytes_max_) + " that it may unpack to");
  }
  std::optional<Error> problem;
  const auto verdict = decoder_->feed(bytes, [&](std::string_view block) {
    problem = give(block, take);
    return !problem;
  });
  if (verdict == ContentDecoder::Verdict::broken) {
    return Error(ErrorCode::bad_response, "is broken: its compressed body cannot be unpacked");
  }
  CHECK(problem || verdict == ContentDecoder::Verdict::good, "a decoder stopped without a reason");
  return problem;
}

std::optional<Error> BodyUnpacker::give(std::string_view bytes, const Take& take) {
  if (bytes.size() > bytes_max_ - given_) {
    return Error(ErrorCode::response_too_large,
                 "has more than " + std::to_string(bytes_max_) + " bytes (decompressed)");
  }
  given_ += bytes.size();
  return take(bytes);
}

}  // namespace millrace
