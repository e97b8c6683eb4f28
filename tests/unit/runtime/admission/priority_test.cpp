#include "runtime/admission/priority.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

constexpr Millis hour{3'600'000};
const Instant noon{Millis(1'700'000'000'000)};

bool goes_first(Instant since, Priority priority, Instant other_since, Priority other) {
  return place_in_line(since, priority) < place_in_line(other_since, other);
}

}  // namespace

TEST_CASE("of one priority the run that has waited longer goes first") {
  for (Priority priority = priority_min; priority <= priority_max; ++priority) {
    CHECK(goes_first(noon, priority, noon + Millis(1), priority));
  }
}

TEST_CASE("a higher priority goes first until the other has waited an hour longer for each step") {
  for (Priority low = priority_min; low <= priority_max; ++low) {
    for (Priority high = low + 1; high <= priority_max; ++high) {
      INFO(int(low) << " and " << int(high));
      const Millis head_start = (high - low) * hour;
      CHECK(goes_first(noon, high, noon, low));
      CHECK(goes_first(noon + head_start - Millis(1), high, noon, low));
      CHECK(goes_first(noon, low, noon + head_start + Millis(1), high));
    }
  }
}

TEST_CASE("priorities are the numbers from one to nine") {
  CHECK_FALSE(is_priority(0));
  CHECK(is_priority(1));
  CHECK(is_priority(9));
  CHECK_FALSE(is_priority(10));
  CHECK(is_priority(priority_standard));
}
