// A run that does another one again: how its machine begins, and how that is stored.
#include "runtime/execution/branch_machine.h"
#include "runtime/execution/branch_snapshot.h"
#include "runtime/execution/event_codec.h"
#include "runtime/execution/mask_event.h"
#include "runtime/history/step_history.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/simulated_run.h"
#include "tests/unit/runtime/definitions/compile_text.h"

namespace millrace {
namespace {

/// a (0), each (1) with inner (2), last (3).
std::shared_ptr<const Workflow> workflow() {
  return compile_steps(R"(
    {"id": "a", "type": "function", "code": "() => 1", "continueOnError": true},
    {"id": "each", "type": "fanOut", "items": [1, 2], "steps": [
      {"id": "inner", "type": "function", "code": "() => 1"}]},
    {"id": "last", "type": "function", "code": "() => 1",
      "parameters": {"a": "{{a.result}}", "all": "{{inner.result}}"}})");
}

ExecutionStarted replayed(StepIndex from, std::vector<KeptOutput> kept) {
  ExecutionStarted event;
  event.version = workflow()->version;
  event.trigger = share(JsonObject{{"request", JsonObject{}}});
  event.settings = share(JsonObject());
  event.user_meta = share(JsonObject());
  event.replay = ReplayStart{SimulatedRun::id(), from, std::move(kept)};
  return event;
}

ExecutionStarted from_last() {
  return replayed(3, {{0, share(JsonObject{{"result", "kept"}})},
                      {1, share(JsonObject{{"errors", JsonArray()}})},
                      {2, share(JsonArray{JsonObject{{"result", 7}}}), true}});
}

BranchMachine machine_after(const ExecutionStarted& started) {
  BranchMachine machine(workflow(), SimulatedRun::id());
  machine.apply({test_epoch, started});
  return machine;
}

TEST_CASE("a run that begins at a step runs that step next, and sees what is kept", "[replay]") {
  const BranchMachine machine = machine_after(from_last());
  const Effect effect = machine.plan(test_epoch);
  REQUIRE(std::holds_alternative<RunFunction>(effect));
  CHECK(machine.current_step()->id == StepId("last"));
  CHECK(to_text(machine.current_input()) == R"({"a":"kept","all":[7]})");
  CHECK(machine.tasks() == 0);
}

TEST_CASE("a run that begins at a step goes on behind it to its end", "[replay]") {
  BranchMachine machine = machine_after(replayed(0, {}));
  StepCompleted completed;
  completed.output = share(JsonObject{{"result", 1}});
  completed.tasks = 1;
  machine.apply({test_epoch, completed});
  CHECK(machine.current_step()->id == StepId("each"));
  CHECK(machine.tasks() == 1);
}

TEST_CASE("a snapshot of a run that began at a step holds what it keeps", "[replay]") {
  const BranchMachine machine = machine_after(from_last());
  BranchMachine restored(workflow(), SimulatedRun::id());
  REQUIRE(BranchSnapshotCodec::restore(restored, BranchSnapshotCodec::write(machine)).ok());
  CHECK(restored.current_step()->id == StepId("last"));
  CHECK(to_text(restored.current_input()) == to_text(machine.current_input()));
}

TEST_CASE("a machine refuses to begin inside a fan-out, or with outputs of no step", "[replay]") {
  CHECK_THROWS_AS(machine_after(replayed(2, {})), BugFound);
  CHECK_THROWS_AS(machine_after(replayed(9, {})), BugFound);
  CHECK_THROWS_AS(machine_after(replayed(3, {{9, share(1)}})), BugFound);
}

TEST_CASE("what is kept and holds a secret is masked where it stands in clear", "[replay]") {
  Redaction secrets;
  secrets.add("hunter2-hunter2", "[secret KEY]");
  secrets.prepare();
  const Event event{test_epoch,
                    replayed(3, {{0, share(JsonObject{{"result", "is hunter2-hunter2"}})}})};
  const auto masked = mask_event(event, secrets);
  REQUIRE(masked);
  CHECK(event_text(masked->shown).find("hunter2") == std::string::npos);
  CHECK(event_text(event).find("hunter2") != std::string::npos);
  // Of any other start, what its caller gave stands as it came.
  ExecutionStarted plain = from_last();
  plain.replay.reset();
  plain.trigger = share("hunter2-hunter2");
  CHECK_FALSE(mask_event({test_epoch, plain}, secrets));
}

TEST_CASE("the history shows the steps that were kept, and from where", "[replay]") {
  std::vector<std::string> lines;
  StepHistory history(
      std::make_shared<const VersionsOfRun>(workflow(), std::vector<Event>{}), SimulatedRun::id(),
      [](const BranchPath&, StepIndex, const StepHistory::TakeChild&) { return Outcome(Done{}); },
      [&](StepHistory::Finding&& finding) {
        const StepExecution& step = finding.step;
        lines.push_back(step.id + " " + step.status +
                        (step.previous ? " after " + *step.previous : "") +
                        (step.kept_from ? " kept" : "") + (step.is_given ? " given" : ""));
        if (step.kept_from) CHECK(*step.kept_from == SimulatedRun::id().text());
      });
  ExecutionStarted started = from_last();
  started.replay->kept[0].is_given = true;
  started.replay->kept[0].output = share(JsonObject{{"error", JsonObject{}}});
  REQUIRE(history.replay({{test_epoch, started}}).ok());
  CHECK(lines == std::vector<std::string>{"trigger SUCCEEDED", "a FAILED after trigger given",
                                          "each SUCCEEDED after a kept",
                                          "last EXECUTING after each"});
}

}  // namespace
}  // namespace millrace
