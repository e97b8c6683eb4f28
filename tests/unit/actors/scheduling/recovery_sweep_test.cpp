#include "actors/scheduling/recovery_sweep.h"

#include "storage/memory/memory_store.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

using namespace millrace;

TEST_CASE("a sweep resumes the runs of owned shards and those of gained ones at the next time") {
  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{1};
  storage::WriteBatch batch;
  std::set<ExecutionId> runs;
  for (int i = 0; i < 30; ++i) {
    ExecutionSummary summary;
    summary.project = ProjectId("demo");
    summary.user = UserId("user-" + std::to_string(i));
    summary.workflow = WorkflowId("w");
    summary.version = 1;
    summary.started = clock.now();
    summary.id =
        ExecutionId::make(shard_of(summary.project, summary.user), summary.started, random);
    storage::ExecutionTable::put_summary(batch, summary);
    runs.insert(summary.id);
  }
  REQUIRE(store.commit(batch).ok());
  const ShardId lost = runs.begin()->shard();
  ShardOwnership ownership;
  REQUIRE(ownership.claim(store, ShardSet::all() - ShardSet{lost}).ok());

  std::mutex mutex;
  std::set<ExecutionId> resumed;
  RecoverySweep sweep(
      store, ownership, clock, [](LogLevel, const std::string&) {}, Millis(1'000),
      [&](const ExecutionSummary& summary) {
        const std::lock_guard lock(mutex);
        resumed.insert(summary.id);
      });
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return resumed.size();
  };
  sweep.wait_for_first_sweep();
  CHECK(count() > 0);
  CHECK(count() < runs.size());
  for (const auto& id : resumed) CHECK(id.shard() != lost);

  REQUIRE(ownership.claim(store, {lost}).ok());
  while (count() < runs.size()) clock.advance(Millis(1'000));
  CHECK(resumed == runs);
}

TEST_CASE(
    "a start that was refused is forgotten as soon as the disk is well, and not resumed before") {
  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{1};
  ShardOwnership ownership;
  REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  std::atomic<int> asked{0}, resumed{0};
  std::atomic<bool> is_well{false};
  RecoverySweep sweep(
      store, ownership, clock, [](LogLevel, const std::string&) {}, Millis(60'000),
      [&](const ExecutionSummary&) { ++resumed; },
      [&](const ExecutionId&) -> Outcome {
        ++asked;
        if (is_well) return Done{};
        return Error(ErrorCode::storage_failed, "for the test");
      });
  sweep.wait_for_first_sweep();
  const ShardId shard = shard_of(ProjectId("demo"), UserId("ada"));
  sweep.refused(ExecutionId::make(shard, clock.now(), random));
  while (asked < 1) std::this_thread::yield();
  is_well = true;
  while (asked < 2) clock.advance(Millis(1'000));
  CHECK(resumed == 0);
}
