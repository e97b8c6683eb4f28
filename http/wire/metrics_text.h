#pragma once
// Metrics as Prometheus reads them (text exposition format 0.0.4). The only place that knows the
// format. Names are `millrace_<area>_<noun>_<unit>`; labels come from closed sets, so that the
// number of series does not grow with tenants.

#include <string>
#include <string_view>

namespace millrace {

class MetricsText {
 public:
  /// A number that only grows. The name ends in `_total`.
  void counter(std::string_view name, std::string_view help, double value,
               std::string_view labels = {});
  /// A number that goes up and down.
  void gauge(std::string_view name, std::string_view help, double value,
             std::string_view labels = {});

  const std::string& text() const { return text_; }

 private:
  void write(std::string_view type, std::string_view name, std::string_view help, double value,
             std::string_view labels);

  std::string text_;
  std::string last_name_;  // HELP and TYPE stand once above the series of one name
};

}  // namespace millrace
