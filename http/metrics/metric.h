#pragma once
// How a metric is declared: once, in metric_list.h, with everything that anybody needs to know of it.

#include "runtime/base/histogram.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace millrace {

enum class MetricKind : std::uint8_t {
  counter,    // only grows; the name ends in _total
  gauge,      // goes up and down
  histogram,  // counts in buckets, and the sum
};

/// The values are a closed set, so that the number of series does not grow with tenants.
struct MetricLabel {
  std::string_view name;
  std::string_view values;  // for people: "succeeded, failed, cancelled"
};

struct Metric {
  std::string_view name;  // millrace_<area>_<noun>[_<unit>]
  MetricKind kind = MetricKind::counter;
  std::string_view unit;  // "connections"; of a histogram what its buckets count: "seconds"
  std::string_view help;  // one sentence
  /// What an operator should look out for; empty: nothing by itself.
  std::string_view watch = {};
  std::array<MetricLabel, 3> labels = {};     // those without a name are none
  const HistogramBuckets* buckets = nullptr;  // of a histogram

  constexpr std::size_t label_count() const {
    std::size_t count = 0;
    while (count < labels.size() && !labels[count].name.empty()) ++count;
    return count;
  }
};

}  // namespace millrace
