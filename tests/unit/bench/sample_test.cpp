#include "bench/sample.h"

#include "tests/support/catch.h"

namespace millrace::bench {
namespace {

Sample sample_of(std::initializer_list<double> values) {
  Sample sample;
  for (const double value : values) sample.add(value);
  return sample;
}

TEST_CASE("the median of an even sample lies between the middle values") {
  CHECK(sample_of({4, 1, 3, 2}).median() == 2.5);
  CHECK(sample_of({9, 1, 5}).median() == 5);
  CHECK(sample_of({}).median() == 0);
}

TEST_CASE("a quantile is always one of the values that were added") {
  const Sample sample = sample_of({10, 20, 30, 40, 50, 60, 70, 80, 90, 100});
  CHECK(sample.p90() == 90);
  CHECK(sample.quantile(0.91) == 100);
  CHECK(sample.smallest() == 10);
  CHECK(sample.largest() == 100);
  CHECK(sample_of({7}).p90() == 7);
}

}  // namespace
}  // namespace millrace::bench
