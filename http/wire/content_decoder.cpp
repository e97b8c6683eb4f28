#include "http/wire/content_decoder.h"

#include "runtime/base/check.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

constexpr int bare = -MAX_WBITS;
constexpr int with_zlib_frame = MAX_WBITS;
constexpr int with_gzip_frame = MAX_WBITS + 16;

/// The elements of all headers of that name, in lower case.
std::vector<std::string> listed(const std::vector<HttpHeader>& headers,
                                std::string_view lower_name) {
  std::vector<std::string> elements;
  for (const HttpHeader& each : headers) {
    if (each.name != lower_name) continue;
    std::string_view rest = each.value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      const std::string_view element = trimmed(rest.substr(0, comma), blanks);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (!element.empty()) elements.push_back(lower_case(element));
    }
  }
  return elements;
}

bool is_no_coding(std::string_view name) {
  constexpr std::string_view said[] = {"identity", "none",     "binary", "8bit",
                                       "7bit",     "us-ascii", "ascii",  "aws-chunked"};
  constexpr std::string_view charsets[] = {"utf-8", "utf8", "utf-16", "iso-8859-", "windows-12"};
  return std::find(std::begin(said), std::end(said), name) != std::end(said) ||
         std::any_of(std::begin(charsets), std::end(charsets),
                     [&](std::string_view each) { return name.starts_with(each); });
}

/// RFC 1950, 2.2: deflate, a checksum over both bytes, no preset dictionary. No encoder begins a bare
/// stream so: it would be a stored block with a padding bit set.
bool is_zlib_frame(std::string_view start) {
  const auto method = static_cast<unsigned char>(start[0]);
  const auto flags = static_cast<unsigned char>(start[1]);
  return (method & 0x0f) == 8 && (method >> 4) <= 7 && (method * 256 + flags) % 31 == 0 &&
         (flags & 0x20) == 0;
}

}  // namespace

ContentCoding content_coding(const std::vector<HttpHeader>& headers) {
  auto codings = listed(headers, "content-encoding");
  std::erase_if(codings, is_no_coding);
  if (codings.empty()) return ContentCoding::none;
  if (codings.size() > 1) return ContentCoding::several;
  const std::string& coding = codings.front();
  if (coding == "gzip" || coding == "x-gzip") return ContentCoding::gzip;
  return coding == "deflate" ? ContentCoding::deflate : ContentCoding::unknown;
}

Result<std::string> undo_content_coding(const std::vector<HttpHeader>& headers,
                                        const std::string& body, std::size_t bytes_max) {
  const ContentCoding coding = content_coding(headers);
  if (body.empty() || coding == ContentCoding::none) return body;
  if (coding == ContentCoding::several || coding == ContentCoding::unknown) {
    std::string named;
    for (const auto& each : listed(headers, "content-encoding")) {
      named += (named.empty() ? "" : ", ") + each;
    }
    return Error(ErrorCode::invalid_request,
                 "the content encoding '" + named +
                     "' is not supported; send the body plain, or as gzip or deflate");
  }
  std::string plain;
  ContentDecoder decoder(coding);
  const auto verdict = decoder.feed(body, [&](std::string_view block) {
    if (block.size() > bytes_max - plain.size()) return false;
    plain.append(block);
    return true;
  });
  if (verdict == ContentDecoder::Verdict::refused) {
    return Error(ErrorCode::payload_too_large,
                 "the body is larger than " + std::to_string(bytes_max) + " bytes when unpacked");
  }
  if (verdict == ContentDecoder::Verdict::broken || !decoder.is_whole()) {
    return Error(ErrorCode::invalid_request,
                 std::string("the body is not what its content encoding says: it is no valid ") +
                     (coding == ContentCoding::gzip ? "gzip" : "deflate"));
  }
  return plain;
}

bool has_unasked_transfer_coding(const std::vector<HttpHeader>& headers) {
  const auto codings = listed(headers, "transfer-encoding");
  return std::any_of(codings.begin(), codings.end(), [](const std::string& each) {
    return each != "chunked" && each != "identity";
  });
}

ContentDecoder::ContentDecoder(ContentCoding coding) : coding_(coding) {
  CHECK(coding == ContentCoding::gzip || coding == ContentCoding::deflate,
        "a decoder for a coding that cannot be undone");
}

ContentDecoder::~ContentDecoder() {
  if (has_begun_) ::inflateEnd(&stream_);
}

ContentDecoder::Verdict ContentDecoder::feed(std::string_view bytes, const Take& take) {
  if (bytes.empty()) return Verdict::good;
  is_empty_ = false;
  if (has_begun_) return inflate_all(bytes, take);
  if (coding_ == ContentCoding::gzip) {
    return begin_stream(with_gzip_frame) ? inflate_all(bytes, take) : Verdict::broken;
  }
  const std::string_view more = bytes.substr(0, 2 - start_.size());
  start_ += more;
  if (start_.size() < 2) return Verdict::good;
  if (!begin_stream(is_zlib_frame(start_) ? with_zlib_frame : bare)) return Verdict::broken;
  const Verdict verdict = inflate_all(start_, take);
  bytes.remove_prefix(more.size());
  return verdict != Verdict::good || bytes.empty() ? verdict : inflate_all(bytes, take);
}

bool ContentDecoder::begin_stream(int window_bits) {
  has_begun_ = ::inflateInit2(&stream_, window_bits) == Z_OK;
  return has_begun_;
}

bool ContentDecoder::begin_next_member() {
  ended_ = false;
  return coding_ == ContentCoding::gzip && ::inflateReset(&stream_) == Z_OK;
}

ContentDecoder::Verdict ContentDecoder::inflate_all(std::string_view bytes, const Take& take) {
  std::array<char, 16'384> block;
  // zlib only reads from there, though its type does not say so.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  do {
    if (ended_ && !begin_next_member()) return Verdict::broken;
    stream_.next_out = reinterpret_cast<Bytef*>(block.data());
    stream_.avail_out = static_cast<uInt>(block.size());
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    // Z_BUF_ERROR only says that nothing was left to do.
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return Verdict::broken;
    const std::size_t made = block.size() - stream_.avail_out;
    if (made > 0 && !take({block.data(), made})) return Verdict::refused;
    ended_ = code == Z_STREAM_END;
  } while (stream_.avail_in > 0 || (stream_.avail_out == 0 && !ended_));
  return Verdict::good;
}

}  // namespace millrace
