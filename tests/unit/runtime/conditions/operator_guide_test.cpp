#include "runtime/conditions/operator_guide.h"

#include "tests/support/catch.h"

#include <fstream>
#include <iterator>

using namespace millrace;

TEST_CASE("the example of each operator holds") {
  for (const auto name : operator_names()) {
    INFO(name);
    const Operator op = *parse_operator(name);
    const OperatorGuide& guide = guide_to(op);
    CHECK(takes_argument(op) == !guide.argument.empty());
    CHECK(takes_argument(op) == !guide.example_argument.empty());
    const auto variable = parse_json(guide.example_variable);
    REQUIRE(variable.ok());
    const auto argument =
        parse_json(guide.example_argument.empty() ? "null" : guide.example_argument);
    REQUIRE(argument.ok());
    const auto holds = evaluate(op, *variable, *argument);
    REQUIRE(holds.ok());
    CHECK(*holds);
  }
}

TEST_CASE("the list of operators names each with its operands and its example") {
  const std::string list = operator_list();
  for (const auto name : operator_names()) {
    CHECK_THAT(list, Catch::Contains(std::string(name) + " ("));
  }
  CHECK_THAT(list, Catch::Contains("number and number: NumberGreaterThan (5, 3), "));
  CHECK_THAT(list, Catch::Contains("BooleanTrue (true)"));
}

TEST_CASE("docs/definitions.md has a row for each operator, with operands and example") {
  std::ifstream file(MILLRACE_SOURCE_DIR "/docs/definitions.md");
  const std::string docs(std::istreambuf_iterator<char>(file), {});
  for (const auto name : operator_names()) {
    const OperatorGuide& guide = guide_to(*parse_operator(name));
    std::string row = "| `" + std::string(name) + "` | " + std::string(guide.variable) + " | " +
                      std::string(guide.argument) + " | `" + std::string(guide.example_variable) +
                      "`";
    if (!guide.example_argument.empty()) {
      row += ", `" + std::string(guide.example_argument) + "`";
    }
    CHECK_THAT(docs, Catch::Contains(row + " |"));
  }
}

TEST_CASE("what other languages write leads to the operator that is meant") {
  const Json number = 5;
  const Json text = "x";
  CHECK(nearest_operator(">=", &number) == "NumberGreaterThanOrEqualTo");
  CHECK(nearest_operator("==", &number) == "NumberEquals");
  CHECK(nearest_operator("==", &text) == "StringExactlyMatches");
  CHECK(nearest_operator("!=", nullptr) == "NumberDoesNotEqual");
  CHECK(nearest_operator("$contains", &text) == "StringContains");
  CHECK(nearest_operator("startsWith", &text) == "StringStartsWith");
  CHECK(nearest_operator("$stringContain", &text) == "StringContains");
  CHECK(nearest_operator("somethingElseEntirely", &text).empty());
  for (const char* const written :
       {">", "<", "<=", "=", "===", "eq", "ne", "in", "empty", "null"}) {
    INFO(written);
    CHECK(parse_operator(nearest_operator(written, &number)).has_value());
    CHECK(parse_operator(nearest_operator(written, &text)).has_value());
  }
}
