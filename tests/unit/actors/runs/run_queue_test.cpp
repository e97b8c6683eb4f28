// The queue of a project, with rows that are only numbers: no actor and no store.

#include "actors/runs/run_queue.h"

#include "tests/support/catch.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace millrace {
namespace {

ExecutionId run_number(std::uint32_t number) {
  ExecutionId id;
  for (std::size_t i = 0; i < 4; ++i) {
    id.bytes[5 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return id;
}

/// What the rows of unfinished runs are to the queue.
struct Rows {
  void put(const std::string& user, std::uint32_t number) {
    runs[UserId(user)].push_back(run_number(number));
  }
  void remove(const UserId& user, const ExecutionId& id) { std::erase(runs[user], id); }

  RunsFound read(const RunsWanted& wanted) {
    RunsFound found{wanted, {}, {}};
    for (const ExecutionId& id : runs[wanted.user]) {
      if (!wanted.stretch.contains(id)) continue;
      if (found.runs.size() == wanted.count_max) {
        found.next = id;
        break;
      }
      found.runs.push_back({id, {}});
    }
    return found;
  }
  UsersFound all_users() const {
    UsersFound found;
    for (const auto& [user, ids] : runs) {
      if (!ids.empty()) found.users.push_back({user, {ids.front(), ids.back()}, ids.size()});
    }
    return found;
  }

  std::map<UserId, std::vector<ExecutionId>> runs;
};

struct Bench {
  explicit Bench(RunQueueOptions options) : queue(options) {}

  void push(const std::string& user, std::uint32_t number) {
    rows.put(user, number);
    queue.push({UserId(user), run_number(number)});
    window_max = std::max(window_max, queue.in_window());
  }
  /// Answers readings until nothing is to be read.
  void read_all() {
    while (const auto reading = queue.next_reading()) {
      ++readings;
      if (std::holds_alternative<UsersWanted>(*reading)) {
        queue.found(rows.all_users());
        continue;
      }
      std::vector<RunsFound> found;
      for (const auto& wanted : std::get<std::vector<RunsWanted>>(*reading)) {
        found.push_back(rows.read(wanted));
      }
      queue.found(
          found, [](const UserId&, const ExecutionId&) { return false; },
          [](Instant) { return Moment{}; });
      window_max = std::max(window_max, queue.in_window());
    }
  }
  /// Runs the one whose turn it is to its end.
  std::optional<WaitingRun> run_next() {
    read_all();
    auto next = queue.pop();
    if (next) rows.remove(next->user, next->execution);
    return next;
  }

  RunQueue queue;
  Rows rows;
  std::size_t window_max = 0;
  std::size_t readings = 0;
};

TEST_CASE("a long queue of one user comes in start order through a small window") {
  Bench bench({.window = 16, .window_per_user = 8});
  for (std::uint32_t i = 1; i <= 1'000; ++i) bench.push("busy", i);
  CHECK(bench.queue.size() == 1'000);
  for (std::uint32_t i = 1; i <= 1'000; ++i) {
    const auto next = bench.run_next();
    REQUIRE(next.has_value());
    CHECK(next->execution == run_number(i));
  }
  CHECK_FALSE(bench.run_next().has_value());
  CHECK(bench.queue.size() == 0);
  CHECK(bench.window_max <= 16);
  CHECK(bench.readings < 400);
}

TEST_CASE("a single run has its turn after one of each other, however long their queues are") {
  Bench bench({.window = 16, .window_per_user = 8});
  std::uint32_t number = 0;
  for (int i = 0; i < 300; ++i) {
    for (const char* user : {"a", "b", "c", "d"}) bench.push(user, ++number);
  }
  bench.push("single", ++number);
  int turns = 1;
  for (; turns < 100; ++turns) {
    const auto next = bench.run_next();
    REQUIRE(next.has_value());
    if (next->user == UserId("single")) break;
  }
  // The window is full of the others' runs: at most one round until it is read, one until it runs.
  CHECK(turns <= 12);
}

TEST_CASE("a run that comes while its user's runs are being read does not overtake them") {
  Bench bench({.window = 4, .window_per_user = 2});
  for (std::uint32_t i = 1; i <= 4; ++i) bench.push("u", i);
  bench.queue.pop();
  bench.rows.remove(UserId("u"), run_number(1));
  const auto reading = bench.queue.next_reading();
  REQUIRE(reading.has_value());
  bench.push("u", 5);
  CHECK_FALSE(bench.queue.next_reading().has_value());
  bench.queue.found(
      std::vector{bench.rows.read(std::get<std::vector<RunsWanted>>(*reading).front())},
      [](const UserId&, const ExecutionId&) { return false; }, [](Instant) { return Moment{}; });
  for (std::uint32_t i = 2; i <= 5; ++i) CHECK(bench.run_next()->execution == run_number(i));
}

TEST_CASE("what could not be read is read again") {
  Bench bench({.window = 4, .window_per_user = 2});
  for (std::uint32_t i = 1; i <= 10; ++i) bench.push("u", i);
  bench.queue.pop();
  REQUIRE(bench.queue.next_reading().has_value());
  bench.queue.reading_failed();
  CHECK_FALSE(bench.queue.next_reading().has_value());
  bench.queue.read_again();
  for (std::uint32_t i = 2; i <= 10; ++i) CHECK(bench.run_next()->execution == run_number(i));
}

TEST_CASE("users of whom the queue has lost track are found in their rows") {
  Bench bench({.window = 4, .window_per_user = 1});
  for (std::uint32_t i = 1; i <= 100; ++i) bench.push("user " + std::to_string(i), i);
  std::vector<ExecutionId> ran;
  while (const auto next = bench.run_next()) ran.push_back(next->execution);
  CHECK(ran.size() == 100);
  CHECK_FALSE(bench.queue.has_waiting(UserId("user 1")));
}

TEST_CASE("a run that is named again while it waits waits once") {
  Bench bench({.window = 2, .window_per_user = 1});
  for (int again = 0; again < 3; ++again) {
    for (std::uint32_t i = 1; i <= 5; ++i) {
      bench.queue.push({UserId("u"), run_number(i)});
      if (again == 0) bench.rows.put("u", i);
    }
  }
  CHECK(bench.queue.size() == 5);
  for (std::uint32_t i = 1; i <= 5; ++i) CHECK(bench.run_next()->execution == run_number(i));
  CHECK_FALSE(bench.run_next().has_value());
}

TEST_CASE("timers wait beside a long queue, and those beyond the window are left to their rows") {
  Bench bench({.window = 4, .window_per_user = 2, .timers = 4, .timers_per_user = 2});
  for (std::uint32_t i = 1; i <= 50; ++i) bench.push("u", i);
  for (std::uint32_t i = 100; i < 150; ++i) {
    bench.queue.push({UserId("u"), run_number(i), {}, storage::TimerRow{}});
  }
  CHECK(bench.queue.in_window() <= 4);
  CHECK(bench.queue.pop()->execution == run_number(1));
  CHECK(bench.queue.pop()->execution == run_number(2));
  CHECK(bench.queue.pop()->execution == run_number(100));
}

TEST_CASE("ten thousand timers that are due at once all wait in memory") {
  Bench bench({});
  for (std::uint32_t i = 1; i <= 10'000; ++i) {
    bench.queue.push({UserId("u"), run_number(i), {}, storage::TimerRow{}});
  }
  CHECK(bench.queue.in_window() == 10'000);
}

TEST_CASE("a held user is passed over until it is released") {
  Bench bench({});
  bench.push("full", 1);
  bench.push("other", 2);
  bench.queue.hold(UserId("full"));
  CHECK(bench.queue.pop()->execution == run_number(2));
  CHECK_FALSE(bench.queue.pop().has_value());
  bench.queue.release(UserId("full"));
  CHECK(bench.queue.pop()->execution == run_number(1));
}

}  // namespace
}  // namespace millrace
