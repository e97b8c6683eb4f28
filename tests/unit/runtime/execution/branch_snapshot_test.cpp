#include "runtime/execution/branch_snapshot.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"
#include "tests/support/simulated_run.h"
#include "tests/unit/runtime/definitions/compile_text.h"

namespace millrace {
namespace {

std::shared_ptr<const Workflow> workflow() {
  return compile_steps(R"(
    {"id": "call", "type": "function", "code": "() => 1", "continueOnError": true},
    {"id": "wait", "type": "delay", "value": 5, "unit": "MINUTES"},
    {"id": "each", "type": "fanOut", "items": "{{trigger.request.body}}", "steps": [
      {"id": "inner", "type": "function", "code": "() => 1"}]},
    {"id": "last", "type": "function", "code": "() => 1", "parameters": {"a": "{{inner.result}}"}})");
}

/// A run that stands in its fan-out.
std::unique_ptr<SimulatedRun> run_in_fan_out() {
  FunctionScript script;
  script.on("call", throwing("no")).on("inner", returning(7));
  auto run = std::make_unique<SimulatedRun>(workflow(), script);
  run->hold("inner");
  run->start({.trigger = JsonObject{{"request", {{"body", {1, 2}}}}}});
  run->advance(Millis(300'000));
  return run;
}

Outcome restore(const std::string& state) {
  BranchMachine machine(workflow(), SimulatedRun::id());
  return BranchSnapshotCodec::restore(machine, state);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

constexpr const char* golden =
    R"(1{"q":5,"s":2,"ph":4,"a":1,"d":1767225900000,"b":1767225900000,"n":2,"cr":false,"z":1,"k":0,)"
    R"("x":{"p":"acme","u":"ada","w":"lead-to-crm","v":3,"in":{"request":{"body":[1,2]}},"st":{},"um":{}},)"
    R"("o":[[0,{"error":{"code":"function_threw","message":"no"}}],[1,{}]]})";

}  // namespace

TEST_CASE("a stored snapshot is written as it always was and can be read") {
  const auto run = run_in_fan_out();
  CHECK(BranchSnapshotCodec::write(run->root()) == golden);
  BranchMachine machine(workflow(), SimulatedRun::id());
  REQUIRE(BranchSnapshotCodec::restore(machine, golden).ok());
  CHECK(machine.open_fan_out() == 2);
  CHECK(machine.events_applied() == 5);
  CHECK(machine.step_started() == test_epoch + Millis(300'000));
  CHECK(to_text(machine.fan_out_items()) == "[1,2]");
}

TEST_CASE("a snapshot between two pages is written as it always was and goes on with the next") {
  const auto paged = compile_steps(R"(
    {"id": "list", "type": "request", "method": "GET", "url": "https://api.example/a",
      "params": {"page": "{{self.pageToken}}"},
      "pagination": {"output": "response.body.items", "pageToken": "response.body.next"}})");
  const std::string stored =
      R"(1{"q":2,"s":0,"ph":1,"a":1,"d":0,"b":0,"n":0,"cr":false,"z":1,"k":1,)"
      R"("x":{"p":"acme","u":"ada","w":"lead-to-crm","v":3,"in":{},"st":{},"um":{},"tm":1,)"
      R"("cr":"account-1"},"pg":{"p":1,"r":[1,2],"to":"b","y":30},"o":[]})";
  BranchMachine machine(paged, SimulatedRun::id());
  ExecutionStarted started;
  started.project = ProjectId("acme");
  started.user = UserId("ada");
  started.workflow = WorkflowId("lead-to-crm");
  started.version = 3;
  started.trigger = started.settings = started.user_meta = share(JsonObject());
  started.is_test = true;
  started.credential = "account-1";
  machine.apply({test_epoch, started});
  PageFetched page;
  page.results = share(JsonArray{1, 2});
  page.next_token = share("b");
  page.bytes = 30;
  machine.apply({test_epoch, page});
  CHECK(BranchSnapshotCodec::write(machine) == stored);

  BranchMachine restored(paged, SimulatedRun::id());
  REQUIRE(BranchSnapshotCodec::restore(restored, stored).ok());
  CHECK(restored.scope().facts()->started.is_test);
  CHECK(restored.scope().facts()->started.credential == "account-1");
  const Effect next = restored.plan(test_epoch);
  REQUIRE(std::holds_alternative<SendRequest>(next));
  CHECK(std::get<SendRequest>(next).request.http.url == "https://api.example/a?page=b");

  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{R"("r":[1,2])", R"("r":{})"},
                                                        {R"("p":1,)", R"("p":-1,)"},
                                                        {R"("to":"b",)", ""},
                                                        {R"("s":0)", R"("s":4294967295)"}}) {
    INFO(from << " -> " << to);
    BranchMachine fresh(paged, SimulatedRun::id());
    CHECK_FALSE(BranchSnapshotCodec::restore(fresh, replaced(stored, from, to)).ok());
  }
  BranchMachine other(workflow(), SimulatedRun::id());
  CHECK_FALSE(BranchSnapshotCodec::restore(other, stored).ok());
}

TEST_CASE("a snapshot keeps the failure of a branch that has not ended yet") {
  BranchMachine machine(workflow(), SimulatedRun::id());
  ExecutionStarted started;
  started.version = workflow()->version;
  started.trigger = share(JsonObject());
  machine.apply({test_epoch, started});
  StepCompleted completed;
  completed.output = share(JsonObject());
  machine.apply({test_epoch, completed});
  StepFailed failed;
  failed.step = 1;
  failed.code = ErrorCode::type_mismatch;
  failed.message = "not a number";
  machine.apply({test_epoch, failed});
  BranchMachine restored(workflow(), SimulatedRun::id());
  REQUIRE(BranchSnapshotCodec::restore(restored, BranchSnapshotCodec::write(machine)).ok());
  REQUIRE(restored.failure());
  CHECK(restored.failure()->step == 1);
  CHECK(restored.failure()->error.code == ErrorCode::type_mismatch);
  CHECK(restored.failure()->error.message == "not a number");
}

TEST_CASE("a snapshot cut off at any byte is refused as damaged") {
  const std::string snapshot = golden;
  for (std::size_t length = 0; length < snapshot.size(); ++length) {
    const auto outcome = restore(snapshot.substr(0, length));
    REQUIRE_FALSE(outcome.ok());
    REQUIRE(outcome.error().code == ErrorCode::corrupt_data);
  }
}

TEST_CASE("a snapshot of a state that no journal leads to is refused") {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {R"("ph":4)", R"("ph":0)"},  // no such phase
           {R"("ph":4)", R"("ph":5)"},
           {R"("ph":4)", R"("ph":3)"},         // a fan-out does not sleep
           {R"("s":2)", R"("s":0)"},           // a function has no children
           {R"("s":2)", R"("s":9)"},           // no such step
           {R"("s":2)", R"("s":4294967295)"},  // past the end, with open children
           {R"("z":1)", R"("z":0)"},           // no such status
           {R"("z":1)", R"("z":6)"},
           {R"("a":1)", R"("a":0)"},        // attempts are counted from 1
           {R"([1,{}])", R"([9,{}])"},      // the output of no step
           {R"("cr":false)", R"("cr":0)"},  // another type
           {R"("q":5,)", ""},               // missing
       }) {
    INFO(from << " -> " << to);
    CHECK_FALSE(restore(replaced(golden, from, to)).ok());
  }
}

TEST_CASE("a snapshot with flipped bits is a state or an error and never a crash") {
  SeededRandom random(7);
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = golden;
    for (std::size_t flips = 1 + random.below(3); flips > 0; --flips) {
      char& byte = damaged[random.below(damaged.size())];
      byte = static_cast<char>(byte ^ (1 << random.below(8)));
    }
    BranchMachine machine(workflow(), SimulatedRun::id());
    if (!BranchSnapshotCodec::restore(machine, damaged)) {
      ++refused;
      continue;
    }
    // Whatever was believed must be good enough to go on with.
    try {
      machine.plan(test_epoch);
      machine.current_input();
      if (machine.open_fan_out()) machine.fan_out_items();
    } catch (const BugFound&) {
    }
  }
  INFO("seed 7");
  CHECK(refused > 10'000);
}

TEST_CASE("a snapshot is not restored over a machine that has begun") {
  const auto run = run_in_fan_out();
  BranchMachine machine = run->root();
  CHECK_THROWS_AS(BranchSnapshotCodec::restore(machine, golden), BugFound);
}

TEST_CASE("a run that has not started cannot be snapshotted") {
  const BranchMachine machine(workflow(), SimulatedRun::id());
  CHECK_THROWS_AS(BranchSnapshotCodec::write(machine), BugFound);
}

}  // namespace millrace
