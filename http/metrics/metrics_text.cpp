#include "http/metrics/metrics_text.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <limits>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace millrace {
namespace {

prometheus::MetricType type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return prometheus::MetricType::Counter;
    case MetricKind::gauge:
      return prometheus::MetricType::Gauge;
    case MetricKind::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

/// Prometheus wants each bucket to hold all smaller ones as well, and one without a bound at the end.
prometheus::ClientMetric::Histogram shown(const Histogram& histogram) {
  const Histogram::Reading reading = histogram.read();
  const HistogramBuckets& buckets = histogram.buckets();
  prometheus::ClientMetric::Histogram out;
  for (std::size_t i = 0; i < reading.counts.size(); ++i) {
    out.sample_count += reading.counts[i];
    const double bound = i < buckets.bounds.size()
                             ? static_cast<double>(buckets.bounds[i]) / buckets.per_unit
                             : std::numeric_limits<double>::infinity();
    out.bucket.push_back({out.sample_count, bound});
  }
  out.sample_sum = static_cast<double>(reading.sum) / buckets.per_unit;
  return out;
}

}  // namespace

MetricsText::MetricsText() = default;
MetricsText::~MetricsText() = default;

void MetricsText::counter(CounterName name, double value, Labels labels) {
  series(name.metric(), labels).counter.value = value;
}

void MetricsText::gauge(GaugeName name, double value, Labels labels) {
  series(name.metric(), labels).gauge.value = value;
}

void MetricsText::histogram(HistogramName name, const Histogram& histogram, Labels labels) {
  CHECK(std::ranges::equal(histogram.buckets().bounds, name.metric().buckets->bounds),
        "a histogram has other buckets than its declaration");
  series(name.metric(), labels).histogram = shown(histogram);
}

std::string MetricsText::text() const { return prometheus::TextSerializer().Serialize(families_); }

prometheus::ClientMetric& MetricsText::series(const Metric& metric, Labels labels) {
  CHECK(labels.size() == metric.label_count(), "a series has other labels than its declaration");
  auto family = std::find_if(families_.begin(), families_.end(),
                             [&](const auto& each) { return each.name == metric.name; });
  if (family == families_.end()) {
    families_.push_back(
        {std::string(metric.name), std::string(metric.help), type_of(metric.kind), {}});
    family = std::prev(families_.end());
  }
  auto& made = family->metric.emplace_back();
  std::size_t position = 0;
  for (const std::string_view value : labels) {
    made.label.push_back({std::string(metric.labels[position++].name), std::string(value)});
  }
  return made;
}

}  // namespace millrace
