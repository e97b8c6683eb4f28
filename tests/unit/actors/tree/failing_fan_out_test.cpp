// What a failing fan-out does to its other elements: those that run finish their step, the others end.
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"
#include "tests/unit/actors/tree/workflows.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

using namespace millrace;

namespace {

std::string function(const std::string& id) {
  return R"({"id":")" + id + R"(","type":"function","code":"(p) => p"})";
}

std::string if_index(const std::string& fan_out, int index, const std::string& then,
                     const std::string& otherwise) {
  return R"({"id":")" + fan_out + "_is_" + std::to_string(index) +
         R"(","type":"conditional","if":[[{"variable":"{{)" + fan_out +
         R"(.index}}","operator":"NumberEquals","argument":)" + std::to_string(index) +
         R"(}]],"then":[)" + then + R"(],"else":[)" + otherwise + "]}";
}

std::string request(const std::string& id) {
  return R"({"id":")" + id + R"(","type":"request","method":"POST","url":"https://api.example/a"})";
}

Json items(int count) { return JsonObject{{"items", JsonArray(static_cast<std::size_t>(count))}}; }

}  // namespace

TEST_CASE("an element that falls asleep just before it is told to stop is given up") {
  // The branch with the fan-out is held back, in the log line on a crashed element, until both are in
  // its mailbox: the failure of one element, and behind it that another one has fallen asleep.
  std::atomic<bool> has_crashed{false};
  ActorOptions options;
  options.scheduler_threads = 3;  // one is held back
  options.before_record = [&](const ExecutionId&, const Event& event) {
    const auto* const done = std::get_if<StepCompleted>(&event.body);
    if (done == nullptr || to_text(*done->output) != R"({"result":"crash"})") return;
    if (!has_crashed.exchange(true)) throw std::runtime_error("for the test");
  };
  Gate gate;
  ActorTestBed bed(options);
  const OpenAtEnd open_at_end{gate};
  bed.log = [&](LogLevel level, const std::string&) {
    if (level == LogLevel::error) gate.stand();
  };
  bed.deploy("w", "[" +
                      fan_out(if_index("each", 0, function("crashes"),
                                       if_index("each", 1, function("fails"),
                                                // With an actor of its own, which a request needs.
                                                request("call") + "," + function("rests") + "," +
                                                    delay_step("9", "HOURS")))) +
                      "]");
  bed.functions->on("crashes", returning("crash"));
  bed.functions->on("fails", throwing("bad"));
  for (const auto* const step : {"crashes", "fails", "rests"}) bed.functions->hold(step);
  const auto execution = bed.accept("w", items(3));
  for (const auto* const step : {"crashes", "fails", "rests"}) {
    REQUIRE(bed.functions->wait_for_calls(step, 1));
  }
  const auto children_left = [&](std::int64_t count) {
    return bed.eventually([&] { return bed.gateway->stats().children_live == count; });
  };
  bed.functions->release("crashes");
  REQUIRE(bed.eventually([&] { return gate.is_taken(); }));
  REQUIRE(children_left(2));
  bed.functions->release("fails");
  REQUIRE(children_left(1));
  bed.functions->release("rests");
  REQUIRE(children_left(0));
  gate.open();
  CHECK(bed.reaches(execution, ExecutionStatus::failed));
}

TEST_CASE("a failing fan-out lets the calls of nested elements end and begins no further ones") {
  ActorOptions options;
  options.scheduler_threads = 1;  // so that a branch is through with its elements when one has gone
  ActorTestBed bed(options);
  const std::string cells =
      R"({"id":"cells","type":"fanOut","items":[0,1,2,3],"concurrency":3,
      "steps":[)" +
      if_index("cells", 0, delay_step("1", "SECONDS"), request("call") + "," + function("next")) +
      "]}";
  bed.deploy("w", "[" + fan_out(if_index("each", 0, function("fails"), cells)) + "]");
  bed.functions->on("fails", throwing("bad"));
  bed.functions->hold("fails");
  bed.http->hold("call");
  const auto execution = bed.accept("w", items(2));
  REQUIRE(bed.http->wait_for_calls("call", 2));
  REQUIRE(bed.functions->wait_for_calls("fails", 1));
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 5; }));

  bed.functions->release("fails");
  // Gone are the one that failed and the cell that waited.
  REQUIRE(bed.eventually([&] { return bed.gateway->stats().children_live == 3; }));
  CHECK(bed.status(execution) == ExecutionStatus::executing);

  bed.http->release("call");
  REQUIRE(bed.reaches(execution, ExecutionStatus::failed));
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
  CHECK(bed.http->cancelled("call") == 0);
  CHECK(bed.http->sent("call").size() == 2);
  CHECK(bed.functions->calls("next") == 0);
  const auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  CHECK(std::count_if(shown->steps.begin(), shown->steps.end(), [](const StepExecution& step) {
          return step.step.text == "call" && step.status == "SUCCEEDED";
        }) == 2);
}
