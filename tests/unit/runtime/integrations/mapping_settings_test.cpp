// Settings of type `mapping`: what they declare, and what a user may say.

#include "runtime/integrations/check_settings.h"
#include "runtime/integrations/read_settings.h"
#include "runtime/reading/object_reader.h"
#include "tests/support/catch.h"

namespace millrace {
namespace {

std::string paths(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings) text += finding.path + ": " + finding.message + "\n";
  return text;
}

std::vector<Setting> declared(std::string_view settings, std::string& wrong) {
  Findings findings;
  const Json definition = JsonObject{{"settings", *parse_json(settings)}};
  ObjectReader json(definition, "", "", findings);
  auto read = read_settings(json);
  wrong = paths(findings);
  return read;
}

std::string refusals(std::string_view value) {
  std::string wrong;
  const auto settings = declared(
      R"([{"id": "map", "type": "mapping", "fields": ["name", {"id": "email", "title": "E-mail", "required": true}]}])",
      wrong);
  CHECK(wrong.empty());
  Findings findings;
  check_settings(settings, JsonObject{{"map", *parse_json(value)}}, "/s", findings);
  return paths(findings);
}

}  // namespace

TEST_CASE("a mapping gives declared fields the names of the provider's", "[settings]") {
  CHECK(refusals(R"({"email": "Email__c", "name": "properties.name"})").empty());
  CHECK(refusals(R"({"email": "Email__c", "name": null})").empty());
}

TEST_CASE("each field that a mapping gets wrong is named", "[settings]") {
  CHECK_THAT(refusals(R"({"name": "n"})"), Catch::Contains("/s/map/email: the field `email` has"));
  CHECK_THAT(refusals(R"({"email": ""})"), Catch::Contains("/s/map/email"));
  CHECK_THAT(refusals(R"({"email": 5})"), Catch::Contains("/s/map/email: a field is mapped"));
  CHECK_THAT(refusals(R"({"email": "e", "nmae": "n"})"), Catch::Contains("/s/map/nmae"));
  CHECK_THAT(refusals(R"("email")"),
             Catch::Contains("/s/map: the setting `map` must be an object"));
}

TEST_CASE("no two fields are mapped to one place, nor one into another", "[settings]") {
  CHECK_THAT(refusals(R"({"email": "p", "name": "p"})"), Catch::Contains("/s/map/name"));
  CHECK_THAT(refusals(R"({"email": "p.q.r", "name": "p"})"), Catch::Contains("/s/map/email"));
  CHECK(refusals(R"({"email": "p.q", "name": "p.r"})").empty());
  CHECK(refusals(R"({"email": "p-q", "name": "p"})").empty());
}

TEST_CASE("a mapping that declares no fields takes any", "[settings]") {
  std::string wrong;
  const auto settings = declared(R"([{"id": "map", "type": "mapping"}])", wrong);
  Findings findings;
  check_settings(settings, JsonObject{{"map", JsonObject{{"a", "b"}}}}, "", findings);
  CHECK(findings.empty());
}

TEST_CASE("a field of a mapping is a name, or an object with an id", "[settings]") {
  std::string wrong;
  declared(
      R"([{"id": "map", "type": "mapping", "fields": [5, {"title": "x"}, {"id": "a", "requird": true}]}])",
      wrong);
  CHECK_THAT(wrong, Catch::Contains("/settings/0/fields/0"));
  CHECK_THAT(wrong, Catch::Contains("/settings/0/fields/1"));
  CHECK_THAT(wrong, Catch::Contains("requird"));
}

}  // namespace millrace
