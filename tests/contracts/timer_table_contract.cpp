// storage/tables/timer_table.h over every store.

#include "storage/tables/timer_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <map>

namespace millrace::tests {
namespace {

using storage::TimerRow;
using storage::TimerTable;
using storage::WriteBatch;

TimerRow timer_for(const std::string& user, Instant due, Random& random) {
  TimerRow timer;
  timer.due = due;
  timer.execution = id_for("project", user, at(5), random);
  timer.branch = BranchPath().child(1, 7).child(2, 70'000);
  timer.step = 9;
  timer.project = ProjectId("project");
  timer.user = UserId(user);
  return timer;
}

std::vector<TimerRow> due_before(const storage::OrderedStore& store, Instant before) {
  std::vector<TimerRow> timers;
  REQUIRE(TimerTable(store)
              .due(before,
                   [&](TimerRow timer) {
                     timers.push_back(std::move(timer));
                     return true;
                   })
              .ok());
  return timers;
}

void put(storage::OrderedStore& store, const TimerRow& timer) {
  WriteBatch batch;
  TimerTable::put(batch, timer);
  must_commit(store, batch);
}

TEST_CASE("a due timer comes back with every field and a later one does not", "[timer_table]") {
  const auto store = any_store();
  CountingRandom random;
  const auto timer = timer_for("user", at(1'000), random);
  put(**store, timer);
  CHECK(due_before(**store, at(1'000)).empty());
  const auto due = due_before(**store, at(1'001));
  REQUIRE(due.size() == 1);
  CHECK(due.front() == timer);
}

TEST_CASE("timers of many shards are each due in order of time", "[timer_table]") {
  const auto store = any_store();
  CountingRandom random;
  WriteBatch batch;
  for (int i = 0; i < 600; ++i) {
    TimerTable::put(batch, timer_for(std::to_string(i % 40), at(i * 7919 % 1'000), random));
  }
  must_commit(**store, batch);
  const auto due = due_before(**store, at(500));
  std::map<ShardId, Instant> last;
  std::size_t wrong = 0;
  for (const auto& timer : due) {
    auto& time = last.try_emplace(timer.execution.shard(), timer.due).first->second;
    if (timer.due < time || timer.due >= at(500)) ++wrong;
    time = timer.due;
  }
  CHECK(wrong == 0);
  std::size_t expected = 0;
  for (int i = 0; i < 600; ++i) expected += i * 7919 % 1'000 < 500 ? 1 : 0;
  CHECK(due.size() == expected);
}

TEST_CASE("the next due time is the earliest of all shards from a moment on", "[timer_table]") {
  const auto store = any_store();
  const TimerTable table(**store);
  CountingRandom random;
  CHECK_FALSE(table.next_due(at(0))->has_value());
  for (const int ms : {5'000, 3'000, 70'000}) {
    put(**store, timer_for(std::to_string(ms), at(ms), random));
  }
  CHECK(**table.next_due(at(0)) == at(3'000));
  CHECK(**table.next_due(at(3'000)) == at(3'000));
  CHECK(**table.next_due(at(3'001)) == at(5'000));
  CHECK(**table.next_due(at(6'000)) == at(70'000));
  CHECK_FALSE(table.next_due(at(70'001))->has_value());
}

TEST_CASE("times before 1970 are earlier than those after it", "[timer_table]") {
  const auto store = any_store();
  CountingRandom random;
  for (const int ms : {-1, 0, 1, -1'000}) put(**store, timer_for("user", at(ms), random));
  const auto due = due_before(**store, at(1));
  REQUIRE(due.size() == 3);
  CHECK(due[0].due == at(-1'000));
  CHECK(due[1].due == at(-1));
  CHECK(due[2].due == at(0));
}

TEST_CASE("a removed timer is gone and its neighbours at the same moment stay", "[timer_table]") {
  const auto store = any_store();
  CountingRandom random;
  const auto first = timer_for("user", at(10), random);
  auto second = first;
  second.step = 10;
  auto third = first;
  third.branch = BranchPath();
  for (const auto& timer : {first, second, third}) put(**store, timer);
  WriteBatch batch;
  TimerTable::remove(batch, first);
  must_commit(**store, batch);
  auto due = due_before(**store, at(11));
  REQUIRE(due.size() == 2);
  CHECK(std::count(due.begin(), due.end(), second) == 1);
  CHECK(std::count(due.begin(), due.end(), third) == 1);
}

TEST_CASE("visiting due timers stops when the visitor has seen enough", "[timer_table]") {
  const auto store = any_store();
  CountingRandom random;
  for (int i = 0; i < 5; ++i) put(**store, timer_for(std::to_string(i), at(i), random));
  int visits = 0;
  REQUIRE(TimerTable(**store).due(at(100), [&](const TimerRow&) { return ++visits < 2; }).ok());
  CHECK(visits == 2);
}

}  // namespace
}  // namespace millrace::tests
