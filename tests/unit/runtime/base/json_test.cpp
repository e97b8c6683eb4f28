#include "runtime/base/json.h"

#include "tests/support/catch.h"

#include <bit>
#include <cmath>
#include <random>

using namespace millrace;

namespace {

std::string number_text(double number) {
  std::string text;
  append_number(text, number);
  return text;
}

}  // namespace

TEST_CASE("one hundred thousand random doubles survive writing and reading exactly") {
  const std::uint64_t seed = 20260131;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::size_t wrong = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    const auto read = parse_json(to_text(Json(number)));
    // A double without a fraction may come back as an integer of the same value.
    const bool is_same = read.ok() && read->is_number() && read->to_number<double>() == number;
    if (!is_same) ++wrong;
  }
  REQUIRE(wrong == 0);
}

TEST_CASE("decimal numbers of many digits are rounded correctly") {
  REQUIRE(parse_json("0.1")->get_double() == 0.1);
  REQUIRE(parse_json("9007199254740993.0")->get_double() == 9007199254740992.0);
  REQUIRE(parse_json("1.7976931348623157e308")->get_double() == 1.7976931348623157e308);
  REQUIRE(parse_json("2.2250738585072011e-308")->get_double() == 2.2250738585072011e-308);
  REQUIRE(parse_json("123456789012345678.9e-17")->get_double() == 1.234567890123456789);
}

TEST_CASE("numbers are written as JavaScript writes them") {
  REQUIRE(number_text(1.5) == "1.5");
  REQUIRE(number_text(100) == "100");
  REQUIRE(number_text(-0.0) == "0");
  REQUIRE(number_text(0.000001) == "0.000001");
  REQUIRE(number_text(1e-7) == "1e-7");
  REQUIRE(number_text(1.5e-9) == "1.5e-9");
  REQUIRE(number_text(1e20) == "100000000000000000000");
  REQUIRE(number_text(1e21) == "1e+21");
  REQUIRE(number_text(1.25e300) == "1.25e+300");
  REQUIRE(number_text(18446744073709551616.0) == "18446744073709552000");
  REQUIRE(number_text(123456789012345680000.0) == "123456789012345680000");
  REQUIRE(number_text(-9007199254740994.0) == "-9007199254740994");
  REQUIRE(number_text(1e17) == "100000000000000000");
  REQUIRE(number_text(-1.5e20) == "-150000000000000000000");
  REQUIRE(number_text(5e-324) == "5e-324");
  REQUIRE(number_text(std::nan("")) == "null");
  REQUIRE(number_text(INFINITY) == "null");
}

TEST_CASE("a number that no double holds is refused with its place") {
  for (const char* const number :
       {"1e400", "-1e400", "1.7976931348623159e308", "1e309", "123456789e999999999"}) {
    INFO(number);
    const auto refused = parse_json(std::string("{\"a\":") + number + "}");
    REQUIRE_FALSE(refused.ok());
    REQUIRE(refused.error().code == ErrorCode::invalid_json);
    REQUIRE(refused.error().message == "not valid JSON: a number that is too large at byte 5");
  }
  REQUIRE_FALSE(parse_json(std::string(400, '9')).ok());
  REQUIRE(*parse_json("[1e-400]") == JsonArray{0.0});
  REQUIRE(parse_json("0.00001e310").ok());
}

TEST_CASE("JSON of other servers may hold unpaired surrogates, and says what is only too much") {
  const auto read = [](std::string_view text) {
    const auto value = parse_foreign_json(text);
    return value ? to_text(*value) : std::string(wire_name(value.error().code));
  };
  REQUIRE(read(R"(["\ud83d","\ude00x","\uD83D\u0041"])") ==
          "[\"\xef\xbf\xbd\",\"\xef\xbf\xbdx\",\"\xef\xbf\xbd"
          "A\"]");
  REQUIRE(read(R"(["\ud83d\ud83d\ude00","\\\ud83d","\\ud83d"])") ==
          "[\"\xef\xbf\xbd\xf0\x9f\x98\x80\",\"\\\\\xef\xbf\xbd\",\"\\\\ud83d\"]");
  REQUIRE(read(R"(["\ud83d")") == "invalid_json");
  REQUIRE(read(R"(["\ud83)") == "invalid_json");
  REQUIRE(read(R"("\ud8)") == "invalid_json");
  REQUIRE(read("[1e400]") == "limit_exceeded");
  REQUIRE(read(std::string(101, '[')) == "limit_exceeded");
  REQUIRE(read(R"({"a":"\ud83d","b":1e400})") == "limit_exceeded");
  REQUIRE(read("{") == "invalid_json");
}

TEST_CASE("integers keep all of their digits up to 64 bits") {
  for (const char* const text : {"0", "-1", "9007199254740993", "9223372036854775807",
                                 "-9223372036854775808", "18446744073709551615"}) {
    REQUIRE(to_text(*parse_json(text)) == text);
  }
  REQUIRE(parse_json("18446744073709551616")->is_double());
}

TEST_CASE("nesting is accepted up to the limit and refused beyond") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  REQUIRE(parse_json(nested(limits::json_depth_max)).ok());
  const auto deep = parse_json(nested(limits::json_depth_max + 1));
  REQUIRE_FALSE(deep.ok());
  REQUIRE(deep.error().code == ErrorCode::invalid_json);
  REQUIRE_THAT(deep.error().message, Catch::Contains("deeper than 100"));
  REQUIRE_FALSE(parse_json(std::string(1'000'000, '[')).ok());
}

TEST_CASE("text that is not strict JSON is refused with a reason") {
  for (const char* const text :
       {"",          "  ",    "{",    "[1,]",     "{\"a\":1,}", "{a:1}",      "'a'",
        "nul",       "+1",    "01",   "1.",       ".5",         "NaN",        "Infinity",
        "-Infinity", "[1] 2", "{} x", "\"a\nb\"", "\"\\x\"",    "/* no */ 1", "\"\\ud800\""}) {
    INFO(text);
    const auto parsed = parse_json(text);
    REQUIRE_FALSE(parsed.ok());
    REQUIRE(parsed.error().code == ErrorCode::invalid_json);
    REQUIRE_FALSE(parsed.error().message.empty());
  }
}

TEST_CASE("space around the value is allowed and text after it is not") {
  REQUIRE(parse_json(" \t\r\n{} \n").ok());
  const auto trailing = parse_json("{\"a\":1} garbage");
  REQUIRE_FALSE(trailing.ok());
  REQUIRE_THAT(trailing.error().message, Catch::Contains("at byte 8"));
}

TEST_CASE("strings with invalid UTF-8 are refused everywhere") {
  for (const std::string text : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80", "\xff", "\xe2\x82"}) {
    REQUIRE_FALSE(is_valid_utf8(text));
    REQUIRE_FALSE(parse_json('"' + text + '"').ok());
    REQUIRE_FALSE(parse_json("{\"" + text + "\":1}").ok());
  }
  REQUIRE(is_valid_utf8("grün 漢字 😀"));
  REQUIRE(parse_json("\"grün 漢字 😀\"").ok());
}

TEST_CASE("the last of duplicate keys wins") {
  const auto parsed = parse_json(R"({"a":1,"b":2,"a":3})");
  REQUIRE(parsed.ok());
  REQUIRE(parsed->at("a") == 3);
  REQUIRE(parsed->as_object().size() == 2);
}

TEST_CASE("control characters and quotes are escaped when written") {
  REQUIRE(to_text(Json("a\"b\\c\n\t\x01/")) == "\"a\\\"b\\\\c\\n\\t\\u0001/\"");
  REQUIRE(to_text(*parse_json(R"({"k\"":[true,null,{}]})")) == R"({"k\"":[true,null,{}]})");
}

TEST_CASE("a pointer token escapes tilde and slash") {
  REQUIRE(pointer_token("a/b~c") == "a~1b~0c");
  REQUIRE(pointer_token("plain").empty() == false);
}
