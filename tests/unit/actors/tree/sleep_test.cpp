#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

#include <optional>
#include <thread>

using namespace millrace;

namespace {
const std::string sleeper = "[" + delay_step("2", "DAYS") + "," + function_step("work") + "]";
}  // namespace

TEST_CASE("a run that sleeps for days leaves memory and is shown as delayed") {
  ActorTestBed bed;
  bed.deploy("w", sleeper);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_live == 0; }));
  CHECK(bed.functions->calls("work") == 0);
}

TEST_CASE("a sleeping run wakes when its time has come and goes on") {
  ActorTestBed bed;
  bed.deploy("w", sleeper);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.clock.advance(std::chrono::hours(47));
  CHECK(bed.status(execution) == ExecutionStatus::delayed);
  bed.clock.advance(std::chrono::hours(2));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a sleeping run of a user who was disabled meanwhile is cancelled when it wakes") {
  ActorTestBed bed;
  bed.deploy("w", sleeper);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  REQUIRE(bed.eventually([&] { return bed.gateway->stats().runs_live == 0; }));
  bed.tenants.refuse(Error(ErrorCode::user_disabled, "the user is disabled"));
  bed.clock.advance(std::chrono::hours(49));
  CHECK(bed.reaches(execution, ExecutionStatus::cancelled));
  CHECK(bed.functions->calls("work") == 0);
}

TEST_CASE("a sleeping run whose account is gone goes on until a step needs it") {
  ActorTestBed bed;
  bed.deploy("w", sleeper);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.tenants.refuse(Error(ErrorCode::credential_missing, "no account is connected"));
  bed.clock.advance(std::chrono::hours(49));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a delay that ends while the process is down ends at the next start") {
  ActorTestBed bed;
  bed.deploy("w", sleeper);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.restart();
  bed.clock.advance(std::chrono::hours(49));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a short delay keeps the run in memory until it ends") {
  ActorTestBed bed;
  bed.deploy("w", "[" + delay_step("1", "SECONDS") + "," + function_step("work") + "]");
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  CHECK(bed.gateway->stats().runs_live == 1);
  bed.clock.advance(Millis(1'000));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a held request is answered by a run that has slept out of memory meanwhile") {
  ActorTestBed bed;
  bed.deploy("w", "[" + delay_step("5", "SECONDS") +
                      R"(,{"id":"r","type":"response","body":{"awake":true}}])");
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w"); });
  CHECK(bed.eventually([&] {
    return bed.gateway->stats().runs_unloaded == 1 && bed.gateway->stats().runs_live == 0;
  }));
  bed.clock.advance(std::chrono::seconds(5));
  client.join();
  REQUIRE(reply->ok());
  const auto* responded = std::get_if<RunResponded>(&**reply);
  REQUIRE(responded != nullptr);
  CHECK(to_text(responded->body) == R"({"awake":true})");
}

TEST_CASE("a held request is answered when its sleeping run is cancelled") {
  ActorTestBed bed;
  bed.deploy("w", "[" + delay_step("5", "DAYS") +
                      R"(,{"id":"r","type":"response","body":{"awake":true}}])");
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w"); });
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_unloaded == 1; }));
  TaskHistory::Query query;
  query.project = bed.project;
  const auto page = bed.history->list(query);
  REQUIRE((page.ok() && page->executions.size() == 1));
  CHECK(bed.gateway->cancel(bed.project, page->executions[0].id).ok());
  client.join();
  REQUIRE(reply->ok());
  const auto* failed = std::get_if<RunFailed>(&**reply);
  REQUIRE(failed != nullptr);
  CHECK(failed->error.code == ErrorCode::cancelled);
}

TEST_CASE("a retry waits its time across a restart and is not repeated") {
  ActorTestBed bed;
  bed.script.on("work", failing_first(1, ErrorCode::function_threw, "busy", returning(1)));
  bed.restart();
  bed.deploy("w", "[" + function_step("work", R"("autoRetry":true,)") + "]");
  const auto execution = bed.accept("w");
  REQUIRE(bed.eventually([&] { return bed.gateway->stats().runs_unloaded == 1; }));
  CHECK(bed.status(execution) == ExecutionStatus::executing);
  bed.script.on("work", returning(1));  // the script counts attempts anew after a restart
  bed.restart();
  CHECK(bed.functions->calls("work") == 0);
  bed.clock.advance(Millis(12'000));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("work") == 1);
  auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  REQUIRE(shown->steps.size() == 2);
  CHECK(shown->steps[1].attempts.size() == 2);
}

TEST_CASE("elements that sleep for different times wake one after the other") {
  ActorTestBed bed;
  bed.deploy("w", "[" +
                      fan_out(R"({"id":"wait","type":"delay","value":"{{each.instance}}",
                                   "unit":"HOURS"},)" +
                              element_function) +
                      "]");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1, 3, 5}}});
  for (std::size_t woken = 1; woken <= 3; ++woken) {
    REQUIRE(bed.eventually([&] { return bed.gateway->stats().runs_live == 0; }));
    bed.clock.advance(std::chrono::hours(2));
    REQUIRE(bed.functions->wait_for_calls("item", woken));
    CHECK(bed.functions->calls("item") == woken);
  }
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("timers of elements that were cut off by a failure do not fire for ever") {
  ActorTestBed bed;
  bed.script.on("item", throwing("bad"));
  bed.restart();
  // The first element fails while the second sleeps.
  bed.deploy("w", "[" +
                      fan_out(R"({"id":"first","type":"conditional",
      "if":[[{"variable":"{{each.index}}","operator":"NumberEquals","argument":0}]],
      "then":[{"id":"soon","type":"delay","value":1,"unit":"HOURS"},)" +
                              element_function + R"(],
      "else":[{"id":"late","type":"delay","value":9,"unit":"HOURS"}]})") +
                      "]");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1, 2}}});
  REQUIRE(bed.eventually([&] { return bed.gateway->stats().runs_live == 0; }));
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.reaches(execution, ExecutionStatus::failed));
  bed.clock.advance(std::chrono::hours(9));
  CHECK(bed.eventually([&] { return !bed.has_timer(); }));
}

TEST_CASE("a fan-out whose elements all sleep leaves memory as a whole") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(delay_step("3", "HOURS") + "," + element_function) + "]");
  JsonArray items;
  for (int i = 0; i < 20; ++i) items.push_back(i);
  const auto execution = bed.accept("w", JsonObject{{"items", items}});
  REQUIRE(bed.eventually([&] {
    return bed.gateway->stats().runs_live == 0 && bed.gateway->stats().children_live == 0;
  }));
  CHECK(bed.status(execution) == ExecutionStatus::delayed);
  bed.clock.advance(std::chrono::hours(4));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("item") == 20);
}
