#include "actors/gateway/hook_door.h"

#include "actors/gateway/joint_starter.h"
#include "actors/gateway/provider_keys.h"
#include "actors/subscriptions/subscriptions.h"
#include "runtime/base/limits.h"
#include "runtime/secrets/redaction.h"
#include "runtime/triggers/trigger_catalog.h"
#include "runtime/webhooks/verify_delivery.h"

#include <set>
#include <utility>

namespace millrace {
namespace {

Error no_hook() { return {ErrorCode::not_found, "there is no such webhook"}; }

/// Under what names workflows may have the triggers that refer to this webhook, as `by` says.
std::vector<std::string> triggers_of(const Integration& integration, const std::string& webhook,
                                     std::string OfferedTrigger::*by) {
  std::vector<std::string> names;
  for (const auto& [name, trigger] : integration.triggers) {
    if (trigger.*by != webhook) continue;
    names.push_back(name);  // of one that has no letters
    for (std::string& each : names_of_intents(integration.type, name)) {
      if (!each.empty()) names.push_back(std::move(each));
    }
  }
  return names;
}

bool is_delivery(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

bool is_refused(const CodeVerdict& verdict) { return verdict.answer.status >= 400; }

/// Nobody is found by the event's value at the webhook's `route`: `whose` ends before the value.
Error nobody_for(ErrorCode code, const std::string& whose, const std::string& value) {
  if (value.empty()) {
    return {code, "the event has no value where the webhook's `route` says for whom it is"};
  }
  return {code, whose + " \"" + value.substr(0, 200) + '"'};
}

Error not_for_get() {
  ErrorDetail detail;
  detail.message = "deliveries are sent with POST";
  detail.expected = "POST, PUT, PATCH";
  return {ErrorCode::method_not_allowed, "a webhook is called with POST", {std::move(detail)}};
}

Delivery delivery_for(const OpenHook& hook, const HookCall& call, const SharedParts& parts,
                      const UserId& user) {
  Delivery delivery;
  delivery.project = hook.place.project;
  delivery.user = user;
  delivery.integration = hook.place.integration;
  delivery.webhook = hook.webhook->name;
  delivery.triggers = triggers_of(*hook.integration, hook.webhook->name, &OfferedTrigger::webhook);
  delivery.parts = parts;
  delivery.files = call.files;
  delivery.trace = call.trace;
  delivery.is_for_everybody =
      hook.webhook->scope == Webhook::Scope::app && !hook.webhook->route.has_value();
  return delivery;
}

}  // namespace

Result<OpenHook> HookDoor::open(std::string_view id) const {
  auto row = uses_.hooks.find(id);
  if (!row) return row.error();
  if (!*row) return no_hook();
  OpenHook hook{std::string(id), std::move((*row)->place), nullptr, nullptr, nullptr};
  auto project = uses_.projects.now(hook.place.project);
  if (!project) return project.error();
  hook.project = std::move(*project);
  hook.integration = hook.project->integrations->find_integration(hook.place.integration);
  if (hook.integration == nullptr) return no_hook();
  const auto webhook = hook.integration->webhooks.find(hook.place.webhook);
  if (webhook == hook.integration->webhooks.end()) return no_hook();
  hook.webhook = &webhook->second;
  const bool is_of_user = hook.webhook->scope == Webhook::Scope::user;
  if (is_of_user == hook.place.user.empty()) return no_hook();  // it was of another scope
  if (!is_of_user) return hook;
  const auto user = uses_.users.now({hook.place.project, hook.place.user});
  if (!user) return user.error();
  const auto account = (*user)->find(hook.place.integration, hook.place.credential);
  if (hook.place.credential.empty() || account == nullptr) return no_hook();
  return hook;
}

Result<HookAnswer> HookDoor::receive(const OpenHook& hook, HookCall call) {
  auto challenge = answer(hook, call);
  if (!challenge) return challenge.error();
  if (*challenge) return HookAnswer(std::move(**challenge));
  std::optional<CodeAnswer> answer;
  if (const auto* const check = std::get_if<CodeCheck>(&hook.webhook->verify)) {
    auto verdict = ask_code(hook, call, *check);
    if (!verdict) return verdict.error();
    const bool is_usual = verdict->answer.status == 200 && verdict->answer.body.empty();
    if (is_refused(*verdict) || !verdict->is_persisted) {
      return HookAnswer(std::move(verdict->answer));
    }
    if (!is_usual) answer = std::move(verdict->answer);
  }
  if (!is_delivery(call.raw.method)) return not_for_get();
  auto events = events_of(*hook.webhook, call.parts);
  if (!events) return events.error();
  if (auto verified = verify(hook, call, *events); !verified) return verified.error();
  mask_proof(*hook.webhook, call.parts, *events);
  const auto parts = std::make_shared<const DeliveryParts>(std::move(call.parts));
  const auto& name = hook.webhook->name;
  if (const auto woken = triggers_of(*hook.integration, name, &OfferedTrigger::wake);
      !woken.empty()) {
    if (auto asked = wake_polls(hook, *parts, *events, woken); !asked) return asked.error();
    // It says that there is something to look for, and nothing else.
    const bool is_alone = triggers_of(*hook.integration, name, &OfferedTrigger::webhook).empty();
    if (is_alone) return HookAnswer(std::vector<ExecutionId>());
  }
  auto deliveries = split(hook, call, parts, *events);
  if (!deliveries) return deliveries.error();
  std::vector<ExecutionId> started;
  for (auto& [user, delivery] : *deliveries) {
    auto ids = uses_.gateway.deliver(std::move(delivery));
    if (!ids) return ids.error();
    started.insert(started.end(), ids->begin(), ids->end());
  }
  if (answer) return HookAnswer(std::move(*answer));
  return HookAnswer(std::move(started));
}

Result<std::optional<ChallengeAnswer>> HookDoor::answer(const OpenHook& hook,
                                                        const HookCall& call) const {
  auto challenge = answer_challenge(*hook.webhook, call.parts);
  if (!challenge || !*challenge || !hook.webhook->challenge->is_kept) return challenge;
  if (uses_.tokens == nullptr) return Error(ErrorCode::overloaded, "no tokens are kept here");
  const Json& token = value_at(hook.webhook->challenge->in, call.parts, call.parts.body);
  if (!token.is_string() || token.get_string().size() < Redaction::value_bytes_min) {
    return Error(ErrorCode::invalid_request, "the token of a challenge is a text of at least " +
                                                 std::to_string(Redaction::value_bytes_min) +
                                                 " bytes");
  }
  const auto kept = uses_.tokens->keep({hook.id, hook.place, {}}, token.get_string());
  if (!kept) return kept.error();
  return *kept ? challenge : std::optional<ChallengeAnswer>();
}

Result<CodeVerdict> HookDoor::ask_code(const OpenHook& hook, const HookCall& call,
                                       const CodeCheck& check) const {
  if (uses_.code == nullptr) {
    return Error(ErrorCode::overloaded, "deliveries are not verified by code here");
  }
  const SecretSource secrets = [&](const std::string& name) { return secret(hook, name); };
  auto verdict = uses_.code->ask(check, {hook.place.project, hook.place.integration, *hook.webhook,
                                         call.raw, call.parts, secrets});
  if (!verdict) return told(hook, call, verdict.error());
  if (is_refused(*verdict)) {
    note(hook, call,
         Error(ErrorCode::unauthorized, "its verifying code refused it with status " +
                                            std::to_string(verdict->answer.status)));
  }
  return verdict;
}

Outcome HookDoor::verify(const OpenHook& hook, const HookCall& call,
                         const std::vector<Json>& events) const {
  auto verified = verify_delivery(
      *hook.webhook, call.raw, call.parts, events,
      [&](const std::string& name) { return secret(hook, name); }, uses_.clock.now(),
      [&](const std::string& url, const std::string& id,
          const std::string& algorithm) -> Result<SharedPublicKey> {
        if (uses_.keys == nullptr) return Error(ErrorCode::overloaded, "keys are not fetched here");
        return uses_.keys->find(hook.place.project, url, id, algorithm);
      });
  return verified ? verified : Outcome(told(hook, call, verified.error()));
}

Error HookDoor::told(const OpenHook& hook, const HookCall& call, const Error& why) const {
  note(hook, call, why);
  return Error(why.code, why.code == ErrorCode::unauthorized
                             ? "the delivery could not be verified"
                             : "deliveries to this webhook cannot be verified today: "
                               "the project's event log says why");
}

Result<std::string> HookDoor::secret(const OpenHook& hook, const std::string& name) const {
  if (name != subscription_secret_name) return hook.project->secrets->value(name);
  if (hook.webhook->challenge && hook.webhook->challenge->is_kept) {
    if (uses_.tokens == nullptr) return Error(ErrorCode::overloaded, "no tokens are kept here");
    auto kept = uses_.tokens->find(hook.id);
    if (!kept) return kept.error();
    if (*kept) return std::move((*kept)->token);
    return Error(ErrorCode::secret_missing, "the provider has not brought its token yet");
  }
  if (uses_.subscriptions == nullptr) {
    return Error(ErrorCode::secret_missing, "there are no subscriptions here");
  }
  return uses_.subscriptions->secret(hook.place.project, hook.place.user, hook.id);
}

Result<HookDoor::Deliveries> HookDoor::split(const OpenHook& hook, const HookCall& call,
                                             const SharedParts& parts,
                                             const std::vector<Json>& events) const {
  Deliveries deliveries;
  std::size_t ignored = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!hook.webhook->ignore.empty()) {
      // What cannot be compared (a flag that most events do not have) is no reason to lose an event.
      const auto is_ignored = holds(hook.webhook->ignore, *parts, events[i]);
      if (is_ignored && *is_ignored) {
        ++ignored;
        continue;
      }
    }
    const std::string id = delivery_id_of(*hook.webhook, *parts, events[i], i);
    if (id.size() > limits::delivery_id_bytes_max) {
      return Error(ErrorCode::invalid_request, "the id of a delivery has at most " +
                                                   std::to_string(limits::delivery_id_bytes_max) +
                                                   " bytes");
    }
    auto added = add(hook, call, parts, events[i], id, deliveries);
    if (!added) return added.error();
  }
  if (ignored > 0 && ignored == events.size()) {
    note(hook, call, Error(ErrorCode::workflow_not_deployed, "all of its events are ignored"));
  }
  return deliveries;
}

Result<std::vector<storage::AccountRow>> HookDoor::accounts_for(const OpenHook& hook,
                                                                const DeliveryParts& parts,
                                                                const Json& event) const {
  if (hook.webhook->scope == Webhook::Scope::user) {
    return std::vector<storage::AccountRow>{{hook.place.user, hook.place.credential}};
  }
  const std::string provider_id = text_at(*hook.webhook->route, parts, event);
  if (provider_id.empty() || provider_id.size() > limits::provider_id_bytes_max) {
    return std::vector<storage::AccountRow>();
  }
  return storage::AccountTable(uses_.store)
      .list(hook.place.project, hook.place.integration, provider_id,
            limits::users_per_delivery_max + 1);
}

Outcome HookDoor::wake_polls(const OpenHook& hook, const DeliveryParts& parts,
                             const std::vector<Json>& events,
                             const std::vector<std::string>& triggers) const {
  if (!uses_.look_now) return Done{};
  const std::vector<Json> nothing{Json()};
  std::set<std::pair<UserId, std::string>> woken;
  for (const Json& event : events.empty() ? nothing : events) {
    auto accounts = accounts_for(hook, parts, event);
    if (!accounts) return accounts.error();
    for (const auto& account : *accounts) {
      if (woken.size() >= limits::users_per_delivery_max) return Done{};  // others look in time
      if (!woken.emplace(account.user, account.credential).second) continue;
      auto asked = uses_.look_now({hook.place.project, account.user, account.credential, triggers});
      if (!asked) return asked;
    }
  }
  return Done{};
}

Result<std::vector<storage::AccountRow>> HookDoor::recipients(const OpenHook& hook,
                                                              const HookCall& call,
                                                              const SharedParts& parts,
                                                              const Json& event) const {
  const bool is_project_s =
      hook.webhook->scope == Webhook::Scope::app && hook.integration->resource != nullptr;
  if (is_project_s) {
    auto users = users_of_resource(hook, call, parts, event);
    if (!users) return users.error();
    std::vector<storage::AccountRow> recipients;
    for (UserId& user : *users) recipients.push_back({std::move(user), {}});
    return recipients;
  }
  auto accounts = accounts_for(hook, *parts, event);
  if (accounts && accounts->empty()) {
    note(hook, call,
         nobody_for(ErrorCode::credential_missing, "no account has the provider's id",
                    text_at(*hook.webhook->route, *parts, event)));
  }
  return accounts;
}

Result<std::vector<UserId>> HookDoor::users_of_resource(const OpenHook& hook, const HookCall& call,
                                                        const SharedParts& parts,
                                                        const Json& event) const {
  const ResourceAudience audience({uses_.store, uses_.workflows, uses_.users});
  if (!hook.webhook->route) {
    auto all = audience.all(hook.place.project, hook.place.integration, hook.webhook->name,
                            limits::users_per_delivery_max);
    const bool is_unheard = !all && all.error().code == ErrorCode::workflow_not_deployed;
    if (!all && !is_unheard) return all.error();
    if (all && !all->empty()) return all;
    note(hook, call,
         is_unheard ? all.error()
                    : Error(ErrorCode::workflow_disabled, "no user has a workflow on it enabled"));
    return std::vector<UserId>();
  }
  const std::string id = text_at(*hook.webhook->route, *parts, event);
  auto named = audience.named(hook.place.project, id);
  if (named && named->empty()) {
    note(hook, call, nobody_for(ErrorCode::not_found, "no user has the id", id));
  }
  return named;
}

Outcome HookDoor::add(const OpenHook& hook, const HookCall& call, const SharedParts& parts,
                      const Json& event, const std::string& id, Deliveries& deliveries) const {
  auto accounts = recipients(hook, call, parts, event);
  if (!accounts) return accounts.error();
  std::map<UserId, std::vector<std::string>> by_user;
  for (auto& account : *accounts) {
    auto& own = by_user[account.user];
    if (!account.credential.empty()) own.push_back(std::move(account.credential));
  }
  for (auto& [user, credentials] : by_user) {
    Delivery& delivery = deliveries[user];
    if (delivery.events.empty()) delivery = delivery_for(hook, call, parts, user);
    delivery.events.push_back({id, event, std::move(credentials)});
  }
  if (deliveries.size() <= limits::users_per_delivery_max) return Done{};
  return Error(
      ErrorCode::limit_exceeded,
      "a delivery reaches at most " + std::to_string(limits::users_per_delivery_max) + " users");
}

void HookDoor::note(const OpenHook& hook, const HookCall& call, const Error& why) const {
  uses_.log.note(
      {hook.place.project,
       hook.place.user,
       {},
       std::string(hook.integration->resource != nullptr ? resource_trigger_kind.type
                                                         : webhook_trigger_kind.type),
       hook.place.integration,
       trace_id_text(call.trace)},
      Error(why.code, "a delivery to the webhook \"" + hook.webhook->name + "\": " + why.message,
            why.details));
}

}  // namespace millrace
