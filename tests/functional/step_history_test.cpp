// One run in detail: its steps, what each was given, what it gave, and how often it was tried.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

/// "id type status prev" of each step execution, one per line.
std::string outline_of(const Json& execution) {
  std::string text;
  for (const Json& step : execution.at("stepExecutions").as_array()) {
    text += string_at(step, "/id") + ' ' + string_at(step, "/type") + ' ' +
            string_at(step, "/status") + ' ' + text_at(step, "/prev") + '\n';
  }
  return text;
}

const Json& find_step(const Json& execution, const std::string& id) {
  for (const Json& step : execution.at("stepExecutions").as_array()) {
    if (string_at(step, "/id") == id) return step;
  }
  throw std::runtime_error("no step execution " + id + " in " + to_text(execution));
}

}  // namespace

TEST_CASE("a run lists its steps with type, status and order") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "make", "type": "function", "code": "() => 1"},
    {"id": "wait", "type": "delay", "value": 0, "unit": "SECONDS"},
    {"id": "choose", "type": "conditional",
     "if": [[{"variable": "{{make.result}}", "operator": "NumberEquals", "argument": 1}]],
     "then": [{"id": "yes", "type": "function", "code": "() => 'y'"}]}
  )json");
  const std::string run = project.start("w");
  const Json execution = project.wait_until_ended(run);
  CHECK(outline_of(execution) ==
        "trigger TRIGGER/ENDPOINT SUCCEEDED null\n"
        "make ACTION/FUNCTION SUCCEEDED \"trigger\"\n"
        "wait TRANSITION/DELAY SUCCEEDED \"make\"\n"
        "choose TRANSITION/IFELSE SUCCEEDED \"wait\"\n"
        "yes ACTION/FUNCTION SUCCEEDED \"choose\"\n");
  CHECK(text_at(execution, "/taskCount") == "2");
  CHECK(text_at(find_step(execution, "make"), "/next") == R"(["wait"])");
  CHECK(text_at(find_step(execution, "yes"), "/next") == "[]");
  CHECK(text_at(find_step(execution, "make"), "/workflowExecutionId") == to_text(Json(run)));
  CHECK(text_at(project.step(run, "choose"), "/output/selectedChoice") == R"("Yes")");
  CHECK(project.step(run, "wait").at("input") == json_of(R"({"value": 0, "unit": "SECONDS"})"));
  CHECK(text_at(find_step(execution, "wait"), "/inputSize") == "28");
}

TEST_CASE("a step shows its rendered input, its output and its console") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "greet", "type": "function",
     "parameters": {"name": "{{trigger.request.body.name}}", "all": "{{trigger.request.body}}",
                    "text": "Dear {{trigger.request.body.name}}, {{trigger.request.body.n}}"},
     "code": "(p) => { console.log('hello', p.name); console.error('careful'); return p.text; }"}
  )json");
  const std::string run = project.start("w", R"({"name": "Ada", "n": 1.5})");
  project.wait_until_ended(run);
  const Json detail = project.step(run, "greet");
  CHECK(text_at(detail, "/isLargeInput") == "false");
  CHECK(text_at(detail, "/isLargeOutput") == "false");
  CHECK(detail.at("input") ==
        json_of(R"({"name": "Ada", "all": {"name": "Ada", "n": 1.5}, "text": "Dear Ada, 1.5"})"));
  CHECK(detail.at("output") == json_of(R"({"result": "Dear Ada, 1.5"})"));
  CHECK(text_at(detail, "/attempts/0/number") == "1");
  CHECK_THAT(text_at(detail, "/console/0/text"), Catch::Contains("hello Ada"));
  CHECK(text_at(detail, "/console/1/level") == R"("error")");
  CHECK(project.get(TestProject::execution_path(run) + "/step-executions/nothing").status == 404);
  CHECK(text_at(project.step(run, "trigger"), "/output/request/body/name") == R"("Ada")");
}

TEST_CASE("steps inside a fan-out are listed once per element with their index") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "each", "type": "fanOut", "items": "{{trigger.request.body.items}}", "steps": [
      {"id": "twice", "type": "function", "parameters": {"n": "{{each.instance}}"},
       "code": "({ n }) => 2 * n"}]},
    {"id": "sum", "type": "function", "parameters": {"all": "{{twice.result}}"},
     "code": "({ all }) => all"})json");
  const std::string run = project.start("w", R"({"items": [3, 1, 2]})");
  const Json execution = project.wait_until_ended(run);
  CHECK(text_at(execution, "/taskCount") == "4");
  for (int i = 0; i < 3; ++i) {
    const Json& step = find_step(execution, "twice." + std::to_string(i));
    CHECK(text_at(step, "/stepId") == R"("twice")");
    CHECK(text_at(step, "/index") == std::to_string(i));
  }
  CHECK(text_at(project.step(run, "twice.0"), "/input/n") == "3");
  CHECK(text_at(project.step(run, "twice.2"), "/output/result") == "4");
  CHECK(text_at(project.step(run, "sum"), "/output/result") == "[6,2,4]");
}

TEST_CASE("a retry that helps is visible in the attempts of its step") {
  const TestProject project(shared_server());
  // Fails once in each worker process: what a call leaves in a prototype, later calls there see.
  project.deploy_steps("w",
                       R"json(
    {"id": "flaky", "type": "function", "parameters": {"run": "{{execution.id}}"},
     "retry": {"max": 5, "initial": "20ms"},
     "code": "({ run }) => { if (Array.prototype.last !== run) )json"
                       R"json({ Array.prototype.last = run; throw new Error('not yet'); )json"
                       R"json(} return 'at last'; }"})json");
  const std::string run = project.start("w");
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("SUCCEEDED")");
  const Json detail = project.step(run, "flaky");
  CHECK(text_at(detail, "/output/result") == R"("at last")");
  const JsonArray& attempts = detail.at("attempts").as_array();
  REQUIRE(attempts.size() >= 2);
  for (std::size_t i = 0; i + 1 < attempts.size(); ++i) {
    CHECK(text_at(attempts[i], "/number") == std::to_string(i + 1));
    CHECK(text_at(attempts[i], "/error/code") == R"("function_threw")");
    CHECK(string_at(attempts[i], "/retryAt") <= string_at(attempts[i + 1], "/start"));
  }
  CHECK(text_at(attempts.back(), "/error").empty());
  CHECK(text_at(attempts.back(), "/retryAt").empty());
}

TEST_CASE("a step that never succeeds is tried as often as it says") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "bad", "type": "function", "retry": {"delays": ["10ms", "20ms"]},
     "code": "() => { throw new Error('never'); }"})json");
  const std::string run = project.start("w");
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("FAILED")");
  const Json detail = project.step(run, "bad");
  CHECK(detail.at("attempts").as_array().size() == 3);
  CHECK_THAT(string_at(detail, "/output/error/message"), Catch::Contains("never"));
}

TEST_CASE("a failed step shows its error as its output") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "bad", "type": "function", "code": "() => {\n  throw new TypeError('wrong');\n}"})json");
  const std::string run = project.start("w");
  const Json execution = project.wait_until_ended(run);
  CHECK(text_at(execution, "/status") == R"("FAILED")");
  CHECK(text_at(execution, "/error/stepId") == R"("bad")");
  CHECK(text_at(execution, "/error/code") == R"("function_threw")");
  CHECK(text_at(execution, "/taskCount") == "0");
  CHECK(text_at(find_step(execution, "bad"), "/status") == R"("FAILED")");
  const Json detail = project.step(run, "bad");
  CHECK(text_at(detail, "/output/error/code") == R"("function_threw")");
  CHECK_THAT(string_at(detail, "/output/error/message"), Catch::Contains("wrong"));
  CHECK_THAT(string_at(detail, "/output/error/message"), Catch::Contains("line 2"));
}

TEST_CASE("a large output is marked and shown only on request") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "large", "type": "function", "code": "() => 'x'.repeat(3000000)"})json");
  const std::string run = project.start("w");
  project.wait_until_ended(run);
  const Json detail = project.step(run, "large");
  CHECK(text_at(detail, "/isLargeInput") == "false");
  CHECK(text_at(detail, "/isLargeOutput") == "true");
  CHECK(text_at(detail, "/output") == "null");
  const Answer whole =
      project.get(TestProject::execution_path(run) + "/step-executions/large?full=true");
  CHECK(string_at(whole.json, "/output/result").size() == 3'000'000);
}
