#include "runtime/text/hex_text.h"

#include "tests/support/catch.h"

#include <array>

using namespace millrace;

TEST_CASE("hex is read in either case and written in lower case") {
  REQUIRE(parse_hex("") == "");
  REQUIRE(parse_hex("00ffAb") == std::string("\0\xff\xab", 3));
  REQUIRE(to_hex(std::string("\0\xff\xab", 3)) == "00ffab");
  REQUIRE(to_hex(std::array<std::uint8_t, 3>{0x00, 0xff, 0xab}) == "00ffab");
}

TEST_CASE("what is not two hex digits for each byte is no hex") {
  for (const char* const bad : {"0", "abc", "0g", "g0", " 0", "0x", "\xc3\xbc"}) {
    INFO(bad);
    REQUIRE_FALSE(parse_hex(bad));
  }
}

TEST_CASE("hex gives every byte back") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  REQUIRE(parse_hex(to_hex(all)) == all);
}

TEST_CASE("a hex digit has a value and its neighbours have none") {
  REQUIRE(hex_digit('0') == 0);
  REQUIRE(hex_digit('9') == 9);
  REQUIRE(hex_digit('a') == 10);
  REQUIRE(hex_digit('F') == 15);
  for (const char c : {'/', ':', '@', 'G', '`', 'g', '\0', '\xff'}) REQUIRE(hex_digit(c) == -1);
}
