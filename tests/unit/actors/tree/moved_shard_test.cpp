// A shard that is taken away and given back while actors of its runs live: what was built under the old
// claim must not reach the disk, because another owner may have gone on in between.
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

#include <optional>
#include <thread>

using namespace millrace;

namespace {

/// Every shard goes to another owner and comes back to this node, under a new claim.
void move_shards_away_and_back(ActorTestBed& bed) {
  REQUIRE(bed.store.claim(ShardSet::all().ids()).ok());
  REQUIRE(bed.ownership->claim(bed.store, ShardSet::all()).ok());
}

std::optional<ExecutionSummary> only_run(const ActorTestBed& bed) {
  TaskHistory::Query query;
  query.project = bed.project;
  const auto page = bed.history->list(query);
  REQUIRE(page.ok());
  if (page->executions.size() != 1) return std::nullopt;
  return page->executions.front();
}

/// A client that waits for the run's response.
class Client {
 public:
  Client(ActorTestBed& bed, Json body)
      : thread_([this, &bed, body = std::move(body)] {
          answer_ = bed.trigger("w", body, "user-1", Millis(60'000));
        }) {}
  Result<TriggerReply> answer() {
    thread_.join();
    return std::move(*answer_);
  }

 private:
  std::optional<Result<TriggerReply>> answer_;
  std::thread thread_;
};

bool is_empty(const ActorTestBed& bed) {
  return bed.eventually([&] { return bed.gateway->stats().runs_live == 0; });
}

}  // namespace

TEST_CASE("a run whose shard was away for a moment commits nothing and leaves quietly") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  bed.functions->hold("work");
  Client client(bed, 5);
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  REQUIRE(bed.eventually([&] { return only_run(bed).has_value(); }));
  move_shards_away_and_back(bed);
  const auto commits = bed.store.commit_count();
  bed.functions->release("work");

  const auto answer = client.answer();
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == ErrorCode::shard_moved);
  CHECK(is_empty(bed));
  CHECK(bed.store.commit_count() == commits);
  CHECK(only_run(bed)->status == ExecutionStatus::executing);
  CHECK(bed.commits->stats().failures == 0);
  CHECK(bed.gateway->stats().runs_loaded == 0);
  CHECK(bed.gateway->stats().actor_crashes == 0);
}

TEST_CASE("the elements of a run whose shard was away commit nothing and take their run along") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(element_function) + "," + respond_items + "]");
  bed.functions->hold("item");
  Client client(bed, JsonObject{{"items", JsonArray{1, 2, 3}}});
  REQUIRE(bed.functions->wait_for_calls("item", 3));
  REQUIRE(bed.eventually([&] { return only_run(bed).has_value(); }));
  REQUIRE(bed.commits->commit_and_wait({}).ok());
  move_shards_away_and_back(bed);
  const auto commits = bed.store.commit_count();
  bed.functions->release("item");

  const auto answer = client.answer();
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == ErrorCode::shard_moved);
  CHECK(is_empty(bed));
  CHECK(bed.eventually([&] { return bed.gateway->stats().children_live == 0; }));
  CHECK(bed.store.commit_count() == commits);
  CHECK(bed.gateway->stats().runs_loaded == 0);
  CHECK(bed.gateway->stats().actor_crashes == 0);
}

TEST_CASE("a request of a run whose shard was away is not sent") {
  ActorTestBed bed;
  bed.deploy(
      "w", "[" + function_step("work") +
               R"(,{"id":"call","type":"request","method":"POST","url":"https://api.example/a"}])");
  bed.functions->hold("work");
  bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  move_shards_away_and_back(bed);
  bed.functions->release("work");
  CHECK(is_empty(bed));
  CHECK(bed.http->sent("call").empty());
}

TEST_CASE("a cancel of a run whose shard was away is answered with the reason") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  move_shards_away_and_back(bed);
  const auto cancelled = bed.gateway->cancel(bed.project, execution);
  REQUIRE_FALSE(cancelled.ok());
  CHECK(cancelled.error().code == ErrorCode::shard_moved);
  CHECK(bed.status(execution) == ExecutionStatus::executing);
  bed.functions->release("work");
}

TEST_CASE("the owner that a shard has moved to goes on with the run") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  move_shards_away_and_back(bed);
  bed.functions->release("work");
  REQUIRE(is_empty(bed));
  bed.restart();
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run that starts after its shard has come back is committed under the new claim") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  move_shards_away_and_back(bed);
  const auto execution = bed.accept("w");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}
