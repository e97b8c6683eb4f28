#include "runtime/text/charset_text.h"

#include "runtime/base/utf8.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

const std::string mark(replacement_character);

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

}  // namespace

TEST_CASE("bytes of a known charset become the characters they stand for") {
  REQUIRE(to_utf8("caf\xe9 \x80", "ISO-8859-1") == "café €");
  REQUIRE(to_utf8("\x80\x9f\xa4\xff", "windows-1252") == "€Ÿ¤ÿ");
  REQUIRE(to_utf8("\xa4\xa6\xbe\xff", "iso-8859-15") == "€ŠŸÿ");
  REQUIRE(to_utf8("\x93quoted\x94", "us-ascii") == "“quoted”");
}

TEST_CASE("bytes that are UTF-8 stay as they are, whatever the charset says") {
  REQUIRE(to_utf8("grün", "iso-8859-1") == "grün");
  REQUIRE(to_utf8("grün", "shift_jis") == "grün");
  REQUIRE(to_utf8("grün", "") == "grün");
}

TEST_CASE("bytes of an unknown charset keep what is UTF-8 in them") {
  REQUIRE(to_utf8("a\x83\x65", "shift_jis") == "a" + mark + "e");
  REQUIRE(to_utf8("a\xff", "") == "a" + mark);
  REQUIRE(to_utf8("a\xff", "utf-8") == "a" + mark);
}

TEST_CASE("UTF-16 is read in both byte orders, and broken pairs are replaced") {
  REQUIRE(to_utf8(bytes({'a', 0, 0x3d, 0xd8, 0x00, 0xde}), "UTF-16LE") == "a😀");
  REQUIRE(to_utf8(bytes({0, 'a', 0xd8, 0x3d, 0xde, 0x00}), "utf-16be") == "a😀");
  REQUIRE(to_utf8(bytes({'a', 0}), "utf-16") == "a");
  REQUIRE(to_utf8(bytes({0x2d, 0x4e}), "utf-16le") == "\xe4\xb8\xad");  // two ASCII bytes
  REQUIRE(to_utf8(bytes({0x3d, 0xd8, 'a', 0}), "utf-16le") == mark + "a");
  REQUIRE(to_utf8(bytes({0x00, 0xde, 'a', 0}), "utf-16le") == mark + "a");
  REQUIRE(to_utf8(bytes({'a', 0, 0x3d, 0xd8}), "utf-16le") == "a" + mark);
  REQUIRE(to_utf8(bytes({'a', 0, 'b'}), "utf-16le") == "a" + mark);
}

TEST_CASE("a byte order mark decides, and is no part of the text") {
  REQUIRE(to_utf8("\xef\xbb\xbfgrün", "iso-8859-1") == "grün");
  REQUIRE(to_utf8(bytes({0xff, 0xfe, 'a', 0}), "utf-8") == "a");
  REQUIRE(to_utf8(bytes({0xfe, 0xff, 0, 'a'}), "utf-16le") == "a");
  REQUIRE(to_utf8("\xef\xbb\xbf", "").empty());
  REQUIRE(to_utf8("", "utf-16").empty());
}
