// Actions and requests of an integration: declared, connected, enabled, run; and each condition that
// is not met has its own answer.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <filesystem>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

const std::string account = R"({"credentials": {"token": "ada-token"}})";

std::string crm(const std::string& more = {}) {
  return R"({"baseUrl": ")" + example_peer().url() + R"(", "auth": {"type": "bearer"}, "actions": {
      "createContact": {"method": "POST", "path": "/contacts", "body": "{{parameters}}",
        "result": "response.body.data", "parameters": {
          "email": {"type": "string", "required": true}, "age": {"type": "number"}}}})" +
         more + "}";
}

std::string workflow(const std::string& steps) {
  return R"({"name": "w", "integration": "crm", "trigger": {"type": "request"}, "steps": [)" +
         steps + "]}";
}

std::string contact_steps() {
  return R"({"id": "add", "type": "action", "action": "createContact",
             "parameters": {"email": "{{trigger.request.body.email}}",
                            "age": "{{trigger.request.body.age}}"}},)" +
         response_step("\"{{add.result}}\"");
}

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body, const std::string& user = "user-1") {
  return call_server(project.port(),
                     {method, project.path("/sdk" + rest), project.token(user), body});
}

std::string connect(const TestProject& project, const std::string& user = "user-1") {
  const Answer answer = as_user(project, "POST", "/integrations/crm/connect", account, user);
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return string_at(answer.json, "/id");
}

void enable(const TestProject& project, const std::string& credential) {
  const Answer answer = as_user(project, "PATCH", "/credentials/" + credential,
                                R"({"config": {"configuredWorkflows": {"w": {"enabled": true}}}})");
  INFO(answer.text);
  REQUIRE(answer.status == 200);
}

std::string code_of(const Answer& answer) { return answer.at("/code"); }

/// A project with the integration and a deployed workflow of these steps.
void prepare(const TestProject& project, const std::string& steps) {
  REQUIRE(project.put("/integrations/crm", crm()).status == 201);
  project.deploy("w", workflow(steps));
}

}  // namespace

TEST_CASE("an action runs for a user who has connected and enabled, and for nobody else") {
  const TestProject project(open_server());
  prepare(project, contact_steps());
  const std::string input = R"({"email": "ada@example.org", "age": 36})";
  const Answer unconnected = project.trigger("w", input);
  CHECK(unconnected.status == 409);
  CHECK(code_of(unconnected) == R"("credential_missing")");
  const std::string credential = connect(project);
  CHECK(code_of(project.trigger("w", input)) == R"("workflow_disabled")");
  enable(project, credential);
  CHECK(project.trigger("w", input).text == R"({"id":"c-1","email":"ada@example.org","age":36})");
  CHECK(code_of(project.trigger("w", input, "user-2")) == R"("credential_missing")");
  REQUIRE(project.put("/integrations/crm", crm(R"(, "isActive": false)")).status == 200);
  CHECK(code_of(project.trigger("w", input)) == R"("integration_inactive")");
  REQUIRE(project.put("/integrations/crm", crm()).status == 200);
  CHECK(as_user(project, "DELETE", "/integrations/" + credential, "").status == 204);
  CHECK(code_of(project.trigger("w", input)) == R"("credential_missing")");
}

TEST_CASE(
    "a credential arrives at the third party, what that answers at the caller, and nothing of it "
    "is "
    "shown or stored") {
  ServerProcess server(open_server_options());
  const TestProject project(server);
  prepare(project, R"({"id": "show", "type": "request", "integration": "crm", "method": "GET",
                       "path": "/echo?credential"},)" +
                       response_step("\"{{show.response.body}}\""));
  enable(project, connect(project));
  const Answer answer = project.trigger("w");
  INFO(answer.text);
  REQUIRE(answer.status == 200);
  const auto requests = example_peer().requests("/echo?credential");
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].header("authorization") == "Bearer ada-token");
  CHECK(answer.at("/headers/authorization") == R"("Bearer ada-token")");
  const Answer list = project.get("/task-history/workflow-executions");
  const std::string run = string_at(list.json, "/workflowExecutions/0/id");
  CHECK(to_text(project.step(run, "show")).find("ada-token") == std::string::npos);
  server.terminate();
  REQUIRE(server.wait_for_exit(20s) == 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.data_directory())) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path().string());
    CHECK(read_file(entry.path()).find("ada-token") == std::string::npos);
  }
  CHECK(server.log_end().find("ada-token") == std::string::npos);
}

TEST_CASE("parameters that do not fit an action are refused, at deploy or in the run") {
  const TestProject project(open_server());
  REQUIRE(project.put("/integrations/crm", crm()).status == 201);
  REQUIRE(project
              .put("/workflows/w", workflow(R"({"id": "add", "type": "action",
      "action": "createContact", "parameters": {"emial": "a@b.c", "age": "old"}})"))
              .status == 200);
  const Answer refused = project.post("/workflows/w/deploy");
  CHECK(refused.status == 400);
  CHECK(code_of(refused) == R"("invalid_definition")");
  CHECK_THAT(refused.text,
             Catch::Contains("emial") && Catch::Contains("email") && Catch::Contains("age"));
  project.deploy("w", workflow(contact_steps()));
  enable(project, connect(project));
  const Answer failed = project.trigger("w", R"({"email": 7})");
  CHECK(failed.status == 500);
  CHECK(failed.at("/error/code") == R"("invalid_parameters")");
  CHECK_THAT(failed.at("/message"), Catch::Contains("email"));
}

TEST_CASE("an unknown action or integration is refused at deploy with the nearest name") {
  const TestProject project(open_server());
  REQUIRE(project.put("/integrations/crm", crm()).status == 201);
  const auto refusal = [&](const std::string& step) {
    REQUIRE(project.put("/workflows/w", workflow(step)).status == 200);
    const Answer answer = project.post("/workflows/w/deploy");
    CHECK(answer.status == 400);
    return answer.text;
  };
  CHECK_THAT(refusal(R"({"id": "a", "type": "action", "action": "createContacts"})"),
             Catch::Contains(R"("nearest":"createContact")"));
  CHECK_THAT(refusal(R"({"id": "a", "type": "action", "integration": "crn", "action": "x"})"),
             Catch::Contains(R"("nearest":"crm")"));
}

TEST_CASE("a path cannot lead a credential to another host") {
  const TestProject project(open_server());
  prepare(project, R"({"id": "show", "type": "request", "integration": "crm", "method": "GET",
                       "path": "{{trigger.request.body.path}}"},)" +
                       response_step("\"{{show.response.statusCode}}\""));
  enable(project, connect(project));
  const std::string port = std::to_string(example_peer().port());
  for (const std::string& path :
       {"http://localhost:" + port + "/echo?stolen", "//localhost:" + port + "/echo?stolen",
        "@localhost:" + port + "/echo?stolen", "\\\\@localhost:" + port + "/echo?stolen",
        ".localhost:" + port + "/echo?stolen", ":" + port + "@localhost/echo?stolen"}) {
    INFO(path);
    CHECK(project.trigger("w", R"({"path": ")" + path + R"("})").status == 500);
  }
  CHECK(example_peer().requests("/echo?stolen").empty());
  CHECK(project.trigger("w", R"({"path": "contacts"})").text == "200");
}

TEST_CASE(
    "an account that is refused twice in a row is invalid and says so, until it is connected "
    "again") {
  const TestProject project(open_server());
  prepare(project, R"({"id": "ask", "type": "request", "integration": "crm", "method": "GET",
                       "path": "/status/401"})");
  REQUIRE(as_user(project, "POST", "/integrations/crm/connect",
                  R"({"credentials": {"token": "t"}, "providerId": "acct"})")
              .status == 201);
  const Answer list = as_user(project, "GET", "/credentials", "");
  const std::string credential = string_at(list.json, "/credentials/0/id");
  enable(project, credential);
  for (int i = 0; i < 2; ++i) {
    const Json run = project.wait_until_ended(project.start("w"));
    CHECK_THAT(text_at(run, "/error/message"), Catch::Contains(credential));
  }
  const auto status = [&] {
    return text_at(as_user(project, "GET", "/credentials", "").json, "/credentials/0/status");
  };
  REQUIRE(poll_until([&] { return status() == R"("INVALID")"; }));
  CHECK_THAT(
      text_at(as_user(project, "GET", "/credentials", "").json, "/credentials/0/statusReason"),
      Catch::Contains("401 twice in a row"));
  CHECK(code_of(project.trigger("w")) == R"("credential_invalid")");
  REQUIRE(as_user(project, "POST", "/integrations/crm/connect",
                  R"({"credentials": {"token": "t2"}, "providerId": "acct"})")
              .status == 201);
  CHECK(status() == R"("VALID")");
  CHECK(as_user(project, "GET", "/credentials", "").text.find("statusReason") == std::string::npos);
}
