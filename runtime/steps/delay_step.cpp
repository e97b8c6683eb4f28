// The delay step: the run sleeps.
//
//   {"id", "type": "delay", "value": 3, "unit": "SECONDS" | "MINUTES" | "HOURS" | "DAYS"}
//   {"id", "type": "delay", "until": "2026-01-31T09:00:00Z"}
//
// `value` and `until` may be references. It has no output.

#include "runtime/base/limits.h"
#include "runtime/reading/object_reader.h"
#include "runtime/steps/step_catalog.h"
#include "runtime/text/time_text.h"

#include <array>
#include <utility>

namespace millrace {
namespace {

using namespace std::chrono_literals;

constexpr std::array<Choice<Millis>, 4> units{{
    {"SECONDS", 1s},
    {"MINUTES", 1min},
    {"HOURS", 1h},
    {"DAYS", 24h},
}};

bool is_number(const Json& written) { return written.is_number(); }

/// Text with references is checked when it is rendered.
bool is_time(const Json& written) {
  if (!written.is_string())
    return written.is_number() && may_be_awaited(written.to_number<double>());
  const std::string_view text(written.get_string());
  return text.find("{{") != std::string_view::npos || parse_time(text);
}

bool is_allowed(double value, Millis unit) {
  const double millis = value * static_cast<double>(unit.count());
  return millis >= 0 && millis <= static_cast<double>(Millis(limits::delay_max).count());
}

void read_value(ObjectReader& json, DelayStep& delay) {
  const Json* const value = json.require("value", "how many units");
  json.require("unit", "`SECONDS`, `MINUTES`, `HOURS` or `DAYS`");
  // A delay that could not be read keeps some unit, so that it still looks like this form.
  delay.unit = json.choice<Millis>("unit", units).value_or(Millis(1s));
  delay.value = json.reference_or("value", "a number", is_number);
  if (value == nullptr || !value->is_number()) return;
  if (!is_allowed(value->to_number<double>(), *delay.unit)) {
    json.report_mismatch(json.pointer_to("value"),
                         "a wait from 0 to " + std::to_string(limits::delay_max / 24h) + " days",
                         *value);
  }
}

void read_until(ObjectReader& json, DelayStep& delay) {
  json.refuse("value", "`until` and `value` exclude each other");
  json.refuse("unit", "`until` is a time and has no unit");
  delay.value = json.reference_or(
      "until",
      "a time (such as 2026-01-31T09:00:00Z, 2026-01-31, or seconds or milliseconds since 1970)",
      is_time);
}

void read(ObjectReader& json, SequenceReader&, Step& step) {
  DelayStep delay;
  if (json.find("until") != nullptr) {
    read_until(json, delay);
  } else {
    read_value(json, delay);
  }
  step.config = std::move(delay);
}

std::vector<Template*> templates(Step& step) { return {&std::get<DelayStep>(step.config).value}; }

std::vector<std::string> outputs(const Step&) { return {}; }

}  // namespace

const StepKind delay_step_kind{
    .type = "delay",
    .history_type = "TRANSITION/DELAY",
    .supervision = Supervision::plain,
    .read = read,
    .templates = templates,
    .sequences = no_sequences,
    .outputs = outputs,
};

}  // namespace millrace
