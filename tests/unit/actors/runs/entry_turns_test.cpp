#include "actors/runs/entry_turns.h"

#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"

#include <atomic>
#include <deque>
#include <map>
#include <vector>

using namespace millrace;

namespace {

const ProjectId large("large");
const ProjectId small("small");

/// Projects that bring runs in as soon as they may.
struct Node {
  explicit Node(std::size_t at_once_max)
      : turns(clock, {.at_once_max = at_once_max, .quantum = Millis(5), .debt_max = Millis(100)},
              waiting) {}

  /// True: it has one more.
  bool take(const ProjectId& project) {
    auto turn = turns.take(project, [this, project] { told.push_back(project); });
    if (turn == nullptr) return false;
    held[project].push_back(std::move(turn));
    return true;
  }
  /// Its first turn ends, and whoever is told takes the next one.
  void end(const ProjectId& project) {
    held[project].pop_front();
    const auto tell = std::exchange(told, {});
    for (const ProjectId& each : tell) CHECK(take(each));
  }

  ManualClock clock;
  std::atomic<std::int64_t> waiting{0};
  std::vector<ProjectId> told;
  EntryTurns turns;
  std::map<ProjectId, std::deque<EntryTurns::Held>> held;
};

}  // namespace

TEST_CASE("a project that is alone has all turns, and is told when one more is free") {
  Node node(3);
  for (int i = 0; i < 3; ++i) CHECK(node.take(large));
  CHECK_FALSE(node.take(large));
  CHECK(node.waiting == 1);
  CHECK(node.told.empty());
  node.held[large].pop_front();
  REQUIRE(node.told == std::vector{large});
  CHECK(node.waiting == 0);
  CHECK(node.take(large));
}

TEST_CASE("a project with one waiting run has the next turn, however many another one wants") {
  Node node(2);
  while (node.take(large)) {
  }
  CHECK_FALSE(node.take(small));
  node.end(large);  // it asked first
  CHECK_FALSE(node.take(large));
  node.end(large);
  CHECK(node.held[small].size() == 1);
}

TEST_CASE("a turn that is kept for a project is not another one's, until it is forgone") {
  Node node(1);
  CHECK(node.take(large));
  CHECK_FALSE(node.take(small));
  node.held[large].clear();
  REQUIRE(node.told == std::vector{small});
  CHECK_FALSE(node.take(large));
  node.told.clear();
  node.turns.forgo(small);
  REQUIRE(node.told == std::vector{large});
  CHECK(node.take(large));
}

TEST_CASE("who wants none any more is not told, and others go on") {
  Node node(1);
  CHECK(node.take(large));
  CHECK_FALSE(node.take(small));
  node.turns.forgo(small);
  CHECK(node.waiting == 0);
  node.held[large].clear();
  CHECK(node.told.empty());
  CHECK(node.take(large));
}

TEST_CASE("turns that are held for long cost their project as many as they kept from others") {
  Node node(1);
  std::map<ProjectId, int> had;
  CHECK(node.take(large));
  for (int i = 0; i < 200; ++i) {
    const ProjectId owner = node.held[large].empty() ? small : large;
    const ProjectId other = owner == large ? small : large;
    ++had[owner];
    CHECK_FALSE(node.take(other));
    CHECK_FALSE(node.take(owner));
    node.clock.advance(owner == large ? Millis(20) : Millis(2));
    node.end(owner);
  }
  // A round gives each one turn; the large one passes four of them to pay for one of its own.
  CHECK(had[small] >= 3 * had[large]);
  CHECK(had[small] <= 5 * had[large]);
}
