// By what index rows a workflow is found.

#include "runtime/definitions/found_by.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

FoundBy found(const std::string& definition, Stage stage = Stage::deployed) {
  const auto json = parse_json(definition);
  REQUIRE(json.ok());
  return found_by(*json, stage);
}

TEST_CASE("a deployed workflow is found by its trigger, a draft is not") {
  const char* const text = R"({"trigger": {"type": "request"}, "steps": []})";
  REQUIRE(found(text) == FoundBy{"request", "", ""});
  REQUIRE(found(text, Stage::draft) == FoundBy{});
}

TEST_CASE("a workflow is found by its integration only with defaultEnabled") {
  const std::string rest = R"("trigger": {"type": "request"}})";
  for (const Stage stage : {Stage::draft, Stage::deployed}) {
    REQUIRE(found(R"({"integration": "crm", "defaultEnabled": true, )" + rest, stage).default_for ==
            "crm");
    for (const char* const without : {R"("integration": "crm")", R"("defaultEnabled": true)",
                                      R"("integration": "crm", "defaultEnabled": false)",
                                      R"("integration": "crm", "defaultEnabled": "yes")",
                                      R"("integration": 5, "defaultEnabled": true)"}) {
      REQUIRE(found("{" + std::string(without) + ", " + rest, stage).default_for.empty());
    }
  }
}

TEST_CASE("what a draft may hold and no key may is not found") {
  const std::string endless(limits::id_bytes_max + 1, 'x');
  REQUIRE(found(R"({"integration": ")" + endless + R"(", "defaultEnabled": true})") == FoundBy{});
  REQUIRE(found("[]") == FoundBy{});
  REQUIRE(found(R"({"trigger": {"type": "nonsense"}})") == FoundBy{});
}

}  // namespace
}  // namespace millrace
