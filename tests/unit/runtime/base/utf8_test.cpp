#include "runtime/base/utf8.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("what is no UTF-8 becomes one replacement for each beginning of a character") {
  const std::string mark(replacement_character);
  REQUIRE(repair_utf8("gr\xc3\xbcn") == "gr\xc3\xbcn");
  REQUIRE(repair_utf8("a\xff\xfe") == "a" + mark + mark);
  REQUIRE(repair_utf8("\xe2\x82") == mark);
  REQUIRE(repair_utf8("\xe2\x82|") == mark + '|');
  REQUIRE(repair_utf8("\xf0\x9f\x98|") == mark + '|');
  REQUIRE(repair_utf8("\xc0\xaf") == mark + mark);
  REQUIRE(repair_utf8("\xed\xa0\x80") == mark + mark + mark);
  REQUIRE(repair_utf8("\xf4\x90\x80\x80") == mark + mark + mark + mark);
  REQUIRE(repair_utf8("").empty());
}

TEST_CASE("every size of character is written as valid UTF-8") {
  std::string text;
  for (const char32_t character : {U'a', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xd7ff', U'\xe000',
                                   U'\xffff', U'\x10000', U'\x10ffff'}) {
    append_utf8(text, character);
  }
  REQUIRE(text ==
          "a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80"
          "\xf4\x8f\xbf\xbf");
  REQUIRE(is_valid_utf8(text));
}

TEST_CASE("a byte that is no UTF-8 is found wherever it stands in ASCII") {
  for (std::size_t size = 1; size <= 20; ++size) {
    const std::string ascii(size, 'a');
    REQUIRE(is_valid_utf8(ascii));
    for (std::size_t at = 0; at < size; ++at) {
      for (const char wrong : {'\x80', '\xc3', '\xff'}) {
        std::string text = ascii;
        text[at] = wrong;
        INFO(size << " bytes, at " << at);
        REQUIRE_FALSE(is_valid_utf8(text));
      }
      std::string text = ascii;
      text.replace(at, 1, "\xc3\xbc");
      REQUIRE(is_valid_utf8(text));
    }
  }
}
