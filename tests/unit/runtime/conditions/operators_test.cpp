#include "runtime/conditions/operators.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

/// "true", "false" or "mismatch"; the two sides are JSON.
std::string ask(const char* name, const char* variable, const char* argument = "null") {
  const auto op = parse_operator(name);
  REQUIRE(op.has_value());
  const auto answer = evaluate(*op, *parse_json(variable), *parse_json(argument));
  if (answer) return *answer ? "true" : "false";
  REQUIRE(answer.error().code == ErrorCode::type_mismatch);
  REQUIRE_THAT(answer.error().message, Catch::StartsWith(name));
  return "mismatch";
}

struct Row {
  const char* name;
  const char* opposite;
  const char* variable;
  const char* argument;
  const char* answer;
};

std::string negated(const std::string& answer) {
  if (answer == "mismatch") return answer;
  return answer == "true" ? "false" : "true";
}

}  // namespace

TEST_CASE("each operator answers as its table says and its opposite the other way") {
  const std::vector<Row> rows{
      {"StringContains", "StringDoesNotContain", R"("abc")", R"("b")", "true"},
      {"StringContains", "StringDoesNotContain", R"("abc")", R"("")", "true"},
      {"StringContains", "StringDoesNotContain", R"("abc")", R"("B")", "false"},
      {"StringContains", "StringDoesNotContain", "5", R"("b")", "mismatch"},
      {"StringContains", "StringDoesNotContain", R"("abc")", "null", "mismatch"},
      {"StringContains", "StringDoesNotContain", R"(["a"])", R"("a")", "mismatch"},
      {"StringExactlyMatches", "StringDoesNotExactlyMatch", R"("a")", R"("a")", "true"},
      {"StringExactlyMatches", "StringDoesNotExactlyMatch", R"("a")", R"("A")", "false"},
      {"StringExactlyMatches", "StringDoesNotExactlyMatch", "null", R"("a")", "mismatch"},
      {"StringIsIn", "StringIsNotIn", R"("a")", R"(["b","a"])", "true"},
      {"StringIsIn", "StringIsNotIn", R"("a")", R"("b, a ,c")", "true"},
      {"StringIsIn", "StringIsNotIn", R"("a")", R"("ab,ba")", "false"},
      {"StringIsIn", "StringIsNotIn", R"("")", R"("a,")", "true"},
      {"StringIsIn", "StringIsNotIn", R"("a")", "[]", "false"},
      {"StringIsIn", "StringIsNotIn", R"("a")", R"(["a",1])", "mismatch"},
      {"StringIsIn", "StringIsNotIn", "1", R"(["1"])", "mismatch"},
      {"StringIsIn", "StringIsNotIn", R"("a")", "{}", "mismatch"},
      {"StringStartsWith", "StringDoesNotStartWith", R"("abc")", R"("ab")", "true"},
      {"StringStartsWith", "StringDoesNotStartWith", R"("abc")", R"("bc")", "false"},
      {"StringStartsWith", "StringDoesNotStartWith", "true", R"("bc")", "mismatch"},
      {"StringEndsWith", "StringDoesNotEndWith", R"("abc")", R"("bc")", "true"},
      {"StringEndsWith", "StringDoesNotEndWith", R"("abc")", R"("xabc")", "false"},
      {"StringEndsWith", "StringDoesNotEndWith", R"("abc")", "3", "mismatch"},
      {"NumberEquals", "NumberDoesNotEqual", "1", "1.0", "true"},
      {"NumberEquals", "NumberDoesNotEqual", R"("1e1")", "10", "true"},
      {"NumberEquals", "NumberDoesNotEqual", "9007199254740993", "9007199254740992.0", "false"},
      {"NumberEquals", "NumberDoesNotEqual", "18446744073709551615", "-1", "false"},
      {"NumberEquals", "NumberDoesNotEqual", R"("1 ")", "1", "mismatch"},
      {"NumberEquals", "NumberDoesNotEqual", R"("+1")", "1", "mismatch"},
      {"NumberEquals", "NumberDoesNotEqual", R"("")", "1", "mismatch"},
      {"NumberEquals", "NumberDoesNotEqual", R"("0x10")", "16", "mismatch"},
      {"NumberEquals", "NumberDoesNotEqual", R"("1e999")", "1", "mismatch"},
      {"NumberEquals", "NumberDoesNotEqual", "true", "1", "mismatch"},
      {"NumberEquals", "NumberDoesNotEqual", "1", "null", "mismatch"},
      {"NumberGreaterThan", "NumberLessThanOrEqualTo", "2", "1.5", "true"},
      {"NumberGreaterThan", "NumberLessThanOrEqualTo", "2", "2", "false"},
      {"NumberGreaterThan", "NumberLessThanOrEqualTo", "{}", "2", "mismatch"},
      {"NumberLessThan", "NumberGreaterThanOrEqualTo", "-1", "18446744073709551615", "true"},
      {"NumberLessThan", "NumberGreaterThanOrEqualTo", "3", R"("3")", "false"},
      {"NumberLessThan", "NumberGreaterThanOrEqualTo", "3", R"("three")", "mismatch"},
      {"Exists", "DoesNotExist", "null", "null", "false"},
      {"Exists", "DoesNotExist", "0", "null", "true"},
      {"IsNotNull", "IsNull", "\"\"", "null", "true"},
      {"IsNotNull", "IsNull", "null", "null", "false"},
      {"BooleanTrue", "BooleanFalse", "true", "null", "true"},
      {"BooleanTrue", "BooleanFalse", R"("false")", "null", "false"},
      {"BooleanTrue", "BooleanFalse", R"("TRUE")", "null", "mismatch"},
      {"BooleanTrue", "BooleanFalse", "1", "null", "mismatch"},
      {"BooleanTrue", "BooleanFalse", "null", "null", "mismatch"},
      {"ArrayIsIn", "ArrayIsNotIn", "1", "[2,1.0]", "true"},
      {"ArrayIsIn", "ArrayIsNotIn", R"({"a":1,"b":2})", R"([{"b":2,"a":1}])", "true"},
      {"ArrayIsIn", "ArrayIsNotIn", "[1]", "[1]", "false"},
      {"ArrayIsIn", "ArrayIsNotIn", "null", "[null]", "true"},
      {"ArrayIsIn", "ArrayIsNotIn", "1", "[]", "false"},
      {"ArrayIsIn", "ArrayIsNotIn", "1", "1", "mismatch"},
      {"ArrayIsIn", "ArrayIsNotIn", "1", "null", "mismatch"},
      {"ArrayIsEmpty", "ArrayIsNotEmpty", "[]", "null", "true"},
      {"ArrayIsEmpty", "ArrayIsNotEmpty", "[null]", "null", "false"},
      {"ArrayIsEmpty", "ArrayIsNotEmpty", "{}", "null", "mismatch"},
      {"ArrayIsEmpty", "ArrayIsNotEmpty", "null", "null", "mismatch"},
  };
  for (const Row& row : rows) {
    INFO(row.name << ' ' << row.variable << ' ' << row.argument);
    REQUIRE(ask(row.name, row.variable, row.argument) == row.answer);
    REQUIRE(ask(row.opposite, row.variable, row.argument) == negated(row.answer));
  }
}

TEST_CASE("strings are ordered by their UTF-8 bytes") {
  REQUIRE(ask("StringGreaterThan", R"("b")", R"("a")") == "true");
  REQUIRE(ask("StringGreaterThan", R"("a")", R"("Z")") == "true");
  REQUIRE(ask("StringLessThan", R"("a")", R"("a")") == "false");
  REQUIRE(ask("StringLessThan", R"("z")", R"("é")") == "true");
  REQUIRE(ask("StringLessThan", R"("a")", R"("ab")") == "true");
  REQUIRE(ask("StringLessThan", "1", R"("2")") == "mismatch");
}

TEST_CASE("times compare across their three forms") {
  const char* const noon = R"("2026-01-31T12:00:00+01:00")";
  REQUIRE(ask("DateTimeEquals", noon, R"("2026-01-31T11:00:00Z")") == "true");
  REQUIRE(ask("DateTimeEquals", R"("1970-01-02")", "86400000") == "true");
  REQUIRE(ask("DateTimeAfter", noon, R"("2026-01-31")") == "true");
  REQUIRE(ask("DateTimeBefore", noon, R"("2026-02-01")") == "true");
  REQUIRE(ask("DateTimeAfter", noon, noon) == "false");
  REQUIRE(ask("DateTimeAfter", R"("2026-02-30")", noon) == "mismatch");
  REQUIRE(ask("DateTimeAfter", noon, R"("soon")") == "mismatch");
  REQUIRE(ask("DateTimeAfter", "true", noon) == "mismatch");
  REQUIRE(ask("DateTimeAfter", "1e300", noon) == "mismatch");
}

TEST_CASE("both spellings of every operator are understood") {
  REQUIRE(operator_names().size() == 31);
  for (const auto name : operator_names()) {
    const auto op = parse_operator(name);
    REQUIRE(op.has_value());
    REQUIRE(wire_name(*op) == name);
    std::string dollar = '$' + std::string(name);
    dollar[1] = static_cast<char>(dollar[1] - 'A' + 'a');
    REQUIRE(parse_operator(dollar) == op);
  }
  for (const char* const name :
       {"", "$", "stringContains", "$StringContains", "StringContain", "$stringContainsX"}) {
    INFO(name);
    REQUIRE_FALSE(parse_operator(name));
  }
}

TEST_CASE("operators that look at the variable only take no argument") {
  std::size_t alone = 0;
  for (const auto name : operator_names()) {
    if (!takes_argument(*parse_operator(name))) ++alone;
  }
  REQUIRE(alone == 8);
  REQUIRE_FALSE(takes_argument(Operator::boolean_true));
  REQUIRE(takes_argument(Operator::array_is_in));
}

TEST_CASE("a mismatch names the operator, the side, the expectation and the finding") {
  const auto answer = evaluate(Operator::number_less_than, Json(1), Json(true));
  REQUIRE_FALSE(answer.ok());
  REQUIRE(answer.error().message ==
          "NumberLessThan expects `argument` to be a number, but it is boolean");
  REQUIRE(answer.error().details.size() == 1);
  REQUIRE(answer.error().details[0].expected == "a number");
  REQUIRE(answer.error().details[0].got == "boolean");
}
