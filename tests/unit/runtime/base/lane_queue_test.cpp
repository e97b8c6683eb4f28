#include "runtime/base/lane_queue.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace millrace;

namespace {

template <class Queue>
std::vector<int> pop_all(Queue& queue) {
  std::vector<int> popped;
  while (auto entry = queue.pop()) popped.push_back(*entry);
  return popped;
}

}  // namespace

TEST_CASE("lanes take turns and each keeps its order") {
  LaneQueue<std::string, int> queue;
  for (int i = 1; i <= 4; ++i) queue.push("a", i);
  queue.push("b", 10);
  queue.push("b", 11);
  CHECK(queue.size() == 6);
  CHECK(queue.size_of("a") == 4);
  REQUIRE(queue.next() != nullptr);
  CHECK(*queue.next() == "a");
  CHECK(pop_all(queue) == std::vector<int>{1, 10, 2, 11, 3, 4});
  CHECK(queue.empty());
}

TEST_CASE("who has the turn, and who waits behind, can be looked at") {
  LaneQueue<std::string, int> queue;
  CHECK(queue.front() == nullptr);
  for (int i = 1; i <= 3; ++i) queue.push("a", i);
  queue.push("b", 10);
  REQUIRE(queue.front() != nullptr);
  CHECK(*queue.front() == 1);
  queue.hold("a");
  CHECK(*queue.front() == 10);
  std::vector<int> seen;
  queue.visit("a", [&](int entry) {
    seen.push_back(entry);
    return entry < 2;
  });
  CHECK(seen == std::vector<int>{1, 2});
  queue.visit("nobody", [&](int) { return seen.empty(); });
  int sum = 0;
  queue.visit_all([&](int entry) { sum += entry; });
  CHECK(sum == 16);
}

TEST_CASE("an entry that goes back to the head is the next of its lane") {
  LaneQueue<std::string, int> queue;
  queue.push("a", 2);
  queue.push("b", 10);
  queue.push_front("a", 1);
  CHECK(pop_all(queue) == std::vector<int>{1, 10, 2});
}

TEST_CASE("an entry that is taken back never has its turn") {
  LaneQueue<std::string, int> queue;
  queue.push("a", 1);
  const auto second = queue.push("a", 2);
  const auto only = queue.push("b", 10);
  queue.remove("a", second);
  queue.remove("b", only);
  CHECK(queue.size() == 1);
  CHECK(pop_all(queue) == std::vector<int>{1});
}

TEST_CASE("a held lane keeps its entries and is passed over until it is released") {
  LaneQueue<std::string, int> queue;
  queue.push("a", 1);
  queue.push("b", 10);
  queue.hold("a");
  queue.push("a", 2);
  CHECK(pop_all(queue) == std::vector<int>{10});
  CHECK(queue.size() == 2);
  queue.release("a");
  queue.release("nobody");
  CHECK(pop_all(queue) == std::vector<int>{1, 2});
}

TEST_CASE("a lane that is held before it has entries is held when they come") {
  LaneQueue<std::string, int> queue;
  queue.hold("a");
  queue.push("a", 1);
  CHECK(queue.next() == nullptr);
  CHECK(queue.pop() == std::nullopt);
  queue.release("a");
  CHECK(queue.pop() == 1);
}

TEST_CASE("the first lane whose head fits is served, and then stands last") {
  LaneQueue<std::string, int> queue;
  for (const int entry : {1, 2}) queue.push("odd first", entry);
  for (const int entry : {4, 6}) queue.push("even", entry);
  const auto is_even = [](int entry) { return entry % 2 == 0; };
  CHECK(queue.pop_if(is_even) == 4);
  CHECK(queue.pop() == 1);
  CHECK(queue.pop_if(is_even) == 6);
  CHECK(queue.pop_if(is_even) == 2);
  CHECK(queue.pop_if(is_even) == std::nullopt);
}

TEST_CASE("entries that can only be moved pass through a lane") {
  LaneQueue<int, std::unique_ptr<int>> queue;
  queue.push(1, std::make_unique<int>(7));
  const auto popped = queue.pop();
  REQUIRE(popped.has_value());
  CHECK(**popped == 7);
}

TEST_CASE("no entry is lost, doubled or overtaken within its lane in any order of events") {
  SeededRandom random(5);
  LaneQueue<std::size_t, int> queue;
  struct Waiting {
    int entry;
    LaneQueue<std::size_t, int>::Ticket ticket;
  };
  std::map<std::size_t, std::deque<Waiting>> model;
  std::map<std::size_t, bool> held;
  std::map<int, std::size_t> lane_of;
  std::size_t waiting = 0;
  int next = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t key = random.below(5);
    auto& lane = model[key];
    const auto dice = random.below(8);
    if (dice < 3) {
      lane_of[++next] = key;
      lane.push_back({next, queue.push(key, next)});
      ++waiting;
    } else if (dice == 3 && !lane.empty()) {
      const auto at = lane.begin() + static_cast<std::ptrdiff_t>(random.below(lane.size()));
      queue.remove(key, at->ticket);
      lane.erase(at);
      --waiting;
    } else if (dice == 4) {
      held[key] = !held[key];
      held[key] ? queue.hold(key) : queue.release(key);
    } else if (const auto popped = queue.pop()) {
      auto& from = model[lane_of.at(*popped)];
      REQUIRE_FALSE(held[lane_of.at(*popped)]);
      REQUIRE(from.front().entry == *popped);
      from.pop_front();
      --waiting;
    } else {
      for (const auto& [each, entries] : model) REQUIRE((entries.empty() || held[each]));
    }
    REQUIRE(queue.size() == waiting);
  }
}
