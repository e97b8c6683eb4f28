// How a request trigger is called: its method, its public URL, and how its answers lead to the run.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

void deploy(const TestProject& project, const std::string& workflow, const std::string& trigger) {
  project.deploy(workflow, R"({"trigger": {"type": "request")" + trigger + R"(}, "steps": [
      {"id": "r", "type": "response", "body": {"user": "{{user.id}}",
        "q": "{{trigger.request.params.q}}", "body": "{{trigger.request.body}}"}}]})");
}

/// The URL's path; empty if the workflow has none.
std::string endpoint_of(const TestProject& project, const std::string& workflow) {
  const Answer shown = project.get("/workflows/" + workflow);
  if (shown.at("/endpoint").empty()) return {};
  const std::string url = string_at(shown.json, "/endpoint/url");
  const auto path = url.find("/projects/");
  REQUIRE(path != std::string::npos);
  CHECK(url.starts_with("http://"));
  return url.substr(path);
}

Answer call(const TestProject& project, const std::string& method, const std::string& path,
            const std::string& body = {}) {
  return call_server(project.port(), {method, path, "", body});
}

}  // namespace

TEST_CASE("a workflow is called with the method that its trigger names and no other") {
  const TestProject project(shared_server());
  const std::string path = project.path("/sdk/triggers/");
  for (const std::string method : {"GET", "PUT", "PATCH", "DELETE"}) {
    INFO(method);
    deploy(project, method, R"(, "method": ")" + method + '"');
    const Answer answer =
        call_server(project.port(), {method, path + method + "?q=1", project.token()});
    CHECK(answer.status == 200);
    CHECK(answer.at("/q") == R"("1")");
    const Answer refused = project.trigger(method);
    CHECK(refused.status == 405);
    CHECK(refused.header("Allow") == method);
    CHECK(refused.at("/code") == R"("method_not_allowed")");
  }
}

TEST_CASE("a compiled endpoint with another method than POST is deployed and called so") {
  const TestProject project(shared_server());
  const Answer put = project.put("/workflows/cf", R"json({"id": "x", "name": "x", "steps": [
      {"id": "t", "type": "TRIGGER/ENDPOINT", "next": ["f"],
       "parameters": {"httpMethod": "GET", "allowArbitraryPayload": true}},
      {"id": "f", "type": "ACTION/FUNCTION", "next": [],
       "parameters": {"code": "() => 1", "parameters": []}}]})json");
  CHECK(put.status == 200);
  CHECK(project.post("/workflows/cf/deploy").status == 200);
  const Answer answer =
      call_server(project.port(), {"GET", project.path("/sdk/triggers/cf"), project.token()});
  CHECK(answer.status == 202);
}

TEST_CASE("a public workflow is called by its URL without a token from deploy to undeploy") {
  const TestProject project(shared_server());
  deploy(project, "open", R"(, "public": true)");
  const std::string endpoint = endpoint_of(project, "open");
  REQUIRE(endpoint.size() > 60);
  const Answer answer = call(project, "POST", endpoint + "?q=2", R"({"a": 1})");
  CHECK(answer.status == 200);
  CHECK(answer.text == R"({"user":"public","q":"2","body":{"a":1}})");
  CHECK(call(project, "GET", endpoint).status == 405);
  CHECK(call(project, "POST", endpoint.substr(0, endpoint.size() - 1) + "x").status == 404);

  const std::string id = answer.header("Millrace-Execution-Id");
  CHECK(text_at(project.execution(id), "/userId") == R"("public")");
  CHECK(project.get("/users").text.find(R"("userId":"public")") != std::string::npos);

  CHECK(project.post("/workflows/open/undeploy").status == 200);
  CHECK(endpoint_of(project, "open").empty());
  CHECK(call(project, "POST", endpoint).status == 404);
  CHECK(project.post("/workflows/open/deploy").status == 200);
  CHECK(endpoint_of(project, "open") == endpoint);
}

TEST_CASE("a rotated endpoint answers under its new URL only") {
  const TestProject project(shared_server());
  deploy(project, "open", R"(, "public": true, "runAs": "visitor", "method": "GET")");
  const std::string before = endpoint_of(project, "open");
  const Answer rotated = project.post("/workflows/open/endpoint/rotate");
  CHECK(rotated.status == 200);
  CHECK(rotated.at("/endpoint/method") == R"("GET")");
  CHECK(rotated.at("/endpoint/runAs") == R"("visitor")");
  const std::string after = endpoint_of(project, "open");
  CHECK(after != before);
  CHECK(call(project, "GET", before).status == 404);
  CHECK(call(project, "GET", after).at("/user") == R"("visitor")");
}

TEST_CASE("a workflow that is not public has no endpoint and none to rotate") {
  const TestProject project(shared_server());
  deploy(project, "closed", "");
  CHECK(endpoint_of(project, "closed").empty());
  CHECK(project.post("/workflows/closed/endpoint/rotate").status == 409);
  CHECK(project.post("/workflows/none/endpoint/rotate").status == 404);
  deploy(project, "closed", R"(, "public": true)");
  const std::string endpoint = endpoint_of(project, "closed");
  deploy(project, "closed", "");
  CHECK(call(project, "POST", endpoint).status == 404);
}

TEST_CASE("every answer of a run names it, and its user may look at it") {
  const TestProject project(shared_server());
  project.deploy_steps("reply", R"({"id": "r", "type": "response", "body": 1,
      "headers": {"X-Kind": "a"}})");
  project.deploy_steps("quiet", R"({"id": "f", "type": "function", "code": "() => 1"})");
  project.deploy_steps("fails", R"json(
      {"id": "f", "type": "function", "code": "() => { throw new Error('no'); }"},
      {"id": "r", "type": "response", "body": 1})json");
  for (const char* const workflow : {"reply", "quiet", "fails"}) {
    INFO(workflow);
    const Answer answer = project.trigger(workflow);
    const std::string id = answer.header("Millrace-Execution-Id");
    REQUIRE(id.size() == 36);
    project.wait_until_ended(id);
    const std::string location = answer.header("Location").empty()
                                     ? project.path("/sdk/executions/" + id)
                                     : answer.header("Location");
    for (const std::string& path : {location, project.path("/sdk/executions/" + id)}) {
      const Answer own = call_server(project.port(), {"GET", path, project.token()});
      CHECK(own.status == 200);
      CHECK(own.at("/id") == to_text(Json(id)));
      CHECK(own.at("/stepExecutions").empty());
      CHECK(own.at("/error/stepId") == (answer.status == 500 ? R"("f")" : ""));
      CHECK(call_server(project.port(), {"GET", path, project.token("other")}).status ==
            (path == location && !answer.header("Location").empty() ? 401 : 404));
    }
  }
}

TEST_CASE("JSON that curl calls a form or nothing at all is read as JSON") {
  const TestProject project(shared_server());
  deploy(project, "echo", "");
  const auto body_of = [&](const std::string& body, const std::string& type) {
    return call_server(project.port(),
                       {"POST", project.path("/sdk/triggers/echo"), project.token(), body, type})
        .at("/body");
  };
  const std::string form = "application/x-www-form-urlencoded";
  CHECK(body_of(R"( {"a": [1]})", form) == R"({"a":[1]})");
  CHECK(body_of("[1, 2]", form) == "[1,2]");
  CHECK(body_of(R"({"a": 1})", "") == R"({"a":1})");
  CHECK(body_of("a=5&b=x", form) == R"({"a":"5","b":"x"})");
  CHECK(body_of("{a=5", form) == R"({"{a":"5"})");
  CHECK(body_of("5", form) == R"({"5":""})");
}

TEST_CASE("form fields satisfy what a trigger declares and a secret header is compared live") {
  const TestProject project(shared_server());
  deploy(project, "typed", R"(, "bodyValidations": [
      {"key": "age", "dataType": "NUMBER", "required": true},
      {"key": "tags", "dataType": "ARRAY", "required": true}])");
  const Answer typed =
      call_server(project.port(), {"POST", project.path("/sdk/triggers/typed"), project.token(),
                                   "age=5&tags=a", "application/x-www-form-urlencoded"});
  CHECK(typed.status == 200);
  CHECK(typed.at("/body") == R"({"age":5,"tags":["a"]})");

  REQUIRE(project.put("/secrets/HOOK", R"({"value": "real-hook-secret"})").status == 201);
  deploy(project, "guarded", R"(, "headerValidations": [
      {"key": "X-Hook", "value": "{{secrets.HOOK}}", "required": true}])");
  const auto knock = [&](const std::string& value) {
    return call_server(project.port(), {"POST",
                                        project.path("/sdk/triggers/guarded"),
                                        project.token(),
                                        "{}",
                                        "application/json",
                                        {{"X-Hook", value}}});
  };
  CHECK(knock("{{secrets.HOOK}}").status == 400);
  const Answer in = knock("real-hook-secret");
  CHECK(in.status == 200);
  const Json trigger = project.step(in.header("Millrace-Execution-Id"), "trigger");
  CHECK(text_at(trigger, "/output/request/headers/x-hook") == R"("[secret HOOK]")");
}
