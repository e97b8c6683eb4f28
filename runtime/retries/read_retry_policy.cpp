#include "runtime/retries/read_retry_policy.h"

#include "runtime/base/limits.h"
#include "runtime/text/duration_text.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace millrace {
namespace {

constexpr double standard_factor = 2;

/// What an attempt of a function, request or action step may fail with.
constexpr std::array retried_codes{
    ErrorCode::request_failed,       ErrorCode::request_rejected,
    ErrorCode::connection_failed,    ErrorCode::tls_failed,
    ErrorCode::bad_response,         ErrorCode::step_timeout,
    ErrorCode::overloaded,           ErrorCode::invalid_url,
    ErrorCode::blocked_address,      ErrorCode::response_too_large,
    ErrorCode::too_many_redirects,   ErrorCode::authorization_failed,
    ErrorCode::secret_missing,       ErrorCode::secrets_locked,
    ErrorCode::credential_missing,   ErrorCode::credential_invalid,
    ErrorCode::integration_inactive, ErrorCode::invalid_parameters,
    ErrorCode::invalid_file,         ErrorCode::type_mismatch,
    ErrorCode::template_error,       ErrorCode::function_threw,
    ErrorCode::function_timeout,     ErrorCode::function_worker_died,
    ErrorCode::function_syntax,      ErrorCode::function_memory,
    ErrorCode::function_output,      ErrorCode::function_never_settled,
};

struct RefusedCode {
  ErrorCode code;
  std::string_view why;
};

/// What steps may end with as well, and why it ends them.
constexpr std::array<RefusedCode, 4> refused_codes{{
    {ErrorCode::cancelled, "a run that was cancelled stays cancelled"},
    {ErrorCode::internal_error, "it is a fault of the server, which each attempt would meet again"},
    {ErrorCode::actor_crashed, "the run has been started again before, until it was given up"},
    {ErrorCode::limit_exceeded, "what is over a limit is over it in each attempt"},
}};

RetryPolicy read_delays(ObjectReader& json) {
  RetryPolicy policy;
  const JsonArray* const delays = json.array("delays");
  if (delays == nullptr) return policy;
  if (delays->size() > limits::retries_max) {
    json.report("delays",
                "a step may be retried at most " + std::to_string(limits::retries_max) + " times",
                "at most " + std::to_string(limits::retries_max) + " delays",
                std::to_string(delays->size()));
  }
  for (std::size_t i = 0; i < std::min(delays->size(), limits::retries_max); ++i) {
    const Json& value = (*delays)[i];
    std::optional<Millis> delay;
    if (value.is_string()) delay = parse_duration(std::string_view(value.get_string()));
    if (delay) policy.delays.push_back(std::min<Millis>(*delay, limits::retry_delay_max));
    if (!delay || *delay > limits::retry_delay_max) {
      json.report_mismatch(json.pointer_to("delays") + '/' + std::to_string(i),
                           "a duration such as \"500ms\" or \"30s\", at most " +
                               std::to_string(limits::retry_delay_max / std::chrono::hours(1)) +
                               "h",
                           value);
    }
  }
  return policy;
}

RetryPolicy read_ladder(ObjectReader& json) {
  json.require("max", "how many retries");
  json.require("initial", "the first wait");
  const auto max = json.integer("max", 0, static_cast<std::int64_t>(limits::retries_max));
  const auto initial = json.duration("initial", limits::retry_delay_max);
  const auto factor = json.number("factor", 1, limits::retry_factor_max);
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

std::vector<std::string> names_of_retried_codes() {
  std::vector<std::string> names;
  for (const ErrorCode code : retried_codes) names.emplace_back(wire_name(code));
  return names;
}

void refuse_code(ObjectReader& json, const std::string& pointer, const std::string& name) {
  for (const RefusedCode& refused : refused_codes) {
    if (wire_name(refused.code) != name) continue;
    json.findings().push_back(
        finding_at(json.step(), pointer,
                   '`' + name + "` is not tried again: " + std::string(refused.why), {}, name));
    return;
  }
  const auto names = names_of_retried_codes();
  json.findings().push_back(finding_at(
      json.step(), pointer, "`" + name + "` is no error that a step may be tried again after",
      list_names(names), name, nearest_name(name, names)));
}

std::vector<ErrorCode> read_codes(ObjectReader& json) {
  std::vector<ErrorCode> codes;
  const JsonArray* const list = json.array("codes");
  if (list == nullptr) return codes;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string pointer = json.pointer_to("codes") + '/' + std::to_string(i);
    const auto* const text = (*list)[i].if_string();
    if (text == nullptr) {
      json.report_mismatch(pointer, "the code of an error, such as \"function_memory\"",
                           (*list)[i]);
      continue;
    }
    const std::string name(*text);
    const auto found = std::find_if(retried_codes.begin(), retried_codes.end(),
                                    [&](const ErrorCode code) { return wire_name(code) == name; });
    if (found != retried_codes.end()) {
      codes.push_back(*found);
    } else {
      refuse_code(json, pointer, name);
    }
  }
  return codes;
}

RetryPolicy read_waits(ObjectReader& json, const JsonObject& retry) {
  if (retry.contains("delays")) return read_delays(json);
  const bool names_errors_only =
      !retry.empty() && std::all_of(retry.begin(), retry.end(), [](const auto& member) {
        return member.key() == "statuses" || member.key() == "codes";
      });
  return names_errors_only ? RetryPolicy::standard() : read_ladder(json);
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
  policy.codes = read_codes(json);
  json.finish();
  return is_on ? policy : RetryPolicy::none();
}

}  // namespace millrace
