// What runs do is counted for their project's month, once, with what has been stored of it.
#include "actors/tenants/task_usage.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

namespace {

/// This month's.
std::uint64_t tasks(const ActorTestBed& bed) {
  const auto use = TaskUsage(bed.store, *bed.task_counts, bed.clock).use(bed.project);
  REQUIRE(use.ok());
  return use->now.tasks;
}

std::uint32_t tasks_of(const ActorTestBed& bed, const ExecutionId& run) {
  const auto summary = storage::ExecutionTable(bed.store).summary(run);
  REQUIRE(summary.ok());
  REQUIRE(summary->has_value());
  return (*summary)->tasks;
}

Json numbers(int count) {
  JsonArray items;
  for (int i = 0; i < count; ++i) items.push_back(i);
  return JsonObject{{"items", std::move(items)}};
}

}  // namespace

TEST_CASE(
    "the tasks of a month are those of its runs, of elements too, and what is no task is none") {
  ActorTestBed bed;
  bed.deploy("steps",
             "[" + function_step("one") + "," + function_step("work") + "," + respond_ok + "]");
  bed.deploy("wide", "[" + fan_out(element_function) + "," + respond_items + "]");
  REQUIRE(bed.trigger("steps").ok());
  CHECK(tasks(bed) == 2);
  REQUIRE(bed.trigger("wide", numbers(300)).ok());
  // The event that joins them says it once more, for the run.
  CHECK(tasks(bed) == 302);
  bed.restart();
  REQUIRE(bed.trigger("steps", JsonObject{}, "user-2").ok());
  CHECK(tasks(bed) == 304);
}

TEST_CASE("a fan-out that fails has what its elements did counted, and a failed step is no task") {
  ActorTestBed bed;
  bed.deploy("goes-on", "[" + fan_out(element_function, R"("onError":"continue",)") + "]");
  bed.deploy("fails", "[" + fan_out(element_function) + "]");
  bed.functions->on("item", when_parameter("v", Json(3), throwing("no"), echoing()));
  const ExecutionId whole = bed.accept("goes-on", numbers(20));
  REQUIRE(bed.reaches(whole, ExecutionStatus::succeeded));
  CHECK(tasks(bed) == 19);
  const ExecutionId failed = bed.accept("fails", numbers(20));
  REQUIRE(bed.reaches(failed, ExecutionStatus::failed));
  CHECK(tasks(bed) == 19 + tasks_of(bed, failed));
}

TEST_CASE(
    "a step is counted when it ends, while its run sleeps, and in the month in which it ended") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("one") + "," + delay_step("40", "DAYS") + "," +
                      function_step("two") + "]");
  const ExecutionId run = bed.accept("w");
  REQUIRE(bed.reaches(run, ExecutionStatus::delayed));
  CHECK(tasks(bed) == 1);
  CHECK(tasks_of(bed, run) == 1);
  bed.clock.advance(std::chrono::hours(24 * 40) + Millis(1));
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  CHECK(tasks(bed) == 1);
  const auto use = TaskUsage(bed.store, *bed.task_counts, bed.clock).use(bed.project);
  REQUIRE(use.ok());
  REQUIRE(use->earlier.size() == 1);
  CHECK(use->earlier[0].tasks == 1);
  CHECK(use->earlier[0].month < use->now.month);
  CHECK(tasks_of(bed, run) == 2);
}

TEST_CASE("a run that sleeps shows all that it has done, each time that it falls asleep") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("one") + "," + delay_step("2", "DAYS") + "," +
                      function_step("two") + "," +
                      R"({"id":"again","type":"delay","value":2,"unit":"DAYS"},)" +
                      function_step("three") + "]");
  const ExecutionId run = bed.accept("w");
  REQUIRE(bed.reaches(run, ExecutionStatus::delayed));
  CHECK(tasks_of(bed, run) == 1);
  bed.clock.advance(std::chrono::hours(49));
  REQUIRE(bed.functions->wait_for_calls("two", 1));
  REQUIRE(bed.eventually(
      [&] { return bed.status(run) == ExecutionStatus::delayed && tasks_of(bed, run) == 2; }));
  bed.clock.advance(std::chrono::hours(49));
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  CHECK(tasks_of(bed, run) == 3);
}

TEST_CASE("a run whose elements sleep shows what they have done, and goes on from there") {
  ActorTestBed bed;
  bed.deploy(
      "w",
      "[" +
          fan_out(element_function +
                  R"(,{"id":"wait","type":"delay","value":"{{each.instance}}","unit":"HOURS"},)" +
                  function_step("work")) +
          "]");
  const ExecutionId run = bed.accept("w", JsonObject{{"items", JsonArray{1, 1, 1}}});
  REQUIRE(bed.reaches(run, ExecutionStatus::delayed));
  CHECK(tasks(bed) == 3);
  CHECK(tasks_of(bed, run) == 3);
  bed.restart();
  bed.functions->hold("work");
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  REQUIRE(bed.reaches(run, ExecutionStatus::executing));
  CHECK(tasks_of(bed, run) == 3);
  bed.functions->release("work");
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  CHECK(tasks_of(bed, run) == 6);
}

TEST_CASE("what the disk has not taken is not counted, and once it has been done again") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.store.fail_commits(ErrorCode::overloaded);
  CHECK_FALSE(bed.trigger("w").ok());
  bed.store.fail_commits(std::nullopt);
  CHECK(tasks(bed) == 0);
  const ExecutionId run = bed.accept("w");
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  CHECK(tasks(bed) == 1);
}
