#include "http/wire/metrics_text.h"

#include "runtime/base/json.h"

namespace millrace {

void MetricsText::counter(std::string_view name, std::string_view help, double value,
                          std::string_view labels) {
  write("counter", name, help, value, labels);
}

void MetricsText::gauge(std::string_view name, std::string_view help, double value,
                        std::string_view labels) {
  write("gauge", name, help, value, labels);
}

void MetricsText::write(std::string_view type, std::string_view name, std::string_view help,
                        double value, std::string_view labels) {
  if (last_name_ != name) {
    last_name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  text_.append(name);
  if (!labels.empty()) text_.append("{").append(labels).append("}");
  text_.append(" ");
  append_number(text_, value);
  text_.append("\n");
}

}  // namespace millrace
