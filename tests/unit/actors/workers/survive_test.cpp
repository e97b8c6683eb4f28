#include "actors/workers/survive.h"

#include "actors/scheduling/recovery_sweep.h"
#include "actors/workers/storage_reader.h"
#include "storage/memory/memory_store.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <atomic>
#include <future>
#include <new>
#include <stdexcept>

using namespace millrace;

namespace {

LogSink counting(std::atomic<int>& lines) {
  return [&lines](LogLevel, const std::string&) { ++lines; };
}

}  // namespace

TEST_CASE("a job of the storage reader that throws costs neither the thread nor later jobs") {
  std::atomic<int> lines{0};
  storage::MemoryStore store;
  storage::GroupCommit commits(store, {});
  StorageReader reader(1, commits, counting(lines));
  reader.submit([] { throw std::bad_alloc(); });
  reader.submit([] { throw std::runtime_error("injected bug"); });
  std::promise<void> done;
  reader.submit([&] { done.set_value(); });
  done.get_future().get();
  CHECK(lines == 2);
}

TEST_CASE("an exception while something is read becomes the answer") {
  const auto bug = answer_of([]() -> Result<int> { throw BugFound("does not fit"); });
  REQUIRE_FALSE(bug.ok());
  CHECK(bug.error().code == ErrorCode::corrupt_data);
  CHECK(bug.error().message.find("does not fit") != std::string::npos);
  const auto memory = answer_of([]() -> Result<int> { throw std::bad_alloc(); });
  REQUIRE_FALSE(memory.ok());
  CHECK(memory.error().code == ErrorCode::limit_exceeded);
  CHECK(*answer_of([]() -> Result<int> { return 7; }) == 7);
}

TEST_CASE("a bug in one recovery sweep leaves the start and the next sweep as they are") {
  storage::MemoryStore store;
  ManualClock clock;
  SeededRandom random{1};
  ExecutionSummary summary;
  summary.project = ProjectId("demo");
  summary.user = UserId("user-1");
  summary.workflow = WorkflowId("w");
  summary.version = 1;
  summary.started = clock.now();
  summary.id = ExecutionId::make(shard_of(summary.project, summary.user), summary.started, random);
  storage::WriteBatch batch;
  storage::ExecutionTable::put_summary(batch, summary);
  REQUIRE(store.commit(batch).ok());
  std::atomic<int> lines{0};
  std::atomic<int> resumed{0};
  ShardOwnership ownership;
  REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  RecoverySweep sweep(store, ownership, clock, counting(lines), Millis(1'000),
                      [&](const ExecutionSummary&) {
                        ++resumed;
                        throw std::runtime_error("injected bug");
                      });
  sweep.wait_for_first_sweep();
  CHECK(sweep.has_swept());
  CHECK(lines == 1);
  while (resumed < 2) clock.advance(Millis(1'000));
}
