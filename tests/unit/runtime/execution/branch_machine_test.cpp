#include "runtime/execution/branch_machine.h"

#include "runtime/execution/branch_snapshot.h"
#include "tests/support/catch.h"
#include "tests/support/journal_listing.h"
#include "tests/support/simulated_run.h"
#include "tests/unit/runtime/definitions/compile_text.h"

namespace millrace {
namespace {

// One step of each kind: call (0), check (1), wait (2), each (3) with inner (4) in it.
std::shared_ptr<const Workflow> every_kind() {
  return compile_steps(R"(
    {"id": "call", "type": "function", "code": "() => 1", "autoRetry": true,
      "parameters": {"name": "{{trigger.request.body.name}}"}},
    {"id": "check", "type": "conditional",
      "if": [[{"variable": "{{call.result}}", "operator": "Exists"}]]},
    {"id": "wait", "type": "delay", "value": 5, "unit": "MINUTES"},
    {"id": "each", "type": "fanOut", "items": ["a", "b"], "steps": [
      {"id": "inner", "type": "function", "code": "() => 1",
        "parameters": {"of": "{{instance}}"}}]})");
}

constexpr StepIndex call = 0, check = 1, wait = 2, each = 3, inner = 4;

Event at_start(EventBody body) { return {test_epoch, std::move(body)}; }

EventBody started() {
  ExecutionStarted event;
  event.trigger = share(JsonObject{{"request", {{"body", {{"name", "Ada"}}}}}});
  event.settings = share(JsonObject());
  event.user_meta = share(JsonObject());
  return event;
}

EventBody completed(StepIndex step, std::uint32_t attempt = 1) {
  StepCompleted event;
  event.step = step;
  event.attempt = attempt;
  event.output = share(JsonObject{{"result", 1}, {"selectedChoice", "Yes"}});
  return event;
}

EventBody failed(StepIndex step, std::uint32_t attempt = 1,
                 std::optional<Instant> retry_at = std::nullopt) {
  StepFailed event;
  event.step = step;
  event.attempt = attempt;
  event.retry_at = retry_at;
  return event;
}

EventBody fetched(StepIndex step, std::uint32_t attempt = 1, Json results = JsonArray{1}) {
  PageFetched event;
  event.step = step;
  event.attempt = attempt;
  event.results = share(std::move(results));
  event.next_token = share("b");
  return event;
}

EventBody joined(StepIndex step, StepIndex of = inner) {
  FanOutJoined event;
  event.step = step;
  event.outputs.emplace_back(of, share(JsonArray{1, 2}));
  event.output = share(JsonObject());
  return event;
}

EventBody ended(ExecutionStatus status) {
  ExecutionEnded event;
  event.status = status;
  return event;
}

BranchMachine root_after(const std::vector<EventBody>& events) {
  BranchMachine machine(every_kind(), SimulatedRun::id());
  for (const auto& event : events) machine.apply(at_start(event));
  return machine;
}

BranchMachine child_after(const std::vector<EventBody>& events) {
  const BranchMachine parent = root_after({started()});
  const auto workflow = parent.shared_workflow();
  BranchMachine child(workflow, parent.freeze_scope(), *workflow->by_index[each], "a", 0);
  for (const auto& event : events) child.apply(at_start(event));
  return child;
}

/// Every event that could come, each about every step and about steps that do not exist.
std::vector<EventBody> every_event() {
  std::vector<EventBody> events{started(), CancelRequested{}};
  for (const StepIndex step : {call, check, wait, each, inner, StepIndex{5}, no_step}) {
    events.insert(events.end(),
                  {completed(step), failed(step), DelayArmed{step, test_epoch}, DelayElapsed{step},
                   FanOutOpened{step, 2}, joined(step), fetched(step)});
  }
  for (const auto status :
       {ExecutionStatus::executing, ExecutionStatus::delayed, ExecutionStatus::succeeded,
        ExecutionStatus::failed, ExecutionStatus::cancelled}) {
    events.push_back(ended(status));
  }
  return events;
}

std::string name_of(const Workflow& workflow, const EventBody& body) {
  std::string name(event_name(kind_of({test_epoch, body})));
  if (const auto* end = std::get_if<ExecutionEnded>(&body)) {
    return name + " " + std::string(wire_name(end->status));
  }
  const auto index = std::visit(
      [](const auto& event) -> std::optional<StepIndex> {
        if constexpr (requires {
                        { event.step } -> std::same_as<const StepIndex&>;
                      }) {
          return event.step;
        } else {
          return std::nullopt;
        }
      },
      body);
  if (!index) return name;
  return name + " " +
         (*index < workflow.by_index.size() ? workflow.by_index[*index]->id.text : "?");
}

/// The events that a machine in this state takes. Of all others it must say that they are a bug,
/// and stay as it was.
std::string accepted(const BranchMachine& machine) {
  std::string names;
  const bool has_begun = machine.current_step() == nullptr || machine.events_applied() > 0 ||
                         machine.current_step()->index == inner;
  const std::string before = has_begun ? BranchSnapshotCodec::write(machine) : "";
  for (const auto& event : every_event()) {
    BranchMachine copy = machine;
    try {
      copy.apply(at_start(event));
      names += (names.empty() ? "" : ", ") + name_of(machine.workflow(), event);
    } catch (const BugFound&) {
      if (has_begun) REQUIRE(BranchSnapshotCodec::write(copy) == before);
    }
  }
  return names;
}

}  // namespace

TEST_CASE("a machine takes only the events that fit its phase and stays as it was at others") {
  const EventBody retried = failed(call, 1, test_epoch);
  const std::vector<EventBody> at_check{started(), completed(call)};
  const std::vector<EventBody> at_wait{started(), completed(call), completed(check)};
  auto sleeping = at_wait;
  sleeping.push_back(DelayArmed{wait, test_epoch});
  auto at_each = sleeping;
  at_each.push_back(DelayElapsed{wait});
  auto open = at_each;
  open.push_back(FanOutOpened{each, 2});
  auto past_end = open;
  past_end.push_back(joined(each));
  auto succeeded = past_end;
  succeeded.push_back(ended(ExecutionStatus::succeeded));

  const std::string always = ", ExecutionEnded FAILED";
  CHECK(accepted(root_after({})) == "ExecutionStarted");
  CHECK(accepted(root_after({started()})) ==
        "CancelRequested, StepCompleted call, StepFailed call" + always);
  // The second attempt is awaited: events of the first are refused.
  CHECK(accepted(root_after({started(), retried})) == "CancelRequested" + always);
  CHECK(accepted(root_after(at_check)) ==
        "CancelRequested, StepCompleted check, StepFailed check" + always);
  CHECK(accepted(root_after(at_wait)) ==
        "CancelRequested, StepFailed wait, DelayArmed wait" + always);
  CHECK(accepted(root_after(sleeping)) ==
        "CancelRequested, StepFailed wait, DelayElapsed wait" + always);
  CHECK(accepted(root_after(at_each)) ==
        "CancelRequested, StepFailed each, FanOutOpened each, FanOutJoined each" + always);
  CHECK(accepted(root_after(open)) ==
        "CancelRequested, StepFailed each, FanOutJoined each" + always);
  CHECK(accepted(root_after(past_end)) == "CancelRequested, ExecutionEnded SUCCEEDED" + always);
  CHECK(accepted(root_after(succeeded)).empty());
  CHECK(accepted(root_after({started(), failed(call)})) == "CancelRequested" + always);
  CHECK(accepted(root_after({started(), CancelRequested{}, ended(ExecutionStatus::cancelled)}))
            .empty());
  CHECK(accepted(child_after({})) == "StepCompleted inner, StepFailed inner");
  CHECK(accepted(child_after({completed(inner)})).empty());
  CHECK(accepted(child_after({failed(inner)})).empty());
}

TEST_CASE("a machine that waits for a retry takes the event of the next attempt only") {
  BranchMachine machine = root_after({started(), failed(call, 1, test_epoch + Millis(10'000))});
  CHECK(machine.attempt() == 2);
  CHECK_THROWS_AS(machine.apply(at_start(completed(call, 1))), BugFound);
  CHECK_THROWS_AS(machine.apply(at_start(completed(call, 3))), BugFound);
  machine.apply(at_start(completed(call, 2)));
  CHECK(machine.current_step()->id.text == "check");
  CHECK(machine.attempt() == 1);
}

TEST_CASE("a page is taken for a paginated request only and the next page begins with attempt 1") {
  const auto workflow = compile_steps(R"(
    {"id": "list", "type": "request", "method": "GET", "url": "https://api.example/a",
      "autoRetry": true, "pagination": {"output": "response.body", "pageToken": "response.body[0]"}},
    {"id": "one", "type": "request", "method": "GET", "url": "https://api.example/b"})");
  const Instant later = test_epoch + Millis(10'000);
  BranchMachine machine(workflow, SimulatedRun::id());
  machine.apply(at_start(started()));
  machine.apply(at_start(failed(0, 1, later)));
  CHECK_THROWS_AS(machine.apply(at_start(fetched(0, 1))), BugFound);
  CHECK_THROWS_AS(machine.apply(at_start(fetched(0, 2, JsonObject()))), BugFound);
  PageFetched no_token = std::get<PageFetched>(fetched(0, 2));
  no_token.next_token = nullptr;
  CHECK_THROWS_AS(machine.apply(at_start(no_token)), BugFound);
  machine.apply(at_start(fetched(0, 2)));
  CHECK(machine.attempt() == 1);
  CHECK_FALSE(machine.waiting_until());
  CHECK(machine.current_step()->id.text == "list");
  CHECK(machine.tasks() == 1);
  machine.apply(at_start(completed(0)));
  CHECK_THROWS_AS(machine.apply(at_start(fetched(1))), BugFound);
}

TEST_CASE("a conditional refuses an output that does not choose one of its branches") {
  for (const Json& output :
       {Json("Yes"), Json(JsonObject()), Json(JsonObject{{"selectedChoice", 1}}),
        Json(JsonObject{{"selectedChoice", "Maybe"}})}) {
    BranchMachine machine = root_after({started(), completed(call)});
    const std::string before = BranchSnapshotCodec::write(machine);
    StepCompleted event;
    event.step = check;
    event.output = share(output);
    CHECK_THROWS_AS(machine.apply(at_start(event)), BugFound);
    CHECK(BranchSnapshotCodec::write(machine) == before);
  }
}

TEST_CASE("a fan-out refuses outputs of steps that are not inside it") {
  BranchMachine machine =
      root_after({started(), completed(call), completed(check), DelayArmed{wait, test_epoch},
                  DelayElapsed{wait}, FanOutOpened{each, 2}});
  const std::string before = BranchSnapshotCodec::write(machine);
  for (const StepIndex outside : {call, wait, each, StepIndex{5}, no_step}) {
    CHECK_THROWS_AS(machine.apply(at_start(joined(each, outside))), BugFound);
  }
  CHECK(BranchSnapshotCodec::write(machine) == before);
}

TEST_CASE("events without an output where one is needed are refused as a bug") {
  BranchMachine machine(every_kind(), SimulatedRun::id());
  CHECK_THROWS_AS(machine.apply(at_start(ExecutionStarted{})), BugFound);
  machine.apply(at_start(started()));
  CHECK_THROWS_AS(machine.apply(at_start(StepCompleted{})), BugFound);
  CHECK(machine.events_applied() == 1);
}

TEST_CASE("the current input of each kind of step is its rendered configuration") {
  const auto input = [](const BranchMachine& machine) { return to_text(machine.current_input()); };
  CHECK(input(root_after({started()})) == R"({"name":"Ada"})");
  CHECK(input(root_after({started(), completed(call)})) ==
        R"({"branches":[{"label":"Yes","if":[[{"variable":1,"operator":"Exists"}]]}]})");
  CHECK(input(root_after({started(), completed(call), completed(check)})) ==
        R"({"value":5,"unit":"MINUTES"})");
  CHECK(input(root_after({started(), completed(call), completed(check),
                          DelayArmed{wait, test_epoch}, DelayElapsed{wait}})) ==
        R"({"items":["a","b"]})");
  CHECK(input(child_after({})) == R"({"of":"a"})");
  CHECK(input(child_after({completed(inner)})) == "null");
}

TEST_CASE("what a machine waits for is the due time of its delay or retry") {
  const Instant due = test_epoch + Millis(60'000);
  CHECK_FALSE(root_after({started()}).waiting_until());
  CHECK(root_after({started(), failed(call, 1, due)}).waiting_until() == due);
  BranchMachine sleeping =
      root_after({started(), completed(call), completed(check), DelayArmed{wait, due}});
  CHECK(sleeping.waiting_until() == due);
  CHECK(sleeping.is_delayed());
  sleeping.apply(at_start(CancelRequested{}));
  sleeping.apply(at_start(ended(ExecutionStatus::cancelled)));
  CHECK_FALSE(sleeping.waiting_until());
  CHECK_FALSE(sleeping.is_delayed());
}

TEST_CASE("a retry is planned when its time has come and not before") {
  const Instant due = test_epoch + Millis(60'000);
  const BranchMachine machine = root_after({started(), failed(call, 1, due)});
  const Effect early = machine.plan(due - Millis(1));
  REQUIRE(std::holds_alternative<WaitUntil>(early));
  CHECK(std::get<WaitUntil>(early).why == WaitUntil::Why::retry);
  CHECK(std::get<WaitUntil>(early).due == due);
  const Effect on_time = machine.plan(due);
  REQUIRE(std::holds_alternative<RunFunction>(on_time));
  CHECK(std::get<RunFunction>(on_time).attempt.number == 2);
  CHECK(std::get<RunFunction>(on_time).parameters == R"({"name":"Ada"})");
}

TEST_CASE("a run that is cancelled after a failed step ends as cancelled") {
  const BranchMachine machine = root_after({started(), failed(call), CancelRequested{}});
  const Effect effect = machine.plan(test_epoch);
  REQUIRE(std::holds_alternative<RecordEvent>(effect));
  const auto& event = std::get<ExecutionEnded>(std::get<RecordEvent>(effect).event);
  CHECK(event.status == ExecutionStatus::cancelled);
}

}  // namespace millrace
