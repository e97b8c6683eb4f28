// What a deploy says besides what it did.
#include "api_fixture.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::string workflow_with_secret(const std::string& name) {
  return R"({"trigger":{"type":"request"},"steps":[{"id":"f","type":"function","code":"() => 1",
            "parameters":{"key":"{{secrets.)" +
         name + R"(}}"}}]})";
}

}  // namespace

TEST_CASE("a deploy names the secrets that are not there yet and is done all the same", "[http]") {
  ApiFixture api;
  const auto post = [&](const std::string& rest, const std::string& body = {}) {
    return api.call("POST", "/projects/p1" + rest, api.api_key, body);
  };
  CHECK(api.call("PUT", "/projects/p1/workflows/w", api.api_key, workflow_with_secret("CRM_KEY"))
            .status == 200);
  const Answer deployed = post("/workflows/w/deploy");
  CHECK(deployed.status == 200);
  CHECK(to_text(deployed["missingSecrets"]) == R"(["CRM_KEY"])");
  const Answer folder =
      post("/deploy", R"({"workflows":{"w":)" + workflow_with_secret("CRM_KEY") + "}}");
  CHECK(folder.status == 200);
  CHECK(to_text(folder["workflows"].at(0).at("missingSecrets")) == R"(["CRM_KEY"])");
  CHECK(api.call("PUT", "/projects/p1/secrets/CRM_KEY", api.api_key,
                 R"({"value":"long-enough-for-a-secret"})")
            .status < 300);
  CHECK_FALSE(post("/workflows/w/deploy").json.get_object().contains("missingSecrets"));
}

TEST_CASE("a folder's deploy names what is live beside it", "[http]") {
  ApiFixture api;
  const auto deploy = [&](const std::string& workflows) {
    const Answer answer = api.call("POST", "/projects/p1/deploy", api.api_key,
                                   R"({"workflows":{)" + workflows + "}}");
    REQUIRE(answer.status == 200);
    return to_text(answer["liveBeside"]);
  };
  const std::string definition(simple_definition);
  CHECK(deploy(R"("a":)" + definition + R"(,"b":)" + definition) == "[]");
  CHECK(deploy(R"("a":)" + definition) == R"([{"id":"b","version":1}])");
  CHECK(api.call("POST", "/projects/p1/workflows/b/undeploy", api.api_key).status == 200);
  CHECK(deploy(R"("a":)" + definition) == "[]");
}

TEST_CASE("what is not there leads to what is near, and a key to its own project", "[http]") {
  ApiFixture api;
  CHECK(api.call("PUT", "/projects/p1/workflows/lead-to-crm", api.api_key,
                 std::string(simple_definition))
            .status == 200);
  CHECK(api.call("POST", "/projects/p1/workflows/lead-to-crm/deploy", api.api_key).status == 200);
  const Answer misspelt = api.call("GET", "/projects/p1/workflows/lead-to-cmr", api.api_key);
  CHECK(misspelt.status == 404);
  CHECK_THAT(misspelt.message(), Catch::Contains("did you mean \"lead-to-crm\"?"));
  api.make_project("p2");
  const Answer other = api.call("GET", "/projects/p2/workflows", api.api_key);
  CHECK(other.status == 404);
  CHECK_THAT(other.message(), Catch::Contains("is another project's"));
}

TEST_CASE("event logs of a level that there is not are refused", "[http]") {
  ApiFixture api;
  CHECK(api.call("GET", "/projects/p1/event-logs?level=warning", api.api_key).status == 200);
  CHECK(api.call("GET", "/projects/p1/event-logs?level=x", api.api_key).status == 400);
}

TEST_CASE("a deploy names an app event that is not there and is done all the same", "[http]") {
  ApiFixture api;
  const auto put = [&](const std::string& rest, const std::string& body) {
    CHECK(api.call("PUT", "/projects/p1" + rest, api.api_key, body).status < 300);
  };
  const auto deploy = [&](const std::string& rest, const std::string& body = {}) {
    const Answer answer = api.call("POST", "/projects/p1" + rest, api.api_key, body);
    CHECK(answer.status == 200);
    return answer;
  };
  const std::string on_event = R"({"trigger":{"type":"event","event":"Contct Created"},"steps":[
      {"id":"f","type":"function","code":"() => 1"}]})";
  put("/workflows/w", on_event);
  CHECK(to_text(deploy("/workflows/w/deploy")["unknownEvent"]) == R"({"name":"Contct Created"})");
  put("/events/Contact%20Created", R"({"schema":{}})");
  const std::string near = R"({"name":"Contct Created","nearest":"Contact Created"})";
  CHECK(to_text(deploy("/workflows/w/deploy")["unknownEvent"]) == near);
  const std::string workflows = R"("workflows":{"w":)" + on_event + "}";
  const Answer folder = deploy("/deploy", "{" + workflows + "}");
  CHECK(to_text(folder["workflows"].at(0).at("unknownEvent")) == near);
  // What comes with the folder is there.
  const Answer whole =
      deploy("/deploy?check=true", R"({"events":{"Contct Created":{}},)" + workflows + "}");
  CHECK_FALSE(whole["workflows"].at(0).get_object().contains("unknownEvent"));
}
