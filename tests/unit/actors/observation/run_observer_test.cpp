#include "actors/observation/run_observer.h"

#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

#include <map>
#include <mutex>

using namespace millrace;

namespace {

/// What it was told, by run and branch ("" for a root).
class Watching final : public RunObserver {
 public:
  void durable(const DurableEvents& events) override {
    const std::lock_guard lock(mutex_);
    std::string path;
    for (const auto& each : events.path.elements) path += "/" + std::to_string(each.index);
    for (const auto& event : events.events) {
      if (!log_.empty()) log_ += ' ';
      log_ += path.empty() ? std::string() : path + ":";
      log_ += event_name(event.kind);
      seen_.push_back(event);
    }
    project_ = events.project.text;
    user_ = events.user.text;
    workflow_ = events.workflow->id.text;
  }
  std::string log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  std::vector<ObservedEvent> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::string whose() const {
    const std::lock_guard lock(mutex_);
    return project_ + " " + user_ + " " + workflow_;
  }

 private:
  mutable std::mutex mutex_;
  std::string log_;
  std::vector<ObservedEvent> seen_;
  std::string project_, user_, workflow_;
};

}  // namespace

TEST_CASE("whoever was answered finds every event of its run observed, in order") {
  Watching watching;
  ActorTestBed bed({}, &watching);
  bed.deploy("w", "[" + function_step("work") + "," + respond_ok + "]");
  REQUIRE(bed.trigger("w").ok());
  CHECK(watching.log().starts_with("ExecutionStarted StepCompleted StepCompleted"));
  CHECK(bed.eventually([&] { return watching.log().ends_with("ExecutionEnded"); }));
  CHECK(watching.whose() == "demo user-1 w");
  const auto seen = watching.seen();
  REQUIRE(seen.size() == 4);
  CHECK(seen[1].step == 0);
  CHECK(seen[1].attempt == 1);
  CHECK(seen[1].started == bed.clock.now());
  CHECK(seen[3].status == ExecutionStatus::succeeded);
}

TEST_CASE("an observer sees the elements of a fan-out before their join") {
  Watching watching;
  ActorTestBed bed({}, &watching);
  bed.deploy("w", "[" + fan_out(element_function) + "," + respond_items + "]");
  REQUIRE(bed.trigger("w", JsonObject{{"items", JsonArray{1, 2}}}).ok());
  const std::string log = watching.log();
  const auto joined = log.find("FanOutJoined");
  REQUIRE(joined != std::string::npos);
  CHECK(log.find("/0:StepCompleted") < joined);
  CHECK(log.find("/1:StepCompleted") < joined);
}

TEST_CASE("a failure is observed with its code, and whether it is tried again") {
  Watching watching;
  ActorTestBed bed({}, &watching);
  bed.functions->on("work", failing(ErrorCode::function_memory, "too much"));
  bed.deploy("w", one_function);
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::failed));
  REQUIRE(bed.eventually([&] { return watching.log().ends_with("ExecutionEnded"); }));
  const auto seen = watching.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[1].error == ErrorCode::function_memory);
  CHECK_FALSE(seen[1].retry_at);
  CHECK(seen[2].error == ErrorCode::function_memory);
  CHECK(seen[2].status == ExecutionStatus::failed);
}

TEST_CASE("the start of a run that is queued is observed once, when that is stored") {
  Watching watching;
  ActorOptions options;
  options.live_executions_per_project_max = 1;
  ActorTestBed bed(options, &watching);
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  const auto queued = bed.accept("w");
  CHECK(watching.log() == "ExecutionStarted ExecutionStarted");
  bed.functions->release("work");
  REQUIRE(bed.reaches(queued, ExecutionStatus::succeeded));
  CHECK(bed.eventually([&] { return watching.seen().size() == 6; }));
}
