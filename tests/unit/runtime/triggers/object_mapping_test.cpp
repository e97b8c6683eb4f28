#include "runtime/triggers/object_mapping.h"

#include "runtime/reading/object_reader.h"
#include "tests/support/catch.h"

namespace millrace {
namespace {

Json json_of(std::string_view text) { return *parse_json(text); }

std::string mapped(std::string_view payload, std::string_view mapping) {
  return to_text(mapped_object(json_of(payload), json_of(mapping).get_object()));
}

/// The path; "" with a finding.
std::string read(const std::string& mapping) {
  Findings findings;
  const Json trigger = JsonObject{{"objectMapping", mapping}};
  ObjectReader json(trigger, "/trigger", "", findings);
  std::string text;
  for (const auto& segment : read_object_mapping(json))
    text += std::get<std::string>(segment) + '/';
  CHECK(text.empty() == !findings.empty());
  return text;
}

}  // namespace

TEST_CASE("fields are put under the provider's names, and what is not mapped is left out",
          "[object_mapping]") {
  CHECK(mapped(R"({"email": "a@b", "age": 3})", R"({"email": "Email__c"})") ==
        R"({"Email__c":"a@b"})");
  CHECK(mapped(R"({"a": [1]})", R"({"a": "x", "b": "y"})") == R"({"x":[1]})");
  CHECK(mapped(R"({"a": 1})", R"({"a": "", "b": null})") == "{}");
  CHECK(mapped("[1]", R"({"a": "x"})") == "{}");
}

TEST_CASE("a name with dots is a path on both sides, unless a field has just that name",
          "[object_mapping]") {
  CHECK(mapped(R"({"who": {"name": "Ada"}})", R"({"who.name": "properties.name"})") ==
        R"({"properties":{"name":"Ada"}})");
  CHECK(mapped(R"({"a.b": 1, "a": {"b": 2}})", R"({"a.b": "x"})") == R"({"x":1})");
  CHECK(mapped(R"({"a": 1, "b": 2})", R"({"a": "p", "b": "p.q"})") == R"({"p":{"q":2}})");
}

TEST_CASE("a mapping with a path of any length ends", "[object_mapping]") {
  std::string path = "a";
  for (int i = 0; i < 100'000; ++i) path += ".a";
  CHECK(mapped(R"({"k": 1})", R"({"k": ")" + path + "\"}").size() > path.size() - 50);
}

TEST_CASE("a trigger names the setting by a reference to it and by nothing else",
          "[object_mapping]") {
  CHECK(read("{{settings.contactFields}}") == "contactFields/");
  CHECK(read("{{settings[\"map-1\"]}}") == "map-1/");
  CHECK(read("{{settings.objects.contact}}") == "objects/contact/");
  CHECK(read("contactFields").empty());
  CHECK(read("{{trigger.a}}").empty());
  CHECK(read("{{settings}}").empty());
}

TEST_CASE("a run sees what came in, the payload as it was and the mapped object",
          "[object_mapping]") {
  const JsonObject settings = json_of(R"({"fields": {"email": "Email__c"}})").get_object();
  const std::vector<PathSegment> path{std::string("fields")};
  const Json of_event = with_mapped_object(EventTrigger{"Made", path},
                                           json_of(R"({"email": "a@b", "n": 1})"), settings);
  CHECK(to_text(of_event.at("mappedIntegrationObject")) == R"({"Email__c":"a@b"})");
  CHECK(to_text(of_event.at("originalPayload")) == R"({"email":"a@b","n":1})");
  CHECK(to_text(of_event.at("n")) == "1");
  RequestTrigger trigger;
  trigger.object_mapping = path;
  const Json of_request =
      with_mapped_object(trigger, json_of(R"({"request": {"body": {"email": "a@b"}}})"), settings);
  CHECK(to_text(of_request.at("mappedIntegrationObject")) == R"({"Email__c":"a@b"})");
  CHECK(to_text(of_request.at("request").at("body")) == R"({"email":"a@b"})");
  // A user who has mapped nothing yet, and a trigger without a mapping.
  CHECK(to_text(with_mapped_object(trigger, json_of("{}"), {}).at("mappedIntegrationObject")) ==
        "{}");
  CHECK(to_text(with_mapped_object(EventTrigger{"Made", {}}, json_of("[1]"), settings)) == "[1]");
}

}  // namespace millrace
