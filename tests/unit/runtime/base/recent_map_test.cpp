#include "runtime/base/recent_map.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>

using namespace millrace;

TEST_CASE("a full map drops the entry that was not used for longest") {
  RecentMap<std::string, int> map(2);
  map.put("a", 1);
  map.put("b", 2);
  REQUIRE(map.find("a") != nullptr);  // which makes "b" the oldest
  map.put("c", 3);
  CHECK(map.size() == 2);
  CHECK(map.find("b") == nullptr);
  CHECK(*map.find("a") == 1);
  CHECK(*map.find("c") == 3);
}

TEST_CASE("a look that is no use does not keep an entry") {
  RecentMap<std::string, int> map(2);
  map.put("a", 1);
  map.put("b", 2);
  CHECK(*map.peek("a") == 1);
  CHECK(map.peek("x") == nullptr);
  map.put("c", 3);
  CHECK(map.peek("a") == nullptr);
  CHECK(*map.peek("b") == 2);
}

TEST_CASE("a value that is put again replaces the first and counts as used") {
  RecentMap<std::string, int> map(2);
  map.put("a", 1);
  map.put("b", 2);
  map.put("a", 10);
  map.put("c", 3);
  CHECK(*map.find("a") == 10);
  CHECK(map.find("b") == nullptr);
  CHECK(map.size() == 2);
}

TEST_CASE("an entry that is erased makes room for another") {
  RecentMap<std::string, int> map(2);
  map.put("a", 1);
  map.put("b", 2);
  CHECK(map.erase("a"));
  CHECK_FALSE(map.erase("a"));
  map.put("c", 3);
  CHECK(map.find("b") != nullptr);
  CHECK(map.size() == 2);
  map.clear();
  CHECK(map.size() == 0);
  CHECK(map.find("b") == nullptr);
}

TEST_CASE("a heavy entry drops as many old ones as it outweighs") {
  RecentMap<std::string, int> map({.entries_max = 100, .weight_max = 10});
  map.put("a", 1, 4);
  map.put("b", 2, 3);
  map.put("c", 3, 3);
  CHECK(map.weight() == 10);
  map.put("d", 4, 5);
  CHECK(map.find("a") == nullptr);
  CHECK(map.find("b") == nullptr);
  CHECK(map.find("c") != nullptr);
  CHECK(map.weight() == 8);
}

TEST_CASE("an entry heavier than the whole map is not kept and costs no other") {
  RecentMap<std::string, int> map({.entries_max = 100, .weight_max = 10});
  map.put("a", 1, 4);
  map.put("b", 2, 4);
  map.put("b", 3, 11);
  CHECK(map.find("a") != nullptr);
  CHECK(map.find("b") == nullptr);
  CHECK(map.weight() == 4);
  map.put("c", 4, 10);
  CHECK(map.size() == 1);
  CHECK(map.weight() == 10);
}

TEST_CASE("dropped values are destroyed at once") {
  RecentMap<int, std::shared_ptr<int>> map(1);
  const auto value = std::make_shared<int>(7);
  map.put(1, value);
  CHECK(value.use_count() == 2);
  map.put(2, nullptr);
  CHECK(value.use_count() == 1);
}

TEST_CASE("over any order of uses the map holds what was used last") {
  SeededRandom random(11);
  RecentMap<std::size_t, std::size_t> map(8);
  std::deque<std::size_t> used;  // the latest first
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t key = random.below(20);
    const auto known = std::find(used.begin(), used.end(), key);
    const auto dice = random.below(3);
    if (dice == 0) {
      REQUIRE(map.erase(key) == (known != used.end()));
      if (known != used.end()) used.erase(known);
      continue;
    }
    std::size_t* const found = map.find(key);
    REQUIRE((found != nullptr) == (known != used.end()));
    if (found != nullptr) {
      REQUIRE(*found == key * 3);
      used.erase(known);
    } else {
      map.put(key, key * 3);
    }
    used.push_front(key);
    if (used.size() > 8) used.pop_back();
    REQUIRE(map.size() == used.size());
  }
}
