// What happens to runs while every commit fails.
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

#include <atomic>
#include <optional>
#include <thread>

using namespace millrace;

namespace {

const std::string respond_only = R"([{"id":"r","type":"response","body":1}])";
const std::string request_only =
    R"([{"id":"call","type":"request","method":"POST","url":"https://api.example/a"}])";

std::size_t runs_on_disk(const ActorTestBed& bed) {
  TaskHistory::Query query;
  query.project = bed.project;
  const auto page = bed.history->list(query);
  REQUIRE(page.ok());
  return page->executions.size();
}

/// Something that blocks, in a thread of its own.
template <class T>
class Pending {
 public:
  template <class Work>
  explicit Pending(Work work)
      : thread_([this, work] {
          answer_ = work();
          has_answer_ = true;
        }) {}
  ~Pending() { thread_.join(); }
  bool has_answer() const { return has_answer_; }
  bool comes() const {
    return ActorTestBed::eventually([this] { return has_answer(); });
  }
  const T& operator*() const { return *answer_; }

 private:
  std::optional<T> answer_;
  std::atomic<bool> has_answer_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("a trigger on a full disk is refused at once, whatever its workflow does") {
  ActorTestBed bed;
  const std::string steps =
      GENERATE(as<std::string>{}, respond_only, one_function, one_function_and_response,
               request_only, "[" + delay_step("1", "HOURS") + "]");
  bed.deploy("w", steps);
  bed.store.fail_commits(ErrorCode::overloaded);
  {
    Pending<Result<TriggerReply>> reply(
        [&] { return bed.trigger("w", JsonObject{}, "user-1", Millis(60'000)); });
    const bool came = reply.comes();
    bed.store.fail_commits(std::nullopt);
    REQUIRE(came);
    REQUIRE_FALSE((*reply).ok());
    CHECK((*reply).error().code == ErrorCode::overloaded);
  }
  CHECK(bed.eventually([&] { return bed.gateway->stats().runs_live == 0; }));
  CHECK(bed.http->sent("call").empty());
  CHECK(runs_on_disk(bed) == 0);
}

TEST_CASE("a run whose end was not written is rebuilt and ends") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  bed.store.fail_next_commits(1, ErrorCode::storage_failed);
  bed.functions->release("work");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a client that waits is answered by the rebuilt run when its response was not written") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  bed.functions->hold("work");
  Pending<Result<TriggerReply>> reply(
      [&] { return bed.trigger("w", JsonObject{}, "user-1", Millis(60'000)); });
  CHECK(bed.functions->wait_for_calls("work", 1));
  CHECK(bed.eventually([&] { return runs_on_disk(bed) == 1; }));
  bed.store.fail_next_commits(1, ErrorCode::overloaded);
  bed.functions->release("work");
  REQUIRE(reply.comes());
  REQUIRE((*reply).ok());
  CHECK(std::holds_alternative<RunResponded>(**reply));
}

TEST_CASE("a cancel that was not written is confirmed when the rebuilt run has ended by it") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("work") + "," + function_step("later") + "]");
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  bed.store.fail_commits(ErrorCode::overloaded);
  const auto failures = bed.commits->stats().failures;
  Pending<Outcome> cancelled([&] { return bed.gateway->cancel(bed.project, execution); });
  CHECK(bed.eventually([&] { return bed.commits->stats().failures > failures; }));
  bed.store.fail_commits(std::nullopt);
  REQUIRE(cancelled.comes());
  CHECK((*cancelled).ok());
  CHECK(bed.status(execution) == ExecutionStatus::cancelled);
  bed.functions->release("work");
}

TEST_CASE("a request is not sent again while the disk takes nothing") {
  ActorTestBed bed;
  bed.deploy("w", request_only);
  bed.http->hold("call");
  const auto execution = bed.accept("w");
  REQUIRE(bed.http->wait_for_calls("call", 1));
  bed.store.fail_commits(ErrorCode::overloaded);
  const auto failures = bed.commits->stats().failures;
  bed.http->release("call");
  // The answer cannot be kept, and then the run cannot be rebuilt.
  CHECK(bed.eventually([&] { return bed.commits->stats().failures >= failures + 2; }));
  CHECK(bed.http->sent("call").size() == 1);
  bed.store.fail_commits(std::nullopt);
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.http->sent("call").size() == 2);
}
