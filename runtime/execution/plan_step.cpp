#include "runtime/execution/plan_step.h"

#include "runtime/base/check.h"
#include "runtime/execution/fan_out_progress.h"
#include "runtime/execution/plan_request.h"
#include "runtime/templates/overlay_scope.h"
#include "runtime/text/time_text.h"

#include <charconv>
#include <cmath>
#include <set>
#include <string_view>

namespace millrace {
namespace {

RecordEvent failed(const Step& step, Instant now, ErrorCode code, std::string message) {
  StepFailed event;
  event.step = step.index;
  event.started = now;
  event.code = code;
  event.message = "step \"" + step.id.text + "\": " + std::move(message);
  return RecordEvent{std::move(event)};
}

RecordEvent completed(const Step& step, Instant now, Json output, std::uint64_t input_bytes = 0) {
  StepCompleted event;
  event.step = step.index;
  event.started = now;
  event.output = share(std::move(output));
  event.input_bytes = input_bytes;
  return RecordEvent{std::move(event)};
}

std::optional<double> as_number(const Json& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text(value.get_string());
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string shown(const Json& value) {
  std::string text = to_text(value);
  constexpr std::size_t shown_max = 80;
  if (text.size() > shown_max) {
    text.resize(shown_max);
    while (!text.empty() && !is_valid_utf8(text)) text.pop_back();
    text += "...";
  }
  return text;
}

Result<Instant> due_of(const DelayStep& config, const Json& value, Instant now) {
  constexpr Millis longest = std::chrono::duration_cast<Millis>(limits::delay_max);
  const Error too_long(ErrorCode::limit_exceeded,
                       "a delay of at most " +
                           std::to_string(limits::delay_max / std::chrono::hours(24)) +
                           " days was expected, got " + shown(value));
  if (config.unit) {
    const auto units = as_number(value);
    if (!units || !std::isfinite(*units) || *units < 0) {
      return Error(ErrorCode::type_mismatch,
                   "\"value\" must be a number of units, 0 or more, got " + shown(value));
    }
    const double ms = *units * static_cast<double>(config.unit->count());
    if (ms > static_cast<double>(longest.count())) return too_long;
    return now + Millis(std::llround(ms));
  }
  std::optional<Instant> until;
  if (value.is_string()) {
    until = parse_time(std::string_view(value.get_string()));
  } else if (const auto number = as_number(value); number && may_be_awaited(*number)) {
    until = instant_of(*number);
  }
  if (!until) {
    return Error(ErrorCode::type_mismatch,
                 "\"until\" must be a time such as 2026-01-31T09:00:00Z, or seconds or "
                 "milliseconds since 1970, got " +
                     shown(value));
  }
  if (*until > now + longest) return too_long;
  return std::max(*until, now);
}

std::string_view unit_name(Millis unit) {
  if (unit == std::chrono::seconds(1)) return "SECONDS";
  if (unit == std::chrono::minutes(1)) return "MINUTES";
  return unit == std::chrono::hours(1) ? "HOURS" : "DAYS";
}

Result<int> status_of(const Json& value) {
  if (value.is_null()) return 200;
  const auto number = as_number(value);
  if (number && *number >= 200 && *number <= 599 && std::floor(*number) == *number) {
    return static_cast<int>(*number);
  }
  return Error(ErrorCode::type_mismatch,
               "\"statusCode\" must be a whole number from 200 to 599, got " + shown(value));
}

Result<std::string> header_text(std::string_view name, const Json& value) {
  if (value.is_structured()) {
    return Error(
        ErrorCode::type_mismatch,
        "header \"" + std::string(name) + "\" must be text, got " + std::string(kind_name(value)));
  }
  std::string text = value.is_string() ? std::string(value.get_string()) : to_text(value);
  if (holds_file(text)) {
    return Error(ErrorCode::type_mismatch,
                 "header \"" + std::string(name) +
                     "\" would hold the bytes of a file, which only \"body\" and \"file\" can");
  }
  return text;
}

/// Text by name; an array of texts is a header that is sent several times.
Result<JsonObject> headers_of(const Json& value) {
  JsonObject headers;
  if (value.is_null()) return headers;
  if (!value.is_object()) {
    return Error(ErrorCode::type_mismatch, "\"headers\" must be an object, got " + shown(value));
  }
  for (const auto& member : value.get_object()) {
    const Json& header = member.value();
    if (header.is_null()) continue;
    const auto* const several = header.if_array();
    if (several == nullptr) {
      auto text = header_text(member.key(), header);
      if (!text) return text.error();
      headers.emplace(member.key(), std::move(*text));
      continue;
    }
    JsonArray texts;
    for (const Json& each : *several) {
      if (each.is_null()) continue;
      auto text = header_text(member.key(), each);
      if (!text) return text.error();
      texts.emplace_back(std::move(*text));
    }
    headers.emplace(member.key(), std::move(texts));
  }
  return headers;
}

}  // namespace

Redaction dispatch_redaction(const Workflow& workflow, const DispatchValues& values) {
  Redaction redaction;
  for (const auto& masked : workflow.masked_secrets.get_object()) {
    const std::string name = masked.key();
    if (const auto value = values.secret(name)) redaction.add(*value, masked_secret(name));
    for (const auto& value : values.former_secrets(name)) redaction.add(value, masked_secret(name));
  }
  return redaction;
}

std::vector<CredentialName> dispatch_accounts(const Workflow& workflow,
                                              const DispatchValues& values) {
  std::vector<CredentialName> accounts;
  std::set<std::string_view> integrations;
  for (const Step* const step : workflow.by_index) {
    const Integration* const integration = integration_of(*step);
    if (integration == nullptr || integration->auth.kind == IntegrationAuth::Kind::none) continue;
    if (!integrations.insert(integration->type).second) continue;
    if (auto account = values.account(integration->type)) accounts.push_back(std::move(*account));
  }
  return accounts;
}

Result<SharedJson> dispatch_secrets(const Step& step, const DispatchValues& values) {
  if (step.secrets.empty()) return shared_null();
  JsonObject secrets;
  for (const std::string& key : step.secrets) {
    const auto value = values.secret(key);
    if (!value) {
      return Error(value.error().code, "step \"" + step.id.text + "\": " + value.error().message);
    }
    secrets.emplace(key, *value);
  }
  return share(std::move(secrets));
}

Outcome require_object(const Step& step, const Json& parameters, ErrorCode code) {
  if (parameters.is_object()) return Done{};
  return Error(code, "step \"" + step.id.text + "\": \"parameters\" must be an object, got " +
                         std::string(kind_name(parameters)) +
                         (parameters.is_null() ? " (does the reference lead anywhere?)" : ""));
}

Result<RunFunction> plan_function(const Workflow& workflow, const Step& step, const Scope& scope,
                                  std::uint32_t attempt, const DispatchValues& values) {
  const auto& source = workflow.functions[step.index];
  CHECK(source != nullptr, "a function step has no source");
  RunFunction call;
  const auto secrets = dispatch_secrets(step, values);
  if (!secrets) return secrets.error();
  call.attempt.redaction = dispatch_redaction(workflow, values);
  call.attempt.accounts = dispatch_accounts(workflow, values);
  const OverlayScope at_dispatch(scope, {.secrets = secrets->get()});
  call.source = source;
  const Json parameters = std::get<FunctionStep>(step.config).parameters.render(at_dispatch);
  const auto checked = require_object(step, parameters, ErrorCode::type_mismatch);
  if (!checked) return checked.error();
  call.parameters = to_text(parameters);
  call.attempt.step = step.index;
  call.attempt.number = attempt;
  call.attempt.input_bytes = call.parameters.size();
  return call;
}

std::string unsaid_place(const Step& step, const Scope& scope) {
  const auto* const config = std::get_if<ConditionalStep>(&step.config);
  if (config == nullptr) return {};
  for (const auto& branch : config->branches) {
    const auto holds = any_holds(branch.when, scope);
    if (holds && !*holds) continue;
    if (holds || holds.error().details.empty()) return {};
    const std::string& place = holds.error().details.front().path;
    const bool is_said = holds.error().message.find(place) != std::string::npos;
    return is_said ? std::string() : " (" + place + ")";
  }
  return {};
}

Effect plan_conditional(const Step& step, const ConditionalStep& config, const Scope& scope,
                        Instant now) {
  const std::string* choice = &config.otherwise_label;
  for (const auto& branch : config.branches) {
    const auto holds = any_holds(branch.when, scope);
    if (!holds) return failed(step, now, holds.error().code, holds.error().message);
    if (*holds) {
      choice = &branch.label;
      break;
    }
  }
  return completed(step, now, JsonObject{{"selectedChoice", *choice}});
}

Effect plan_delay(const Step& step, const DelayStep& config, const Scope& scope, Instant now,
                  bool is_test) {
  const auto due = due_of(config, config.value.render(scope), now);
  if (!due) return failed(step, now, due.error().code, due.error().message);
  return RecordEvent{DelayArmed{step.index, is_test ? now : *due}};
}

Effect plan_fan_out(const Workflow& workflow, const Step& step, const FanOutStep& config,
                    const Scope& scope, Instant now) {
  const Json items = config.items.render(scope);
  if (!items.is_array()) {
    return failed(step, now, ErrorCode::type_mismatch,
                  "\"items\" must be an array, got " + std::string(kind_name(items)) +
                      (items.is_null() ? " (does the reference lead anywhere?)" : ""));
  }
  const std::size_t count = items.get_array().size();
  if (count > limits::fan_out_items_max) {
    return failed(step, now, ErrorCode::limit_exceeded,
                  "a fan-out takes at most " + std::to_string(limits::fan_out_items_max) +
                      " elements, got " + std::to_string(count));
  }
  if (count == 0) return RecordEvent{FanOutProgress(workflow, step, 0).conclude(now, 2)};
  return RecordEvent{FanOutOpened{step.index, static_cast<std::uint32_t>(count)}};
}

Effect plan_response(const Step& step, const ResponseStep& config, const Scope& scope,
                     Instant now) {
  const auto status = status_of(config.status_code.render(scope));
  if (!status) return failed(step, now, status.error().code, status.error().message);
  auto headers = headers_of(config.headers.render(scope));
  if (!headers) return failed(step, now, headers.error().code, headers.error().message);
  JsonObject output;
  output.emplace("statusCode", *status);
  output.emplace("headers", std::move(*headers));
  if (config.has_file) {
    Json value = config.file.render(scope);
    const auto file = file_to_send(value);
    if (!file) return failed(step, now, file.error().code, "\"file\": " + file.error().message);
    if (!*file) {
      return failed(step, now, ErrorCode::type_mismatch,
                    "\"file\" must be a file object, got " +
                        (value.is_object() ? "another object" : std::string(kind_name(value))));
    }
    output.emplace("file", std::move(value));
    return completed(step, now, std::move(output));
  }
  Json body = config.body.render(scope);
  // A template may wrap a value that is deep already; what is stored must be readable again.
  if (is_deeper_than(body, limits::json_depth_max)) {
    return failed(
        step, now, ErrorCode::limit_exceeded,
        "\"body\" is nested deeper than " + std::to_string(limits::json_depth_max) + " levels");
  }
  output.emplace("body", std::move(body));
  return completed(step, now, std::move(output));
}

Json render_input(const Step& step, const Scope& scope) {
  struct Render {
    const Scope& scope;

    Json operator()(const FunctionStep& config) const { return config.parameters.render(scope); }
    Json operator()(const ConditionalStep& config) const {
      JsonArray branches;
      for (const auto& branch : config.branches) {
        JsonArray groups;
        for (const auto& group : branch.when) groups.push_back(conditions(group));
        branches.push_back(JsonObject{{"label", branch.label}, {"if", std::move(groups)}});
      }
      return JsonObject{{"branches", std::move(branches)}};
    }
    Json operator()(const FanOutStep& config) const {
      return JsonObject{{"items", config.items.render(scope)}};
    }
    Json operator()(const DelayStep& config) const {
      JsonObject input{{config.unit ? "value" : "until", config.value.render(scope)}};
      if (config.unit) input.emplace("unit", unit_name(*config.unit));
      return input;
    }
    Json operator()(const ResponseStep& config) const {
      const Template& answer = config.has_file ? config.file : config.body;
      return JsonObject{{"statusCode", config.status_code.render(scope)},
                        {"headers", config.headers.render(scope)},
                        {config.has_file ? "file" : "body", answer.render(scope)}};
    }
    Json operator()(const RequestStep& config) const { return request_input(config, scope); }
    Json operator()(const ActionStep& config) const { return action_input(config, scope); }
    JsonArray conditions(const std::vector<Condition>& group) const {
      JsonArray rendered;
      for (const auto& condition : group) {
        JsonObject one;
        one.emplace("variable", condition.variable.render(scope));
        one.emplace("operator", wire_name(condition.op));
        if (takes_argument(condition.op)) {
          one.emplace("argument", condition.argument.render(scope));
        }
        rendered.push_back(std::move(one));
      }
      return rendered;
    }
  };
  return std::visit(Render{scope}, step.config);
}

}  // namespace millrace
