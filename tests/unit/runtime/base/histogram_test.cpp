#include "runtime/base/histogram.h"

#include "tests/support/catch.h"

#include <thread>

namespace millrace {

using namespace std::chrono_literals;

TEST_CASE("a value is counted in the first bucket whose bound it does not exceed") {
  Histogram histogram(buckets::counts);
  for (const std::uint64_t value : {0, 1, 2, 3, 4, 1'024, 1'025}) histogram.record(value);
  const auto reading = histogram.read();
  CHECK(reading.counts == std::vector<std::uint64_t>{2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1});
  CHECK(reading.sum == 2'059);
  CHECK(reading.count() == 7);
}

TEST_CASE("times are recorded in whole microseconds and a negative one counts as none") {
  Histogram histogram(buckets::short_times);
  histogram.record(50us);
  histogram.record(50'999ns);
  histogram.record(51us);
  histogram.record(-3ms);
  const auto reading = histogram.read();
  CHECK(reading.counts[0] == 3);
  CHECK(reading.counts[1] == 1);
  CHECK(reading.sum == 151);
}

TEST_CASE("every set of buckets ascends, or a value would be counted too high") {
  for (const auto* const set : {&buckets::short_times, &buckets::long_times, &buckets::counts}) {
    CHECK(std::is_sorted(set->bounds.begin(), set->bounds.end()));
    CHECK(std::adjacent_find(set->bounds.begin(), set->bounds.end()) == set->bounds.end());
  }
}

TEST_CASE("nothing is lost when several threads record at the same time") {
  Histogram histogram(buckets::counts);
  const auto work = [&histogram] {
    for (std::uint64_t i = 0; i < 10'000; ++i) histogram.record(i % 5);
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  CHECK(histogram.read().count() == 20'000);
  CHECK(histogram.read().sum == 40'000);
}

}  // namespace millrace
