// What is due over every store: storage/tables/due_rows.h, timer_table.h, wake_table.h.

#include "storage/keys.h"
#include "storage/tables/due_rows.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <map>

namespace millrace::tests {
namespace {

using namespace std::string_literals;
using storage::DueRow;
using storage::TimerRow;
using storage::TimerTable;
using storage::WakeRow;
using storage::WakeTable;
using storage::WakeTarget;
using storage::WriteBatch;

TimerRow timer_for(const std::string& user, Instant due, Random& random) {
  TimerRow timer;
  timer.due = due;
  timer.execution = id_for("project", user, at(5), random);
  timer.branch = BranchPath().child(1, 7).child(2, 70'000);
  timer.step = 9;
  timer.project = ProjectId("project");
  timer.user = UserId(user);
  timer.priority = static_cast<Priority>(1 + user.size() % priority_max);
  return timer;
}

std::vector<DueRow> rows_due(const storage::OrderedStore& store, Instant before,
                             const ShardSet& shards = ShardSet::all()) {
  std::vector<DueRow> rows;
  REQUIRE(storage::visit_due(store, shards, before, [&](DueRow row) {
            rows.push_back(std::move(row));
            return true;
          }).ok());
  return rows;
}

std::vector<TimerRow> due_before(const storage::OrderedStore& store, Instant before) {
  std::vector<TimerRow> timers;
  for (const auto& row : rows_due(store, before)) timers.push_back(std::get<TimerRow>(row));
  return timers;
}

WakeRow wake_for(const std::string& project, Instant due, WakeTarget target, std::string key) {
  return {due, target, std::move(key), shard_of(ProjectId(project))};
}

void put(storage::OrderedStore& store, const WakeRow& wake) {
  WriteBatch batch;
  WakeTable::put(batch, wake);
  must_commit(store, batch);
}

void put(storage::OrderedStore& store, const TimerRow& timer) {
  WriteBatch batch;
  TimerTable::put(batch, timer);
  must_commit(store, batch);
}

TEST_CASE("a due timer comes back with every field and a later one does not", "[due_rows]") {
  const auto store = any_store();
  CountingRandom random;
  const auto timer = timer_for("user", at(1'000), random);
  put(**store, timer);
  CHECK(due_before(**store, at(1'000)).empty());
  const auto due = due_before(**store, at(1'001));
  REQUIRE(due.size() == 1);
  CHECK(due.front() == timer);
}

TEST_CASE("timers of many shards are each due in order of time", "[due_rows]") {
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

TEST_CASE("what is due comes in order of time over all shards and both kinds", "[due_rows]") {
  const auto store = any_store();
  CountingRandom random;
  WriteBatch batch;
  for (int i = 0; i < 300; ++i) {
    TimerTable::put(batch, timer_for(std::to_string(i), at(i * 7919 % 1'000), random));
    WakeTable::put(
        batch, wake_for(std::to_string(i), at(i * 104'729 % 1'000), WakeTarget::poll, "target"));
  }
  must_commit(**store, batch);
  const auto due = rows_due(**store, at(1'000));
  REQUIRE(due.size() == 600);
  const auto earlier = [](const DueRow& a, const DueRow& b) { return due_of(a) < due_of(b); };
  CHECK(std::is_sorted(due.begin(), due.end(), earlier));
  CHECK(std::count_if(due.begin(), due.end(),
                      [](const auto& row) { return std::holds_alternative<WakeRow>(row); }) == 300);
}

TEST_CASE("a wake comes back with its kind, its target's key and its shard", "[due_rows]") {
  const auto store = any_store();
  for (const auto target : {WakeTarget::schedule, WakeTarget::retention, WakeTarget{255}}) {
    for (const std::string& key : {"k"s, "\0\xff\0\1 any bytes"s,
                                   std::string(storage::keys::wake_target_bytes_max, '\xff')}) {
      const WakeRow wake{at(-5), target, key, ShardId{255}};
      put(**store, wake);
      const auto due = rows_due(**store, at(0));
      REQUIRE(due.size() == 1);
      CHECK(std::get<WakeRow>(due.front()) == wake);
      CHECK(shard_of(due.front()) == ShardId{255});
      WriteBatch batch;
      WakeTable::remove(batch, wake);
      must_commit(**store, batch);
      CHECK(rows_due(**store, at(0)).empty());
    }
  }
}

TEST_CASE("a wake without a target or with too long a one is a bug of its author", "[due_rows]") {
  WriteBatch batch;
  CHECK_THROWS_AS(WakeTable::put(batch, {at(1), WakeTarget::poll, "", ShardId{1}}), BugFound);
  const std::string longer(storage::keys::wake_target_bytes_max + 1, 'k');
  CHECK_THROWS_AS(WakeTable::put(batch, {at(1), WakeTarget::poll, longer, ShardId{1}}), BugFound);
  CHECK_THROWS_AS(WakeTable::put(batch, {at(1), WakeTarget::poll, "k", ShardId{256}}), BugFound);
  CHECK(batch.empty());
}

TEST_CASE("only rows of the shards that were asked for are due", "[due_rows]") {
  const auto store = any_store();
  CountingRandom random;
  for (int i = 0; i < 40; ++i) {
    put(**store, timer_for(std::to_string(i), at(i), random));
    put(**store, wake_for(std::to_string(i), at(i), WakeTarget::schedule, "target"));
  }
  const ShardSet some{shard_of(ProjectId("project"), UserId("7")), shard_of(ProjectId("3"))};
  const auto due = rows_due(**store, at(100), some);
  CHECK(due.size() >= 2);
  for (const auto& row : due) CHECK(some.contains(shard_of(row)));
  CHECK(due.size() + rows_due(**store, at(100), ShardSet::all() - some).size() == 80);
  CHECK(rows_due(**store, at(100), ShardSet::none()).empty());
}

TEST_CASE("a damaged row is passed over and told of, and all later ones are visited",
          "[due_rows]") {
  const auto store = any_store();
  CountingRandom random;
  for (int i = 0; i < 40; ++i) put(**store, timer_for(std::to_string(i), at(10 + i), random));
  put(**store, wake_for("late", at(90), WakeTarget::schedule, "target"));
  WriteBatch damage;
  const auto first = timer_for("0", at(1), random);
  damage.put(storage::keys::timer(at(1), first.execution, first.branch, first.step), "damaged");
  damage.put(storage::keys::timers_from(ShardId{0}, at(2)) + "half a key", "");
  damage.put(storage::keys::wakes_from(ShardId{0}, at(3)), "no target");
  // A timer of a user who lives on another shard.
  auto foreign = timer_for("1", at(4), random);
  WriteBatch of_foreign;
  TimerTable::put(of_foreign, foreign);
  damage.put(storage::keys::timer(at(4), first.execution, first.branch, first.step),
             of_foreign.operations().front().value);
  // A key that names another shard than its execution does.
  std::string moved = storage::keys::timer(at(5), first.execution, first.branch, first.step);
  moved[1] = static_cast<char>(moved[1] ^ 1);
  damage.put(moved, of_foreign.operations().front().value);
  must_commit(**store, damage);
  std::size_t visited = 0;
  const auto outcome = storage::visit_due(**store, ShardSet::all(), at(100), [&](const DueRow&) {
    ++visited;
    return true;
  });
  CHECK(visited == 41);
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().code == ErrorCode::corrupt_data);
}

TEST_CASE("times before 1970 are earlier than those after it", "[due_rows]") {
  const auto store = any_store();
  CountingRandom random;
  for (const int ms : {-1, 0, 1, -1'000}) put(**store, timer_for("user", at(ms), random));
  const auto due = due_before(**store, at(1));
  REQUIRE(due.size() == 3);
  CHECK(due[0].due == at(-1'000));
  CHECK(due[1].due == at(-1));
  CHECK(due[2].due == at(0));
}

TEST_CASE("a removed timer is gone and its neighbours at the same moment stay", "[due_rows]") {
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

TEST_CASE("visiting due timers stops when the visitor has seen enough", "[due_rows]") {
  const auto store = any_store();
  CountingRandom random;
  for (int i = 0; i < 5; ++i) put(**store, timer_for(std::to_string(i), at(i), random));
  int visits = 0;
  REQUIRE(storage::visit_due(**store, ShardSet::all(), at(100), [&](const DueRow&) {
            return ++visits < 2;
          }).ok());
  CHECK(visits == 2);
}

}  // namespace
}  // namespace millrace::tests
