// Fan-outs whose elements sleep: how they leave memory, come back, and how their run is shown.
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"
#include "tests/unit/actors/tree/workflows.h"

#include <optional>
#include <thread>

using namespace millrace;

namespace {

const std::string hours_of_element =
    R"({"id":"wait","type":"delay","value":"{{each.instance}}","unit":"HOURS"})";
const std::string sleep_and_work = "[" + fan_out(hours_of_element + "," + element_function) + "]";

Json hours(JsonArray items) { return JsonObject{{"items", std::move(items)}}; }

std::size_t timer_rows(const ActorTestBed& bed) {
  std::size_t rows = 0;
  const auto counted =
      storage::visit_due(bed.store, ShardSet::all(), Instant::max(), [&](const auto&) {
        ++rows;
        return true;
      });
  REQUIRE(counted.ok());
  return rows;
}

bool is_unloaded(const ActorTestBed& bed) {
  return bed.eventually([&] { return bed.gateway->stats().runs_live == 0; });
}

/// Everything that was on its way when it was called has been carried out.
void run_something_else(ActorTestBed& bed) {
  bed.deploy("other", one_function);
  REQUIRE(bed.reaches(bed.accept("other"), ExecutionStatus::succeeded));
}

ActorOptions with_places(std::size_t places) {
  ActorOptions options;
  options.fan_out_children_live_max = places;
  return options;
}

}  // namespace

TEST_CASE("elements that wake together take turns in memory") {
  ActorTestBed bed(with_places(4));
  bed.deploy("w", sleep_and_work);
  const auto execution = bed.accept("w", hours(JsonArray(std::size_t{40}, Json(1))));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  REQUIRE(is_unloaded(bed));
  bed.functions->hold("item");
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.functions->wait_for_calls("item", 4));
  run_something_else(bed);
  CHECK(bed.functions->calls("item") == 4);
  bed.functions->release("item");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("item") == 40);
}

TEST_CASE("elements that wake while another one runs take turns in memory") {
  ActorTestBed bed(with_places(4));
  bed.deploy("w", "[" +
                      fan_out(R"({"id":"which","type":"conditional",
      "if":[[{"variable":"{{each.index}}","operator":"NumberEquals","argument":0}]],
      "then":[{"id":"keeper","type":"function","code":"p=>p"}],
      "else":[)" + hours_of_element +
                              "," + element_function + "]}") +
                      "]");
  bed.functions->hold("keeper");
  const auto execution = bed.accept("w", hours(JsonArray(std::size_t{41}, Json(1))));
  REQUIRE(bed.eventually(
      [&] { return timer_rows(bed) == 40 && bed.gateway->stats().children_live == 1; }));
  bed.functions->hold("item");
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.functions->wait_for_calls("item", 3));
  run_something_else(bed);
  CHECK(bed.functions->calls("item") == 3);
  bed.functions->release("item");
  bed.functions->release("keeper");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("item") == 40);
}

TEST_CASE("a run is delayed while all of its elements are, and executing when one wakes") {
  ActorTestBed bed;
  bed.deploy("w", sleep_and_work);
  const auto execution = bed.accept("w", hours({1, 3}));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  TaskHistory::Query delayed;
  delayed.project = bed.project;
  delayed.status = ExecutionStatus::delayed;
  const auto page = bed.history->list(delayed);
  REQUIRE(page.ok());
  CHECK(page->executions.size() == 1);

  bed.functions->hold("item");
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.functions->wait_for_calls("item", 1));
  CHECK(bed.reaches(execution, ExecutionStatus::executing));
  bed.functions->release("item");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.clock.advance(std::chrono::hours(2));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run is delayed while the elements of its nested fan-outs are") {
  ActorTestBed bed;
  bed.deploy("w", "[" +
                      fan_out(R"({"id":"cells","type":"fanOut","items":[1,2],"steps":[)" +
                              delay_step("1", "HOURS") + "]}") +
                      "]");
  const auto execution = bed.accept("w", hours({1, 2}));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  CHECK(is_unloaded(bed));
  bed.clock.advance(std::chrono::hours(2));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run is executing while one of its elements waits for its next attempt") {
  ActorTestBed bed;
  bed.deploy("w", "[" +
                      fan_out(R"({"id":"which","type":"conditional",
      "if":[[{"variable":"{{each.index}}","operator":"NumberEquals","argument":0}]],
      "then":[)" + function_step("work", R"("autoRetry":true,)") +
                              R"(],"else":[)" + hours_of_element + "]}") +
                      "]");
  bed.functions->on("work", failing_first(1, ErrorCode::function_threw, "busy", returning(1)));
  const auto execution = bed.accept("w", hours({1, 1}));
  REQUIRE(bed.eventually([&] { return bed.gateway->stats().runs_unloaded == 1; }));
  CHECK(bed.status(execution) == ExecutionStatus::executing);
  bed.clock.advance(std::chrono::seconds(12));
  CHECK(bed.reaches(execution, ExecutionStatus::delayed));
  bed.clock.advance(std::chrono::hours(1));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run whose elements sleep stays asleep at a start, and wakes in time") {
  ActorTestBed bed;
  bed.deploy("w", sleep_and_work);
  const auto execution = bed.accept("w", hours({1, 1}));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.restart();
  run_something_else(bed);
  CHECK(bed.gateway->stats().runs_loaded == 0);
  CHECK(bed.status(execution) == ExecutionStatus::delayed);
  bed.clock.advance(std::chrono::hours(2));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run that dies when the last of its elements has woken goes on at the next start") {
  ActorTestBed bed;
  bed.deploy("w", sleep_and_work);
  const auto execution = bed.accept("w", hours({1, 1}));
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.functions->hold("item");
  bed.clock.advance(std::chrono::hours(2));
  // No timer is left that would wake it.
  REQUIRE(bed.eventually([&] { return timer_rows(bed) == 0; }));
  CHECK(bed.status(execution) == ExecutionStatus::executing);
  bed.restart();
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run is executing when an element wakes while the run was just falling asleep") {
  ActorOptions options;
  options.scheduler_threads = 1;  // so that actors act in the order of their mail
  // Nor is anything flushed by itself between a result and the sleep that follows, on a busy machine.
  options.journal_linger = Millis(3'600'000);
  Gate before;  // hold the commit thread: before the last element sleeps
  Gate behind;  // and behind it
  ActorTestBed bed(options);
  const OpenAtEnd open_before{before};
  const OpenAtEnd open_behind{behind};
  bed.deploy("w", "[" +
                      fan_out(R"({"id":"which","type":"conditional",
      "if":[[{"variable":"{{each.index}}","operator":"NumberEquals","argument":0}]],
      "then":[{"id":"first","type":"function","code":"p=>p"}],"else":[]},)" +
                              hours_of_element + "," + element_function) +
                      "]");
  bed.deploy("other", one_function);
  bed.functions->hold("first");
  bed.functions->hold("item");
  const auto execution = bed.accept("w", hours({5, 1}));
  const auto children_left = [&](std::int64_t count) {
    return bed.eventually([&] { return bed.gateway->stats().children_live == count; });
  };
  REQUIRE(bed.functions->wait_for_calls("first", 1));
  REQUIRE(bed.eventually([&] { return timer_rows(bed) == 1; }));
  REQUIRE(children_left(1));

  bed.commits->submit({}, storage::Urgency::urgent, [&](const Outcome&) { before.stand(); });
  REQUIRE(bed.eventually([&] { return before.is_taken(); }));
  bed.functions->release("first");
  REQUIRE(bed.eventually([&] { return bed.commits->stats().waiting_bytes > 0; }));
  bed.commits->submit({}, storage::Urgency::urgent, [&](const Outcome&) { behind.stand(); });
  before.open();
  REQUIRE(children_left(0));  // the run wants to leave, but is not told that it may
  bed.clock.advance(std::chrono::hours(2));
  const Instant next_scan = bed.clock.now() + options.timers.scan_interval;
  REQUIRE(bed.eventually([&] { return bed.clock.earliest_wait() == next_scan; }));
  // The timer has fired. What comes behind it has come, so it has come to the run.
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("other"); });
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_started == 2; }));
  behind.open();
  client.join();
  CHECK(reply->ok());
  CHECK(bed.functions->wait_for_calls("item", 1));
  CHECK(bed.reaches(execution, ExecutionStatus::executing));
  bed.functions->release("item");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.clock.advance(std::chrono::hours(4));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("an element in a fan-out with a timeout goes on at the next start") {
  ActorTestBed bed;
  bed.deploy("w", "[" +
                      fan_out(R"({"id":"cells","type":"fanOut","items":[1],"timeout":"1h","steps":[
                        {"id":"cell","type":"function","code":"p=>p"}]})") +
                      "]");
  bed.functions->hold("cell");
  const auto execution = bed.accept("w", hours({1}));
  REQUIRE(bed.functions->wait_for_calls("cell", 1));
  REQUIRE(bed.eventually([&] { return timer_rows(bed) == 1; }));  // the timeout: all is on the disk
  bed.restart();
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}
