// What a declared setting may be.

#include "runtime/integrations/read_settings.h"

#include "runtime/reading/object_reader.h"
#include "tests/support/catch.h"

namespace millrace {
namespace {

std::string found(std::string_view settings) {
  Findings findings;
  const Json definition = JsonObject{{"settings", *parse_json(settings)}};
  ObjectReader json(definition, "", "", findings);
  read_settings(json);
  std::string text;
  for (const auto& finding : findings) text += finding.path + ": " + finding.message + "\n";
  return text;
}

}  // namespace

TEST_CASE("the options of an enum are values, or objects with a value", "[settings]") {
  CHECK(
      found(
          R"([{"id": "e", "type": "enum", "options": ["a", 2, true, {"value": "b", "label": "B"}]}])")
          .empty());
  for (const char* const wrong : {"[null]", "[[1]]", "[{}]", R"([{"value": {"a": 1}}])"}) {
    CHECK(found(R"([{"id": "e", "type": "enum", "options": )" + std::string(wrong) + "}]") ==
          "/settings/0/options/0: an option is a value to choose, or an object with it\n");
  }
  for (const char* const wrong : {"5", R"("x")", "true", "{}"}) {
    CHECK_THAT(found(R"([{"id": "e", "type": "enum", "options": )" + std::string(wrong) + "}]"),
               Catch::StartsWith("/settings/0/options: "));
  }
}

TEST_CASE("a default is a value that a user could have given", "[settings]") {
  CHECK(found(R"([{"id": "n", "type": "number", "default": 5}, {"id": "t", "default": null}])")
            .empty());
  CHECK(found(R"([{"id": "n", "type": "number", "default": "abc"}])") ==
        "/settings/0/default: the default of `n` must be a number\n");
  CHECK(found(R"([{"id": "e", "type": "enum", "options": ["a"], "default": "b"}])") ==
        "/settings/0/default: the default of `e` must be one of \"a\"\n");
}

TEST_CASE("no two settings have one id", "[settings]") {
  CHECK(found(R"([{"id": "n"}, {"id": "m"}, {"id": "n", "type": "number"}])") ==
        "/settings/2/id: two settings have the id `n`\n");
}

}  // namespace millrace
