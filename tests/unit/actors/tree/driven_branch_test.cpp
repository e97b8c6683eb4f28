// Where a branch is driven: functions on the thread that brings their results, everything else by an actor.
#include "actors/tree/branch.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

using namespace millrace;

namespace {

/// On which thread each step completed. Thread-safe.
class StepThreads {
 public:
  explicit StepThreads(ActorOptions& options) {
    options.before_record = [this](const ExecutionId&, const Event& event) {
      const auto* const done = std::get_if<StepCompleted>(&event.body);
      if (done == nullptr) return;
      const std::lock_guard lock(mutex_);
      threads_[done->step].push_back(std::this_thread::get_id());
    };
  }
  std::vector<std::thread::id> of(StepIndex step) const {
    const std::lock_guard lock(mutex_);
    const auto found = threads_.find(step);
    return found == threads_.end() ? std::vector<std::thread::id>{} : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<StepIndex, std::vector<std::thread::id>> threads_;
};

std::string function(const std::string& id) {
  return R"({"id":")" + id + R"(","type":"function","code":"(p) => p"})";
}

const std::string respond = R"({"id":"ok","type":"response","body":{}})";

/// Triggers "w" and lets `step`, which it calls `count` times, answer when the actor has left the branch:
/// with one thread for all actors, another run is begun after that.
Json response_of(ActorTestBed& bed, const std::string& step, std::size_t count, Json body = {}) {
  bed.deploy("other", "[" + delay_step("9", "HOURS") + "]");
  bed.functions->hold(step);
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w", std::move(body)); });
  const bool was_called = bed.functions->wait_for_calls(step, count);
  bed.accept("other");
  bed.functions->release(step);
  client.join();
  REQUIRE(was_called);
  REQUIRE((reply && reply->ok()));
  auto* const response = std::get_if<RunResponded>(&**reply);
  REQUIRE(response != nullptr);
  return std::move(response->body);
}

ActorOptions one_thread() {
  ActorOptions options;
  options.scheduler_threads = 1;
  return options;
}

}  // namespace

TEST_CASE("a run of functions goes on where their results arrive, to its end") {
  ActorOptions options = one_thread();
  const StepThreads threads(options);
  ActorTestBed bed(options);
  bed.deploy("w", "[" + function("a") + "," + function("b") + "," + respond + "]");
  response_of(bed, "a", 1);
  const auto engine = threads.of(0);
  REQUIRE(engine.size() == 1);
  CHECK(threads.of(1) == engine);
  CHECK(threads.of(2) == engine);
}

TEST_CASE("a result that is large waits for the actor, and so do those behind it") {
  ActorOptions options = one_thread();
  const StepThreads threads(options);
  ActorTestBed bed(options);
  bed.deploy("w", "[" + function("a") + "," + function("large") + "," + function("b") + "," +
                      respond + "]");
  bed.functions->on("large", returning(Json(std::string(limits::driven_bytes_max, 'x'))));
  response_of(bed, "a", 1);
  const auto engine = threads.of(0);
  REQUIRE(engine.size() == 1);
  CHECK(threads.of(1) != engine);
  CHECK(threads.of(2) != engine);
}

TEST_CASE("many steps without a function in between are the actor's") {
  ActorOptions options = one_thread();
  const StepThreads threads(options);
  ActorTestBed bed(options);
  std::string steps = "[" + function("a");
  for (std::size_t i = 0; i < 2 * driven_events_max; ++i) {
    steps += R"(,{"id":"c)" + std::to_string(i) +
             R"(","type":"conditional","if":[[{"variable":true,"operator":"BooleanTrue"}]],)"
             R"("then":[],"else":[]})";
  }
  bed.deploy("w", steps + "," + respond + "]");
  response_of(bed, "a", 1);
  const auto engine = threads.of(0);
  REQUIRE(engine.size() == 1);
  CHECK(threads.of(1) == engine);
  CHECK(threads.of(2 * driven_events_max) != engine);
}

TEST_CASE("elements of functions are driven by the engine, those of a large run by actors") {
  const bool is_large = GENERATE(false, true);
  ActorOptions options = one_thread();
  const StepThreads threads(options);
  ActorTestBed bed(options);
  bed.deploy("w", "[" + fan_out(element_function) + "," + respond_items + "]");
  JsonArray items{1, 2, 3};
  if (is_large) items.push_back(Json(std::string(limits::driven_bytes_max, 'x')));
  const Json body = response_of(bed, "item", items.size(), JsonObject{{"items", items}});
  CHECK(body.at("items").as_array() == items);
  const auto where = threads.of(1);
  REQUIRE(where.size() == items.size());
  if (!is_large) {
    CHECK(std::all_of(where.begin(), where.end(), [&](auto each) { return each == where[0]; }));
  }
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
}

TEST_CASE("an element that wants more than functions gets an actor for it") {
  ActorTestBed bed;
  const std::string call =
      R"({"id":"call","type":"request","method":"GET","url":"https://api.example/a"})";
  bed.deploy("w", "[" +
                      fan_out(function("before") + "," + call + "," + function("between") + "," +
                              delay_step("1", "SECONDS") + "," + element_function) +
                      "," + respond_items + "]");
  const JsonArray items{"a", "b", "c"};
  bed.functions->hold("between");
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w", JsonObject{{"items", items}}); });
  CHECK(bed.functions->wait_for_calls("between", 3));
  bed.functions->release("between");
  CHECK(bed.eventually([&] { return bed.has_timer(); }));
  bed.clock.advance(Millis(1'000));
  client.join();
  REQUIRE((reply && reply->ok()));
  const auto* const response = std::get_if<RunResponded>(&**reply);
  REQUIRE(response != nullptr);
  CHECK(response->body.at("items").as_array() == items);
  CHECK(bed.http->sent("call").size() == 3);
}

TEST_CASE("an element that crashes where its result arrives is rebuilt") {
  std::atomic<int> crashes{0};
  ActorOptions options;
  options.before_record = [&](const ExecutionId&, const Event& event) {
    const auto* const done = std::get_if<StepCompleted>(&event.body);
    if (done == nullptr || to_text(*done->output) != R"({"result":{"v":"b"}})") return;
    if (crashes++ == 0) throw std::runtime_error("for the test");
  };
  ActorTestBed bed(options);
  bed.deploy("w", "[" + fan_out(element_function) + "," + respond_items + "]");
  const JsonArray items{"a", "b", "c"};
  const auto reply = bed.trigger("w", JsonObject{{"items", items}});
  REQUIRE(reply.ok());
  const auto* const response = std::get_if<RunResponded>(&*reply);
  REQUIRE(response != nullptr);
  CHECK(response->body.at("items").as_array() == items);
  CHECK(bed.gateway->stats().actor_crashes == 1);
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
}

TEST_CASE("a cancel reaches a run that is driven by results") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(element_function) + "," + function("after") + "]");
  bed.functions->hold("item");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1, 2, 3}}});
  REQUIRE(bed.functions->wait_for_calls("item", 3));
  CHECK(bed.gateway->cancel(bed.project, execution).ok());
  CHECK(bed.status(execution) == ExecutionStatus::cancelled);
  CHECK(bed.eventually([&] { return bed.functions->cancelled() == 3; }));
  bed.functions->release("item");
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
  CHECK(bed.functions->calls("after") == 0);
}
