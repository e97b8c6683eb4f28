#include "runtime/history/step_history.h"

#include "tests/support/catch.h"
#include "tests/support/simulated_run.h"
#include "tests/unit/runtime/definitions/compile_text.h"

namespace millrace {
namespace {

using Findings = std::vector<std::string>;

struct Told {
  std::vector<StepHistory::Finding> findings;
  std::vector<std::string> inputs;
};

Outcome replay(const SimulatedRun& run, const std::vector<Event>& root_events, Told& told) {
  StepHistory history(
      run.versions(), SimulatedRun::id(),
      [&](const BranchPath& parent, StepIndex fan_out, const StepHistory::TakeChild& take) {
        for (const auto index : run.journal().children(parent, fan_out)) {
          if (!take(index, run.journal().events(parent.child(fan_out, index)))) break;
        }
        return Outcome(Done{});
      },
      [&](StepHistory::Finding&& finding) {
        // `before` is valid during the visit only.
        told.inputs.push_back(finding.before ? to_text(finding.before->current_input()) : "");
        told.findings.push_back(std::move(finding));
      });
  return history.replay(root_events);
}

Told history_of(const SimulatedRun& run) {
  Told told;
  const auto outcome = replay(run, run.root_events(), told);
  if (!outcome) FAIL(outcome.error().message);
  return told;
}

/// "id STATUS after previous".
Findings lines_of(const Told& told) {
  Findings lines;
  for (const auto& finding : told.findings) {
    lines.push_back(finding.step.id + " " + finding.step.status +
                    (finding.step.previous ? " after " + *finding.step.previous : ""));
  }
  return lines;
}

const StepHistory::Finding& finding_of(const Told& told, const std::string& id) {
  for (const auto& finding : told.findings) {
    if (finding.step.id == id) return finding;
  }
  FAIL("nothing was found of " << id);
  throw std::logic_error("unreachable");
}

const char* const three_levels = R"(
  {"id": "a", "type": "fanOut", "items": [10, 20], "steps": [
    {"id": "b", "type": "fanOut", "items": ["x"], "steps": [
      {"id": "c", "type": "fanOut", "items": [true, false], "steps": [
        {"id": "leaf", "type": "function", "code": "() => 1",
          "parameters": {"of": "{{a.instance}}{{b.instance}}{{c.instance}}"}}]}]}]})";

const char* const with_waits = R"(
  {"id": "call", "type": "function", "code": "() => 1", "autoRetry": true,
    "parameters": {"n": "{{trigger.request.body.n}}"}},
  {"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"},
  {"id": "last", "type": "function", "code": "() => 1"})";

RunStart request() { return {.trigger = JsonObject{{"request", {{"body", {{"n", 7}}}}}}}; }

}  // namespace

TEST_CASE("each step of a run is found once with its input, output, times and attempts") {
  FunctionScript script;
  script.on("call", failing_first(1, ErrorCode::function_timeout, "slow",
                                  logging("info", "again", returning("done"))));
  SimulatedRun run(compile_steps(with_waits), script);
  run.start(request());
  run.run_to_end();
  const Told told = history_of(run);
  CHECK(lines_of(told) == Findings{"trigger SUCCEEDED", "call SUCCEEDED after trigger",
                                   "wait SUCCEEDED after call", "last SUCCEEDED after wait"});
  CHECK(told.findings[0].step.type == "TRIGGER/ENDPOINT");
  CHECK(to_text(*told.findings[0].output) == R"({"request":{"body":{"n":7}}})");

  const auto& call = told.findings[1];
  CHECK(told.inputs[1] == R"({"n":7})");
  CHECK(call.step.type == "ACTION/FUNCTION");
  CHECK(call.step.input_bytes == 7);
  CHECK(to_text(*call.output) == R"({"result":"done"})");
  CHECK(call.step.output_bytes == to_text(*call.output).size());
  CHECK(call.step.start == test_epoch);
  CHECK(call.step.end == test_epoch + Millis(10'000));
  REQUIRE(call.console.size() == 1);
  CHECK(call.console[0].text == "again");
  REQUIRE(call.step.attempts.size() == 2);
  CHECK(call.step.attempts[0].error->code == ErrorCode::function_timeout);
  CHECK(call.step.attempts[0].retry_at == test_epoch + Millis(10'000));
  CHECK_FALSE(call.step.attempts[1].error);
  CHECK(call.step.attempts[1].number == 2);
  CHECK(call.step.attempts[1].started == test_epoch + Millis(10'000));

  const auto& wait = told.findings[2];
  CHECK(wait.step.start == test_epoch + Millis(10'000));
  CHECK(wait.step.end == test_epoch + Millis(3'610'000));
  CHECK(told.inputs[2] == R"({"value":1,"unit":"HOURS"})");
  CHECK(wait.step.input_bytes == told.inputs[2].size());
  CHECK(wait.step.wakes == test_epoch + Millis(3'610'000));
}

TEST_CASE("steps inside fan-outs are found once per element with all of their indexes") {
  SimulatedRun run(compile_steps(three_levels), {});
  run.start(request());
  run.run_to_end();
  const Told told = history_of(run);
  CHECK(lines_of(told) == Findings{"trigger SUCCEEDED", "leaf.0.0.0 SUCCEEDED after c.0.0",
                                   "leaf.0.0.1 SUCCEEDED after c.0.0", "c.0.0 SUCCEEDED after b.0",
                                   "b.0 SUCCEEDED after a", "leaf.1.0.0 SUCCEEDED after c.1.0",
                                   "leaf.1.0.1 SUCCEEDED after c.1.0", "c.1.0 SUCCEEDED after b.1",
                                   "b.1 SUCCEEDED after a", "a SUCCEEDED after trigger"});
  const auto& leaf = finding_of(told, "leaf.1.0.1");
  CHECK(leaf.step.step.text == "leaf");
  CHECK(leaf.step.indexes == std::vector<std::uint32_t>{1, 0, 1});
  CHECK(to_text(*leaf.output) == R"({"result":{"of":"20xfalse"}})");
  CHECK(finding_of(told, "a").step.type == "TRANSITION/MAP");
}

TEST_CASE("a run in the middle of a retry shows the step as executing with its failed attempts") {
  FunctionScript script;
  script.on("call", throwing("busy"));
  SimulatedRun run(compile_steps(with_waits), script);
  run.start(request());
  run.advance(Millis(15'000));
  const Told told = history_of(run);
  CHECK(lines_of(told) == Findings{"trigger SUCCEEDED", "call EXECUTING after trigger"});
  const auto& call = told.findings[1];
  CHECK(call.step.attempts.size() == 2);
  CHECK(call.step.start == test_epoch);
  CHECK_FALSE(call.step.end);
  CHECK(call.output == nullptr);
}

TEST_CASE("a sleeping run shows its delay as delayed and nothing behind it") {
  SimulatedRun run(compile_steps(with_waits), {});
  run.start(request());
  run.run_until_waiting();
  CHECK(lines_of(history_of(run)) ==
        Findings{"trigger SUCCEEDED", "call SUCCEEDED after trigger", "wait DELAYED after call"});
}

TEST_CASE("a cancelled run shows the step it stood at as cancelled") {
  SimulatedRun run(compile_steps(with_waits), {});
  run.start(request());
  run.run_until_waiting();
  run.cancel();
  run.run_to_end();
  CHECK(lines_of(history_of(run)) ==
        Findings{"trigger SUCCEEDED", "call SUCCEEDED after trigger", "wait CANCELLED after call"});
  const Told told = history_of(run);
  CHECK(told.findings[2].step.end == told.findings[1].step.end);
  CHECK(told.findings[2].step.wakes == test_epoch + Millis(3'600'000));
}

TEST_CASE("a condition that cannot be told shows which it is and what it was given") {
  SimulatedRun run(compile_steps(R"({"id": "check", "type": "conditional", "if": [[
    {"variable": "{{trigger.request.body.n}}", "operator": "BooleanTrue"}]]})"),
                   {});
  run.start(request());
  run.run_to_end();
  const std::string expected =
      "step \"check\": BooleanTrue expects `variable` to be a boolean, but it is number (condition "
      "1 "
      "of group 1: `variable` is 7)";
  const Told told = history_of(run);
  const auto& check = finding_of(told, "check");
  CHECK(check.step.attempts[0].error->message == expected);
  CHECK(check.output->at("error").at("message") == Json(expected));
  const auto ended = std::get<ExecutionEnded>(run.journal().events({}).back().body);
  CHECK(ended.message == expected);
}

TEST_CASE("a failed request shows what was asked and what was answered, attempt by attempt") {
  SimulatedWorld world;
  world.values.secrets["KEY"] = "hidden";
  world.requests.on("call", answering(500, JsonObject{{"why", "busy"}}));
  SimulatedRun run(compile_steps(R"({"id": "call", "type": "request", "method": "POST",
    "url": "https://api.example/{{trigger.request.body.n}}/{{secrets.KEY}}",
    "retry": {"delays": ["1s"]}})"),
                   world);
  run.start(request());
  run.run_to_end();
  const Told told = history_of(run);
  const auto& attempts = finding_of(told, "call").step.attempts;
  REQUIRE(attempts.size() == 2);
  for (const auto& attempt : attempts) {
    CHECK(to_text(attempt.request) ==
          R"({"method":"POST","url":"https://api.example/7/[secret KEY]"})");
    REQUIRE(attempt.response);
    CHECK(to_text(attempt.response->at("body")) == R"({"why":"busy"})");
  }
}

TEST_CASE("a run cut off in a fan-out shows finished and unfinished elements") {
  FunctionScript script;
  SimulatedRun run(compile_steps(R"(
    {"id": "each", "type": "fanOut", "items": [1, 2], "steps": [
      {"id": "first", "type": "function", "code": "() => 1"},
      {"id": "second", "type": "function", "code": "() => 1"}]})"),
                   script);
  run.hold("second");
  run.start(request());
  run.run_until_waiting();
  const Findings told = lines_of(history_of(run));
  CHECK(told == Findings{"trigger SUCCEEDED", "first.0 SUCCEEDED after each",
                         "second.0 EXECUTING after first.0", "first.1 SUCCEEDED after each",
                         "second.1 EXECUTING after first.1", "each EXECUTING after trigger"});
}

TEST_CASE("a failed step is found with its error as output and nothing follows it") {
  FunctionScript script;
  script.on("call", failing(ErrorCode::function_memory, "out of memory"));
  SimulatedRun run(compile_steps(with_waits), script);
  run.start(request());
  run.run_to_end();
  const Told told = history_of(run);
  CHECK(lines_of(told) == Findings{"trigger SUCCEEDED", "call FAILED after trigger"});
  CHECK(to_text(*told.findings[1].output) ==
        R"({"error":{"code":"function_memory","message":"out of memory"}})");
}

TEST_CASE("a step that failed and was continued behind is failed and does not hide the next") {
  FunctionScript script;
  script.on("call", throwing("no"));
  SimulatedRun run(compile_steps(R"(
    {"id": "call", "type": "function", "code": "() => 1", "continueOnError": true},
    {"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"})"),
                   script);
  run.start(request());
  run.run_until_waiting();
  CHECK(lines_of(history_of(run)) ==
        Findings{"trigger SUCCEEDED", "call FAILED after trigger", "wait DELAYED after call"});
}

TEST_CASE("a run that was given up shows the step it was given up at as failed") {
  SimulatedRun run(compile_steps(with_waits), {});
  run.hold("call");
  run.start(request());
  auto events = run.journal().events({});
  ExecutionEnded parked;
  parked.status = ExecutionStatus::failed;
  parked.step = 0;
  parked.code = ErrorCode::actor_crashed;
  parked.message = "it crashed three times";
  events.push_back({test_epoch + Millis(5), parked});
  Told told;
  REQUIRE(replay(run, events, told).ok());
  CHECK(lines_of(told) == Findings{"trigger SUCCEEDED", "call FAILED after trigger"});
  CHECK(told.findings[1].step.end == test_epoch + Millis(5));
  CHECK(to_text(*told.findings[1].output) ==
        R"({"error":{"code":"actor_crashed","message":"it crashed three times"}})");
}

TEST_CASE("a journal that does not fit its workflow is corrupt data and no history") {
  SimulatedRun run(compile_steps(with_waits), {});
  run.start(request());
  run.run_to_end();
  Told told;
  auto events = run.journal().events({});
  events.erase(events.begin() + 1);
  const auto gap = replay(run, events, told);
  REQUIRE_FALSE(gap.ok());
  CHECK(gap.error().code == ErrorCode::corrupt_data);
  const auto headless = replay(run, {events.begin() + 1, events.end()}, told);
  REQUIRE_FALSE(headless.ok());
  CHECK(headless.error().code == ErrorCode::corrupt_data);
  CHECK_FALSE(replay(run, {}, told).ok());
}

TEST_CASE(
    "each page and each attempt of a request is listed, and a failed one shows its response") {
  SimulatedWorld world;
  world.requests.on("list",
                    when_url_has("page=b",
                                 first_attempts(1, answering(503, JsonObject()),
                                                answering(200, JsonObject{{"items", {2}}})),
                                 answering(200, JsonObject{{"items", {1}}, {"next", "b"}})));
  world.requests.on("call", answering(404, JsonObject{{"no", "such lead"}}));
  world.values.secrets["KEY"] = "hunter2-hunter2";
  SimulatedRun run(compile_steps(R"(
    {"id": "list", "type": "request", "method": "GET", "url": "https://api.example/a",
      "params": {"page": "{{self.pageToken}}"}, "retry": {"delays": ["10s"]},
      "pagination": {"output": "response.body.items", "pageToken": "response.body.next"}},
    {"id": "call", "type": "request", "method": "GET", "url": "https://api.example/b",
      "headers": {"x-key": "{{secrets.KEY}}"}})"),
                   world);
  run.start({});
  run.run_to_end();
  const Told told = history_of(run);
  CHECK(lines_of(told) ==
        Findings{"trigger SUCCEEDED", "list SUCCEEDED after trigger", "call FAILED after list"});

  const auto& list = finding_of(told, "list");
  REQUIRE(list.step.attempts.size() == 3);
  CHECK(list.step.start == test_epoch);
  CHECK(list.step.end == test_epoch + Millis(10'000));
  CHECK(list.step.type == "ACTION/REQUEST");
  CHECK(to_text(list.output->at("response").at("results")) == "[1,2]");
  const auto& call = finding_of(told, "call");
  CHECK(to_text(*call.output) ==
        R"({"error":{"code":"request_rejected","message":"the server answered with status 404"},)"
        R"("response":{"statusCode":404,"headers":{"content-type":"application/json"},)"
        R"("body":{"no":"such lead"}}})");
  CHECK(told.inputs[2] == R"({"method":"GET","url":"https://api.example/b",)"
                          R"("headers":{"x-key":"[secret KEY]"}})");
}

}  // namespace millrace
