#include "http/api/test_input.h"

#include "http/api/api_call.h"
#include "runtime/integrations/credential.h"
#include "runtime/integrations/resource.h"
#include "runtime/polls/poll.h"
#include "runtime/text/ascii_text.h"
#include "runtime/triggers/poll_trigger.h"
#include "runtime/triggers/read_trigger.h"
#include "runtime/triggers/request_trigger.h"
#include "runtime/triggers/trigger_catalog.h"
#include "runtime/webhooks/delivery.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace millrace {
namespace {

/// The names of headers are in lower case, as those of requests that come in are.
Json lower_names(const Json& headers) {
  if (!headers.is_object()) return headers;
  JsonObject lowered;
  for (const auto& member : headers.get_object()) {
    lowered[lower_case(std::string_view(member.key()))] = member.value();
  }
  return lowered;
}

bool is_parameter(const Json& value) {
  const auto* const list = value.if_array();
  if (list == nullptr) return value.is_string() || value.is_number();
  return std::all_of(list->begin(), list->end(), [](const Json& each) { return each.is_string(); });
}

bool is_delivered(std::string_view trigger_kind) {
  return trigger_kind == webhook_trigger_kind.type ||
         trigger_kind == integration_trigger_kind.type ||
         trigger_kind == resource_trigger_kind.type;
}

/// Headers, params and body, all of them there.
JsonObject whole_request(const JsonObject& given) {
  JsonObject request{{"headers", JsonObject()}, {"params", JsonObject()}, {"body", JsonObject()}};
  for (const auto& member : given) request[member.key()] = member.value();
  request["headers"] = lower_names(request["headers"]);
  return request;
}

/// The webhook that the draft's trigger refers to, and what it asks of an event.
struct Heard {
  std::shared_ptr<const Integration> integration;
  const Webhook* webhook = nullptr;
  const ConditionGroups* when = nullptr;
  Json parameters = JsonObject();
  std::shared_ptr<const Poll> poll;  // null: it is a webhook's
};

const Webhook* webhook_of(const Integration& integration, const std::string& name) {
  const auto found = integration.webhooks.find(name);
  return found == integration.webhooks.end() ? nullptr : &found->second;
}

/// Without a webhook: the draft names none that there is.
Heard heard_by(const Json& definition, const IntegrationCatalog& catalog) {
  Heard heard;
  if (!definition.is_object()) return heard;
  Findings unread;  // a draft may be wrong; deploy says so
  ObjectReader json(definition, "", "", unread);
  const auto trigger = read_trigger(json);
  if (!trigger) return heard;
  if (const auto* const polled = std::get_if<PollTrigger>(&*trigger)) {
    heard.poll = std::make_shared<const Poll>(polled->poll);
    return heard;
  }
  const auto* const resource = std::get_if<ResourceTrigger>(&*trigger);
  heard.integration = catalog.find_integration(
      resource != nullptr ? resource->resource : json.text("integration").value_or(""));
  if (heard.integration == nullptr) return heard;
  if (resource != nullptr) heard.webhook = webhook_of(*heard.integration, resource->webhook);
  if (const auto* const webhook = std::get_if<WebhookTrigger>(&*trigger)) {
    heard.webhook = webhook_of(*heard.integration, webhook->webhook);
  }
  if (const auto* const offered = std::get_if<IntegrationTrigger>(&*trigger)) {
    const auto* const found = find_by_name_or_intent(heard.integration->triggers,
                                                     heard.integration->type, offered->trigger);
    if (found == nullptr) return heard;
    heard.webhook = webhook_of(*heard.integration, found->webhook);
    heard.when = &found->when;
    heard.poll = found->poll;
    heard.parameters = offered->parameters;
  }
  return heard;
}

/// What cannot be compared says nothing, as when a delivery comes in.
bool holds_for(const ConditionGroups& groups, const DeliveryParts& parts, const Json& event,
               const Heard& heard) {
  if (groups.empty()) return false;
  const auto held = holds(groups, parts, event, heard.parameters);
  return held && *held;
}

/// The first event that the trigger means; else the first. The whole body where there is no envelope, or nothing
/// in it.
Json event_of(const DeliveryParts& parts, const Heard& heard) {
  if (heard.webhook == nullptr) return parts.body;
  auto events = events_of(*heard.webhook, parts);
  if (!events || events->empty()) return parts.body;
  for (Json& event : *events) {
    const bool is_ignored = holds_for(heard.webhook->ignore, parts, event, heard);
    const bool is_any = heard.when == nullptr || heard.when->empty();
    if (is_ignored || (!is_any && !holds_for(*heard.when, parts, event, heard))) continue;
    return std::move(event);
  }
  return std::move(events->front());
}

/// The first record that the trigger means, or else the first, of what a provider would answer: of the list at the
/// poll's `items`, or of an array. Anything else is the record.
Json record_of(const Json& body, const Heard& heard) {
  const Json answer = JsonObject{{"response", JsonObject{{"body", body}}}};
  const auto* records = body.if_array();
  if (heard.poll != nullptr && follow(answer, heard.poll->items).is_array()) {
    records = follow(answer, heard.poll->items).if_array();
  }
  if (records == nullptr || records->empty()) return body;
  for (const Json& record : *records) {
    DeliveryParts parts;
    parts.body = record;
    const bool is_any = heard.when == nullptr || heard.when->empty();
    if (is_any || holds_for(*heard.when, parts, record, heard)) return record;
  }
  return records->front();
}

}  // namespace

TestedWith tested_with(std::string_view trigger_kind) {
  if (trigger_kind == event_trigger_kind.type) return TestedWith::payload;
  if (trigger_kind == poll_trigger_kind.type) return TestedWith::record;
  for (const TriggerKind* const kind :
       {&scheduler_trigger_kind, &integration_enabled_trigger_kind, &oauth_trigger_kind}) {
    if (trigger_kind == kind->type) return TestedWith::nothing;
  }
  return TestedWith::request;
}

bool may_have_payload(std::string_view trigger_kind) {
  return tested_with(trigger_kind) != TestedWith::request ||
         trigger_kind == integration_trigger_kind.type;
}

Json test_payload_output(const Json& payload, std::string_view trigger_kind) {
  const bool is_record = tested_with(trigger_kind) == TestedWith::record ||
                         trigger_kind == integration_trigger_kind.type;
  return is_record ? poll_output(payload) : payload;
}

/// Anything but text is no test of what happens. A number as a parameter is let pass: it is what people write.
Outcome check_test_request(const JsonObject& request) {
  if (auto known = refuse_others(request, {"headers", "params", "body", "file"}); !known) {
    return known;
  }
  for (const char* const part : {"headers", "params"}) {
    const Json* const values = request.if_contains(part);
    if (values == nullptr) continue;
    if (!values->is_object()) {
      return wrong_member(std::string("request.") + part,
                          "must be an object, got " + std::string(kind_name(*values)));
    }
    const bool is_params = std::string_view(part) == "params";
    for (const auto& member : values->get_object()) {
      if (member.value().is_string() || (is_params && is_parameter(member.value()))) continue;
      return wrong_member(std::string("request.") + part + '.' + std::string(member.key()),
                          std::string("must be a string") +
                              (is_params ? ", a number or an array of strings" : "") + ", got " +
                              std::string(kind_name(member.value())));
    }
  }
  return Done{};
}

Json test_request_output(const JsonObject& given, std::string_view trigger_kind) {
  JsonObject request = whole_request(given);
  if (!is_delivered(trigger_kind)) return request_output(std::move(request));
  const DeliveryParts parts{request["headers"], request["params"], nullptr};
  return delivery_output(parts, request["body"]);
}

Json test_account_output(const Credential& account, const std::vector<std::string>& scopes,
                         std::string_view trigger_kind) {
  return trigger_kind == oauth_trigger_kind.type ? sign_in_output(account, scopes)
                                                 : enabled_output(account);
}

Json output_of_test_data(const JsonObject& content, const Json& definition,
                         std::string_view trigger_kind, const IntegrationCatalog& catalog) {
  const Json* const request = content.if_contains("request");
  const Json* const payload = content.if_contains("payload");
  if (tested_with(trigger_kind) != TestedWith::request) {
    if (payload != nullptr) return test_payload_output(*payload, trigger_kind);
    Json body = request == nullptr ? Json() : whole_request(request->get_object())["body"];
    if (tested_with(trigger_kind) == TestedWith::record) {
      body = record_of(body, heard_by(definition, catalog));
    }
    return test_payload_output(body, trigger_kind);
  }
  const JsonObject given = request != nullptr   ? request->get_object()
                           : payload != nullptr ? JsonObject{{"body", *payload}}
                                                : JsonObject();
  if (!is_delivered(trigger_kind)) return test_request_output(given, trigger_kind);
  JsonObject whole = whole_request(given);
  // A body that is a file is the file object.
  Json* const file = whole.if_contains("file");
  DeliveryParts parts{std::move(whole["headers"]), std::move(whole["params"]),
                      file != nullptr ? *file : whole["body"]};
  const Heard heard = heard_by(definition, catalog);
  if (heard.poll != nullptr) {
    return poll_output(request != nullptr ? record_of(parts.body, heard) : std::move(parts.body));
  }
  const Json event = event_of(parts, heard);
  return delivery_output(parts, event);
}

Json shown_test_data(Json content) {
  constexpr std::array<std::string_view, 4> masked{"authorization", "proxy-authorization", "cookie",
                                                   "set-cookie"};
  auto* const object = content.if_object();
  Json* const request = object == nullptr ? nullptr : object->if_contains("request");
  auto* const members = request == nullptr ? nullptr : request->if_object();
  Json* const headers = members == nullptr ? nullptr : members->if_contains("headers");
  if (headers == nullptr || !headers->is_object()) return content;
  for (auto& header : headers->get_object()) {
    const std::string name = lower_case(std::string_view(header.key()));
    const bool is_masked = std::find(masked.begin(), masked.end(), name) != masked.end();
    if (is_masked) header.value() = "[masked]";
  }
  return content;
}

}  // namespace millrace
