#pragma once
// One answer of /metrics: whoever has values writes them in, then they are text as Prometheus reads it
// (exposition format 0.0.4). Its .cpp is the only code that sees prometheus-cpp, which knows the
// format. Nothing is registered anywhere: values live with whoever counts them, so there is no second
// copy to keep in step and no lock on the way of a request.

#include "http/metrics/metric_list.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
struct ClientMetric;
struct MetricFamily;
}  // namespace prometheus

namespace millrace {

class MetricsText {
 public:
  /// The values of the metric's labels, in the order of their declaration.
  using Labels = std::initializer_list<std::string_view>;

  MetricsText();
  ~MetricsText();
  MetricsText(const MetricsText&) = delete;
  MetricsText& operator=(const MetricsText&) = delete;

  /// Each series is written once.
  void counter(CounterName name, double value, Labels labels = {});
  void gauge(GaugeName name, double value, Labels labels = {});
  /// The histogram was made with the buckets of the declaration.
  void histogram(HistogramName name, const Histogram& histogram, Labels labels = {});

  std::string text() const;

 private:
  prometheus::ClientMetric& series(const Metric& metric, Labels labels);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace millrace
