#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

TEST_CASE("an acknowledged run goes on after the process dies") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w", JsonObject{{"n", 1}});
  bed.restart();
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->parameters("work") == std::vector<std::string>{R"({"in":{"n":1}})"});
}

TEST_CASE("a finished step is not run again after the process dies") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("first") + "," + delay_step("1", "HOURS") + "," +
                      function_step("second") + "]");
  const auto execution = bed.accept("w");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.restart();
  bed.clock.advance(std::chrono::hours(2));
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("first") == 0);
  CHECK(bed.functions->calls("second") == 1);
}

TEST_CASE("hundreds of unfinished runs of many users all finish after a restart") {
  ActorOptions options;
  options.live_executions_per_project_max = 16;
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  std::vector<ExecutionId> executions;
  for (int i = 0; i < 300; ++i) {
    executions.push_back(bed.accept("w", JsonObject{}, "user-" + std::to_string(i % 40)));
  }
  bed.restart();
  for (const auto& execution : executions) {
    CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  }
  CHECK(bed.functions->calls("work") == 300);
}

TEST_CASE("a failed commit rebuilds the run from what is on disk") {
  ActorTestBed bed;
  bed.deploy("w", "[" + function_step("work") + "," + delay_step("1", "SECONDS") + "]");
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  bed.store.fail_next_commits(1, ErrorCode::storage_failed);
  bed.functions->release("work");
  REQUIRE(bed.reaches(execution, ExecutionStatus::delayed));
  bed.clock.advance(Millis(2'000));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("an element that sends a file sends nothing after its parent's commit was lost") {
  ActorTestBed bed;
  bed.deploy("w",
             R"([{"id":"get","type":"request","method":"GET","url":"https://api.example/a.png"},)" +
                 function_step("work") + "," +
                 fan_out(R"({"id":"put","type":"request","method":"PUT","bodyType":"raw",)"
                         R"("url":"https://api.example/b","body":"{{get.response.body}}"})") +
                 "]");
  bed.http->on("get", answering_bytes(200, "image/png", "\x89PNG"));
  bed.functions->hold("work");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1}}});
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  // The commit of the first step must be over: the next one is to fail.
  REQUIRE(bed.eventually([&] {
    const auto shown = bed.history->show(bed.project, execution);
    return shown.ok() && shown->steps.size() == 2;  // the trigger, and "get"
  }));
  bed.store.fail_next_commits(1, ErrorCode::storage_failed);
  bed.functions->release("work");
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("work") == 2);
  CHECK(bed.http->sent("put").size() == 1);
}

TEST_CASE("an element whose commit is lost with its parent's hears of it and sends nothing") {
  Gate disk;
  ActorTestBed bed;
  const OpenAtEnd open{disk};
  bed.deploy("w",
             R"([{"id":"get","type":"request","method":"GET","url":"https://api.example/a.png"},)" +
                 function_step("work") + "," +
                 fan_out(function_step("prepare") +
                         R"(,{"id":"put","type":"request","method":"PUT","bodyType":"raw",)"
                         R"("url":"https://api.example/b","body":"{{get.response.body}}"})") +
                 "]");
  bed.http->on("get", answering_bytes(200, "image/png", "\x89PNG"));
  bed.functions->hold("work");
  bed.functions->hold("prepare");
  const auto execution = bed.accept("w", JsonObject{{"items", JsonArray{1}}});
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  // From here on the disk stands, with nothing of this run on its way.
  REQUIRE(bed.commits->commit_and_wait({}).ok());
  bed.commits->submit({}, storage::Urgency::urgent, [&](const Outcome&) { disk.stand(); });
  REQUIRE(bed.eventually([&] { return disk.is_taken(); }));
  bed.store.fail_next_commits(1, ErrorCode::storage_failed);
  // The parent hands over that the fan-out is open before its element begins.
  bed.functions->release("work");
  REQUIRE(bed.functions->wait_for_calls("prepare", 1));
  const auto of_parent = bed.commits->stats().waiting_bytes;
  REQUIRE(of_parent > 0);
  // The element hands over its page, with the wish to be told when its request may leave.
  bed.functions->release("prepare");
  REQUIRE(bed.eventually([&] { return bed.commits->stats().waiting_bytes > of_parent; }));
  CHECK(bed.http->sent("put").empty());
  disk.open();
  REQUIRE(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.commits->stats().failures == 1);
  CHECK(bed.functions->calls("work") == 2);
  CHECK(bed.functions->calls("prepare") == 2);
  CHECK(bed.http->sent("put").size() == 1);
}

TEST_CASE("a former owner's commits are refused once another process has taken the shards") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  REQUIRE(bed.store.claim(ShardSet::all().ids()).ok());
  auto reply = bed.trigger("w", JsonObject{}, "user-1", Millis(300));
  CHECK_FALSE(reply.ok());
  bool any = false;
  REQUIRE(storage::ExecutionTable(bed.store)
              .unfinished(ShardSet::all(),
                          [&](const ExecutionSummary&) {
                            any = true;
                            return true;
                          })
              .ok());
  CHECK_FALSE(any);
}

TEST_CASE("a run with a damaged snapshot is rebuilt from its journal") {
  ActorTestBed bed;
  std::string steps;
  for (int i = 0; i < 20; ++i) steps += function_step("f" + std::to_string(i)) + ",";
  bed.deploy("w", "[" + steps + delay_step("1", "HOURS") + "," + function_step("after") + "]");
  const auto execution = bed.accept("w");
  REQUIRE(bed.eventually([&] { return bed.gateway->stats().runs_live == 0; }));
  const storage::ExecutionTable table(bed.store);
  const auto snapshot = table.snapshot(execution, BranchPath{});
  REQUIRE(snapshot.ok());
  REQUIRE(snapshot->has_value());  // otherwise this test says nothing
  storage::WriteBatch batch;
  batch.require(*bed.ownership->fence(execution.shard()));
  storage::ExecutionTable::put_snapshot(batch, execution, BranchPath{},
                                        {(*snapshot)->last_sequence, "1{damaged"});
  REQUIRE(bed.commits->commit_and_wait(std::move(batch)).ok());
  bed.restart();
  bed.clock.advance(std::chrono::hours(2));
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("f0") == 0);
  CHECK(bed.functions->calls("after") == 1);
}
