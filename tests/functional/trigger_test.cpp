// The answers of a Request trigger: at once, held, failed, or too late.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("a workflow without a response is accepted with the way to its history") {
  const TestProject project(shared_server());
  project.deploy_steps("quiet", R"({"id": "one", "type": "function", "code": "() => 1"})");
  const Answer answer = project.trigger("quiet", R"({"order": 7})");
  CHECK(answer.status == 202);
  CHECK(answer.at("/workflowId") == R"("quiet")");
  CHECK(answer.at("/status") == R"("EXECUTING")");
  CHECK(string_at(answer.json, "/dateSubmitted").ends_with("Z"));
  CHECK(answer.json.as_object().size() == 4);

  const std::string id = string_at(answer.json, "/executionId");
  CHECK(answer.header("Location") == project.path(TestProject::execution_path(id)));
  const Answer entry =
      call_server(shared_server().port(), {"GET", answer.header("Location"), project.api_key()});
  CHECK(entry.status == 200);
  CHECK(entry.at("/id") == to_text(Json(id)));
}

TEST_CASE("a response step answers with its status, headers and body") {
  const TestProject project(shared_server());
  project.deploy_steps("reply", R"json(
    {"id": "r", "type": "response", "statusCode": 207, "body": {"got": "{{trigger.request.body}}"},
     "headers": {"X-Kind": "{{trigger.request.body.kind}}", "Cache-Control": "no-store"}})json");
  const Answer answer = project.trigger("reply", R"({"kind": "lead", "n": [1, 2.5, null]})");
  CHECK(answer.status == 207);
  CHECK(answer.header("X-Kind") == "lead");
  CHECK(answer.header("Cache-Control") == "no-store");
  CHECK(answer.header("Content-Type") == "application/json");
  CHECK(answer.text == R"({"got":{"kind":"lead","n":[1,2.5,null]}})");
}

TEST_CASE("a response body that is a string is sent as plain text") {
  const TestProject project(shared_server());
  project.deploy_steps("text", R"({"id": "r", "type": "response", "body": "h\u00e9llo"})");
  const Answer answer = project.trigger("text");
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(answer.text == "h\xc3\xa9llo");
}

TEST_CASE("a response with status 204 is sent without a body") {
  const TestProject project(shared_server());
  project.deploy_steps("empty",
                       R"({"id": "r", "type": "response", "statusCode": 204, "body": {"a": 1}})");
  const Answer answer = project.trigger("empty");
  CHECK(answer.status == 204);
  CHECK(answer.text.empty());
}

TEST_CASE("headers that belong to the connection are refused at deploy") {
  const TestProject project(shared_server());
  project.put("/workflows/w", R"json({"trigger": {"type": "request"}, "steps": [
    {"id": "r", "type": "response", "headers": {"Content-Length": "1",
      "Transfer-Encoding": "chunked", "Connection": "close", "X-Split": "a\r\nX-Injected: yes",
      "X-Good": "kept"}}]})json");
  const Answer answer = project.post("/workflows/w/deploy");
  CHECK(answer.status == 400);
  CHECK(answer.json.at("details").as_array().size() == 4);
}

TEST_CASE("a value from a request cannot smuggle a header into the answer") {
  const TestProject project(shared_server());
  project.deploy_steps("smuggle", R"json(
    {"id": "r", "type": "response", "body": {"ok": true},
     "headers": {"X-Split": "{{trigger.request.body.evil}}", "X-Good": "kept"}})json");
  const Answer answer =
      project.trigger("smuggle", R"({"evil": "a\r\nX-Injected: yes\r\n\r\nbody"})");
  CHECK(answer.status == 200);
  CHECK(answer.text == R"({"ok":true})");
  CHECK(answer.header("X-Injected").empty());
  CHECK(answer.header("X-Good") == "kept");
}

TEST_CASE("the first response answers and the steps after it still run") {
  const TestProject project(shared_server());
  project.deploy_steps("two", R"json(
    {"id": "first", "type": "response", "body": {"execution": "{{execution.id}}"}},
    {"id": "after", "type": "function", "code": "() => 'done'"},
    {"id": "second", "type": "response", "statusCode": 500, "body": {"late": true}})json");
  const Answer answer = project.trigger("two");
  CHECK(answer.status == 200);
  const std::string id = string_at(answer.json, "/execution");
  const Json ended = project.wait_until_ended(id);
  CHECK(text_at(ended, "/status") == R"("SUCCEEDED")");
  CHECK(text_at(project.step(id, "after"), "/output/result") == R"("done")");
  CHECK(text_at(project.step(id, "second"), "/input/statusCode") == "500");
}

TEST_CASE("a run that fails before its response is answered with what failed") {
  const TestProject project(shared_server());
  project.deploy_steps("fails", R"json(
    {"id": "bad", "type": "function", "code": "() => {\n  throw new Error('out of stock');\n}"},
    {"id": "r", "type": "response", "body": {}})json");
  const Answer answer = project.trigger("fails");
  CHECK(answer.status == 500);
  CHECK(answer.at("/stepId") == R"("bad")");
  CHECK(answer.at("/error/code") == R"("function_threw")");
  CHECK_THAT(string_at(answer.json, "/message"), Catch::Contains("out of stock"));
  CHECK_THAT(string_at(answer.json, "/error/message"), Catch::Contains("out of stock"));
  const Json ended = project.wait_until_ended(string_at(answer.json, "/executionId"));
  CHECK(text_at(ended, "/status") == R"("FAILED")");
  CHECK(text_at(ended, "/error/stepId") == R"("bad")");
}

TEST_CASE("a run that ends without reaching its response is accepted") {
  const TestProject project(shared_server());
  project.deploy_steps("skips", R"json(
    {"id": "choose", "type": "conditional",
     "if": [[{"variable": "{{trigger.request.body.reply}}", "operator": "BooleanTrue"}]],
     "then": [{"id": "r", "type": "response", "body": {"replied": true}}], "else": []})json");
  CHECK(project.trigger("skips", R"({"reply": true})").text == R"({"replied":true})");
  const Answer answer = project.trigger("skips", R"({"reply": false})");
  CHECK(answer.status == 202);
  const Json ended = project.wait_until_ended(string_at(answer.json, "/executionId"));
  CHECK(text_at(ended, "/status") == R"("SUCCEEDED")");
}

TEST_CASE("a response that takes too long is answered 542 and the run goes on") {
  const ServerProcess server({"--response-hold", "200ms"});
  const TestProject project(server);
  project.deploy_steps("slow", R"json(
    {"id": "wait", "type": "delay", "value": 1, "unit": "SECONDS"},
    {"id": "r", "type": "response", "body": {"late": true}})json");
  const Answer answer = project.trigger("slow");
  CHECK(answer.status == 542);
  CHECK(answer.at("/message") == R"("Workflow has been enqueued but has not completed.")");
  CHECK(answer.at("/projectId") == to_text(Json(project.id())));
  CHECK(answer.at("/workflowId") == R"("slow")");
  CHECK(string_at(answer.json, "/dateSubmitted").ends_with("Z"));
  const Json ended = project.wait_until_ended(string_at(answer.json, "/executionId"));
  CHECK(text_at(ended, "/status") == R"("SUCCEEDED")");
}

TEST_CASE("a trigger sees parameters, lower-case headers and no credentials") {
  const TestProject project(shared_server());
  project.deploy_steps("echo", R"json(
    {"id": "r", "type": "response", "body": {"params": "{{trigger.request.params}}",
      "kind": "{{1.request.headers[\"x-kind\"]}}",
      "secret": "{{trigger.request.headers.authorization}}", "user": "{{user.id}}"}})json");
  const Answer answer =
      call_server(project.port(), {"POST",
                                   project.path("/sdk/triggers/echo?a=1&b=x%20y&b=z&flag"),
                                   project.token("j\xc3\xbcrgen"),
                                   "{}",
                                   "application/json",
                                   {{"X-Kind", "lead"}}});
  CHECK(answer.json == json_of(R"({"params": {"a": "1", "b": ["x y", "z"], "flag": ""},
                                   "kind": "lead", "secret": null, "user": "jürgen"})"));
}

TEST_CASE("a trigger of something that does not run says so") {
  const TestProject project(shared_server());
  CHECK(project.trigger("nothing").status == 404);
  CHECK(project.put("/workflows/draft", R"({"name": "only a draft"})").status == 200);
  const Answer answer = project.trigger("draft");
  CHECK(answer.status == 409);
  CHECK(answer.at("/code") == R"("workflow_not_deployed")");
}
