// Secrets in steps: they reach the peer and the function, and who gets back what those say of them; they
// are shown and stored nowhere.
#include "runtime/text/base64_text.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"

#include <filesystem>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

const std::string value = "s3cr3t/v4lue that=nobody+finds";
/// As it stands in a URL, a form, and Base64 after "ada:".
const std::vector<std::string> forms{value, "s3cr3t%2Fv4lue%20that%3Dnobody%2Bfinds",
                                     "s3cr3t%2Fv4lue+that%3Dnobody%2Bfinds", base64_encode(value),
                                     base64_encode("ada:" + value)};

/// Which forms of the secret a text holds.
std::string found_in(const std::string& text) {
  std::string found;
  for (const std::string& form : forms) {
    if (text.find(form) != std::string::npos) found += form + "\n";
  }
  return found;
}

/// Uses the secret in every way, with a peer that echoes and a function that tells.
std::string telling_steps(const std::string& query) {
  const std::string echo = example_peer().url("/echo?" + query);
  return request_step("header", "GET", echo, R"(, "headers": {"X-Key": "key {{secrets.KEY}}"})") +
         "," + request_step("query", "GET", echo, R"(, "params": {"k": "{{secrets.KEY}}"})") + "," +
         request_step("body", "POST", echo, R"(, "body": {"k": "{{secrets.KEY}}"})") + "," +
         request_step("form", "POST", echo, R"(, "bodyType": "x-www-form-urlencoded",
                                                 "body": {"k": "{{secrets.KEY}}"})") +
         "," + request_step("basic", "GET", echo, R"(, "authorization": {"type": "basic",
                          "username": "ada", "password": "{{secrets.KEY}}"})") +
         "," +
         request_step("fails", "GET", example_peer().url("/status/500?k={{secrets.KEY}}"),
                      R"(, "continueOnError": true)") +
         R"json(,
         {"id": "tells", "type": "function", "parameters": {"key": "{{secrets.KEY}}"},
          "code": "({ key }) => { console.log('the key is', key); return { key, [key]: 1 }; }"},
         {"id": "throws", "type": "function", "parameters": {"key": "{{secrets.KEY}}"},
          "continueOnError": true, "code": "({ key }) => { throw new Error('bad key ' + key); }"},)json" +
         response_step(R"({"header": "{{header.response.body}}", "query": "{{query.response.body}}",
                           "body": "{{body.response.body}}", "form": "{{form.response.body}}",
                           "basic": "{{basic.response.body}}", "fails": "{{fails}}",
                           "tells": "{{tells.result}}", "throws": "{{throws.error.message}}"})");
}

std::string put_body(const std::string& text) { return to_text(JsonObject{{"value", text}}); }

}  // namespace

TEST_CASE(
    "a secret arrives at the peer, what it answers at the caller, and nothing of it is shown or "
    "stored") {
  ServerProcess server(open_server_options());
  const TestProject project(server);
  REQUIRE(project.put("/secrets/KEY", put_body(value)).status == 201);
  project.deploy_steps("w", telling_steps("nowhere"));
  const Answer answer = project.trigger("w");
  INFO(answer.text);
  REQUIRE(answer.status == 200);
  CHECK(answer.at("/header/headers/x-key") == to_text(Json("key " + value)));
  CHECK(answer.at("/body/body/k") == to_text(Json(value)));
  CHECK(answer.at("/tells/key") == to_text(Json(value)));
  CHECK(found_in(answer.at("/throws")) == "");

  const auto requests = example_peer().requests("/echo?nowhere");
  REQUIRE(requests.size() == 4);
  CHECK(requests[0].header("x-key") == "key " + value);
  CHECK(requests[1].body == to_text(JsonObject{{"k", value}}));
  CHECK(requests[3].header("authorization") == "Basic " + base64_encode("ada:" + value));

  const Answer list = project.get("/task-history/workflow-executions");
  const std::string run = string_at(list.json, "/workflowExecutions/0/id");
  const Json shown = project.execution(run);
  CHECK(found_in(to_text(shown)) == "");
  for (const Json& step : shown.at("stepExecutions").as_array()) {
    const std::string id = string_at(step, "/id");
    INFO(id);
    CHECK(found_in(to_text(project.step(run, id + "?full=true"))) == "");
  }
  CHECK(text_at(project.step(run, "header"), "/input/headers/X-Key") == R"("key [secret KEY]")");

  server.terminate();
  REQUIRE(server.wait_for_exit(20s) == 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.data_directory())) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path().string());
    CHECK(found_in(read_file(entry.path())) == "");
  }
  CHECK(found_in(server.log_end()) == "");
}

TEST_CASE("what the other side brings back of a token is hidden in attempts and consoles as well") {
  ServerProcess server(open_server_options());
  const TestProject project(server);
  const std::string token = "granted-token";  // the peer's
  const std::string echoed = "{{oauth.response.body.headers.authorization}}";
  project.deploy_steps(
      "w", request_step("oauth", "GET", example_peer().url("/echo?consoles"),
                        R"(, "authorization": {"type": "oauth2ClientCredentials", "tokenUrl": ")" +
                            example_peer().url("/token") +
                            R"(", "clientId": "millrace", "clientSecret": "s3cret"})") +
               R"json(, {"id": "tells", "type": "function", "parameters": {"x": ")json" + echoed +
               R"json("}, "code": "({ x }) => { console.log(x); return x; }"},)json" +
               request_step("fails", "GET", example_peer().url("/status/500?k=" + echoed),
                            R"(, "continueOnError": true)") +
               R"(, {"id": "asks", "type": "conditional", "if": [[{"variable": ")" + echoed +
               R"(", "operator": "NumberGreaterThan", "argument": 1}]], "then": [], "else": []})");
  const std::string run = project.start("w");
  const Json shown = project.wait_for_status(run, "FAILED");
  CHECK(to_text(shown).find(token) == std::string::npos);
  CHECK(text_at(project.step(run, "oauth"), "/output/response/statusCode") == "200");
  for (const Json& step : shown.at("stepExecutions").as_array()) {
    const std::string id = string_at(step, "/id");
    INFO(id);
    CHECK(to_text(project.step(run, id + "?full=true")).find(token) == std::string::npos);
  }
  CHECK_THAT(text_at(project.step(run, "tells"), "/console/0/text"),
             Catch::Contains("[authorization]"));
  server.terminate();
  REQUIRE(server.wait_for_exit(20s) == 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.data_directory())) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path().string());
    CHECK(read_file(entry.path()).find(token) == std::string::npos);
  }
}

TEST_CASE("a secret that is not there fails the step by name and asks nobody") {
  const TestProject project(open_server());
  project.deploy_steps("w", request_step("call", "GET", example_peer().url("/echo?missing"),
                                         R"(, "headers": {"X-Key": "{{secrets.NOT_THERE}}"})") +
                                "," + response_step("1"));
  const Answer answer = project.trigger("w");
  CHECK(answer.at("/error/code") == R"("secret_missing")");
  CHECK_THAT(answer.at("/message"), Catch::Contains("NOT_THERE"));
  CHECK(example_peer().requests("/echo?missing").empty());
}

TEST_CASE("a new value of a secret counts from the next attempt on") {
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/KEY", put_body("the first value")).status == 201);
  project.deploy_steps("w", request_step("call", "GET", example_peer().url("/echo?new-value"),
                                         R"(, "headers": {"X-Key": "{{secrets.KEY}}"})") +
                                "," + response_step("1"));
  CHECK(project.trigger("w").status == 200);
  REQUIRE(project.put("/secrets/KEY", put_body("the second value")).status == 200);
  CHECK(project.trigger("w").status == 200);
  const auto requests = example_peer().requests("/echo?new-value");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].header("x-key") == "the first value");
  CHECK(requests[1].header("x-key") == "the second value");
}
