#include "bench/latency_histogram.h"

#include "tests/support/catch.h"

namespace millrace::bench {
namespace {

using std::chrono::nanoseconds;

TEST_CASE("a histogram without values answers every quantile with zero") {
  CHECK(LatencyHistogram().quantile(0.5) == nanoseconds(0));
}

TEST_CASE("any single latency is kept with less than two percent of error") {
  for (std::int64_t value = 1; value < LatencyHistogram::latency_max.count();
       value = value * 3 + 1) {
    LatencyHistogram histogram;
    histogram.record(nanoseconds(value));
    histogram.record(LatencyHistogram::latency_max);  // so that the cell's end is not cut off
    const auto kept = histogram.quantile(0.5).count();
    CHECK(kept >= value);
    CHECK(static_cast<double>(kept - value) <= static_cast<double>(value) / 64);
  }
}

TEST_CASE("quantiles of a thousand latencies are those of the sorted list") {
  LatencyHistogram histogram;
  for (int i = 1; i <= 1'000; ++i) histogram.record(std::chrono::microseconds(i));
  CHECK(histogram.count() == 1'000);
  const auto near = [&](double share, double microseconds) {
    const auto found = static_cast<double>(histogram.quantile(share).count()) / 1'000;
    CHECK(found == Approx(microseconds).epsilon(0.02));
  };
  near(0, 1);
  near(0.5, 500);
  near(0.99, 990);
  CHECK(histogram.quantile(1) == std::chrono::microseconds(1'000));
}

TEST_CASE("histograms of two rounds add up to that of both") {
  LatencyHistogram first;
  LatencyHistogram second;
  for (int i = 1; i <= 100; ++i) first.record(std::chrono::microseconds(i));
  for (int i = 901; i <= 1'000; ++i) second.record(std::chrono::microseconds(i));
  first.add(second);
  CHECK(first.count() == 200);
  CHECK(first.largest() == std::chrono::microseconds(1'000));
  CHECK(first.quantile(0.5) < std::chrono::microseconds(103));
  CHECK(first.quantile(0.51) > std::chrono::microseconds(890));
}

TEST_CASE("latencies beyond the largest one count as the largest") {
  LatencyHistogram histogram;
  histogram.record(std::chrono::hours(1));
  histogram.record(nanoseconds(-5));
  CHECK(histogram.largest() == LatencyHistogram::latency_max);
  CHECK(histogram.quantile(0.5) == nanoseconds(0));
}

}  // namespace
}  // namespace millrace::bench
