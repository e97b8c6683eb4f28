#include "runtime/base/rotation.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <map>
#include <string>

using namespace millrace;

TEST_CASE("keys have their turns in the order in which they came") {
  Rotation<std::string> turns;
  CHECK(turns.push("a"));
  CHECK(turns.push("b"));
  CHECK(turns.push("c"));
  CHECK(turns.front() == "a");
  CHECK(turns.pop() == "a");
  CHECK(turns.pop() == "b");
  CHECK(turns.pop() == "c");
  CHECK(turns.empty());
}

TEST_CASE("who stands in the rotation already keeps its place") {
  Rotation<std::string> turns;
  turns.push("a");
  turns.push("b");
  CHECK_FALSE(turns.push("a"));
  CHECK(turns.size() == 2);
  CHECK(turns.front() == "a");
}

TEST_CASE("who had its turn stands last, wherever it stood") {
  Rotation<std::string> turns;
  for (const auto* const key : {"a", "b", "c"}) turns.push(key);
  turns.pass();
  CHECK(turns.front() == "b");
  turns.pass("c");
  CHECK(turns.pop() == "b");
  CHECK(turns.pop() == "a");
  CHECK(turns.pop() == "c");
}

TEST_CASE("who leaves the rotation has no turn and may come back last") {
  Rotation<std::string> turns;
  for (const auto* const key : {"a", "b", "c"}) turns.push(key);
  CHECK(turns.remove("a"));
  CHECK_FALSE(turns.remove("a"));
  CHECK_FALSE(turns.contains("a"));
  turns.push("a");
  CHECK(turns.pop() == "b");
  CHECK(turns.pop() == "c");
  CHECK(turns.pop() == "a");
}

TEST_CASE("the first that fits is found in the order of turns") {
  Rotation<int> turns;
  for (const int key : {5, 2, 4, 8}) turns.push(key);
  const auto is_even = [](int key) { return key % 2 == 0; };
  REQUIRE(turns.find_if(is_even) != nullptr);
  CHECK(*turns.find_if(is_even) == 2);
  turns.pass(2);
  CHECK(*turns.find_if(is_even) == 4);
  CHECK(turns.find_if([](int key) { return key > 9; }) == nullptr);
}

TEST_CASE("keys that always wait have equally many turns") {
  Rotation<std::size_t> turns;
  for (std::size_t key = 0; key < 7; ++key) turns.push(key);
  std::map<std::size_t, int> had;
  for (int i = 0; i < 700; ++i) {
    ++had[turns.front()];
    turns.pass();
  }
  for (const auto& [key, count] : had) CHECK(count == 100);
}

TEST_CASE("however keys come and go none waits longer than one turn of each other") {
  SeededRandom random(3);
  Rotation<std::size_t> turns;
  std::map<std::size_t, std::size_t> waited;  // turns of others since the key came or had its own
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t key = random.below(10);
    const auto dice = random.below(4);
    if (dice == 0 && turns.push(key)) waited[key] = 0;
    if (dice == 1) REQUIRE(turns.remove(key) == (waited.erase(key) == 1));
    if (dice >= 2 && !turns.empty()) {
      const std::size_t served = turns.front();
      for (auto& [each, count] : waited) ++count;
      waited[served] = 0;
      turns.pass();
    }
    for (const auto& [each, count] : waited) REQUIRE(count < 10);
    REQUIRE(turns.size() == waited.size());
  }
}
