// Resources: the company's own API, which workflows call beside their integration, and whose webhooks start
// them.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body, const std::string& user = "user-1") {
  return call_server(project.port(),
                     {method, project.path("/sdk" + rest), project.token(user), body});
}

void put_resource(const TestProject& project, const std::string& members) {
  const Answer put = project.put(
      "/resources/api", R"({"baseUrl": ")" + example_peer().url() + "\", " + members + "}");
  INFO(put.text);
  REQUIRE(put.status < 300);
}

const std::string of_app = R"("level": "app", "auth": {"type": "bearer",
  "token": "{{secrets.API_TOKEN}}"})";
const std::string of_user = R"("level": "user", "auth": {"type": "bearer"})";

void put_secret(const TestProject& project, const std::string& value) {
  REQUIRE(project.put("/secrets/API_TOKEN", R"({"value": ")" + value + "\"}").status < 300);
}

/// Asks the resource, and answers with what it has answered.
const std::string asks_resource =
    R"({"id": "ask", "type": "request", "resource": "api", "method": "POST", "path": "/contacts",
        "body": {"email": "ada@example.org"}},)" +
    response_step("\"{{ask.response.statusCode}}\"");

std::string on_webhook(const std::string& more) {
  return R"({"name": "w", )" + more + R"("trigger": {"type": "resource", "resource": "api",
    "webhook": "userCreated"}, "steps": [{"id": "echo", "type": "function",
    "parameters": {"r": "{{trigger.result}}"}, "code": "({ r }) => r"}]})";
}

std::string path_of(const std::string& url) { return url.substr(url.find("/hooks/")); }

std::string app_hook(const TestProject& project) {
  return path_of(string_at(project.get("/resources/api").json, "/webhooks/userCreated/url"));
}

std::vector<std::string> deliver(const TestProject& project, const std::string& path,
                                 const std::string& body) {
  const Answer answer = call_server(project.port(), {"POST", path, {}, body});
  INFO(answer.text);
  REQUIRE(answer.status == 200);
  std::vector<std::string> ids;
  for (const Json& id : answer.json.at("executionIds").as_array()) {
    ids.emplace_back(id.as_string());
  }
  return ids;
}

std::vector<std::string> users_of(const TestProject& project, const std::vector<std::string>& ids) {
  std::vector<std::string> users;
  for (const auto& id : ids) {
    users.push_back(string_at(project.wait_for_status(id, "SUCCEEDED"), "/userId"));
  }
  return users;
}

Json first_log(const TestProject& project, const std::string& query) {
  Answer answer;
  REQUIRE(poll_until([&] {
    answer = project.get("/event-logs" + query);
    return !answer.at("/eventLogs/0").empty();
  }));
  return answer.json.at("eventLogs").at(0);
}

}  // namespace

TEST_CASE("a resource of level app is called with the project's own credential") {
  const TestProject project(open_server());
  put_resource(project, of_app);
  REQUIRE(project
              .put("/workflows/w", R"({"name": "w", "trigger": {"type": "request"}, "steps": [)" +
                                       asks_resource + "]}")
              .status < 300);
  const Answer deployed = project.post("/workflows/w/deploy");
  CHECK(deployed.at("/missingSecrets") == R"(["API_TOKEN"])");
  // Without the secret the step says what is missing; it is put, and the next run has it.
  const Answer without = project.trigger("w");
  CHECK(without.status == 500);
  CHECK(without.at("/error/code") == R"("secret_missing")");
  put_secret(project, "ada-token");
  const Answer with = project.trigger("w");
  INFO(with.text);
  CHECK(with.status == 200);
  CHECK(with.text == "201");
  const std::string run = with.header("millrace-execution-id");
  const Json step = project.step(run, "ask");
  CHECK(text_at(step, "/input/resource") == R"("api")");
  CHECK(to_text(step).find("ada-token") == std::string::npos);
  CHECK(text_at(project.execution(run), "/stepExecutions/1/type") ==
        R"("ACTION/CUSTOM_INTEGRATION_REQUEST")");
  CHECK(project.get("/resources/api").text.find("ada-token") == std::string::npos);
  // What the other side does not accept is said of whose it is.
  put_secret(project, "another");
  const Answer refused = project.trigger("w");
  CHECK(refused.status == 500);
  CHECK_THAT(refused.text, Catch::Contains("does not accept the credential of \\\"api\\\""));
}

TEST_CASE("a resource of level user is called with the account that the user has connected") {
  const TestProject project(open_server());
  put_resource(project, of_user);
  REQUIRE(project
              .put("/integrations/crm",
                   R"({"baseUrl": ")" + example_peer().url() + R"(", "auth": {"type": "bearer"}})")
              .status < 300);
  project.deploy("w", R"({"name": "w", "integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "request"}, "steps": [)" +
                          asks_resource + "]}");
  REQUIRE(as_user(project, "POST", "/integrations/crm/connect",
                  R"({"credentials": {"token": "of-crm"}})")
              .status == 201);
  const Answer missing = project.trigger("w");
  CHECK(missing.at("/error/code") == R"("credential_missing")");
  CHECK(as_user(project, "GET", "/me", {}).at("/resources") ==
        R"([{"id":"api","slug":"api","integrationId":"resource:api","credentialId":null}])");
  // As the browser SDK sends it, and as everybody else does: it is the same account.
  const Answer first = as_user(project, "POST", "/resources/api/connect", R"({"token": "none"})");
  INFO(first.text);
  REQUIRE(first.status == 201);
  const Answer second = as_user(project, "POST", "/resources/api/connect",
                                R"({"credentials": {"token": "ada-token"}})");
  CHECK(second.at("/id") == first.at("/id"));
  CHECK(as_user(project, "GET", "/me", {}).at("/resources/0/credentialId") == first.at("/id"));
  CHECK(project.trigger("w").text == "201");
  // It is none of the integrations, and nobody gets at it as one.
  CHECK(as_user(project, "GET", "/integrations", {}).at("/1").empty());
  CHECK(project.get("/integrations").text.find("resource") == std::string::npos);
  CHECK(project.get("/integrations/resource:api").status == 404);
  CHECK(project.put("/integrations/resource:api", R"({"baseUrl": "https://x.example"})").status ==
        400);
  CHECK(as_user(project, "GET", "/proxy/resource:api/contacts", {}).status == 404);
  CHECK(as_user(project, "POST", "/resources/api/connect", R"({"tokn": "x"})").status == 400);
  CHECK(as_user(project, "POST", "/resources/apj/connect", R"({"token": "x"})").status == 404);
  // Disconnected, the step misses it again.
  REQUIRE(as_user(project, "DELETE", "/integrations/" + string_at(first.json, "/id"), {}).status ==
          204);
  CHECK(project.trigger("w").at("/error/code") == R"("credential_missing")");
}

TEST_CASE("the base URL and the actions of a resource know the settings of its own account") {
  const TestProject project(open_server());
  put_resource(project, of_user + R"(, "settings": [{"id": "tenant", "type": "text",
    "required": true}], "actions": {"find": {"method": "GET",
    "path": "/echo?tenant={{settings.tenant}}&q={{parameters.q}}", "parameters": {"q": {}}}})");
  project.deploy("w", R"({"name": "w", "trigger": {"type": "request"}, "steps": [
    {"id": "find", "type": "action", "resource": "api", "action": "find", "parameters": {"q": "a b"}},
    )" + response_step("\"{{find.result.query}}\"") +
                          "]}");
  const std::string fields = R"("credentials": {"token": "t"})";
  CHECK(as_user(project, "POST", "/resources/api/connect", "{" + fields + "}").status == 400);
  REQUIRE(as_user(project, "POST", "/resources/api/connect",
                  "{" + fields + R"(, "settings": {"tenant": "north"}})")
              .status == 201);
  const Answer answer = project.trigger("w");
  INFO(answer.text);
  CHECK(answer.status == 200);
  CHECK_THAT(answer.text, Catch::Contains("north"));
}

TEST_CASE("a webhook of a resource starts workflows for the user whom its route names") {
  const TestProject project(open_server());
  put_secret(project, "a-token");
  put_resource(project, of_app + R"(, "webhooks": {"userCreated": {"route": "body.userId",
    "deliveryId": "body.id"}})");
  REQUIRE(project
              .put("/integrations/crm",
                   R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"}})")
              .status < 300);
  project.deploy("plain", on_webhook({}));
  project.deploy("of-crm", on_webhook(R"("integration": "crm", "defaultEnabled": true, )"));
  const std::string path = app_hook(project);
  CHECK(path == app_hook(project));
  // Nobody has been seen yet.
  CHECK(deliver(project, path, R"({"userId": "user-1"})").empty());
  const Json entry = first_log(project, "?type=resource");
  CHECK(string_at(entry, "/code") == "not_found");
  CHECK(string_at(entry, "/integration") == "resource:api");
  REQUIRE(
      as_user(project, "POST", "/integrations/crm/connect", R"({"credentials": {"token": "t"}})")
          .status == 201);
  REQUIRE(as_user(project, "GET", "/me", {}, "user-2").status == 200);
  const auto ids = deliver(project, path, R"({"userId": "user-1", "id": 7})");
  CHECK(users_of(project, ids) == std::vector<std::string>{"user-1", "user-1"});
  CHECK(text_at(project.execution(ids[0]), "/stepExecutions/0/type") == R"("TRIGGER/ACTION")");
  CHECK(text_at(project.step(ids[0], "echo"), "/output/result/body/id") == "7");
  CHECK(deliver(project, path, R"({"userId": "user-1", "id": 7})") == ids);
  // Whoever has no account of the workflow's integration has that workflow told in the event log.
  CHECK(users_of(project, deliver(project, path, R"({"userId": "user-2"})")) ==
        std::vector<std::string>{"user-2"});
  CHECK(string_at(first_log(project, "?userId=user-2"), "/code") == "credential_missing");
}

TEST_CASE("a delivery without a value at its route is told as that") {
  const TestProject project(open_server());
  put_secret(project, "a-token");
  put_resource(project, of_app + R"(, "webhooks": {"userCreated": {"route": "body.userId"}})");
  project.deploy("w", on_webhook(""));
  CHECK(deliver(project, app_hook(project), "{}").empty());
  const Json log = first_log(project, "?type=resource");
  CHECK(string_at(log, "/message").find("the event has no value where") != std::string::npos);
}

TEST_CASE("a webhook of a resource that names nobody is for all who have a workflow on it") {
  const TestProject project(open_server());
  put_secret(project, "a-token");
  put_resource(project, of_app + R"(, "webhooks": {"userCreated": {}})");
  REQUIRE(project
              .put("/integrations/crm",
                   R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"}})")
              .status < 300);
  const std::string path = app_hook(project);
  CHECK(deliver(project, path, "{}").empty());
  CHECK(string_at(first_log(project, "?type=resource"), "/code") == "workflow_not_deployed");
  project.deploy("of-crm", on_webhook(R"("integration": "crm", "defaultEnabled": true, )"));
  for (const std::string user : {"user-1", "user-2"}) {
    REQUIRE(as_user(project, "POST", "/integrations/crm/connect",
                    R"({"credentials": {"token": "t"}})", user)
                .status == 201);
  }
  REQUIRE(as_user(project, "GET", "/me", {}, "user-3").status == 200);
  CHECK(users_of(project, deliver(project, path, "{}")) ==
        std::vector<std::string>{"user-1", "user-2"});
  project.deploy("plain", on_webhook({}));
  CHECK(deliver(project, path, "{}").size() == 5);
}

TEST_CASE(
    "a webhook of a resource of level user has a URL for each account, which outlives a kill") {
  ServerProcess server(open_server_options());
  const TestProject project(server);
  put_resource(project, of_user + R"(, "webhooks": {"userCreated": {"deliveryId": "body.id"}})");
  project.deploy("w", on_webhook({}));
  const Answer connected = as_user(project, "POST", "/resources/api/connect", R"({"token": "t"})");
  REQUIRE(connected.status == 201);
  const std::string path = path_of(string_at(connected.json, "/webhooks/userCreated/url"));
  CHECK(project.get("/resources/api").at("/webhooks") == "{}");
  const auto ids = deliver(project, path, R"({"id": 1})");
  server.kill_now();
  server.start();
  CHECK(deliver(project, path, R"({"id": 1})") == ids);
  CHECK(users_of(project, deliver(project, path, R"({"id": 2})")) ==
        std::vector<std::string>{"user-1"});
  CHECK(project.get("/resources").at("/resources/0/level") == R"("user")");
  // An erased user's URL is worth nothing.
  REQUIRE(project.remove("/users/user-1").status < 300);
  CHECK(call_server(project.port(), {"POST", path, {}, "{}"}).status == 404);
}

TEST_CASE("a workflow that names a resource which is not there is refused with the nearest name") {
  const TestProject project(open_server());
  put_resource(project, of_app + R"(, "webhooks": {"userCreated": {}})");
  const auto nearest = [&](const std::string& definition) {
    REQUIRE(project.put("/workflows/w", definition).status < 300);
    const Answer refused = project.post("/workflows/w/deploy");
    CHECK(refused.status == 400);
    return refused.at("/details/0/path") + refused.at("/details/0/nearest");
  };
  CHECK(nearest(R"({"name": "w", "trigger": {"type": "request"}, "steps": [{"id": "a",
    "type": "request", "resource": "apj", "method": "GET", "path": "/"}]})") ==
        R"("/steps/0/resource""api")");
  CHECK(nearest(R"({"name": "w", "trigger": {"type": "resource", "resource": "api",
    "webhook": "userCreatd"}, "steps": [{"id": "a", "type": "delay", "value": 1, "unit": "DAYS"}]})") ==
        R"("/trigger/webhook""userCreated")");
  // What is live goes on when the resource is gone, up to the step that needs it.
  put_secret(project, "ada-token");
  project.deploy(
      "w", R"({"name": "w", "trigger": {"type": "request"}, "steps": [)" + asks_resource + "]}");
  CHECK(project.trigger("w").text == "201");
  REQUIRE(project.remove("/resources/api").status == 204);
  CHECK(project.trigger("w").at("/error/code") == R"("integration_inactive")");
}

TEST_CASE("a folder with a resource is tested, deployed as one thing, and found unchanged") {
  const std::string folder = std::string(MILLRACE_EXAMPLES) + "/own-api";
  const ProgramEnd tested = run_millrace({"test", folder});
  INFO(tested.output << tested.errors);
  CHECK(tested.exit_code == 0);
  CHECK(run_millrace({"validate", folder}).exit_code == 0);
  const TestProject project(open_server());
  const std::vector<std::string> deploy{"deploy",
                                        folder,
                                        "--json",
                                        "--url",
                                        "http://127.0.0.1:" + std::to_string(project.port()),
                                        "--project",
                                        project.id(),
                                        "--api-key",
                                        project.api_key()};
  const ProgramEnd first = run_millrace(deploy);
  INFO(first.output << first.errors);
  CHECK_THAT(first.output, Catch::Contains(R"({"resource":"shop","change":"added"})"));
  CHECK(project.get("/workflows/tag-customer").at("/deployedVersion") == "1");
  const ProgramEnd second = run_millrace(deploy);
  CHECK_THAT(second.output, Catch::Contains(R"({"resource":"shop","change":"unchanged"})"));
  CHECK_THAT(second.output, Catch::Contains(R"("change":"unchanged","version":1)"));
  const Answer refused = project.post(
      "/deploy", R"({"resources": {"shop": {"baseUrl": "https://x.example"}}, "workflows": {}})");
  CHECK(refused.status == 400);
  CHECK(refused.at("/refused/0/kind") == R"("resource")");
  CHECK(refused.at("/refused/0/id") == R"("shop")");
}
