#include "runtime/text/nearest_name.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("a misspelt name finds the nearest of the candidates") {
  const std::vector<std::string> names{"normalise", "upsert", "notify"};
  REQUIRE(nearest_name("normalize", names) == "normalise");
  REQUIRE(nearest_name("upset", names) == "upsert");
  REQUIRE(nearest_name("upserts", names) == "upsert");
  REQUIRE(nearest_name("notfiy", names) == "notify");
}

TEST_CASE("a difference in case counts less than another letter") {
  REQUIRE(nearest_name("fanout", {"fanIn", "fanOut"}) == "fanOut");
  REQUIRE(nearest_name("FANOUT", {"fanIn", "fanOut"}) == "fanOut");
  REQUIRE(nearest_name("Ab", {"xb", "ab"}) == "ab");
}

TEST_CASE("swapped neighbours count as one step only") {
  REQUIRE(nearest_name("ab", {"ba"}) == "ba");
  REQUIRE(nearest_name("tpye", {"tag", "type"}) == "type");
}

TEST_CASE("a name that is far from all candidates finds none") {
  REQUIRE(nearest_name("completely", {"other", "things"}).empty());
  REQUIRE(nearest_name("abc", {"xyz"}).empty());
  REQUIRE(nearest_name("x", {}).empty());
  REQUIRE(nearest_name("", {"abc"}).empty());
}

TEST_CASE("the first of equally near names wins") {
  REQUIRE(nearest_name("cat", {"bat", "hat"}) == "bat");
}

TEST_CASE("very long names are not compared at all") {
  const std::string name(100'000, 'a');
  REQUIRE(nearest_name(name, {name + 'b', "a"}).empty());
}
