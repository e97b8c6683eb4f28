#include "runtime/text/ascii_text.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("trimming takes the given characters from both ends and none from within") {
  REQUIRE(trimmed(" \ta b\t ", blanks) == "a b");
  REQUIRE(trimmed("a", blanks) == "a");
  REQUIRE(trimmed("\r\n a\n", white_space) == "a");
  REQUIRE(trimmed("\v\fa\f\v", all_white_space) == "a");
}

TEST_CASE("trimming leaves what is not in its set") {
  REQUIRE(trimmed(" a\r\n", blanks) == "a\r\n");
  REQUIRE(trimmed("\va\f", white_space) == "\va\f");
  REQUIRE(trimmed("\xc2\xa0", all_white_space) == "\xc2\xa0");
}

TEST_CASE("what is trimmed is a part of the text, also when nothing is left") {
  const std::string_view text = " \t ";
  REQUIRE(trimmed(text, blanks).empty());
  REQUIRE(trimmed(text, blanks).data() == text.data());
  REQUIRE(trimmed("", blanks).empty());
}

TEST_CASE("lower case changes letters of ASCII and nothing else") {
  REQUIRE(lower_case("Content-TYPE [@`{") == "content-type [@`{");
  REQUIRE(lower_case("\xc3\x9c") == "\xc3\x9c");
  REQUIRE(lower_case('Z') == 'z');
}

TEST_CASE("comparing without regard to case takes the whole of both texts") {
  REQUIRE(equal_but_for_case("Content-Type", "content-TYPE"));
  REQUIRE(equal_but_for_case("", ""));
  REQUIRE_FALSE(equal_but_for_case("a", "ab"));
  REQUIRE_FALSE(equal_but_for_case("[", "{"));
  REQUIRE_FALSE(equal_but_for_case("\xc3\x9c", "\xc3\xbc"));
}
