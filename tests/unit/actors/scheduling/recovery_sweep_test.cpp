#include "actors/scheduling/recovery_sweep.h"

#include "storage/memory/memory_store.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <mutex>
#include <set>

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
