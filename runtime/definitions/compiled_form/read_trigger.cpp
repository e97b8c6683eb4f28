#include "runtime/definitions/compiled_form/read_trigger.h"

#include "runtime/definitions/compiled_form/action_parameters.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace millrace::compiled_form {
namespace {

/// The zone that the original takes when none is given; ours is UTC, so it is always written.
constexpr std::string_view zone_of_the_original = "America/Los_Angeles";

// --- endpoint -----------------------------------------------------------------------------------

/// The members of one validation. Values may be sources, but constant ones.
JsonObject read_validation(const SourceReader& sources, const Json& value,
                           const std::string& pointer) {
  JsonObject validation;
  ObjectReader json(value, pointer, sources.step(), sources.findings());
  if (!value.is_object()) return validation;
  for (const std::string_view key : {"key", "value"}) {
    const Json* const given = json.find(key);
    if (given == nullptr || given->is_null()) continue;
    validation.emplace(
        key, given->is_object() ? Json(sources.text(*given, json.pointer_to(key))) : *given);
  }
  if (const Json* const type = json.find("dataType")) validation.emplace("dataType", *type);
  if (const Json* const required = json.find("required")) validation.emplace("required", *required);
  sources.finish(json, value);
  return validation;
}

void read_validations(const SourceReader& sources, ObjectReader& json, std::string_view key,
                      JsonObject& trigger) {
  const JsonArray* const list = json.array(key);
  if (list == nullptr) return;
  JsonArray validations;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto validation =
        read_validation(sources, (*list)[i], json.pointer_to(key) + '/' + std::to_string(i));
    const Json* const name = validation.if_contains("key");
    const bool is_empty_row = name == nullptr || says_nothing(*name);
    if (!is_empty_row) validations.emplace_back(std::move(validation));
  }
  if (!validations.empty()) trigger.emplace(key, std::move(validations));
}

/// The trigger's body, mapped by a setting in which the user maps fields.
void read_mapping(const SourceReader& sources, ObjectReader& json, JsonObject& trigger) {
  constexpr std::string_view key = "objectMapping";
  const Json* const mapping = json.find(key);
  if (mapping == nullptr || says_nothing(*mapping)) return;
  trigger.emplace(key, sources.value(*mapping, json.pointer_to(key)));
}

JsonObject read_endpoint(const SourceReader& sources, ObjectReader& json) {
  JsonObject trigger{{"type", "request"}};
  json.find("path");  // the workflow's id, which is that of the URL here
  const auto method = json.text("httpMethod").value_or("POST");
  if (method != "POST" && !method.empty()) trigger.emplace("method", method);
  if (json.boolean("allowArbitraryPayload", false)) trigger.emplace("allowArbitraryPayload", true);
  for (const std::string_view key : {"paramValidations", "headerValidations", "bodyValidations"}) {
    read_validations(sources, json, key, trigger);
  }
  read_mapping(sources, json, trigger);
  return trigger;
}

// --- schedule -----------------------------------------------------------------------------------

/// A zone may be text or a source.
Json read_zone(const SourceReader& sources, const Json* zone, const std::string& pointer) {
  if (zone == nullptr || says_nothing(*zone)) return Json(zone_of_the_original);
  return zone->is_object() ? Json(sources.text(*zone, pointer)) : *zone;
}

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

/// `time: {"minutes": of the day, "timezone"}`.
void read_time(const SourceReader& sources, ObjectReader& schedule, JsonObject& every,
               JsonObject& trigger) {
  const Json* const time = schedule.require("time", "an object with `minutes` and `timezone`");
  if (time == nullptr) return;
  ObjectReader json(*time, schedule.pointer_to("time"), sources.step(), sources.findings());
  const auto minutes = json.integer("minutes", 0, 24 * 60 - 1).value_or(0);
  every.emplace("at", two_digits(minutes / 60) + ':' + two_digits(minutes % 60));
  trigger.emplace("timezone",
                  read_zone(sources, json.find("timezone"), json.pointer_to("timezone")));
  sources.finish(json, *time);
}

/// Five fields have no seconds.
std::string with_seconds(const std::string& cron) {
  std::size_t fields = 0;
  bool is_inside = false;
  for (const char c : cron) {
    if (c != ' ' && !is_inside) ++fields;
    is_inside = c != ' ';
  }
  return fields == 5 ? "0 " + cron : cron;
}

/// An expression and its zone; `key` is where the expression stands.
JsonObject read_expression(const SourceReader& sources, ObjectReader& json, std::string_view key) {
  const Json* const expression = json.require(key, "a cron expression");
  const std::string text =
      expression == nullptr ? std::string() : sources.text(*expression, json.pointer_to(key));
  return {{"type", "scheduler"},
          {"cron", with_seconds(text)},
          {"timezone", read_zone(sources, json.find("timezone"), json.pointer_to("timezone"))}};
}

JsonObject read_schedule(const SourceReader& sources, ObjectReader& json) {
  constexpr std::int64_t most = 1'000'000;
  const Json* const given_unit = json.find("unit");
  const bool has_unit = given_unit != nullptr && !says_nothing(*given_unit);
  if (!has_unit && json.find("cron") != nullptr) return read_expression(sources, json, "cron");
  JsonObject trigger{{"type", "scheduler"}};
  const auto unit = json.required_text("unit").value_or("");
  JsonObject every;
  if (unit == "SECONDS") {
    every.emplace("seconds", json.integer("seconds", 1, most).value_or(1));
  } else if (unit == "MINUTES") {
    every.emplace("minutes", json.integer("minutes", 1, most).value_or(1));
  } else if (unit == "HOURLY") {
    every.emplace("hours", json.integer("hours", 1, most).value_or(1));
    every.emplace("minute", json.integer("offset", 0, 59).value_or(0));
  } else if (unit == "DAILY") {
    every.emplace("days", json.integer("days", 1, most).value_or(1));
    read_time(sources, json, every, trigger);
  } else if (unit == "WEEKLY") {
    every.emplace("weekdays", JsonArray{lower_case(json.required_text("weekday").value_or(""))});
    read_time(sources, json, every, trigger);
  } else if (unit == "CUSTOM") {
    return read_expression(sources, json, "expression");
  } else if (!unit.empty()) {
    sources.report(FindingCode::no_counterpart, json.pointer_to("unit"),
                   "there is no schedule by `" + unit + "`; write it as a cron expression",
                   list_names({"SECONDS", "MINUTES", "HOURLY", "DAILY", "WEEKLY", "CUSTOM"}), unit);
  }
  trigger.emplace("every", std::move(every));
  return trigger;
}

JsonObject read_cron(const SourceReader& sources, ObjectReader& json) {
  const Json* const schedule = json.require("schedule", "an object with a `unit`");
  if (schedule == nullptr) return {{"type", "scheduler"}};
  ObjectReader inner(*schedule, json.pointer_to("schedule"), sources.step(), sources.findings());
  if (!schedule->is_object()) return {{"type", "scheduler"}};
  JsonObject trigger = read_schedule(sources, inner);
  sources.finish(inner, *schedule);
  return trigger;
}

// --- the others ---------------------------------------------------------------------------------

/// The first of some members that is text: releases differ in what they call the same.
std::string first_text(ObjectReader& json, std::initializer_list<std::string_view> keys) {
  std::string first;
  for (const std::string_view key : keys) {
    auto text = json.text(key).value_or("");
    if (first.empty()) first = std::move(text);
  }
  return first;
}

JsonObject read_event(const SourceReader& sources, ObjectReader& json) {
  auto name = first_text(json, {"eventName", "name", "eventId"});
  if (name.empty()) json.report("eventName", "`eventName` is missing", "the name of an app event");
  const auto known = sources.around().events.find(name);
  if (known != sources.around().events.end()) name = known->second;
  JsonObject trigger{{"type", "event"}, {"event", name}};
  read_mapping(sources, json, trigger);
  return trigger;
}

/// Intents of the original's own triggers are in upper snake case; a custom one is a webhook's name.
bool is_intent(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// A webhook of the integration or of a resource, or one of the integration's own triggers.
JsonObject read_action_trigger(const SourceReader& sources, ObjectReader& json) {
  const auto webhook = json.text("customWebhookTriggerId").value_or("");
  // With a webhook's id it says only that it is a custom one.
  const auto intent = json.text("intent").value_or("");
  const auto resource = json.text("resourceId").value_or("");
  json.find("actionType");   // becomes the workflow's integration
  json.find("credentials");  // the account is chosen when a run begins
  Json parameters = JsonObject();
  if (const Json* const given = json.find("actionParameters")) {
    parameters = action_parameters(sources, *given, json.pointer_to("actionParameters"));
  }
  const bool is_own_trigger =
      webhook.empty() && resource.empty() && (is_intent(intent) || !says_nothing(parameters));
  if (is_own_trigger) {
    return {{"type", "integration"}, {"trigger", intent}, {"parameters", std::move(parameters)}};
  }
  const std::string& name = webhook.empty() ? intent : webhook;
  if (name.empty()) {
    json.report("customWebhookTriggerId", "`customWebhookTriggerId` is missing",
                "the webhook that starts the workflow");
  }
  if (resource.empty()) return {{"type", "webhook"}, {"webhook", name}};
  return {{"type", "resource"}, {"resource", resource}, {"webhook", name}};
}

JsonObject read_enabled(const SourceReader&, ObjectReader&) {
  return {{"type", "integrationEnabled"}};
}

JsonObject read_oauth(const SourceReader&, ObjectReader&) { return {{"type", "oauth"}}; }

struct Kind {
  std::string_view type;
  JsonObject (*read)(const SourceReader& sources, ObjectReader& json);
};

constexpr std::array<Kind, 6> kinds{{
    {"TRIGGER/ENDPOINT", read_endpoint},
    {"TRIGGER/EVENT", read_event},
    {"TRIGGER/ACTION", read_action_trigger},
    {"TRIGGER/INTEGRATION_ENABLED", read_enabled},
    {"TRIGGER/CRON", read_cron},
    {"TRIGGER/OAUTH", read_oauth},
}};

}  // namespace

JsonObject read_trigger(const SourceReader& sources, std::string_view type, const Json& parameters,
                        const std::string& pointer) {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) {
    names.emplace_back(kind.type);
    if (kind.type != type) continue;
    ObjectReader json(parameters, pointer, sources.step(), sources.findings());
    if (!parameters.is_object()) return {};
    JsonObject trigger = kind.read(sources, json);
    sources.finish(json, parameters);
    return trigger;
  }
  const std::string step = pointer.substr(0, pointer.rfind('/'));
  sources.report(FindingCode::no_counterpart, step + "/type",
                 "there is no trigger of type `" + std::string(type) + "`", list_names(names),
                 std::string(type));
  return {};
}

}  // namespace millrace::compiled_form
