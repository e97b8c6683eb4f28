#include "actors/tree/fan_out_run.h"

#include "tests/support/catch.h"
#include "tests/unit/actors/tree/branch_parts.h"
#include "tests/unit/runtime/definitions/compile_text.h"

#include <map>
#include <memory>
#include <vector>

using namespace millrace;

namespace {

/// Children that only note what they are told.
class NotedChildren final : public FanOutChildren {
 public:
  void spawn(std::uint32_t index, LoadedBranch branch) override {
    spawned.push_back(index);
    machines.insert_or_assign(index, std::move(branch.machine));
  }
  void load(const OpenFanOut&, std::uint32_t index) override { loading.push_back(index); }
  void pass_on(std::uint32_t index, const storage::TimerRow&) override { told.push_back(index); }
  void stop_after_step(std::uint32_t index) override { stopping.push_back(index); }

  std::vector<std::uint32_t> spawned, loading, told, stopping;
  std::map<std::uint32_t, BranchMachine> machines;
};

/// A root that stands at its open fan-out over `count` elements.
class FanOutBed {
 public:
  explicit FanOutBed(int count, const std::string& options = "", std::size_t live_max = 100)
      : FanOutBed(count, options, std::make_shared<LivePlaces>(live_max)) {}
  FanOutBed(int count, const std::string& options, std::shared_ptr<LivePlaces> places)
      : machine(
            compile_steps(R"({"id": "each", "type": "fanOut",
            "items": "{{trigger.request.body}}")" +
                          options + R"(, "steps": [
            {"id": "inner", "type": "function", "code": "() => 1"}]})"),
            ExecutionId::make(shard_of(ProjectId("demo"), UserId("user-1")), clock.now(), random)) {
    JsonArray items;
    for (int i = 0; i < count; ++i) items.push_back(i);
    ExecutionStarted started;
    started.project = ProjectId("demo");
    started.user = UserId("user-1");
    started.trigger = share(JsonObject{{"request", {{"body", std::move(items)}}}});
    started.settings = share(JsonObject());
    started.user_meta = share(JsonObject());
    machine.apply({clock.now(), started});
    machine.apply({clock.now(), FanOutOpened{0, static_cast<std::uint32_t>(count)}});
    run = std::make_unique<FanOutRun>(OpenFanOut(machine), children,
                                      FanOutRun::Options{std::move(places), [this] { ++woken; }});
  }

  FanOutNews open(FoundChildren found = {}) {
    return run->open(std::move(found), clock.now() + Millis(2'000));
  }
  FanOutNews settle(std::uint32_t index) { return run->settled(index, BranchResult{}); }
  FanOutNews fail(std::uint32_t index) {
    BranchResult result;
    result.failure = BranchFailure{1, Error(ErrorCode::function_threw, "boom")};
    return run->settled(index, std::move(result));
  }
  LoadedBranch rebuilt(std::uint32_t index) { return {OpenFanOut(machine).element(index), 0, {}}; }

  ManualClock clock;
  SeededRandom random{1};
  NotedChildren children;
  BranchMachine machine;
  std::unique_ptr<FanOutRun> run;
  int woken = 0;
};

template <class News>
bool is(const FanOutNews& news) {
  return std::holds_alternative<News>(news);
}
bool goes_on(const FanOutNews& news) { return is<std::monostate>(news); }

const storage::TimerRow any_timer{};
const std::string fail_all = R"(, "onError": "fail")";

}  // namespace

TEST_CASE("a fan-out has no more children in memory than it may and starts them in order") {
  FanOutBed bed(5, "", 2);
  CHECK(goes_on(bed.open()));
  CHECK(bed.children.spawned == std::vector<std::uint32_t>{0, 1});
  CHECK(goes_on(bed.settle(1)));
  CHECK(bed.children.spawned == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("a fan-out concludes when its last element has settled") {
  FanOutBed bed(2);
  CHECK(goes_on(bed.open()));
  CHECK(goes_on(bed.settle(1)));
  const auto news = bed.settle(0);
  REQUIRE(is<FanOutConcluded>(news));
  CHECK(std::holds_alternative<FanOutJoined>(std::get<FanOutConcluded>(news).event));
}

TEST_CASE("an element that falls asleep gives its place to the next one") {
  FanOutBed bed(2, "", 1);
  CHECK(goes_on(bed.open()));
  CHECK(goes_on(bed.run->asleep(0, true)));
  CHECK(bed.children.spawned == std::vector<std::uint32_t>{0, 1});
}

TEST_CASE("a fan-out whose elements all sleep in delays is delayed until one wakes") {
  FanOutBed bed(2);
  CHECK(goes_on(bed.open()));
  CHECK(goes_on(bed.run->asleep(0, true)));
  CHECK(is<FanOutAsleep>(bed.run->asleep(1, true)));
  CHECK(bed.run->is_delayed());
  CHECK(is<FanOutAsleep>(bed.run->look()));
  CHECK(bed.woken == 0);
  CHECK(bed.run->wake(0, any_timer));
  CHECK(bed.woken == 1);
  CHECK_FALSE(bed.run->is_delayed());
  CHECK(bed.children.loading == std::vector<std::uint32_t>{0});
}

TEST_CASE("a fan-out with an element between two attempts sleeps and is not delayed") {
  FanOutBed bed(2);
  CHECK(goes_on(bed.open()));
  CHECK(goes_on(bed.run->asleep(0, true)));
  CHECK(is<FanOutAsleep>(bed.run->asleep(1, false)));
  CHECK_FALSE(bed.run->is_delayed());
}

TEST_CASE("an element that fell asleep over a timer that was passed on is loaded again") {
  FanOutBed bed(1);
  CHECK(goes_on(bed.open()));
  CHECK(bed.run->wake(0, any_timer));
  CHECK(bed.children.told == std::vector<std::uint32_t>{0});
  CHECK(goes_on(bed.run->asleep(0, true)));
  CHECK(bed.children.loading == std::vector<std::uint32_t>{0});
  CHECK(goes_on(bed.run->loaded(0, bed.rebuilt(0))));
  CHECK(bed.children.spawned == std::vector<std::uint32_t>{0, 0});
}

TEST_CASE("a timer of an element that has settled is of no use to anybody") {
  FanOutBed bed(2);
  CHECK(goes_on(bed.open()));
  CHECK(goes_on(bed.settle(0)));
  CHECK_FALSE(bed.run->wake(0, any_timer));
}

TEST_CASE("of the elements found on the disk only the due ones are rebuilt at once") {
  FanOutBed bed(4);
  FoundChildren found;
  found.settled.emplace_back(0, BranchResult{});
  found.begun.push_back({1, bed.clock.now() + Millis(60'000), true});
  found.begun.push_back({2, std::nullopt, false});
  CHECK(goes_on(bed.open(std::move(found))));
  CHECK(bed.children.loading == std::vector<std::uint32_t>{2});
  CHECK(bed.children.spawned == std::vector<std::uint32_t>{3});
}

TEST_CASE("an element that crashes three times fails and the others go on") {
  FanOutBed bed(2, R"(, "onError": "continue")");
  CHECK(goes_on(bed.open()));
  for (int crash = 0; crash < 2; ++crash) {
    CHECK(goes_on(bed.run->crashed(0, "bug")));
    CHECK(goes_on(bed.run->loaded(0, bed.rebuilt(0))));
  }
  CHECK(goes_on(bed.run->crashed(0, "bug")));
  const auto news = bed.settle(1);
  REQUIRE(is<FanOutConcluded>(news));
  const auto& joined = std::get<FanOutJoined>(std::get<FanOutConcluded>(news).event);
  CHECK(to_text(*joined.output).find("crashed three times") != std::string::npos);
}

TEST_CASE("a fan-out that fails lets calls end and gives up what sleeps or waits") {
  FanOutBed bed(4, fail_all, 3);
  CHECK(goes_on(bed.open()));
  CHECK(goes_on(bed.run->asleep(1, true)));  // its place goes to 3
  CHECK(goes_on(bed.fail(0)));
  CHECK(bed.children.stopping.size() == 2);
  CHECK(goes_on(bed.run->abandoned(2)));
  const auto news = bed.settle(3);  // its call was its last step
  REQUIRE(is<FanOutConcluded>(news));
  CHECK(std::get<StepFailed>(std::get<FanOutConcluded>(news).event).code ==
        ErrorCode::fan_out_item_failed);
}

TEST_CASE("an element that is read from the disk while its fan-out fails is given up") {
  FanOutBed bed(2, fail_all);
  FoundChildren found;
  found.begun.push_back({0, std::nullopt, false});
  CHECK(goes_on(bed.open(std::move(found))));
  CHECK(goes_on(bed.fail(1)));
  CHECK(is<FanOutConcluded>(bed.run->loaded(0, bed.rebuilt(0))));
  CHECK(bed.children.spawned == std::vector<std::uint32_t>{1});
}

TEST_CASE("a fan-out whose branch stops has stopped when nothing of it runs") {
  FanOutBed bed(2);
  CHECK(goes_on(bed.open()));
  CHECK(goes_on(bed.run->stop()));
  CHECK(goes_on(bed.run->abandoned(1)));
  CHECK(is<FanOutStopped>(bed.run->abandoned(0)));
}

TEST_CASE("news of an element that is not known any more change nothing") {
  FanOutBed bed(2);
  CHECK(goes_on(bed.open()));
  CHECK(goes_on(bed.settle(0)));
  CHECK(goes_on(bed.settle(0)));
  CHECK(goes_on(bed.run->asleep(0, true)));
  CHECK(goes_on(bed.run->crashed(0, "late")));
  CHECK(is<FanOutConcluded>(bed.settle(1)));
}

TEST_CASE("fan-outs of one run share its places, and each has one whatever the others have") {
  auto places = std::make_shared<LivePlaces>(3);
  FanOutBed outer(5, "", places), inner(5, "", places);
  REQUIRE(std::holds_alternative<std::monostate>(outer.open()));
  CHECK(outer.children.spawned == std::vector<std::uint32_t>{0, 1, 2});
  REQUIRE(std::holds_alternative<std::monostate>(inner.open()));
  CHECK(inner.children.spawned == std::vector<std::uint32_t>{0});
  CHECK(places->taken() == 4);
  // What one gives back another takes, when it has something to begin.
  REQUIRE(std::holds_alternative<std::monostate>(inner.settle(0)));
  CHECK(inner.children.spawned == std::vector<std::uint32_t>{0, 1});
  outer.run.reset();
  CHECK(places->taken() == 1);
  REQUIRE(std::holds_alternative<std::monostate>(inner.settle(1)));
  CHECK(inner.children.spawned == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
}
