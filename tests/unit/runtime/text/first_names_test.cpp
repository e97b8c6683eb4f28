#include "runtime/text/first_names.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("a list of names says how many it leaves out") {
  const std::vector<std::string> names{"a", "b", "c"};
  CHECK(first_names(names, 5) == "a, b, c");
  CHECK(first_names(names, 3) == "a, b, c");
  CHECK(first_names(names, 2) == "a, b and 1 other");
  CHECK(first_names(names, 1) == "a and 2 others");
  CHECK(first_names({"a"}, 1) == "a");
  CHECK(first_names({}, 1).empty());
}
