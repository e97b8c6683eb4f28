// A user's field mapping over what the application sends, by HTTP.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("an app event and a request are mapped by the fields that the user has chosen") {
  const TestProject project(open_server());
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": "https://crm.example",
                  "auth": {"type": "bearer"}, "settings": [{"id": "contact", "type": "mapping",
                  "fields": ["name", {"id": "email", "required": true}]}]})")
              .status == 201);
  REQUIRE(project.put("/events/Made", R"({"schema": {}})").status == 201);
  const std::string rest =
      R"(, "objectMapping": "{{settings.contact}}"}, "steps": [{"id": "tell", "type": "function",
         "parameters": {"m": "{{trigger.mappedIntegrationObject}}", "o": "{{trigger.originalPayload}}"},
         "code": "(p) => p"}]})";
  const std::string start = R"({"integration": "crm", "defaultEnabled": true, "trigger": )";
  project.deploy("on-event", start + R"({"type": "event", "event": "Made")" + rest);
  project.deploy("on-request", start + R"({"type": "request")" + rest);
  const auto as_user = [&](const std::string& method, const std::string& path,
                           const std::string& body) {
    return call_server(
        project.port(),
        {method, project.path("/sdk" + path), project.token(), body, "application/json", {}});
  };
  const auto connect = [&](const std::string& mapping) {
    return as_user(
        "POST", "/integrations/crm/connect",
        R"({"credentials": {"token": "t-1"}, "providerId": "p", "settings": {"contact": )" +
            mapping + "}}");
  };
  const Answer refused = connect(R"({"name": "Name"})");
  CHECK(refused.status == 400);
  CHECK(refused.at("/details/0/path") == R"("/settings/contact/email")");
  REQUIRE(connect(R"({"email": "Email__c", "name": "properties.name"})").status == 201);

  const std::string payload = R"({"email": "a@b.example", "name": "Ada", "age": 36})";
  const std::string expected =
      R"({"m":{"Email__c":"a@b.example","properties":{"name":"Ada"}},"o":{"email":"a@b.example","name":"Ada","age":36}})";
  const Answer sent =
      as_user("POST", "/events/trigger", R"({"name": "Made", "payload": )" + payload + "}");
  for (const std::string& id :
       {string_at(sent.json, "/executionIds/0"), project.start("on-request", payload)}) {
    project.wait_for_status(id, "SUCCEEDED");
    CHECK(*parse_json(text_at(project.step(id, "tell"), "/output/result")) ==
          *parse_json(expected));
  }
}
