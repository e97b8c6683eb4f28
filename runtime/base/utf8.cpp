#include "runtime/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace millrace {
namespace {

struct ByteSequence {
  std::size_t size;  // at least 1
  bool is_valid;
};

/// What begins at `at`: a character, or the longest part of one. Table 3-7 of the Unicode Standard:
/// no overlong forms, no surrogates, nothing past U+10FFFF.
ByteSequence sequence_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {1, true};
  std::size_t size = 0;
  unsigned char low = 0x80, high = 0xbf;  // of the second byte
  if (lead >= 0xc2 && lead <= 0xdf) {
    size = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    size = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    size = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i < size; ++i) {
    if (at + i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if (byte < low || byte > high) return {i, false};
    low = 0x80;
    high = 0xbf;
  }
  return {size, true};
}

/// Where the ASCII that begins at `at` ends, or a little before: most text is nothing else, so eight bytes
/// at a time.
std::size_t ascii_end(std::string_view text, std::size_t at) {
  constexpr std::uint64_t tops = 0x8080808080808080;
  std::uint64_t bytes = 0;
  for (; text.size() - at >= sizeof(bytes); at += sizeof(bytes)) {
    std::memcpy(&bytes, text.data() + at, sizeof(bytes));
    if ((bytes & tops) != 0) break;
  }
  return at;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = ascii_end(text, 0); at < text.size(); at = ascii_end(text, at)) {
    const ByteSequence sequence = sequence_at(text, at);
    if (!sequence.is_valid) return false;
    at += sequence.size;
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const ByteSequence sequence = sequence_at(text, at);
    out.append(sequence.is_valid ? text.substr(at, sequence.size) : replacement_character);
    at += sequence.size;
  }
  return out;
}

void append_utf8(std::string& out, char32_t character) {
  const auto append = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto append_rest = [&](unsigned bits) { append(0x80 | ((character >> bits) & 0x3f)); };
  if (character < 0x80) {
    append(character);
  } else if (character < 0x800) {
    append(0xc0 | (character >> 6));
    append_rest(0);
  } else if (character < 0x10000) {
    append(0xe0 | (character >> 12));
    append_rest(6);
    append_rest(0);
  } else {
    append(0xf0 | (character >> 18));
    append_rest(12);
    append_rest(6);
    append_rest(0);
  }
}

}  // namespace millrace
