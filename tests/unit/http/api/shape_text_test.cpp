#include "http/api/shape_text.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

Json parsed(std::string_view text) { return *parse_json(text); }
Json schema(std::string_view shape) { return schema_of_shape(shape); }

}  // namespace

TEST_CASE("words are types, and capital ones refer to a named shape", "[http]") {
  CHECK(schema("string") == parsed(R"({"type":"string"})"));
  CHECK(schema("date") == parsed(R"({"type":"string","format":"date-time"})"));
  CHECK(schema("any") == parsed("{}"));
  CHECK(schema("[Step]") ==
        parsed(R"({"type":"array","items":{"$ref":"#/components/schemas/Step"}})"));
}

TEST_CASE("members of an object are required unless they end in a question mark", "[http]") {
  CHECK(schema("{a: integer, b?: [boolean]}") ==
        parsed(R"({"type":"object","properties":{"a":{"type":"integer"},
                   "b":{"type":"array","items":{"type":"boolean"}}},"required":["a"]})"));
  CHECK(schema("{}") == parsed(R"({"type":"object"})"));
  CHECK(schema("{[workflowId]: {}}") ==
        parsed(R"({"type":"object","additionalProperties":{"type":"object"}})"));
}

TEST_CASE("texts of an alternative become one enum", "[http]") {
  CHECK(schema(R"("ASC"|"DESC")") == parsed(R"({"type":"string","enum":["ASC","DESC"]})"));
  CHECK(
      schema(R"("on"|integer|null)") ==
      parsed(R"({"anyOf":[{"type":"string","enum":["on"]},{"type":"integer"},{"type":"null"}]})"));
}

TEST_CASE("a shape that cannot be read is a bug, never a guess", "[http]") {
  for (const auto* broken : {"", "strin", "{a}", "{a: string", "[string", "string string", "\"a",
                             "{a: string,}", "a|", "{[x]}"}) {
    INFO(broken);
    CHECK_THROWS_AS(schema_of_shape(broken), BugFound);
  }
}

}  // namespace millrace
