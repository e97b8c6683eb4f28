// Test Workflow and Test Step through the real server: the draft runs at once, shows all, and leaves
// nothing behind.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <atomic>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Stores a draft on a request; nothing is deployed.
void draft(const TestProject& project, const std::string& steps) {
  const Answer put = project.put("/workflows/w", R"({"name": "w", "trigger": {"type": "request"},
      "steps": [)" + steps + "]}");
  INFO(put.text);
  REQUIRE(put.status == 200);
}

/// The report; the test run itself has to be possible.
Json test(const TestProject& project, const std::string& body = "{}",
          const std::string& step = {}) {
  const std::string which = step.empty() ? "" : "/steps/" + step;
  const Answer answer = project.post("/workflows/w" + which + "/test", body);
  INFO(answer.text);
  REQUIRE(answer.status == 200);
  return answer.json;
}

/// What the report says of one step execution; null if it does not.
Json step_in(const Json& report, const std::string& id) {
  const JsonArray& steps = report.at("steps").as_array();
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [&](const Json& step) { return string_at(step, "/id") == id; });
  return found == steps.end() ? Json(nullptr) : *found;
}

std::string runs_in_history(const TestProject& project) {
  return project.get("/task-history/workflow-executions").at("/total");
}

}  // namespace

TEST_CASE("a tested workflow neither waits nor tries again and leaves no trace") {
  const TestProject project(open_server());
  draft(project, R"({"id": "nap", "type": "delay", "value": 30, "unit": "DAYS"},)" +
                     request_step("call", "GET", example_peer().url("/status/503?test"),
                                  R"(, "autoRetry": true, "continueOnError": true)") +
                     R"json(, {"id": "f", "type": "function", "autoRetry": true,
                               "code": "() => { console.log('hello'); throw new Error('no'); }"})json");
  const Json report = test(project);
  INFO(to_text(report));
  CHECK(text_at(report, "/status") == R"("FAILED")");
  CHECK(text_at(report, "/error/stepId") == R"("f")");
  CHECK(text_at(report, "/error/code") == R"("function_threw")");
  CHECK(text_at(step_in(report, "nap"), "/status") == R"("SUCCEEDED")");
  CHECK(text_at(step_in(report, "call"), "/output/response/statusCode") == "503");
  CHECK(text_at(step_in(report, "f"), "/console/0/text") == R"("hello")");
  CHECK(example_peer().requests("/status/503?test").size() == 1);
  CHECK(runs_in_history(project) == "0");
  CHECK(project.trigger("w").at("/code") == R"("workflow_not_deployed")");
}

TEST_CASE("a tested workflow sees the request, the user and the secrets that it is given") {
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/KEY", R"({"value": "t0p-secret"})").status == 201);
  draft(project, request_step("call", "POST", example_peer().url("/echo?tested"),
                              R"(, "headers": {"X-Key": "{{secrets.KEY}}"},
                                  "body": ["{{user.id}}", "{{trigger.request.params.p}}",
                                           "{{trigger.request.body.b}}"])"));
  const Json report =
      test(project, R"({"userId": "ada", "request": {"params": {"p": 1}, "body": {"b": [2]}}})");
  CHECK(text_at(step_in(report, "call"), "/output/response/body/body") == R"(["ada",1,[2]])");
  CHECK(text_at(step_in(report, "call"), "/output/response/body/headers/x-key") ==
        R"("[secret KEY]")");
  const auto requests = example_peer().requests("/echo?tested");
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].header("x-key") == "t0p-secret");
  CHECK(text_at(test(project), "/steps/1/output/response/body/body/0") == R"("preview")");
}

TEST_CASE("a test shows twenty elements of arrays and fetches three pages") {
  std::atomic<int> pages{0};
  const MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        const std::string next = std::to_string(++pages);
        connection.answer(200, R"({"items": [1, 2], "next": )" + next + "}",
                          "Content-Type: application/json\r\n");
      }));
  const TestProject project(open_server());
  draft(project, R"json({"id": "list", "type": "function",
                         "code": "() => Array.from({ length: 100 }, (_, i) => i)"},
                        {"id": "each", "type": "fanOut", "items": "{{list.result}}", "steps": [
                          {"id": "same", "type": "function", "parameters": {"n": "{{each.instance}}"},
                           "code": "({ n }) => n"}]},
                        {"id": "count", "type": "function", "parameters": {"all": "{{same.result}}"},
                         "code": "({ all }) => all.length"},)json" +
                     request_step("pages", "GET", peer.url("/"),
                                  R"(, "pagination": {"output": "response.body.items",
                                                      "pageToken": "response.body.next"})"));
  const Json report = test(project);
  CHECK(text_at(report, "/status") == R"("SUCCEEDED")");
  CHECK(step_in(report, "list").at("output").at("result").as_array().size() == 20);
  CHECK_FALSE(step_in(report, "same.19").is_null());
  CHECK(step_in(report, "same.20").is_null());
  // What is shown is cut, what runs is not.
  CHECK(text_at(step_in(report, "count"), "/output/result") == "100");
  CHECK(text_at(step_in(report, "pages"), "/output/response/results") == "[1,2,1,2,1,2]");
  CHECK(pages == 3);
}

TEST_CASE("one step is tested with the outputs that stand for the steps before it") {
  const TestProject project(open_server());
  draft(project, request_step("call", "GET", example_peer().url("/echo?not-sent")) + R"json(,
    {"id": "each", "type": "fanOut", "items": "{{call.response.body.list}}", "steps": [
      {"id": "inner", "type": "function", "parameters": {"e": "{{each.instance}}", "i": "{{each.index}}",
                                                         "s": "{{call.response.statusCode}}"},
       "code": "({ e, i, s }) => [e, i, s]"}]})json");
  const Json report = test(project,
                           R"({"outputs": {"call": {"response": {"statusCode": 299}},
                           "each": {"instance": {"name": "x"}, "index": 0}}})",
                           "inner");
  INFO(to_text(report));
  CHECK(text_at(report, "/status") == R"("SUCCEEDED")");
  CHECK(text_at(step_in(report, "inner"), "/output/result") == R"([{"name":"x"},0,299])");
  CHECK(step_in(report, "call").is_null());
  CHECK(example_peer().requests("/echo?not-sent").empty());
  CHECK(runs_in_history(project) == "0");
}

TEST_CASE("a file in the test data reaches the step as a file") {
  const TestProject project(open_server());
  draft(project, request_step("send", "POST", example_peer().url("/echo?test-file"),
                              R"(, "bodyType": "form-data",
                                  "body": {"f": "{{trigger.request.body.f}}"})"));
  const Json report = test(project, R"({"request": {"body": {"f": {"name": "a.bin", "data": "00ff",
      "mimeType": "application/zip", "dataType": "FILE"}}}})");
  INFO(to_text(report));
  CHECK(text_at(step_in(report, "send"), "/output/response/body/body/0") ==
        R"({"name":"f","fileName":"a.bin","type":"application/zip","bytes":2})");
}

TEST_CASE("a draft that cannot run is answered with all findings") {
  const TestProject project(open_server());
  draft(project, R"json({"id": "f", "type": "function", "code": "() => {", "parameters": {}},
                        {"id": "g", "type": "function", "parameters": {"x": "{{ff.result}}"},
                         "code": "() => 1"})json");
  const Answer refused = project.post("/workflows/w/test", "{}");
  CHECK(refused.status == 400);
  CHECK(refused.at("/code") == R"("invalid_definition")");
  CHECK_THAT(refused.text, Catch::Contains(R"("nearest":"f")"));
  CHECK(runs_in_history(project) == "0");
}

TEST_CASE("a test of what is not there or is none says so") {
  const TestProject project(open_server());
  CHECK(project.post("/workflows/nothing/test", "{}").status == 404);
  draft(project, R"json({"id": "first", "type": "function", "code": "() => 1"})json");
  const Answer unknown = project.post("/workflows/w/steps/frist/test", "{}");
  CHECK(unknown.status == 404);
  CHECK_THAT(unknown.at("/message"), Catch::Contains("first"));
  CHECK(project.post("/workflows/w/test", R"({"request": 1})").status == 400);
  CHECK(project.post("/workflows/w/test", R"({"outputs": []})").status == 400);
  CHECK(project.post("/workflows/w/test", "no JSON").status == 400);
  CHECK(call_server(project.port(),
                    {"POST", project.path("/workflows/w/test"), project.token(), "{}"})
            .status == 401);
}

TEST_CASE("a test is refused what production would refuse") {
  const TestProject project(open_server());
  REQUIRE(project
              .put("/workflows/w", R"json({"name": "w", "trigger": {"type": "request",
      "headerValidations": [{"key": "X-Kind", "value": "a", "required": true}],
      "bodyValidations": [{"key": "email", "dataType": "STRING", "required": true}]}, "steps": [
    {"id": "f", "type": "function", "parameters": {"k": "{{trigger.request.headers.x-kind}}"},
     "code": "({ k }) => k"}]})json")
              .status == 200);
  const Answer refused =
      project.post("/workflows/w/test", R"({"request": {"body": {"email": 7}}})");
  CHECK(refused.status == 400);
  CHECK(refused.at("/code") == R"("invalid_request")");
  CHECK(refused.at("/errors").find(R"("key":"email","expected":"STRING","got":"NUMBER")") !=
        std::string::npos);
  CHECK(project.post("/workflows/w/test").status == 400);
  CHECK(project.post("/workflows/w/steps/f/test", R"({"request": {"body": {}}})").status == 400);
  const std::string right =
      R"({"request": {"headers": {"X-Kind": "a"}, "body": {"email": "a@b.example"}}})";
  CHECK(text_at(step_in(test(project, right), "f"), "/output/result") == R"("a")");
  // One step of it may be tried without a request.
  CHECK(project.post("/workflows/w/steps/f/test", "{}").status == 200);
}

TEST_CASE("keys of a test that nobody reads are refused") {
  const TestProject project(open_server());
  draft(project, R"({"id": "f", "type": "function", "code": "() => 1"})");
  for (const char* const body : {R"({"requst": {}})", R"({"request": {"boddy": {}}})"}) {
    const Answer refused = project.post("/workflows/w/test", body);
    INFO(refused.text);
    CHECK(refused.status == 400);
    CHECK_THAT(refused.text, Catch::Contains("is not known here"));
  }
}

TEST_CASE("headers and parameters of a test are text, as they are over the wire") {
  const TestProject project(open_server());
  draft(project, R"({"id": "f", "type": "function", "code": "() => 1"})");
  for (const char* const request :
       {R"({"headers": {"x": 5}})", R"({"headers": "x"})", R"({"headers": {"x": ["a"]}})",
        R"({"params": {"p": true}})", R"({"params": []})", R"({"params": {"p": ["a", 1]}})"}) {
    INFO(request);
    const Answer refused =
        project.post("/workflows/w/test", R"({"request": )" + std::string(request) + "}");
    CHECK(refused.status == 400);
    CHECK_THAT(refused.at("/message"), Catch::Contains("request."));
  }
  CHECK(project
            .post("/workflows/w/test",
                  R"({"request": {"headers": {"x": "5"}, "params": {"p": "a", "q": ["a", "b"]}}})")
            .status == 200);
}

TEST_CASE("a step is not tested without the outputs that it needs or with those of no step") {
  const TestProject project(open_server());
  draft(project, R"json({"id": "call", "type": "function", "code": "() => 1"},
    {"id": "f", "type": "function", "parameters": {"n": "{{call.result}}"}, "code": "({ n }) => n"})json");
  const Answer missing = project.post("/workflows/w/steps/f/test", "{}");
  CHECK(missing.status == 400);
  CHECK(missing.at("/details/0/path") == R"("/outputs/call")");
  const Answer unknown = project.post("/workflows/w/steps/f/test",
                                      R"({"outputs": {"call": {"result": 1}, "cal": {}}})");
  CHECK(unknown.status == 400);
  CHECK(unknown.at("/details/0/nearest") == R"("call")");
  CHECK(
      project.post("/workflows/w/steps/f/test", R"({"outputs": {"call": {"result": 1}}})").status ==
      200);
}
