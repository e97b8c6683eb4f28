#include "actors/functions/worker_shares.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <algorithm>
#include <map>
#include <string>

namespace millrace {
namespace {

using namespace std::chrono_literals;

const ProjectId a("a");
const ProjectId b("b");
const ProjectId c("c");

/// Shares of some places, and a clock. Workers have consecutive numbers.
struct Bed {
  explicit Bed(std::size_t places) : shares({places, 50ms, 200ms}) {}

  WorkerShares::Time now{};
  WorkerShares shares;
  int last = 0;

  /// A worker for the project, which begins a call.
  int serve(const ProjectId& project) {
    shares.assigned(++last, project, now);
    shares.began(last);
    return last;
  }
  /// The worker's call ends after so long.
  void reply(int worker, const ProjectId& project, WorkerShares::Duration held) {
    now += held;
    shares.charge(project, held);
    shares.became_idle(worker, now);
  }
};

}  // namespace

TEST_CASE("the first project with calls takes the first free place") {
  Bed bed(2);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  bed.shares.has_calls(a);
  bed.shares.has_calls(b);
  auto turn = bed.shares.next_turn(bed.now);
  REQUIRE(turn.has_value());
  CHECK(turn->project == a);
  CHECK_FALSE(turn->leaving.has_value());
  bed.serve(a);
  turn = bed.shares.next_turn(bed.now);
  REQUIRE(turn.has_value());
  CHECK(turn->project == b);
  bed.serve(b);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
}

TEST_CASE("a turn that could not be taken is given again") {
  Bed bed(1);
  bed.shares.has_calls(a);
  for (int i = 0; i < 3; ++i) {
    const auto turn = bed.shares.next_turn(bed.now);
    REQUIRE(turn.has_value());
    CHECK(turn->project == a);
  }
}

TEST_CASE("a project whose calls are gone has no turn") {
  Bed bed(1);
  bed.shares.has_calls(a);
  bed.shares.has_calls(b);
  bed.shares.has_no_calls(a);
  REQUIRE(bed.shares.next_turn(bed.now).has_value());
  CHECK(bed.shares.next_turn(bed.now)->project == b);
  CHECK(bed.shares.waiting_projects() == 1);
}

TEST_CASE("the worker that is idle for longest makes room for another project") {
  Bed bed(2);
  const int first = bed.serve(a);
  const int second = bed.serve(b);
  bed.reply(second, b, 1ms);
  bed.reply(first, a, 1ms);
  bed.shares.has_calls(c);
  const auto turn = bed.shares.next_turn(bed.now);
  REQUIRE(turn.has_value());
  CHECK(turn->project == c);
  CHECK(turn->leaving == second);
}

TEST_CASE("a project with more than its share yields as many workers as others wait for") {
  Bed bed(4);
  bed.shares.has_calls(a);
  for (int i = 0; i < 4; ++i) bed.serve(a);
  bed.shares.has_calls(b);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  int yielding = 0;
  int one = 0;
  for (int worker = 1; worker <= 4; ++worker) {
    if (!bed.shares.is_yielding(worker)) continue;
    ++yielding;
    one = worker;
  }
  CHECK(yielding == 1);
  // It is busy: its place comes free when its call has ended.
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  bed.reply(one, a, 3ms);
  const auto turn = bed.shares.next_turn(bed.now);
  REQUIRE(turn.has_value());
  CHECK(turn->project == b);
  CHECK(turn->leaving == one);
}

TEST_CASE("a worker that stands still has no place, and its project stands in the rotation again") {
  Bed bed(1);
  bed.shares.has_calls(a);
  const int worker = bed.serve(a);
  bed.shares.has_no_calls(a);
  bed.shares.suspended(worker);
  bed.shares.has_calls(b);
  auto turn = bed.shares.next_turn(bed.now);
  REQUIRE(turn.has_value());
  CHECK(turn->project == b);
  CHECK_FALSE(turn->leaving.has_value());
  const int other = bed.serve(b);
  bed.shares.has_no_calls(b);
  // Its call could go on.
  bed.shares.has_calls(a);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  bed.reply(other, b, 1ms);
  turn = bed.shares.next_turn(bed.now);
  REQUIRE(turn.has_value());
  CHECK(turn->project == a);
  CHECK(turn->leaving == other);
  bed.shares.ended(other);
  bed.shares.resumed(worker);
  CHECK(bed.shares.waiting_projects() == 0);
  bed.shares.has_calls(b);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
}

TEST_CASE("a worker that was to make room gives its place when it is stopped") {
  Bed bed(2);
  bed.shares.has_calls(a);
  bed.serve(a);
  bed.serve(a);
  bed.shares.has_calls(b);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  CHECK(bed.shares.has_yielding());
  const int yielding = bed.shares.is_yielding(1) ? 1 : 2;
  bed.shares.suspended(yielding);
  CHECK_FALSE(bed.shares.has_yielding());
  const auto turn = bed.shares.next_turn(bed.now);
  REQUIRE(turn.has_value());
  CHECK(turn->project == b);
  bed.shares.ended(yielding);
  CHECK(bed.shares.assigned_workers() == 1);
}

TEST_CASE("a project at its share keeps its worker until its credit is used up") {
  Bed bed(1);
  bed.shares.has_calls(a);
  REQUIRE(bed.shares.next_turn(bed.now).has_value());
  const int worker = bed.serve(a);
  bed.shares.has_calls(b);
  bed.reply(worker, a, 30ms);
  bed.shares.began(worker);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  CHECK_FALSE(bed.shares.is_yielding(worker));
  bed.reply(worker, a, 30ms);
  bed.shares.began(worker);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  CHECK(bed.shares.is_yielding(worker));
}

TEST_CASE("workers that yield stay when nobody waits any more") {
  Bed bed(2);
  bed.shares.has_calls(a);
  bed.serve(a);
  bed.serve(a);
  bed.shares.has_calls(b);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  CHECK((bed.shares.is_yielding(1) || bed.shares.is_yielding(2)));
  bed.shares.has_no_calls(b);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  CHECK_FALSE(bed.shares.is_yielding(1));
  CHECK_FALSE(bed.shares.is_yielding(2));
}

TEST_CASE("worker time is not charged while nobody waits for it") {
  Bed bed(1);
  bed.shares.has_calls(a);
  REQUIRE(bed.shares.next_turn(bed.now).has_value());
  const int worker = bed.serve(a);
  bed.reply(worker, a, 10s);
  bed.shares.began(worker);
  bed.shares.has_calls(b);
  CHECK_FALSE(bed.shares.next_turn(bed.now).has_value());
  CHECK_FALSE(bed.shares.is_yielding(worker));
}

TEST_CASE("a project in debt lets the others go first, also after it was away") {
  Bed bed(1);
  bed.shares.has_calls(a);
  REQUIRE(bed.shares.next_turn(bed.now).has_value());
  int worker = bed.serve(a);
  bed.shares.has_calls(b);
  bed.reply(worker, a, 200ms);
  bed.shares.has_no_calls(a);
  bed.shares.ended(worker);  // nothing of it is left but its debt
  REQUIRE(bed.shares.next_turn(bed.now)->project == b);
  worker = bed.serve(b);
  bed.shares.has_calls(a);
  bed.shares.has_calls(c);
  bed.reply(worker, b, 1ms);
  bed.shares.has_no_calls(b);
  bed.shares.ended(worker);
  CHECK(bed.shares.next_turn(bed.now)->project == c);
  bed.serve(c);
  CHECK(bed.shares.waiting_projects() == 1);
}

TEST_CASE("a crowded project has one more worker while that costs nobody anything") {
  Bed bed(2);
  bed.shares.has_calls(a);
  bed.serve(a);
  REQUIRE(bed.shares.crowded() == std::vector<ProjectId>{a});
  const auto free = bed.shares.one_more(a, bed.now);
  REQUIRE(free.has_value());
  CHECK_FALSE(free->leaving.has_value());
  const int other = bed.serve(b);
  bed.reply(other, b, 1ms);
  CHECK_FALSE(bed.shares.one_more(a, bed.now + 199ms).has_value());
  const auto unused = bed.shares.one_more(a, bed.now + 200ms);
  REQUIRE(unused.has_value());
  CHECK(unused->leaving == other);
  bed.shares.has_calls(c);
  CHECK_FALSE(bed.shares.one_more(a, bed.now + 200ms).has_value());
  bed.shares.has_no_calls(a);
  CHECK(bed.shares.crowded().empty());
}

TEST_CASE("projects that always have calls get about equal worker time, however long theirs are") {
  const std::map<ProjectId, WorkerShares::Duration> call_time{{ProjectId("short"), 1ms},
                                                              {ProjectId("middle"), 20ms},
                                                              {ProjectId("long"), 300ms},
                                                              {ProjectId("longer"), 500ms}};
  struct Call {
    int worker;
    ProjectId project;
  };
  Bed bed(2);
  std::multimap<WorkerShares::Time, Call> ends;  // of the calls that run
  std::map<ProjectId, WorkerShares::Duration> used;
  const auto begin = [&](int worker, const ProjectId& project) {
    ends.insert({bed.now + call_time.at(project), {worker, project}});
  };
  for (const auto& [project, time] : call_time) bed.shares.has_calls(project);
  while (bed.now < WorkerShares::Time(200s)) {
    while (const auto turn = bed.shares.next_turn(bed.now)) {
      if (turn->leaving) bed.shares.ended(*turn->leaving);
      begin(bed.serve(turn->project), turn->project);
    }
    REQUIRE_FALSE(ends.empty());
    const auto [end, call] = *ends.begin();
    ends.erase(ends.begin());
    const auto time = call_time.at(call.project);
    bed.now = end;
    used[call.project] += time;
    bed.shares.charge(call.project, time);
    bed.shares.became_idle(call.worker, bed.now);
    if (bed.shares.is_yielding(call.worker)) continue;
    bed.shares.began(call.worker);
    begin(call.worker, call.project);
  }
  for (const auto& [project, time] : used) {
    INFO(project.text << " "
                      << std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
    CHECK(time > 400s / 8);
    CHECK(time < 400s / 2);
  }
}

TEST_CASE("over any order of events places are neither lost nor exceeded") {
  SeededRandom random(17);
  Bed bed(3);
  std::map<int, ProjectId> workers;
  const auto any_worker = [&] {
    auto each = workers.begin();
    std::advance(each, static_cast<std::ptrdiff_t>(random.below(workers.size())));
    return *each;
  };
  const auto take = [&](const WorkerShares::Turn& turn) {
    if (turn.leaving) {
      REQUIRE(workers.erase(*turn.leaving) == 1);
      bed.shares.ended(*turn.leaving);
    }
    workers.emplace(bed.serve(turn.project), turn.project);
  };
  for (int round = 0; round < 20'000; ++round) {
    const ProjectId project(std::string(1, static_cast<char>('a' + random.below(6))));
    const auto dice = random.below(6);
    if (dice == 0) bed.shares.has_calls(project);
    if (dice == 1) bed.shares.has_no_calls(project);
    if (dice >= 2 && !workers.empty()) {
      const auto [worker, owner] = any_worker();
      if (dice == 2) bed.shares.began(worker);
      if (dice == 3) bed.reply(worker, owner, std::chrono::milliseconds(random.below(100)));
      if (dice == 4) {
        workers.erase(worker);
        bed.shares.ended(worker);
      }
    }
    while (const auto turn = bed.shares.next_turn(bed.now)) take(*turn);
    for (const ProjectId& each : bed.shares.crowded()) {
      if (const auto turn = bed.shares.one_more(each, bed.now)) take(*turn);
    }
    REQUIRE(workers.size() <= 3);
    REQUIRE(bed.shares.assigned_workers() == workers.size());
    if (workers.size() < 3) REQUIRE(bed.shares.waiting_projects() == 0);
  }
}

}  // namespace millrace
