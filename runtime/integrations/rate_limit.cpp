#include "runtime/integrations/rate_limit.h"

#include "runtime/reading/object_reader.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/time_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace millrace {
namespace {

/// "headers.retry-after", "body.reset_at"; also with `response.` before it.
std::vector<PathSegment> until_path(std::string_view text) {
  auto reference = parse_reference(text);
  if (!reference || reference->root != Reference::Root::step) return {};
  std::vector<PathSegment> path = std::move(reference->path);
  if (reference->name != "response") path.insert(path.begin(), reference->name);
  const auto* const part = path.empty() ? nullptr : std::get_if<std::string>(&path.front());
  if (part == nullptr || (*part != "headers" && *part != "body")) return {};
  if (*part == "headers" && path.size() > 1 && std::holds_alternative<std::string>(path[1])) {
    path[1] = lower_case(std::get<std::string>(path[1]));
  }
  path.insert(path.begin(), std::string("response"));
  return path;
}

RateLimit::Pause read_pause(const Json& value, const std::string& pointer, ObjectReader& parent) {
  RateLimit::Pause pause;
  ObjectReader json(value, pointer, "", parent.findings());
  pause.otherwise = limits::pause_default;
  pause.statuses = {429};
  if (!value.is_object()) return pause;
  const auto place = [&](std::string_view key, std::size_t i) {
    return json.pointer_to(key) + '/' + std::to_string(i);
  };
  if (const JsonArray* const list = json.array("statuses")) {
    pause.statuses.clear();
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Json& status = (*list)[i];
      if (status.is_int64() && status.get_int64() >= 200 && status.get_int64() < 600) {
        pause.statuses.push_back(static_cast<int>(status.get_int64()));
      } else {
        json.report_mismatch(place("statuses", i), "a status of 200 to 599", status);
      }
    }
  }
  if (const JsonArray* const list = json.array("codes")) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Json& code = (*list)[i];
      if (code.is_string()) {
        pause.codes.emplace_back(code.get_string());
      } else {
        json.report_mismatch(place("codes", i), "a code of the provider's", code);
      }
    }
  }
  if (const JsonArray* const list = json.array("until")) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Json& given = (*list)[i];
      auto path = given.is_string() ? until_path(given.get_string()) : std::vector<PathSegment>();
      if (path.empty()) {
        json.report_mismatch(place("until", i),
                             "a path such as `headers.retry-after` or `body.reset_at`", given);
      } else {
        pause.until.push_back(std::move(path));
      }
    }
  }
  pause.otherwise = json.duration("default", limits::pause_max).value_or(limits::pause_default);
  json.finish();
  return pause;
}

std::optional<double> number_in(const Json& value) {
  if (value.is_number()) return value.to_number<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string text(trimmed(value.get_string(), white_space));
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_number()) return std::nullopt;
  return parsed->to_number<double>();
}

}  // namespace

std::optional<RateLimit> read_rate_limit(ObjectReader& integration) {
  const Json* const value = integration.find("rateLimit");
  if (value == nullptr) return std::nullopt;
  RateLimit limit;
  ObjectReader json(*value, integration.pointer_to("rateLimit"), "", integration.findings());
  if (!value->is_object()) return limit;
  const auto requests = json.integer("requests", 1, limits::rate_requests_max);
  const auto interval = json.duration("interval", limits::rate_interval_max);
  if (requests.has_value() != interval.has_value()) {
    json.report(requests ? "interval" : "requests", "`requests` are counted within an `interval`",
                "both, such as `\"requests\": 110, \"interval\": \"10s\"`");
  } else if (requests) {
    limit.requests = static_cast<std::uint32_t>(*requests);
    limit.interval = *interval;
  }
  if (const Json* const pause = json.find("pause")) {
    limit.pause = read_pause(*pause, json.pointer_to("pause"), json);
  }
  json.finish();
  return limit;
}

std::optional<Instant> time_said(const Json& value, Instant now) {
  if (const auto number = number_in(value)) {
    if (!std::isfinite(*number) || *number < 0) return std::nullopt;
    if (may_be_awaited(*number)) return instant_of(*number);
    const double ms = *number * 1'000;
    return now + std::min(Millis(std::llround(std::min(ms, 1e12))), limits::pause_max);
  }
  if (!value.is_string()) return std::nullopt;
  return parse_time(std::string_view(value.get_string()));
}

std::optional<Instant> pause_of(const RateLimit& limit, const Json& output, const std::string& code,
                                Instant now) {
  if (!limit.pause) return std::nullopt;
  const RateLimit::Pause& pause = *limit.pause;
  const int status =
      output.get_object().at("response").get_object().at("statusCode").to_number<int>();
  const bool is_status =
      std::find(pause.statuses.begin(), pause.statuses.end(), status) != pause.statuses.end();
  const bool is_code =
      !code.empty() && std::find(pause.codes.begin(), pause.codes.end(), code) != pause.codes.end();
  if (!is_status && !is_code) return std::nullopt;
  std::optional<Instant> until;
  for (const auto& path : pause.until) {
    until = time_said(follow(output, path), now);
    if (until) break;
  }
  return std::clamp(until.value_or(now + pause.otherwise), now + limits::pause_min,
                    now + limits::pause_max);
}

}  // namespace millrace
