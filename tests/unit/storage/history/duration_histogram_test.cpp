// Durations as counts: quantiles, and that what was stored adds up.

#include "storage/history/duration_histogram.h"

#include "tests/support/catch.h"

#include <algorithm>
#include <random>
#include <vector>

namespace millrace::storage {

TEST_CASE("short durations are kept exactly, and none has no quantile", "[history_index]") {
  DurationHistogram histogram;
  CHECK_FALSE(histogram.quantile(0.5).has_value());
  for (std::uint32_t i = 0; i < 16; ++i) {
    DurationHistogram one;
    one.add(i);
    CHECK(one.quantile(0.5) == i);
    histogram.add(i);
  }
  CHECK(histogram.quantile(0.5) == 7u);
  CHECK(histogram.quantile(1) == 15u);
  CHECK(histogram.count() == 16);
}

TEST_CASE("a quantile of any durations is off by at most a sixteenth", "[history_index]") {
  std::mt19937 random(3);
  std::vector<std::uint32_t> all;
  DurationHistogram histogram;
  for (int i = 0; i < 5'000; ++i) {
    const auto duration = static_cast<std::uint32_t>(random() >> (random() % 32));
    all.push_back(duration);
    histogram.add(duration);
  }
  histogram.add(0xffff'fffe);
  all.push_back(0xffff'fffe);
  std::sort(all.begin(), all.end());
  for (const double share : {0.01, 0.5, 0.95, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(all.size()) + 0.999);
    const double right = all[std::max<std::size_t>(rank, 1) - 1];
    const double found = *histogram.quantile(share);
    CHECK(found >= right * (1 - 1.0 / 16) - 1);
    CHECK(found <= right * (1 + 1.0 / 16) + 1);
  }
}

TEST_CASE("histograms that were stored add up to one of all durations", "[history_index]") {
  DurationHistogram all;
  DurationHistogram sum;
  for (std::uint32_t part = 0; part < 5; ++part) {
    DurationHistogram one;
    for (std::uint32_t i = 0; i < 100; ++i) {
      one.add(i * i * part);
      all.add(i * i * part);
    }
    REQUIRE(sum.add_encoded(one.encode()));
  }
  CHECK(sum.encode() == all.encode());
  CHECK_FALSE(sum.add_encoded("\xff"));
  CHECK_FALSE(sum.add_encoded("\xff\x7f\x01"));  // beyond the last step
  CHECK_FALSE(sum.add_encoded("\x01"));          // no count
}

}  // namespace millrace::storage
