#include "runtime/webhooks/read_webhooks.h"

#include "runtime/base/limits.h"
#include "runtime/conditions/read_conditions.h"
#include "runtime/polls/read_poll.h"
#include "runtime/text/header_text.h"
#include "runtime/text/nearest_name.h"
#include "runtime/webhooks/read_verification.h"
#include "runtime/webhooks/subscription.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<Choice<Webhook::Scope>, 2> scopes{
    {{"user", Webhook::Scope::user}, {"app", Webhook::Scope::app}}};
constexpr std::array<Choice<Challenge::Answer>, 2> answers{
    {{"text", Challenge::Answer::text}, {"json", Challenge::Answer::json}}};
constexpr std::array<Choice<bool>, 1> keeps{{{"secret", true}}};
constexpr std::string_view list_mark = "[*]";

/// Adds a finding for each name in the template that is not among `known`. `seen` says what it may see.
void refuse_other_names(Template& text, const std::vector<std::string>& known,
                        const std::string& seen, Findings& findings) {
  text.visit_references([&](const Reference& reference, const std::string& pointer) {
    const bool is_name = reference.root == Reference::Root::step;
    const std::string& name = is_name ? reference.name : reference.text;
    if (is_name && std::find(known.begin(), known.end(), name) != known.end()) return;
    findings.push_back(finding_at("", pointer, "in `{{" + reference.text + "}}`: " + seen,
                                  list_names(known), name, nearest_name(name, known)));
  });
}

ConditionGroups read_event_conditions(ObjectReader& json, std::string_view key,
                                      const std::vector<std::string>& known) {
  const Json* const given = json.find(key);
  if (given == nullptr || (given->is_array() && given->get_array().empty())) return {};
  ConditionGroups groups = read_conditions(json, key);
  for (Template* const text : templates_of(groups)) {
    refuse_other_names(*text, known, "a condition sees the delivery alone", json.findings());
  }
  return groups;
}

/// "body[*]": the path of the array.
std::optional<DeliveryPath> read_events(ObjectReader& json) {
  const auto text = json.constant_text("events");
  if (!text) return std::nullopt;
  if (!text->ends_with(list_mark)) {
    json.report("events", "the envelope's array is written with `[*]` behind it",
                "such as `body[*]` or `body.events[*]`", *text);
    return std::nullopt;
  }
  const std::string list = text->substr(0, text->size() - list_mark.size());
  auto path = parse_delivery_path(list);
  if (path && path->part == DeliveryPath::Part::body) return path;
  json.report("events", "the envelope's array is a part of the body",
              "such as `body[*]` or `body.events[*]`", *text);
  return std::nullopt;
}

std::optional<Challenge> read_challenge(ObjectReader& json) {
  const Json* const given = json.find("challenge");
  if (given == nullptr) return std::nullopt;
  Challenge challenge;
  if (given->is_string()) {
    auto path = read_delivery_path(json, "challenge");
    if (!path) return std::nullopt;
    challenge.in = std::move(*path);
  } else {
    ObjectReader inner(*given, json.pointer_to("challenge"), "", json.findings());
    if (!given->is_object()) return std::nullopt;
    inner.require("in", "the path of the value that is sent back");
    auto path = read_delivery_path(inner, "in");
    challenge.answer =
        inner.choice<Challenge::Answer>("answer", answers).value_or(Challenge::Answer::text);
    challenge.is_kept = inner.choice<bool>("keep", keeps).value_or(false);
    inner.finish();
    if (!path) return std::nullopt;
    challenge.in = std::move(*path);
  }
  if (challenge.in.part == DeliveryPath::Part::event) {
    json.report("challenge", "a challenge is in the delivery, not in an event of it",
                "`body.…`, `query.…` or `headers.…`");
  }
  return challenge;
}

Webhook::Scope read_scope(ObjectReader& json, std::optional<Webhook::Scope> of_resource) {
  if (!of_resource) json.require("scope", "`user` or `app`");
  const auto given = json.choice<Webhook::Scope>("scope", scopes);
  if (given && of_resource && *given != *of_resource) {
    json.report("scope", "the scope of a resource's webhooks is its `level`", "no `scope`");
  }
  return of_resource ? *of_resource : given.value_or(Webhook::Scope::user);
}

/// Of a delivery to one URL for all accounts nobody knows whose subscription it belongs to; what a challenge has
/// brought belongs to the URL.
void check_subscription_secret(ObjectReader& json, const Webhook& webhook) {
  const bool is_kept = webhook.challenge && webhook.challenge->is_kept;
  if (is_kept && webhook.subscription != nullptr) {
    json.report(
        "challenge",
        "the secret of a webhook that subscribes is its subscription's, which `keep` is for",
        "no `keep`, or no `subscribe`");
  }
  if (is_kept) return;
  const auto names = secrets_of(webhook.verify);
  if (std::find(names.begin(), names.end(), subscription_secret_name) == names.end()) return;
  if (webhook.subscription == nullptr) {
    json.report("verify",
                "`subscription.secret` is of a subscription, and the webhook has no `subscribe`",
                "`{{secrets.KEY}}`, or a `challenge` with `\"keep\": \"secret\"`");
  } else if (webhook.scope == Webhook::Scope::app) {
    json.report(
        "verify",
        "one URL serves all accounts, so nobody knows whose `subscription.secret` it would be",
        "`\"scope\": \"user\"`, or `{{secrets.KEY}}`");
  }
}

/// The webhook, or nothing if it has findings of its own.
std::optional<Webhook> read_webhook(const std::string& name, const Json& value,
                                    const std::string& pointer, Findings& findings,
                                    std::optional<Webhook::Scope> of_resource) {
  const std::size_t before = findings.size();
  Webhook webhook;
  webhook.name = name;
  ObjectReader json(value, pointer, "", findings);
  if (name.empty() || name.size() > limits::id_bytes_max) {
    json.report("", "a webhook's name has 1 to " + std::to_string(limits::id_bytes_max) + " bytes");
  }
  if (value.is_object()) {
    json.text("description");
    webhook.scope = read_scope(json, of_resource);
    webhook.events = read_events(json);
    webhook.route = read_delivery_path(json, "route");
    if (webhook.scope == Webhook::Scope::app && json.find("route") == nullptr && !of_resource) {
      json.report("route",
                  "one URL serves all accounts: a `route` finds those that a delivery is for",
                  "a path such as `body.account_id`");
    }
    if (webhook.scope == Webhook::Scope::user && json.find("route") != nullptr) {
      json.report("route", "each account has a URL of its own: there is nothing to find",
                  "`\"scope\": \"app\"`, or no `route`");
    }
    webhook.ignore = read_event_conditions(json, "ignore", {"event", "headers", "query", "body"});
    webhook.delivery_id = read_delivery_path(json, "deliveryId");
    webhook.verify = read_verification(json);
    webhook.challenge = read_challenge(json);
    webhook.subscription = read_subscription(json);
    check_subscription_secret(json, webhook);
    json.finish();
  }
  if (findings.size() != before) return std::nullopt;
  return webhook;
}

/// The name of a webhook that is there.
std::string read_webhook_name(ObjectReader& json, std::string_view key,
                              const std::vector<std::string>& webhooks) {
  std::string name = json.required_constant_text(key).value_or("");
  const bool is_known = std::find(webhooks.begin(), webhooks.end(), name) != webhooks.end();
  if (!name.empty() && !is_known) {
    json.report(key, "the integration has no webhook `" + name + "`", list_names(webhooks), name,
                nearest_name(name, webhooks));
  }
  return name;
}

/// Null if it has findings of its own.
std::shared_ptr<const Poll> read_offered_poll(ObjectReader& parent, const Json& value) {
  const std::size_t before = parent.findings().size();
  ObjectReader json(value, parent.pointer_to("poll"), "", parent.findings());
  if (!value.is_object()) return nullptr;
  auto poll = std::make_shared<const Poll>(read_poll(json, PollOf::integration));
  json.finish();
  return parent.findings().size() == before ? poll : nullptr;
}

/// Which action it is, and whether it takes these parameters, is looked at where the trigger is used.
std::optional<TriggerLoad> read_load(ObjectReader& parent, bool is_polled) {
  const Json* const given = parent.find("load");
  if (given == nullptr) return std::nullopt;
  if (is_polled) parent.report("load", "what is polled is the record already");
  ObjectReader json(*given, parent.pointer_to("load"), "", parent.findings());
  if (!given->is_object()) return std::nullopt;
  TriggerLoad load;
  load.action = json.required_constant_text("action").value_or("");
  load.parameters = json.object("parameters");
  json.finish();
  refuse_other_names(load.parameters, {"event", "headers", "query"},
                     "a record is loaded by the event alone", json.findings());
  return load;
}

std::optional<OfferedTrigger> read_trigger(const std::string& name, const Json& value,
                                           const std::string& pointer, Findings& findings,
                                           const std::vector<std::string>& webhooks) {
  const std::size_t before = findings.size();
  OfferedTrigger trigger;
  trigger.name = name;
  ObjectReader json(value, pointer, "", findings);
  if (name.empty() || name.size() > limits::id_bytes_max) {
    json.report("", "a trigger's name has 1 to " + std::to_string(limits::id_bytes_max) + " bytes");
  }
  if (value.is_object()) {
    json.text("description");
    const Json* const polled = json.find("poll");
    if (polled != nullptr && json.find("webhook") != nullptr) {
      json.report("poll", "a trigger is a webhook's or polled, not both");
    } else if (polled != nullptr) {
      trigger.poll = read_offered_poll(json, *polled);
      if (json.find("wake") != nullptr) trigger.wake = read_webhook_name(json, "wake", webhooks);
    } else {
      trigger.webhook = read_webhook_name(json, "webhook", webhooks);
      json.refuse("wake", "a webhook's trigger waits for nothing else: it belongs to a `poll`");
    }
    trigger.when =
        read_event_conditions(json, "when", {"event", "headers", "query", "body", "parameters"});
    trigger.load = read_load(json, polled != nullptr);
    json.finish();
  }
  if (findings.size() != before) return std::nullopt;
  return trigger;
}

/// The members of an object of named things, or null; too many are a finding.
const JsonObject* members(ObjectReader& parent, std::string_view key, std::size_t count_max) {
  const Json* const value = parent.find(key);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) {
    parent.report_mismatch(parent.pointer_to(key), "an object", *value);
    return nullptr;
  }
  if (value->get_object().size() <= count_max) return &value->get_object();
  parent.report(key, "an integration may declare at most " + std::to_string(count_max) + " " +
                         std::string(key));
  return nullptr;
}

}  // namespace

Webhooks read_webhooks(ObjectReader& integration, std::optional<Webhook::Scope> of_resource) {
  Webhooks webhooks;
  const auto* const given = members(integration, "webhooks", limits::webhooks_per_integration_max);
  if (given == nullptr) return webhooks;
  for (const auto& member : *given) {
    const std::string name(member.key());
    auto webhook = read_webhook(name, member.value(),
                                integration.pointer_to("webhooks") + '/' + pointer_token(name),
                                integration.findings(), of_resource);
    if (webhook) webhooks.emplace(name, std::move(*webhook));
  }
  return webhooks;
}

OfferedTriggers read_offered_triggers(ObjectReader& integration) {
  OfferedTriggers triggers;
  const auto* const given = members(integration, "triggers", limits::triggers_per_integration_max);
  if (given == nullptr) return triggers;
  // A webhook with findings of its own is there all the same.
  std::vector<std::string> names;
  const Json* const declared = integration.find("webhooks");
  if (declared != nullptr && declared->is_object()) {
    for (const auto& member : declared->get_object()) names.emplace_back(member.key());
  }
  for (const auto& member : *given) {
    const std::string name(member.key());
    auto trigger = read_trigger(name, member.value(),
                                integration.pointer_to("triggers") + '/' + pointer_token(name),
                                integration.findings(), names);
    if (trigger) triggers.emplace(name, std::move(*trigger));
  }
  return triggers;
}

}  // namespace millrace
