#include "actors/subscriptions/subscription_wishes.h"

#include "runtime/integrations/run_conditions.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

/// What a request about a subscription does not need.
constexpr std::array<std::string_view, 8> left_out{"actions",     "triggers",    "settings",
                                                   "webhooks",    "description", "overview",
                                                   "accentColor", "name"};

Json subscribe_of(const std::string& definition) {
  const auto parsed = parse_json(definition, limits::stored_depth_max);
  const auto* const object = parsed ? parsed->if_object() : nullptr;
  const Json* const webhooks = object == nullptr ? nullptr : object->if_contains("webhooks");
  if (webhooks == nullptr || !webhooks->is_object() || webhooks->get_object().empty()) return {};
  const auto& webhook = webhooks->get_object().begin()->value();
  const auto* const members = webhook.if_object();
  const Json* const subscribe = members == nullptr ? nullptr : members->if_contains("subscribe");
  const Json* const base_url = object->if_contains("baseUrl");
  return JsonArray{base_url == nullptr ? Json() : *base_url,
                   subscribe == nullptr ? Json() : *subscribe};
}

bool is_missing(ErrorCode code) {
  return code == ErrorCode::not_found || code == ErrorCode::workflow_not_deployed ||
         code == ErrorCode::format_not_supported;
}

}  // namespace

const std::string& webhook_of(const Workflow& workflow) {
  static const std::string none;
  if (const auto* const webhook = std::get_if<WebhookTrigger>(&workflow.trigger)) {
    return webhook->webhook;
  }
  const auto* const trigger = std::get_if<IntegrationTrigger>(&workflow.trigger);
  return trigger == nullptr ? none : trigger->webhook;
}

std::string definition_for(const Integration& integration, const std::string& webhook) {
  JsonObject kept;
  for (const auto& member : integration.definition.get_object()) {
    const std::string_view key = member.key();
    if (std::find(left_out.begin(), left_out.end(), key) == left_out.end()) {
      kept.emplace(key, member.value());
    }
  }
  const Json& webhooks = integration.definition.get_object().at("webhooks");
  kept.emplace("webhooks", JsonObject{{webhook, webhooks.get_object().at(webhook)}});
  return to_text(kept);
}

bool asks_for_the_same(const std::string& definition, const std::string& other) {
  return definition == other || subscribe_of(definition) == subscribe_of(other);
}

const SubscriptionWish* WishedSubscriptions::find(const storage::SubscriptionRow& row) const {
  const auto found = std::find_if(wishes.begin(), wishes.end(), [&](const SubscriptionWish& wish) {
    return wish.credential == row.credential && wish.webhook == row.webhook;
  });
  return found == wishes.end() ? nullptr : &*found;
}

Result<std::shared_ptr<const Workflow>> SubscriptionWishes::subscribing(
    const ProjectId& project, const WorkflowId& workflow) const {
  auto live = workflows_.deployed(project, workflow);
  const bool is_there = live || !is_missing(live.error().code);
  if (!is_there || (live && webhook_of(**live).empty())) return std::shared_ptr<const Workflow>();
  return live;
}

std::vector<WorkflowId> SubscriptionWishes::concerned(const storage::SubscriptionRow& row) const {
  std::vector<WorkflowId> concerned;
  const auto user = users_.now({row.project, row.user});
  const auto account = user ? (*user)->find(row.integration, row.credential) : nullptr;
  if (account == nullptr) return concerned;
  for (const std::string_view id : enabled_workflows(account->configured_workflows)) {
    if (concerned.size() == concerned_max) break;
    const auto live = subscribing(row.project, WorkflowId(std::string(id)));
    const bool is_its = live && *live != nullptr && (*live)->integration == row.integration &&
                        webhook_of(**live) == row.webhook;
    if (is_its) concerned.push_back((*live)->id);
  }
  return concerned;
}

Result<WishedSubscriptions> SubscriptionWishes::of(const UserKey& owner) {
  const auto project = projects_.now(owner.project);
  if (!project) return project.error();
  const auto user = users_.now(owner);
  if (!user) return user.error();
  const auto tenant = tenants_.view(owner.project, owner.user);
  if (!tenant) return tenant.error();
  WishedSubscriptions wished;
  for (const auto& held : (*user)->credentials) {
    const Credential& account = *held.credential;
    const auto integration = (*project)->integrations->find_integration(account.integration);
    if (!account.is_valid) wished.paused.insert(account.id);
    if (integration == nullptr || !account.is_valid) continue;
    if (auto added = add(owner, *integration, account, **tenant, wished); !added) {
      return added.error();
    }
  }
  return wished;
}

Outcome SubscriptionWishes::add(const UserKey& owner, const Integration& integration,
                                const Credential& account, const TenantView& tenant,
                                WishedSubscriptions& wished) {
  const bool subscribes =
      std::any_of(integration.webhooks.begin(), integration.webhooks.end(),
                  [](const auto& each) { return each.second.subscription != nullptr; });
  if (!subscribes) return Done{};
  std::set<std::string> webhooks;
  for (const std::string_view id : enabled_workflows(account.configured_workflows)) {
    const auto live = subscribing(owner.project, WorkflowId(std::string(id)));
    if (!live) return live.error();
    if (*live == nullptr || (*live)->integration != integration.type) continue;
    const auto webhook = integration.webhooks.find(webhook_of(**live));
    if (webhook == integration.webhooks.end() || webhook->second.subscription == nullptr) continue;
    if (webhooks.contains(webhook->first) || !tenant.grant(**live, account.id)) continue;
    webhooks.insert(webhook->first);
    wished.wishes.push_back({integration.type, account.id, webhook->first, webhook->second.scope,
                             definition_for(integration, webhook->first)});
  }
  return Done{};
}

}  // namespace millrace
