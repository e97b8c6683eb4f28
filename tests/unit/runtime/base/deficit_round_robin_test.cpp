#include "runtime/base/deficit_round_robin.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <cstdint>
#include <map>
#include <string>

using namespace millrace;

namespace {

using Turns = DeficitRoundRobin<std::string, std::int64_t>;

/// Takes the turn, for so much; whose it was.
std::string use(Turns& turns, std::int64_t cost) {
  const std::string key = turns.next();
  turns.charge(key, cost);
  return key;
}

}  // namespace

TEST_CASE("a turn is the same key's until its quantum is used up") {
  Turns turns({.quantum = 10, .debt_max = 100});
  turns.push("a");
  turns.push("b");
  CHECK(use(turns, 4) == "a");
  CHECK(use(turns, 4) == "a");
  CHECK(use(turns, 4) == "a");  // 2 beyond
  CHECK(use(turns, 10) == "b");
  CHECK(use(turns, 8) == "a");  // what it had beyond is paid
  CHECK(use(turns, 1) == "b");
}

TEST_CASE("who used much more than a turn waits until others have had as much") {
  Turns turns({.quantum = 10, .debt_max = 1'000});
  turns.push("a");
  turns.push("b");
  CHECK(use(turns, 100) == "a");
  std::int64_t of_b = 0;
  while (turns.next() == "b") of_b += use(turns, 1) == "b" ? 1 : 0;
  CHECK(of_b >= 90);
  CHECK(of_b <= 110);
}

TEST_CASE("whoever is alone has every turn and runs up no debt") {
  Turns turns({.quantum = 10, .debt_max = 1'000});
  turns.push("a");
  for (int i = 0; i < 100; ++i) CHECK(use(turns, 50) == "a");
  turns.push("b");
  CHECK(use(turns, 50) == "a");  // the turn that it is in
  CHECK(use(turns, 10) == "b");
}

TEST_CASE("a key in debt that is alone has its turn all the same") {
  Turns turns({.quantum = 10, .debt_max = 1'000});
  turns.push("a");
  turns.push("b");
  use(turns, 500);
  turns.remove("b");
  CHECK(turns.next() == "a");
}

TEST_CASE("leaving is no way out of a debt") {
  Turns turns({.quantum = 10, .debt_max = 1'000});
  turns.push("a");
  turns.push("b");
  use(turns, 35);
  CHECK(turns.credit("a") == -25);
  CHECK(turns.remove("a"));
  turns.push("a");
  int of_b = 0;
  while (turns.next() == "b") of_b += use(turns, 10) == "b" ? 1 : 0;
  CHECK(of_b == 3);
}

TEST_CASE("what a key did not use of its turns is not saved") {
  Turns turns({.quantum = 10, .debt_max = 1'000});
  turns.push("b");
  for (int i = 0; i < 5; ++i) {
    turns.push("a");
    turns.remove("b");
    CHECK(turns.next() == "a");
    turns.push("b");
    turns.remove("a");
    CHECK(turns.next() == "b");
  }
  turns.push("a");
  CHECK(use(turns, 10) == "b");
  CHECK(turns.next() == "a");
}

TEST_CASE("what was used without standing in line is paid, too, if somebody waited meanwhile") {
  Turns turns({.quantum = 10, .debt_max = 1'000});
  turns.charge("a", 100);
  CHECK(turns.credit("a") == 0);  // nobody was kept waiting
  turns.push("b");
  turns.charge("a", 15);
  turns.push("a");
  CHECK(use(turns, 10) == "b");
  CHECK(use(turns, 10) == "b");  // one more turn, which the debt of the other one cost
  CHECK(use(turns, 10) == "a");
}

TEST_CASE("a debt ends somewhere") {
  Turns turns({.quantum = 10, .debt_max = 20});
  turns.push("a");
  turns.push("b");
  use(turns, 1'000'000);
  CHECK(turns.credit("a") == -20);
}

TEST_CASE("keys that always want something use the same, whatever a single use costs") {
  SeededRandom random(7);
  Turns turns({.quantum = 100, .debt_max = 100'000});
  const std::map<std::string, std::int64_t> largest{{"a", 10}, {"b", 1'000}, {"c", 90}, {"d", 250}};
  std::map<std::string, std::int64_t> used;
  std::map<std::string, std::int64_t> used_since;  // the last turn of "a"
  for (const auto& [key, cost] : largest) turns.push(key);
  std::string last;
  for (int i = 0; i < 100'000; ++i) {
    const std::string key = turns.next();
    const auto bound = static_cast<std::size_t>(largest.at(key));
    const auto cost = static_cast<std::int64_t>(1 + random.below(bound));
    turns.charge(key, cost);
    used[key] += cost;
    if (key == "a" && last != "a") {
      // Bounded delay: nobody has had more than a quantum and its largest use between two turns.
      for (const auto& [other, since] : used_since) CHECK(since <= 100 + largest.at(other));
      used_since.clear();
    } else if (key != "a") {
      used_since[key] += cost;
    }
    last = key;
  }
  for (const auto& [key, sum] : used) {
    CHECK(sum > used.at("a") - 2'000);
    CHECK(sum < used.at("a") + 2'000);
  }
}
