// The queues of a project, one for each priority, with rows that are only numbers: no actor and no store.

#include "actors/runs/run_queues.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace millrace {
namespace {

constexpr std::uint32_t hour = 3'600'000;

/// A run that was accepted so many milliseconds after the beginning.
ExecutionId run_at(std::uint32_t ms) {
  ExecutionId id;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[5 - i] = static_cast<std::uint8_t>(ms >> (8 * i));
  return id;
}

storage::TimerRow due_at(std::uint32_t ms) {
  storage::TimerRow timer;
  timer.due = run_at(ms).made_at();
  return timer;
}

/// What the rows of unfinished runs are to the queues.
struct Rows {
  struct Row {
    UserId user;
    Priority priority;
  };

  RunsFound read(const RunsWanted& wanted) const {
    RunsFound found{wanted, {}, {}};
    for (const auto& [id, row] : rows) {
      if (!wanted.stretch.contains(id)) continue;
      if (row.user != wanted.user || row.priority != wanted.priority) continue;
      if (found.runs.size() == wanted.count_max) {
        found.next = id;
        break;
      }
      found.runs.push_back({id, {}});
    }
    return found;
  }
  UsersFound all_users(const UsersWanted& wanted) const {
    std::map<UserId, WaitingUser> users;
    for (const auto& [id, row] : rows) {
      if (row.priority != wanted.priority) continue;
      WaitingUser& user =
          users.try_emplace(row.user, WaitingUser{row.user, {id, id}, 0}).first->second;
      user.stretch.include({id, id});
      ++user.runs;
    }
    UsersFound found;
    for (auto& [id, user] : users) found.users.push_back(user);
    return found;
  }

  std::map<ExecutionId, Row> rows;
};

struct Bench {
  explicit Bench(RunQueueOptions options = {}) : queues(options) {}

  void push(const std::string& user, std::uint32_t ms, Priority priority) {
    rows.rows[run_at(ms)] = {UserId(user), priority};
    queues.push({UserId(user), run_at(ms), {}, {}, priority});
  }
  /// Answers readings until nothing is to be read.
  void read_all() {
    while (const auto reading = queues.next_reading()) {
      ++readings;
      if (const auto* const users = std::get_if<UsersWanted>(&*reading)) {
        queues.found(rows.all_users(*users));
        continue;
      }
      std::vector<RunsFound> found;
      for (const auto& wanted : std::get<std::vector<RunsWanted>>(*reading)) {
        found.push_back(rows.read(wanted));
      }
      queues.found(
          found, [](const UserId&, const ExecutionId&) { return false; },
          [](Instant) { return Moment{}; });
    }
  }
  /// Runs the one whose turn it is to its end; nothing: nobody's.
  std::optional<WaitingRun> run_next() {
    read_all();
    auto next = queues.pop();
    if (next) rows.rows.erase(next->execution);
    return next;
  }
  std::vector<ExecutionId> run_all() {
    std::vector<ExecutionId> order;
    while (const auto next = run_next()) order.push_back(next->execution);
    return order;
  }

  RunQueues queues;
  Rows rows;
  std::size_t readings = 0;
};

std::vector<ExecutionId> runs_at(const std::vector<std::uint32_t>& times) {
  std::vector<ExecutionId> runs;
  for (const auto ms : times) runs.push_back(run_at(ms));
  return runs;
}

TEST_CASE("the run of the highest priority has its turn, whoever came first and whoever's it is") {
  Bench bench;
  bench.push("a", 1, 1);
  bench.push("a", 2, 5);
  bench.push("b", 3, 5);
  bench.push("b", 4, 9);
  bench.push("a", 5, 9);
  bench.push("a", 6, 9);
  CHECK(bench.run_all() == runs_at({4, 5, 6, 2, 3, 1}));
  CHECK(bench.queues.size() == 0);
}

TEST_CASE("users take turns within a priority, however many runs one of them has there") {
  Bench bench;
  for (std::uint32_t i = 1; i <= 6; ++i) bench.push("busy", i, 7);
  bench.push("quiet", 7, 7);
  bench.push("quiet", 8, 2);
  CHECK(bench.run_all() == runs_at({1, 7, 2, 3, 4, 5, 6, 8}));
}

TEST_CASE("what has waited an hour longer for each step goes before a higher priority") {
  Bench bench;
  bench.push("u", 0, 1);
  bench.push("u", 1, 1);
  bench.push("u", 8 * hour, 9);      // the first one has waited for exactly so long
  bench.push("u", 8 * hour + 2, 9);  // both have
  CHECK(bench.run_all() == runs_at({8 * hour, 0, 1, 8 * hour + 2}));
}

TEST_CASE("however many urgent runs come, the others move up to their turn") {
  Bench bench;
  bench.push("u", 0, 1);
  std::uint32_t now = 1;
  for (; now < 20 * hour; now += hour / 60) {
    bench.push("u", now, 9);
    if (bench.run_next()->priority == 1) break;
  }
  CHECK(now > 8 * hour - hour / 60);
  CHECK(now <= 8 * hour + 2 * (hour / 60));
}

TEST_CASE("a woken run waits since its timer was due") {
  Bench bench;
  bench.push("u", 5 * hour, 5);
  bench.queues.push({UserId("u"), run_at(1), {}, due_at(6 * hour), 4});
  CHECK(bench.queues.pop()->execution == run_at(5 * hour));
  CHECK(bench.queues.pop()->execution == run_at(1));
}

TEST_CASE("timers of all priorities share their room, and a part of it is for each") {
  Bench bench({.timers = 18, .timers_per_user = 18});
  const auto wake = [&](std::uint32_t ms, Priority priority) {
    bench.queues.push({UserId("u"), run_at(ms), {}, due_at(ms), priority});
  };
  for (std::uint32_t i = 1; i <= 100; ++i) wake(i, 1);
  CHECK(bench.queues.size() == 18);
  for (std::uint32_t i = 101; i <= 200; ++i) wake(i, 9);
  CHECK(bench.queues.size() == 20);
  CHECK(bench.queues.pop()->execution == run_at(101));
}

TEST_CASE("urgent runs pass a queue that is longer than what is held of it") {
  Bench bench({.window = 16, .window_per_user = 8});
  std::vector<std::uint32_t> urgent;
  std::vector<std::uint32_t> others;
  for (std::uint32_t i = 1; i <= 1'000; ++i) {
    const bool is_urgent = i % 10 == 0;
    bench.push("busy", i, is_urgent ? 9 : 1);
    (is_urgent ? urgent : others).push_back(i);
  }
  CHECK(bench.queues.size() == 1'000);
  CHECK(bench.queues.size_of(UserId("busy")) == 1'000);
  urgent.insert(urgent.end(), others.begin(), others.end());
  CHECK(bench.run_all() == runs_at(urgent));
  CHECK(bench.readings < 400);
  CHECK(bench.queues.size() == 0);
}

TEST_CASE("users of whom track was lost are found in the rows of the right priority") {
  Bench bench({.window = 4, .window_per_user = 1});
  for (std::uint32_t i = 1; i <= 60; ++i) {
    bench.push("user " + std::to_string(i), i, i % 2 == 0 ? 8 : 3);
  }
  std::vector<Priority> order;
  while (const auto next = bench.run_next()) order.push_back(next->priority);
  CHECK(order.size() == 60);
  CHECK(std::is_sorted(order.rbegin(), order.rend()));
}

TEST_CASE("a held user is passed over in every priority, also in one that comes later") {
  Bench bench;
  bench.push("full", 1, 5);
  bench.queues.hold(UserId("full"));
  bench.push("full", 2, 9);
  bench.push("other", 3, 1);
  CHECK_FALSE(bench.queues.has_turn_above(1));
  CHECK(bench.run_next()->execution == run_at(3));
  CHECK_FALSE(bench.queues.has_turn());
  CHECK_FALSE(bench.queues.pop().has_value());
  bench.queues.release(UserId("full"));
  CHECK(bench.run_all() == runs_at({2, 1}));
}

TEST_CASE("whoever asks is told whether runs of its priority or a higher one wait") {
  Bench bench;
  const UserId user("u");
  CHECK_FALSE(bench.queues.has_waiting(user));
  bench.push("u", 1, 5);
  CHECK(bench.queues.has_waiting(user));
  CHECK(bench.queues.has_waiting(user, 5));
  CHECK_FALSE(bench.queues.has_waiting(user, 6));
  CHECK(bench.queues.has_turn_above(4));
  CHECK_FALSE(bench.queues.has_turn_above(5));
}

TEST_CASE("one reading is under way at a time, and its answer goes to who asked") {
  Bench bench({.window = 4, .window_per_user = 2});
  for (std::uint32_t i = 1; i <= 10; ++i) bench.push("u", i, i % 2 == 0 ? 9 : 1);
  for (int i = 0; i < 3; ++i) bench.rows.rows.erase(bench.queues.pop()->execution);
  REQUIRE(bench.queues.next_reading().has_value());
  CHECK_FALSE(bench.queues.next_reading().has_value());
  bench.queues.reading_failed();
  bench.queues.read_again();
  CHECK(bench.run_all() == runs_at({6, 8, 10, 3, 5, 7, 9}));
}

TEST_CASE("what goes before a run is counted over all priorities") {
  Bench bench;
  const UserId a("a");
  const auto all = RunQueues::Among::all;
  const auto own = RunQueues::Among::own_user;
  for (std::uint32_t i = 1; i <= 3; ++i) bench.push("a", i, 5);
  for (std::uint32_t i = 4; i <= 5; ++i) bench.push("b", i, 5);
  bench.push("a", 6, 9);
  bench.push("b", 7, 9);
  bench.push("a", 8, 1);
  CHECK(bench.queues.ahead_of(a, run_at(6), 9, all) == 0);
  CHECK(bench.queues.ahead_of(a, run_at(3), 5, all) == 4);  // 1, 2 and the urgent ones
  CHECK(bench.queues.ahead_of(a, run_at(3), 5, own) == 3);
  CHECK(bench.queues.ahead_of(a, run_at(8), 1, all) == 7);
  CHECK(bench.queues.ahead_of(a, run_at(8), 1, own) == 4);
}

TEST_CASE("what goes before a run is counted by what each has waited, and in rows as well") {
  Bench bench({.window = 16, .window_per_user = 4});
  const UserId user("u");
  const auto all = RunQueues::Among::all;
  for (std::uint32_t i = 1; i <= 100; ++i) bench.push("u", i, 4);
  bench.push("u", 2 * hour, 5);
  bench.push("u", 2 * hour + 1, 9);
  CHECK(bench.queues.ahead_of(user, run_at(2 * hour), 5, all) == 101);
  CHECK(bench.queues.ahead_of(user, run_at(2 * hour + 1), 9, all) == 0);
  // Only in its row: behind all of its user's.
  CHECK(bench.queues.ahead_of(user, run_at(100), 4, all) == 100);
  CHECK(bench.queues.ahead_of(user, run_at(2), 4, all) == 2);
}

TEST_CASE("of one user's runs the one with the earliest place goes first, in any order of events") {
  SeededRandom random(11);
  Bench bench;
  std::map<std::pair<Instant, std::pair<int, ExecutionId>>, ExecutionId> model;
  std::uint32_t now = 0;
  for (int round = 0; round < 5'000; ++round) {
    now += static_cast<std::uint32_t>(1 + random.below(hour / 50));
    if (random.below(2) == 0 && model.size() < 60) {
      const auto priority = static_cast<Priority>(1 + random.below(9));
      bench.push("u", now, priority);
      const ExecutionId id = run_at(now);
      model[{place_in_line(id.made_at(), priority), {-priority, id}}] = id;
    } else if (!model.empty()) {
      REQUIRE(bench.run_next()->execution == model.begin()->second);
      model.erase(model.begin());
    }
    REQUIRE(bench.queues.size() == model.size());
  }
}

}  // namespace
}  // namespace millrace
