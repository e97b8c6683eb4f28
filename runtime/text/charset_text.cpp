#include "runtime/text/charset_text.h"

#include "runtime/base/utf8.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

enum class Charset { utf_8, utf_16_le, utf_16_be, windows_1252, latin_9 };

struct Name {
  std::string_view name;
  Charset charset;
};

// Without a mark, UTF-16 is little endian in practice, whatever RFC 2781 says.
constexpr Name names[] = {
    {"utf-16", Charset::utf_16_le},       {"utf-16le", Charset::utf_16_le},
    {"utf-16be", Charset::utf_16_be},     {"us-ascii", Charset::windows_1252},
    {"ascii", Charset::windows_1252},     {"iso-8859-1", Charset::windows_1252},
    {"iso8859-1", Charset::windows_1252}, {"iso_8859-1", Charset::windows_1252},
    {"latin1", Charset::windows_1252},    {"windows-1252", Charset::windows_1252},
    {"cp1252", Charset::windows_1252},    {"iso-8859-15", Charset::latin_9},
    {"latin-9", Charset::latin_9}};

Charset charset_named(std::string_view name) {
  const auto* const found = std::find_if(std::begin(names), std::end(names), [&](const Name& each) {
    return equal_but_for_case(each.name, name);
  });
  return found == std::end(names) ? Charset::utf_8 : found->charset;
}

// 0x80 to 0x9f; the rest is Latin-1. The five that stand for nothing are control characters.
constexpr std::array<char16_t, 32> windows_1252{
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

char32_t from_windows_1252(unsigned char byte) {
  return byte >= 0x80 && byte < 0xa0 ? windows_1252[byte - 0x80] : byte;
}

char32_t from_latin_9(unsigned char byte) {
  switch (byte) {
    case 0xa4:
      return 0x20ac;
    case 0xa6:
      return 0x0160;
    case 0xa8:
      return 0x0161;
    case 0xb4:
      return 0x017d;
    case 0xb8:
      return 0x017e;
    case 0xbc:
      return 0x0152;
    case 0xbd:
      return 0x0153;
    case 0xbe:
      return 0x0178;
    default:
      return byte;
  }
}

std::string from_bytes(std::string_view bytes, char32_t (*read)(unsigned char)) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) append_utf8(out, read(static_cast<unsigned char>(c)));
  return out;
}

std::string from_utf16(std::string_view bytes, bool is_big_endian) {
  const auto unit_at = [&](std::size_t at) -> char32_t {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    return is_big_endian ? char32_t{first} << 8 | second : char32_t{second} << 8 | first;
  };
  const auto is_first_half = [](char32_t unit) { return unit >= 0xd800 && unit < 0xdc00; };
  const auto is_second_half = [](char32_t unit) { return unit >= 0xdc00 && unit < 0xe000; };
  std::string out;
  std::size_t at = 0;
  for (; at + 1 < bytes.size(); at += 2) {
    const char32_t unit = unit_at(at);
    if (is_first_half(unit) && at + 3 < bytes.size() && is_second_half(unit_at(at + 2))) {
      at += 2;
      append_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (unit_at(at) - 0xdc00));
    } else if (is_first_half(unit) || is_second_half(unit)) {
      out += replacement_character;
    } else {
      append_utf8(out, unit);
    }
  }
  if (at < bytes.size()) out += replacement_character;  // half a unit
  return out;
}

std::string convert(std::string_view bytes, Charset charset) {
  switch (charset) {
    case Charset::utf_16_le:
      return from_utf16(bytes, false);
    case Charset::utf_16_be:
      return from_utf16(bytes, true);
    case Charset::windows_1252:
      return from_bytes(bytes, &from_windows_1252);
    case Charset::latin_9:
      return from_bytes(bytes, &from_latin_9);
    case Charset::utf_8:
      break;
  }
  return repair_utf8(bytes);
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  if (bytes.starts_with("\xef\xbb\xbf")) return convert(bytes.substr(3), Charset::utf_8);
  if (bytes.starts_with("\xff\xfe")) return convert(bytes.substr(2), Charset::utf_16_le);
  if (bytes.starts_with("\xfe\xff")) return convert(bytes.substr(2), Charset::utf_16_be);
  const Charset named = charset_named(charset);
  const bool is_utf16 = named == Charset::utf_16_le || named == Charset::utf_16_be;
  if (!is_utf16 && is_valid_utf8(bytes)) return std::string(bytes);
  return convert(bytes, named);
}

}  // namespace millrace
