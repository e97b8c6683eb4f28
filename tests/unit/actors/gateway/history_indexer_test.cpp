// When the changes of the task history are folded into its index.

#include "actors/gateway/history_indexer.h"

#include "actors/shards/shard_ownership.h"
#include "storage/history/history_pages.h"
#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

#include <atomic>
#include <optional>
#include <thread>

namespace millrace {
namespace {

const ProjectId project("demo");

/// A node whose indexer is seen at rest before anything is looked at.
struct Node {
  Node() {
    CHECK(ownership.claim(store, ShardSet::all()).ok());
    CHECK(index.reload().ok());  // as a server does before anything is committed
  }

  void put_runs(std::size_t count) {
    storage::WriteBatch batch;
    for (std::size_t i = 0; i < count; ++i) {
      ExecutionSummary run;
      run.project = project;
      run.user = UserId("user " + std::to_string(i % 5));
      run.workflow = WorkflowId("w");
      run.started = clock.now();
      run.id = ExecutionId::make(shard_of(run.project, run.user), run.started, random);
      batch.require(*ownership.fence(run.id.shard()));
      storage::ExecutionTable::put_summary(batch, run);
    }
    REQUIRE(commits.commit_and_wait(std::move(batch)).ok());
  }

  void start() {
    indexer.emplace(index, clock, [this](LogLevel, const std::string&) { ++complaints; });
    rest();
  }
  void rest() {
    while (clock.earliest_wait() != clock.now() + HistoryIndexerOptions().pause) {
      std::this_thread::yield();
    }
  }
  void advance(Millis by) {
    clock.advance(by);
    rest();
  }

  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{3};
  ShardOwnership ownership;
  storage::HistoryChanges changes;
  storage::GroupCommit commits{store, {.followers = {&changes}}};
  std::atomic<bool> is_lost{false};
  storage::HistoryIndex index{store, changes,
                              [this](ShardId shard) -> Result<storage::Fence> {
                                if (is_lost)
                                  return Error(ErrorCode::shard_moved,
                                               "the shard is another node's");
                                return ownership.fence(shard);
                              },
                              [this](const ProjectId& of, storage::WriteBatch batch) {
                                return commits.commit_and_wait(std::move(batch), of);
                              }};
  std::atomic<int> complaints{0};
  std::optional<HistoryIndexer> indexer;
};

}  // namespace

TEST_CASE("changes that are worth a fold are folded at once, few of them when they are old") {
  Node node;
  node.put_runs(HistoryIndexerOptions().worth_it);
  node.start();
  CHECK(node.changes.waiting() == 0);

  node.put_runs(3);
  node.advance(Millis(500));
  CHECK(node.changes.waiting() == 3);
  node.advance(Millis(19'000));
  CHECK(node.changes.waiting() == 3);
  node.advance(Millis(500));
  CHECK(node.changes.waiting() == 0);
  const auto held = node.index.hold(project);
  REQUIRE(held.ok());
  storage::ExecutionTable::HistoryQuery all;
  all.project = project;
  CHECK(storage::indexed_history(node.store, all)->total == 259);
}

TEST_CASE("a project that cannot be folded is told of once and tried again after a while") {
  Node node;
  node.put_runs(300);
  node.is_lost = true;
  node.start();
  CHECK(node.changes.waiting() == 300);
  CHECK(node.complaints == 1);
  node.advance(Millis(29'500));
  CHECK(node.complaints == 1);
  node.is_lost = false;
  node.advance(Millis(500));
  CHECK(node.changes.waiting() == 0);
  CHECK(node.complaints == 1);
}

}  // namespace millrace
