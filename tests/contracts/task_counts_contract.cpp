// storage/usage/task_counts.h over every store: a month's tasks are those of the commits that are on the disk,
// whichever shards they lie on, while commits fail, shards move, and the process crashes.

#include "runtime/base/shard_set.h"
#include "storage/group_commit.h"
#include "storage/keys.h"
#include "storage/usage/task_counts.h"
#include "tests/contracts/failing_store.h"
#include "tests/support/catch.h"

#include <map>
#include <optional>
#include <random>

namespace millrace::tests {
namespace {

using namespace storage;
using Failure = FailingStore::Failure;

const std::vector<ProjectId> projects{ProjectId("p"), ProjectId("project-two"),
                                      ProjectId(std::string("a\0b", 3))};

CalendarMonth month(int number) { return {static_cast<std::uint16_t>(24'300 + number)}; }

/// A server's way to commit, which may crash.
class Counted {
 public:
  explicit Counted(StoreUnderTest& store, Millis linger = Millis(0))
      : under_test_(store), store_(store), linger_(linger) {}

  void start() {
    parts_.reset();
    fences_.clear();
    own(ShardSet::all().ids());
    parts_.emplace(store_, linger_);
  }
  void crash() {
    parts_.reset();
    under_test_.reopen();
    start();
  }
  /// Some shards are claimed once more: their rows may have been written meanwhile.
  void own(const std::vector<ShardId>& shards) {
    const auto epochs = store_.claim(shards);
    REQUIRE(epochs.ok());
    fences_.resize(shard_count);
    for (std::size_t i = 0; i < shards.size(); ++i) {
      fences_[static_cast<std::size_t>(shards[i])] = {shards[i], (*epochs)[i]};
    }
  }
  const Fence& fence(std::uint32_t shard) const { return fences_[shard]; }
  FailingStore& store() { return store_; }
  GroupCommit& commits() { return parts_->commits; }
  TaskCountStats stats() const { return parts_->counts.stats(); }

  /// What a run does: a row on its shard, and tasks.
  static WriteBatch step(const Fence& fence, const ProjectId& project, CalendarMonth month,
                         std::uint64_t tasks) {
    WriteBatch batch;
    batch.require(fence);
    batch.put(keys::users(fence.shard) + "row", std::to_string(tasks));
    batch.settle(project, month, tasks);
    return batch;
  }
  std::map<CalendarMonth, std::uint64_t> months(const ProjectId& project) {
    const auto read = TaskCountTable(store_).of_project(project);
    REQUIRE(read.ok());
    std::map<CalendarMonth, std::uint64_t> months;
    for (const MonthTasks& each : *read) {
      CHECK_FALSE(months.contains(each.month));
      CHECK((months.empty() || each.month < months.begin()->first));  // the latest first
      months[each.month] = each.tasks;
    }
    return months;
  }

 private:
  struct Parts {
    Parts(FailingStore& store, Millis linger)
        : counts(store), commits(store, {.linger = linger, .followers = {&counts}}) {}
    TaskCounts counts;
    GroupCommit commits;
  };

  StoreUnderTest& under_test_;
  FailingStore store_;
  const Millis linger_;
  std::vector<Fence> fences_;
  std::optional<Parts> parts_;
};

}  // namespace

TEST_CASE("the tasks of a month are those of what is on the disk, whatever fails and crashes",
          "[usage]") {
  const auto store = any_store();
  Counted counted(*store);
  counted.start();
  std::mt19937 random(GENERATE(1u, 2u, 3u));
  const auto draw = [&](std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
  };
  std::map<ProjectId, std::map<CalendarMonth, std::uint64_t>> model;
  for (int i = 0; i < 600; ++i) {
    const auto failure = draw(12) == 0 ? static_cast<Failure>(1 + draw(2)) : Failure::none;
    WriteBatch batch;
    auto after = model;
    for (std::uint32_t steps = 1 + draw(4); steps > 0; --steps) {
      const ProjectId& project = projects[draw(3)];
      const CalendarMonth at = month(i / 100 - static_cast<int>(draw(2)));
      const std::uint64_t tasks = 1 + draw(5);
      batch.append(Counted::step(counted.fence(draw(shard_count)), project, at, tasks));
      after[project][at] += tasks;
    }
    counted.store().fail_next_commit(failure);
    REQUIRE(counted.commits().commit_and_wait(std::move(batch)).ok() == (failure == Failure::none));
    if (failure != Failure::nothing_written) model = after;
    if (i % 50 == 7) counted.crash();
    if (i % 20 == 3) counted.own({ShardId{0}, counted.fence(draw(shard_count)).shard});
    if (i % 97 == 0 || i == 599) {
      for (const ProjectId& project : projects) REQUIRE(counted.months(project) == model[project]);
    }
  }
  CHECK(counted.stats().uncounted == 0);
}

TEST_CASE("all tasks of a project in one commit are one row, and the next one reads none",
          "[usage]") {
  const auto store = any_store();
  Counted counted(*store);
  counted.start();
  const auto commit = [&] {
    WriteBatch batch;
    for (std::uint32_t shard = 3; shard < 200; ++shard) {
      batch.append(Counted::step(counted.fence(shard), projects[0], month(0), 2));
    }
    REQUIRE(counted.commits().commit_and_wait(std::move(batch)).ok());
  };
  commit();
  CHECK(counted.months(projects[0]).at(month(0)) == 394);
  std::size_t rows = 0;
  for (const ShardId shard : ShardSet::all()) {
    rows += rows_of(**store, keys::task_counts(shard, projects[0])).size();
  }
  CHECK(rows == 1);
  const auto reads = counted.stats().reads;
  commit();
  CHECK(counted.stats().reads == reads);
  CHECK(counted.months(projects[0]).at(month(0)) == 788);
}

TEST_CASE("tasks of a batch whose shard has moved are not counted, those of its company are",
          "[usage]") {
  const auto store = any_store();
  Counted counted(*store, Millis(60'000));  // the first two wait for the third one
  counted.start();
  const Fence old = counted.fence(5);
  counted.own({ShardId{5}});
  Outcome refused = Done{};
  Outcome stored = Error(ErrorCode::internal_error, "not told");
  counted.commits().submit(Counted::step(counted.fence(9), projects[0], month(0), 3), Urgency::lazy,
                           [&](const Outcome& outcome) { stored = outcome; });
  counted.commits().submit(Counted::step(old, projects[0], month(0), 40), Urgency::lazy,
                           [&](const Outcome& outcome) { refused = outcome; });
  REQUIRE(counted.commits()
              .commit_and_wait(Counted::step(counted.fence(11), projects[0], month(0), 500))
              .ok());
  CHECK(stored.ok());
  REQUIRE_FALSE(refused.ok());
  CHECK(means_shard_moved(refused.error().code));
  CHECK(counted.months(projects[0]).at(month(0)) == 503);
}

TEST_CASE(
    "the first task of a month removes the months that are kept no longer, of its project alone",
    "[usage]") {
  const auto store = any_store();
  Counted counted(*store);
  counted.start();
  const auto step = [&](const ProjectId& project, int number) {
    REQUIRE(counted.commits()
                .commit_and_wait(Counted::step(counted.fence(7), project, month(number), 1))
                .ok());
  };
  for (int number = 0; number < 13; ++number) step(projects[0], number);
  step(projects[1], 0);
  CHECK(counted.months(projects[0]).size() == 13);
  step(projects[0], 13);
  const auto kept = counted.months(projects[0]);
  CHECK(kept.size() == limits::task_months_kept);
  CHECK(kept.begin()->first == month(1));
  CHECK(counted.months(projects[1]).size() == 1);
}

TEST_CASE("a count that cannot be read is left as it is, and what it misses is told", "[usage]") {
  const auto store = any_store();
  Counted counted(*store);
  counted.start();
  const auto step = [&](std::uint64_t tasks) {
    REQUIRE(counted.commits()
                .commit_and_wait(Counted::step(counted.fence(7), projects[0], month(0), tasks))
                .ok());
  };
  step(5);
  counted.crash();
  counted.store().fail_next_get();
  step(1);
  CHECK(counted.stats().uncounted == 1);
  step(2);
  CHECK(counted.months(projects[0]).at(month(0)) == 7);
}

}  // namespace millrace::tests
