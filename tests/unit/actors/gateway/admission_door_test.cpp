// Triggers that are held back: what begins when, once, over restarts.
#include "actors/gateway/admission_door.h"

#include "runtime/admission/admission_limits.h"
#include "storage/keys.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <algorithm>

using namespace millrace;

namespace {

const std::string work =
    R"([{"id":"work","type":"function","code":"x","parameters":{"in":"{{trigger}}"}}])";
const std::string request_trigger = R"({"type":"request"})";

void deploy(ActorTestBed& bed, const std::string& id, const std::string& admission,
            const std::string& trigger = request_trigger, const std::string& steps = work) {
  // The members of the definition: `deploy_on` puts them behind the trigger.
  bed.deploy_on(trigger + R"(,"admission":)" + admission, id, steps);
}

HeldBack held(const Result<TriggerReply>& reply) {
  REQUIRE(reply.ok());
  REQUIRE(std::holds_alternative<HeldBack>(*reply));
  return std::get<HeldBack>(*reply);
}

/// Runs of the project, the earliest first.
std::vector<ExecutionSummary> runs(ActorTestBed& bed) {
  storage::ExecutionTable::HistoryQuery query;
  query.project = bed.project;
  query.limit = 1'000;
  auto page = storage::ExecutionTable(bed.store).history(query);
  REQUIRE(page.ok());
  std::vector<ExecutionSummary> all(page->executions.begin(), page->executions.end());
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.started < b.started; });
  return all;
}

bool becomes(ActorTestBed& bed, std::size_t count) {
  return ActorTestBed::eventually([&] { return runs(bed).size() == count; });
}

/// What waits, of all lines.
std::uint64_t waiting(ActorTestBed& bed, const std::string& workflow) {
  const auto lines = bed.gateway->admission().lines(bed.project, WorkflowId(workflow), {});
  REQUIRE(lines.ok());
  std::uint64_t all = 0;
  for (const auto& line : lines->lines) all += line.size();
  return all;
}

bool has_rows(ActorTestBed& bed) {
  bool any = false;
  const auto read = storage::AdmissionTable(bed.store).visit(
      ShardSet::all(), [&](const storage::AdmissionLineRow&) -> Outcome {
        any = true;
        return Done{};
      });
  REQUIRE(read.ok());
  return any;
}

Json body(int number) { return JsonObject{{"n", number}}; }

std::vector<std::string> inputs(ActorTestBed& bed) { return bed.functions->parameters("work"); }

}  // namespace

TEST_CASE("of triggers in quick succession a debounce runs the last, when nothing more has come") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"debounce":{"wait":"30s"}})");
  const auto first = held(bed.trigger("w", body(1)));
  CHECK(first.by == AdmissionStage::debounce);
  CHECK(first.until == bed.clock.now() + std::chrono::seconds(30));
  bed.clock.advance(std::chrono::seconds(20));
  held(bed.trigger("w", body(2)));
  bed.clock.advance(std::chrono::seconds(20));
  CHECK(waiting(bed, "w") == 1);
  CHECK(runs(bed).empty());
  bed.clock.advance(std::chrono::seconds(10));
  REQUIRE(becomes(bed, 1));
  REQUIRE(bed.reaches(runs(bed)[0].id, ExecutionStatus::succeeded));
  REQUIRE(inputs(bed).size() == 1);
  CHECK_THAT(inputs(bed)[0], Catch::Contains(R"("n":2)"));
  CHECK(waiting(bed, "w") == 0);
  CHECK_FALSE(has_rows(bed));
}

TEST_CASE(
    "a steady stream runs after the longest wait of its debounce, also when no wake has come") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"debounce":{"wait":"30s","maxWait":"60s"}})");
  for (int i = 0; i < 4; ++i) {
    held(bed.trigger("w", body(i)));
    bed.clock.advance(std::chrono::seconds(20));
  }
  REQUIRE(becomes(bed, 1));
  REQUIRE(bed.reaches(runs(bed)[0].id, ExecutionStatus::succeeded));
}

TEST_CASE("triggers of different keys are debounced apart, and so are those of different users") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"debounce":{"wait":"30s","key":"{{trigger.request.body.n}}"}})");
  held(bed.trigger("w", body(1)));
  held(bed.trigger("w", body(2)));
  held(bed.trigger("w", body(2)));
  held(bed.trigger("w", body(1), "user-2"));
  CHECK(waiting(bed, "w") == 3);
  bed.clock.advance(std::chrono::seconds(30));
  CHECK(becomes(bed, 3));
}

TEST_CASE("a key is the same in whatever order the members of its objects come") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"debounce":{"wait":"30s","key":"{{trigger.request.body}}"}})");
  for (const char* const key : {R"({"a":[{"b":1,"c":2}],"d":3})", R"({"d":3,"a":[{"c":2,"b":1}]})",
                                R"({"a":[{"b":2,"c":1}],"d":3})"}) {
    held(bed.trigger("w", *parse_json(key)));
  }
  CHECK(waiting(bed, "w") == 2);
}

TEST_CASE("a debounced trigger survives a restart, and runs at its time") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"debounce":{"wait":"30s"}})");
  held(bed.trigger("w", body(1)));
  bed.restart();
  CHECK(waiting(bed, "w") == 1);
  CHECK(bed.gateway->stats().triggers_waiting[0] == 1);
  bed.clock.advance(std::chrono::seconds(30));
  REQUIRE(becomes(bed, 1));
  CHECK(ActorTestBed::eventually([&] { return bed.gateway->stats().triggers_waiting[0] == 0; }));
}

TEST_CASE("a batch starts one run of its items, in the order of their coming, when it is full") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"batch":{"size":3,"wait":"10s"}})");
  CHECK(held(bed.trigger("w", body(1))).by == AdmissionStage::batch);
  held(bed.trigger("w", body(2)));
  const auto last = bed.trigger("w", body(3));
  REQUIRE(last.ok());
  // Who completes it is told of the run.
  const auto run = std::get<RunAccepted>(*last).execution;
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  REQUIRE(inputs(bed).size() == 1);
  const auto seen = *parse_json(inputs(bed)[0]);
  const auto& items = seen.at("in").at("items").get_array();
  REQUIRE(items.size() == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(items[static_cast<std::size_t>(i)].at("request").at("body").at("n") == i + 1);
  }
  CHECK_FALSE(has_rows(bed));
}

TEST_CASE("of what waits for a large batch, a version with smaller ones starts all that are full") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"batch":{"size":10,"wait":"1h"}})");
  for (int n = 1; n <= 6; ++n) held(bed.trigger("w", body(n)));
  deploy(bed, "w", R"({"batch":{"size":2,"wait":"1h"}})");
  REQUIRE(std::holds_alternative<RunAccepted>(*bed.trigger("w", body(7))));
  bed.clock.advance(std::chrono::seconds(1));
  CHECK(becomes(bed, 3));
  CHECK(waiting(bed, "w") == 1);
}

TEST_CASE("a batch that does not become full starts after its first item has waited") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"batch":{"size":100,"wait":"10s"}})");
  held(bed.trigger("w", body(1)));
  bed.clock.advance(std::chrono::seconds(6));
  held(bed.trigger("w", body(2)));
  bed.clock.advance(std::chrono::seconds(4));
  REQUIRE(becomes(bed, 1));
  REQUIRE(bed.reaches(runs(bed)[0].id, ExecutionStatus::succeeded));
  CHECK(inputs(bed).size() == 1);
}

TEST_CASE("a throttle starts what it may at once, the others in their order as the window allows") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"throttle":{"limit":2,"per":"60s"}})");
  for (int i = 1; i <= 5; ++i) {
    const auto reply = bed.trigger("w", body(i));
    REQUIRE(reply.ok());
    CHECK(std::holds_alternative<RunAccepted>(*reply) == (i <= 2));
  }
  CHECK(runs(bed).size() == 2);
  bed.clock.advance(std::chrono::seconds(60));
  REQUIRE(becomes(bed, 4));
  bed.restart();
  bed.clock.advance(std::chrono::seconds(60));
  REQUIRE(becomes(bed, 5));
  const auto all = runs(bed);
  for (std::size_t i = 2; i < all.size(); ++i) {
    CHECK(all[i].started - all[i - 2].started >= std::chrono::seconds(60));
  }
}

TEST_CASE("a singleton that queues starts one run after the other") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"singleton":{"onConflict":"queue"}})");
  bed.functions->hold("work");
  const auto first = bed.accept("w", body(1));
  const auto second = held(bed.trigger("w", body(2)));
  CHECK(second.by == AdmissionStage::singleton);
  CHECK(second.behind == first);
  held(bed.trigger("w", body(3)));
  CHECK(runs(bed).size() == 1);
  bed.functions->release("work");
  // Nobody moves the clock: the end of each run brings the next.
  REQUIRE(becomes(bed, 3));
  for (const auto& run : runs(bed)) CHECK(bed.reaches(run.id, ExecutionStatus::succeeded));
  CHECK(ActorTestBed::eventually([&] { return !has_rows(bed); }));
}

TEST_CASE("a singleton that queues goes on after a restart") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"singleton":{"onConflict":"queue"}})");
  bed.functions->hold("work");
  bed.accept("w", body(1));
  held(bed.trigger("w", body(2)));
  bed.restart();
  REQUIRE(becomes(bed, 2));
}

TEST_CASE("a singleton that skips acknowledges what comes meanwhile and starts nothing of it") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"singleton":{"onConflict":"skip"}})");
  bed.functions->hold("work");
  const auto first = bed.accept("w", body(1));
  const auto second = held(bed.trigger("w", body(2)));
  CHECK(second.is_left_out);
  CHECK(second.behind == first);
  bed.functions->release("work");
  REQUIRE(bed.reaches(first, ExecutionStatus::succeeded));
  bed.accept("w", body(3));
  CHECK(runs(bed).size() == 2);
}

TEST_CASE(
    "a singleton that replaces cancels the run that goes on, and starts the newest when that has "
    "ended") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"singleton":{"onConflict":"replace"}})", request_trigger,
         R"([{"id":"wait","type":"delay","value":1,"unit":"HOURS"},)" + work.substr(1));
  const auto first = bed.accept("w", body(1));
  REQUIRE(bed.reaches(first, ExecutionStatus::delayed));
  held(bed.trigger("w", body(2)));
  REQUIRE(bed.reaches(first, ExecutionStatus::cancelled));
  REQUIRE(becomes(bed, 2));
}

TEST_CASE("a singleton and a throttle together neither run two at once nor start too many") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"singleton":{"onConflict":"queue"},"throttle":{"limit":1,"per":"60s"}})");
  const auto first = bed.accept("w", body(1));
  REQUIRE(bed.reaches(first, ExecutionStatus::succeeded));
  CHECK(held(bed.trigger("w", body(2))).by == AdmissionStage::throttle);
  CHECK(held(bed.trigger("w", body(3))).by == AdmissionStage::singleton);
  bed.clock.advance(std::chrono::seconds(60));
  REQUIRE(becomes(bed, 2));
  bed.clock.advance(std::chrono::seconds(60));
  REQUIRE(becomes(bed, 3));
}

TEST_CASE("a request that repeats the key of one that waits is told so and waits no second time") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"batch":{"size":10,"wait":"10s"}})");
  const auto send = [&] {
    TriggerRequest request{bed.project, UserId("user-1"), WorkflowId("w"),
                           request_output(JsonObject{{"body", 1}})};
    return bed.gateway->trigger_once(std::move(request), {"k", std::string(32, 'c')},
                                     Millis(10'000));
  };
  const auto first = send();
  REQUIRE(first.ok());
  CHECK_FALSE(first->is_replayed);
  const auto again = send();
  REQUIRE(again.ok());
  CHECK(again->is_replayed);
  CHECK(std::get<HeldBack>(again->reply).by == AdmissionStage::batch);
  CHECK(waiting(bed, "w") == 1);
}

TEST_CASE("what waits for a workflow that is withdrawn is dropped at its time") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"debounce":{"wait":"30s"}})");
  held(bed.trigger("w", body(1)));
  REQUIRE(bed.workflows->undeploy(bed.project, WorkflowId("w")).ok());
  bed.clock.advance(std::chrono::seconds(30));
  CHECK(ActorTestBed::eventually([&] { return !has_rows(bed); }));
  CHECK(runs(bed).empty());
}

TEST_CASE("what waits follows the rules of the version that is live when its time comes") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"debounce":{"wait":"30s"}})");
  held(bed.trigger("w", body(1)));
  deploy(bed, "w", R"({"batch":{"size":10,"wait":"10s"}})");
  bed.clock.advance(std::chrono::seconds(30));
  REQUIRE(ActorTestBed::eventually([&] {
    const auto lines = bed.gateway->admission().lines(bed.project, WorkflowId("w"), {});
    return lines.ok() && lines->lines.size() == 1 && lines->lines[0].stage == AdmissionStage::batch;
  }));
  bed.clock.advance(std::chrono::seconds(10));
  CHECK(becomes(bed, 1));
}

TEST_CASE("what has waited and is too large for its next key starts nothing, and holds up nobody") {
  ActorTestBed bed;
  std::string key;
  for (int i = 0; i < 10; ++i) key += "{{trigger.items}}";
  deploy(bed, "w",
         R"({"batch":{"size":2,"wait":"10s"},"singleton":{"onConflict":"queue","key":")" + key +
             R"("}})");
  held(bed.trigger("w", JsonObject{{"text", std::string(14'000'000, 'x')}}));
  bed.clock.advance(std::chrono::seconds(10));
  CHECK(ActorTestBed::eventually([&] { return !has_rows(bed); }));
  CHECK(runs(bed).empty());
  held(bed.trigger("w", body(1)));
  bed.clock.advance(std::chrono::seconds(10));
  CHECK(becomes(bed, 1));
}

TEST_CASE("a full line refuses until it has room again, and keeps all that it has taken") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"throttle":{"limit":5,"per":"60s"}})");
  for (int i = 0; i < 5; ++i)
    REQUIRE(std::holds_alternative<RunAccepted>(*bed.trigger("w", body(i))));
  for (std::size_t i = 0; i < limits::admission_line_max; ++i) {
    if (!std::holds_alternative<HeldBack>(*bed.trigger("w"))) FAIL("it has not waited");
  }
  const auto refused = bed.trigger("w", body(7));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::admission_full);
  CHECK(refused.error().retry_after == 60);
  CHECK(waiting(bed, "w") == limits::admission_line_max);
  CHECK(runs(bed).size() == 5);
  // Another user's line has room.
  CHECK(bed.trigger("w", body(8), "user-2").ok());
  bed.clock.advance(std::chrono::seconds(60));
  REQUIRE(becomes(bed, 11));
  CHECK(waiting(bed, "w") == limits::admission_line_max - 5);
  for (int i = 0; i < 5; ++i) held(bed.trigger("w", body(i)));
  CHECK(bed.trigger("w").error().code == ErrorCode::admission_full);
  bed.restart();
  CHECK(waiting(bed, "w") == limits::admission_line_max);
  CHECK(bed.trigger("w").error().code == ErrorCode::admission_full);
}

TEST_CASE("a run says how long its trigger has waited, and for what") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"batch":{"size":2,"wait":"10s"}})");
  const Instant received = bed.clock.now();
  held(bed.trigger("w", body(1)));
  bed.clock.advance(std::chrono::seconds(3));
  const auto run = std::get<RunAccepted>(*bed.trigger("w", body(2))).execution;
  const auto summary = *storage::ExecutionTable(bed.store).summary(run);
  CHECK(summary->started == received + std::chrono::seconds(3));
}

TEST_CASE("what waits of a user is erased with its wakes, and no longer counted") {
  ActorTestBed bed;
  deploy(bed, "w", R"({"debounce":{"wait":"30s"}})");
  held(bed.trigger("w", body(1)));
  storage::WriteBatch batch;
  REQUIRE(bed.gateway->admission().erase(bed.project, UserId("user-1"), batch).ok());
  REQUIRE(bed.commits->commit_and_wait(std::move(batch)).ok());
  CHECK_FALSE(has_rows(bed));
  CHECK_FALSE(bed.has_timer());
  CHECK(bed.gateway->stats().triggers_waiting[0] == 0);
}
