#include "runtime/conditions/compare_values.h"

#include "tests/support/catch.h"

#include <random>

using namespace millrace;

namespace {

/// How the left number stands to the right one, as a character.
char compare(const char* left, const char* right) {
  const auto order = compare_numbers(*parse_json(left), *parse_json(right));
  if (order < 0) return '<';
  if (order > 0) return '>';
  return order == 0 ? '=' : '?';
}

bool equal(const char* left, const char* right) {
  return equal_values(*parse_json(left), *parse_json(right));
}

}  // namespace

TEST_CASE("numbers of every kind compare by value") {
  REQUIRE(compare("1", "1.0") == '=');
  REQUIRE(compare("1.0", "1") == '=');
  REQUIRE(compare("-1", "18446744073709551615") == '<');
  REQUIRE(compare("18446744073709551615", "-1") == '>');
  REQUIRE(compare("9223372036854775807", "9223372036854775808") == '<');
  REQUIRE(compare("2", "2.5") == '<');
  REQUIRE(compare("-2", "-2.5") == '>');
  REQUIRE(compare("-2.5", "-2") == '<');
  REQUIRE(compare("0", "-0.0") == '=');
}

TEST_CASE("large integers are not rounded to doubles") {
  REQUIRE(compare("9007199254740993", "9007199254740992.0") == '>');
  REQUIRE(compare("9007199254740992", "9007199254740992.0") == '=');
  REQUIRE(compare("9223372036854775807", "9223372036854775808.0") == '<');
  REQUIRE(compare("18446744073709551615", "18446744073709551616.0") == '<');
  REQUIRE(compare("-9223372036854775808", "-9223372036854775808.0") == '=');
  REQUIRE(compare("-9223372036854775808", "-9.3e18") == '>');
  REQUIRE(compare("1", "1e300") == '<');
  REQUIRE(compare("18446744073709551615", "-1e300") == '>');
}

TEST_CASE("comparison of numbers is antisymmetric for random mixtures") {
  const std::uint64_t seed = 7;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto number = [&]() -> Json {
    const std::uint64_t bits = random() >> (random() % 64);
    switch (random() % 3) {
      case 0:
        return static_cast<std::int64_t>(bits) * (random() % 2 == 0 ? 1 : -1);
      case 1:
        return bits;
      default:
        return static_cast<double>(bits) / static_cast<double>(1 + random() % 4);
    }
  };
  for (int i = 0; i < 20'000; ++i) {
    const Json a = number();
    const Json b = number();
    const auto order = compare_numbers(a, b);
    const bool is_ordered = order != std::partial_ordering::unordered;
    const bool is_antisymmetric = (0 <=> compare_numbers(b, a)) == order;
    const bool is_equal = order == 0;
    REQUIRE(is_ordered);
    REQUIRE(is_antisymmetric);
    REQUIRE(equal_values(a, b) == is_equal);
  }
}

TEST_CASE("values are deeply equal without regard to key order") {
  REQUIRE(equal(R"({"a":[1,{"b":2}],"c":null})", R"({"c":null,"a":[1.0,{"b":2.0}]})"));
  REQUIRE_FALSE(equal(R"({"a":1})", R"({"a":1,"b":2})"));
  REQUIRE_FALSE(equal(R"({"a":null})", R"({"b":null})"));
  REQUIRE_FALSE(equal("[1,2]", "[2,1]"));
  REQUIRE_FALSE(equal("[1]", "[1,1]"));
  REQUIRE_FALSE(equal("1", "\"1\""));
  REQUIRE_FALSE(equal("null", "false"));
  REQUIRE(equal("\"a\"", "\"a\""));
  REQUIRE(equal("[]", "[]"));
}
