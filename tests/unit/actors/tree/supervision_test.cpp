#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

#include <atomic>
#include <stdexcept>

using namespace millrace;

namespace {

/// Crashes the actor that is about to record an event of `kind`, the first `times` times.
ActorOptions crashing_on(EventKind kind, int times) {
  ActorOptions options;
  auto left = std::make_shared<std::atomic<int>>(times);
  options.before_record = [left, kind](const ExecutionId&, const Event& event) {
    if (kind_of(event) == kind && (*left)-- > 0) throw std::runtime_error("injected crash");
  };
  return options;
}

}  // namespace

TEST_CASE("a crashed execution actor is rebuilt from its journal and goes on") {
  ActorTestBed bed(crashing_on(EventKind::step_completed, 1));
  bed.deploy("w", one_function);
  const auto execution = bed.accept("w");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.gateway->stats().actor_crashes == 1);
  CHECK(bed.functions->calls("work") == 2);
}

TEST_CASE("a run that crashes three times on one event is parked as failed") {
  ActorTestBed bed(crashing_on(EventKind::step_completed, 1'000));
  bed.deploy("w", one_function);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::failed));
  auto shown = bed.history->show(bed.project, execution);
  REQUIRE(shown.ok());
  REQUIRE(shown->failure);
  CHECK(shown->failure->message.find("injected crash") != std::string::npos);
  CHECK(shown->failure->message.find("crashed three times") != std::string::npos);
  CHECK(bed.functions->calls("work") == 3);
}

TEST_CASE("a crashing run does not disturb the other runs of its user") {
  ActorOptions options;
  options.before_record = [](const ExecutionId&, const Event& event) {
    const auto* completed = std::get_if<StepCompleted>(&event.body);
    if (completed && to_text(*completed->output).find("poison") != std::string::npos) {
      throw std::runtime_error("injected crash");
    }
  };
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  const auto bad = bed.accept("w", JsonObject{{"v", "poison"}});
  std::vector<ExecutionId> good;
  for (int i = 0; i < 20; ++i) good.push_back(bed.accept("w"));
  for (const auto& execution : good) CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.reaches(bad, ExecutionStatus::failed));
}

TEST_CASE("a crashed fan-out child is rebuilt without running its siblings again") {
  std::atomic<int> left{1};
  ActorOptions options;
  options.before_record = [&](const ExecutionId&, const Event& event) {
    const auto* completed = std::get_if<StepCompleted>(&event.body);
    if (completed && to_text(*completed->output) == R"({"result":{"v":7}})" && left-- > 0) {
      throw std::runtime_error("injected crash");
    }
  };
  ActorTestBed bed(options);
  bed.deploy("w", "[" + fan_out(element_function) + "," + respond_items + "]");
  JsonArray items;
  for (int i = 0; i < 16; ++i) items.push_back(i);
  auto reply = bed.trigger("w", JsonObject{{"items", items}});
  REQUIRE(reply.ok());
  const auto* response = std::get_if<RunResponded>(&*reply);
  REQUIRE(response != nullptr);
  CHECK(response->body.at("items") == Json(items));
  CHECK(bed.functions->calls("item") == 17);
}

TEST_CASE("a waiting client gets its answer also when the actor crashed in between") {
  ActorTestBed bed(crashing_on(EventKind::step_completed, 1));
  bed.deploy("w", "[" + function_step("first") + "," + delay_step("1", "SECONDS") + "," +
                      function_step("work") + "," + respond_ok + "]");
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w", JsonObject{}, "user-1", Millis(60'000)); });
  REQUIRE(bed.eventually([&] { return bed.clock.earliest_wait().has_value(); }));
  REQUIRE(bed.eventually([&] {
    bed.clock.advance(Millis(500));
    std::this_thread::yield();
    return bed.functions->calls("work") > 0;
  }));
  client.join();
  REQUIRE(reply->ok());
  CHECK(std::holds_alternative<RunResponded>(**reply));
}
