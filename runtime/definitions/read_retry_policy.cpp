#include "runtime/definitions/read_retry_policy.h"

#include "runtime/base/limits.h"
#include "runtime/text/duration_text.h"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

constexpr double standard_factor = 2;
constexpr double factor_max = 100;

RetryPolicy read_delays(ObjectReader& json) {
  RetryPolicy policy;
  const JsonArray* const delays = json.array("delays");
  if (delays == nullptr) return policy;
  if (delays->size() > retries_max) {
    json.report("delays", "a step may be retried at most " + std::to_string(retries_max) + " times",
                "at most " + std::to_string(retries_max) + " delays",
                std::to_string(delays->size()));
    return policy;
  }
  for (std::size_t i = 0; i < delays->size(); ++i) {
    const Json& value = (*delays)[i];
    std::optional<Millis> delay;
    if (value.is_string()) delay = parse_duration(std::string_view(value.get_string()));
    if (delay && *delay <= limits::retry_delay_max) {
      policy.delays.push_back(*delay);
    } else {
      json.report_mismatch(json.pointer_to("delays") + '/' + std::to_string(i),
                           "a duration such as \"500ms\" or \"30s\", at most 24h", value);
    }
  }
  return policy;
}

RetryPolicy read_ladder(ObjectReader& json) {
  json.require("max", "how many retries");
  json.require("initial", "the first wait");
  const auto max = json.integer("max", 0, static_cast<std::int64_t>(retries_max));
  const auto initial = json.duration("initial", limits::retry_delay_max);
  const auto factor = json.number("factor", 1, factor_max);
  const auto cap = json.duration("cap", limits::retry_delay_max);

  RetryPolicy policy;
  if (!max || !initial) return policy;
  const auto longest = static_cast<double>(cap.value_or(limits::retry_delay_max).count());
  auto delay = static_cast<double>(initial->count());
  for (std::int64_t i = 0; i < *max; ++i) {
    delay = std::min(delay, longest);
    policy.delays.emplace_back(std::llround(delay));
    delay *= factor.value_or(standard_factor);
  }
  return policy;
}

std::vector<int> read_statuses(ObjectReader& json) {
  std::vector<int> statuses;
  const JsonArray* const list = json.array("statuses");
  if (list == nullptr) return statuses;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& value = (*list)[i];
    if (value.is_int64() && value.get_int64() >= 300 && value.get_int64() <= 599) {
      statuses.push_back(static_cast<int>(value.get_int64()));
    } else {
      json.report_mismatch(json.pointer_to("statuses") + '/' + std::to_string(i),
                           "a response status from 300 to 599", value);
    }
  }
  return statuses;
}

RetryPolicy read_waits(ObjectReader& json, const JsonObject& retry) {
  if (retry.contains("delays")) return read_delays(json);
  const bool names_statuses_only = retry.size() == 1 && retry.contains("statuses");
  return names_statuses_only ? RetryPolicy::standard() : read_ladder(json);
}

}  // namespace

RetryPolicy read_retry_policy(ObjectReader& step) {
  const Json* const retry = step.find("retry");
  const bool is_on = step.boolean("autoRetry", retry != nullptr);
  if (retry == nullptr) return is_on ? RetryPolicy::standard() : RetryPolicy::none();

  ObjectReader json(*retry, step.pointer_to("retry"), step.step(), step.findings());
  if (!retry->is_object()) return RetryPolicy::none();
  RetryPolicy policy = read_waits(json, retry->get_object());
  policy.statuses = read_statuses(json);
  json.finish();
  return is_on ? policy : RetryPolicy::none();
}

}  // namespace millrace
