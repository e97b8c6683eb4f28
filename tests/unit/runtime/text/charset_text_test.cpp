#include "runtime/text/charset_text.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

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

TEST_CASE("every charset of the C library is known, as it is called on the web") {
  REQUIRE(to_utf8("\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251") == "Привет");
  REQUIRE(to_utf8("\xcf\xf0\xe8\xe2\xe5\xf2", "x-cp1251") == "Привет");
  REQUIRE(to_utf8("\xf0\xd2\xc9\xd7\xc5\xd4", "KOI8-R") == "Привет");
  REQUIRE(to_utf8("\x9e\x6c\x75\x9d", "windows-1250") == "žluť");
  REQUIRE(to_utf8("\x93\xfa\x96\x7b", "Shift_JIS") == "日本");
  REQUIRE(to_utf8("\x93\xfa\x96\x7b", "x-sjis") == "日本");
  REQUIRE(to_utf8("\x87\x40", "shift_jis") == "①");  // only windows-31J has it
  REQUIRE(to_utf8("\xb4\xeb\xc7\xd1", "\"euc-kr\"") == "대한");
  REQUIRE(to_utf8("\xd0\xc2\xce\xc5", "gb2312") == "新闻");
  REQUIRE(to_utf8("\xb7\x73\xbb\x44", "big5") == "新聞");
  REQUIRE(to_utf8("\xfd\xf0\xfe", "iso-8859-9") == "ığş");
  REQUIRE(to_utf8("\x1b$BF|K\\\x1b(B", "iso-2022-jp") == "日本");
}

TEST_CASE("what cannot be read is nothing, never a replacement") {
  REQUIRE_FALSE(to_utf8("a\x83", "shift_jis"));
  REQUIRE_FALSE(to_utf8("a\xff", ""));
  REQUIRE_FALSE(to_utf8("a\xff", "utf-8"));
  for (const char* const unknown : {"nonsense", "utf-8//IGNORE", "../x", "wc har"}) {
    INFO(unknown);
    REQUIRE_FALSE(to_utf8("a\xff", unknown));
    REQUIRE(to_utf8("abc", unknown) == "abc");
  }
}

TEST_CASE("UTF-16 is read in both byte orders, and broken pairs are not") {
  REQUIRE(to_utf8(bytes({'a', 0, 0x3d, 0xd8, 0x00, 0xde}), "UTF-16LE") == "a😀");
  REQUIRE(to_utf8(bytes({0, 'a', 0xd8, 0x3d, 0xde, 0x00}), "utf-16be") == "a😀");
  REQUIRE(to_utf8(bytes({'a', 0}), "utf-16") == "a");
  REQUIRE(to_utf8(bytes({0x2d, 0x4e}), "utf-16le") == "\xe4\xb8\xad");  // two ASCII bytes
  REQUIRE_FALSE(to_utf8(bytes({0x3d, 0xd8, 'a', 0}), "utf-16le"));
  REQUIRE_FALSE(to_utf8(bytes({0x00, 0xde, 'a', 0}), "utf-16le"));
  REQUIRE_FALSE(to_utf8(bytes({'a', 0, 0x3d, 0xd8}), "utf-16le"));
  REQUIRE_FALSE(to_utf8(bytes({'a', 0, 'b'}), "utf-16le"));
}

TEST_CASE("a byte order mark decides, and is no part of the text") {
  REQUIRE(to_utf8("\xef\xbb\xbfgrün", "iso-8859-1") == "grün");
  REQUIRE(to_utf8(bytes({0xff, 0xfe, 'a', 0}), "utf-8") == "a");
  REQUIRE(to_utf8(bytes({0xfe, 0xff, 0, 'a'}), "utf-16le") == "a");
  REQUIRE(to_utf8("\xef\xbb\xbf", "") == "");
  REQUIRE(to_utf8("", "utf-16") == "");
}
