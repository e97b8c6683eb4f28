#include "actors/tenants/task_usage.h"

#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"

namespace millrace {
namespace {

TEST_CASE("usage adds up the shards of each month, and shows those that are kept and have been",
          "[usage]") {
  const ProjectId project("p");
  storage::MemoryStore store;
  ManualClock clock;
  clock.advance(std::chrono::hours(24 * 400));
  const storage::TaskCounts counts(store);
  const TaskUsage usage(store, counts, clock);
  const CalendarMonth now = CalendarMonth::of(clock.now());
  storage::WriteBatch batch;
  const auto put = [&](std::uint16_t shard, int months_ago, std::uint64_t tasks) {
    const CalendarMonth month{static_cast<std::uint16_t>(now.number - months_ago)};
    storage::TaskCountTable::put(batch, storage::keys::task_count(ShardId{shard}, project, month),
                                 tasks);
  };
  REQUIRE(usage.use(project).ok());
  CHECK(usage.use(project)->now.tasks == 0);
  CHECK(usage.use(project)->now.month == now);
  put(0, 0, 5);
  put(255, 0, 30);
  put(7, 1, 4);
  put(9, 1, 3);
  put(7, 12, 2);
  put(7, 13, 100);  // nothing has been done on the shard since
  put(7, -1, 100);  // the clock was put back
  REQUIRE(store.commit(batch).ok());
  const auto use = usage.use(project);
  REQUIRE(use.ok());
  CHECK(use->now.tasks == 35);
  REQUIRE(use->earlier.size() == 2);
  CHECK(use->earlier[0].tasks == 7);
  CHECK(use->earlier[0].month.number + 1 == now.number);
  CHECK(use->earlier[1].tasks == 2);
  CHECK(usage.use(ProjectId("another"))->now.tasks == 0);
}

}  // namespace
}  // namespace millrace
