#pragma once
// The door of webhooks: what a provider calls. Finds the webhook that the id in the URL stands for,
// answers challenges, verifies, splits the envelope, finds the users whom the delivery is for, and has the
// gateway start their runs, one user after the other. What it reads is the integration as it is now; what a
// workflow's trigger asks of an event is as it was deployed.
//
// A webhook may also be one that only says that there is something to look for: then the polls that it wakes look
// now, of the accounts that the delivery is for, whatever is in it.
//
// Of several users those before a failure keep their runs. The provider is told of the failure and sends
// the delivery again: with a `deliveryId` nothing of it starts twice.
//
// Thread-safe; blocks on the disk: for request threads.

#include "actors/gateway/delivery_code.h"
#include "actors/gateway/gateway.h"
#include "actors/gateway/resource_audience.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/hook_registry.h"
#include "actors/tenants/kept_tokens.h"
#include "actors/tenants/project_views.h"
#include "actors/tenants/user_views.h"
#include "runtime/webhooks/delivery.h"
#include "storage/tables/account_table.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {

class ProviderKeys;
class Subscriptions;

/// What an id stands for at this moment.
struct OpenHook {
  std::string id;
  storage::HookPlace place;
  SharedProject project;
  std::shared_ptr<const Integration> integration;
  const Webhook* webhook = nullptr;  // of the integration
};

struct HookCall {
  RawDelivery raw;
  DeliveryParts parts;
  RunFiles files{};
  std::optional<TraceParent> trace{};
};

using HookAnswer = std::variant<ChallengeAnswer, std::vector<ExecutionId>, CodeAnswer>;

class HookDoor {
 public:
  struct Dependencies {
    const storage::OrderedStore& store;
    HookRegistry& hooks;
    ProjectViews& projects;
    UserViews& users;
    Gateway& gateway;
    EventLog& log;
    const Clock& clock;
    WorkflowLibrary& workflows;
    /// See ActorGateway::look_now; may be empty: nothing is polled here.
    std::function<Outcome(const PolledAccount&)> look_now{};
    const Subscriptions* subscriptions = nullptr;  // null: there are none
    ProviderKeys* keys = nullptr;                  // null: no tokens with published keys
    DeliveryCode* code = nullptr;                  // null: no verification by code
    KeptTokens* tokens = nullptr;                  // null: challenges bring no secrets here
  };

  explicit HookDoor(Dependencies dependencies) : uses_(std::move(dependencies)) {}

  /// Error: not_found, the same whatever is missing: the id, the account, the webhook.
  Result<OpenHook> open(std::string_view id) const;

  /// Durable when it returns. What code has refused is an answer, and no error. Errors: unauthorized (and the event
  /// log says why), method_not_allowed (a GET that is no challenge), invalid_request, limit_exceeded, those of the
  /// project's secrets and of Gateway::deliver.
  Result<HookAnswer> receive(const OpenHook& hook, HookCall call);

 private:
  using Deliveries = std::map<UserId, Delivery>;

  /// Nothing: it asks nothing, or brings another token than the one that is kept.
  Result<std::optional<ChallengeAnswer>> answer(const OpenHook& hook, const HookCall& call) const;
  Outcome verify(const OpenHook& hook, const HookCall& call, const std::vector<Json>& events) const;
  /// By code. What it says was noted, if it does not let the delivery in.
  Result<CodeVerdict> ask_code(const OpenHook& hook, const HookCall& call,
                               const CodeCheck& check) const;
  /// What is told of a verification that has failed; the rest is for those who may read the event log.
  Error told(const OpenHook& hook, const HookCall& call, const Error& why) const;
  /// The project's, or that of the URL: its subscription's, or what a challenge has brought.
  Result<std::string> secret(const OpenHook& hook, const std::string& name) const;
  /// Leaves out what is to be ignored, and adds each other event to those of its users.
  Result<Deliveries> split(const OpenHook& hook, const HookCall& call, const SharedParts& parts,
                           const std::vector<Json>& events) const;
  /// The accounts that a part of a delivery is for. Errors: those of the store.
  Result<std::vector<storage::AccountRow>> accounts_for(const OpenHook& hook,
                                                        const DeliveryParts& parts,
                                                        const Json& event) const;
  /// The polls of these triggers look now.
  Outcome wake_polls(const OpenHook& hook, const DeliveryParts& parts,
                     const std::vector<Json>& events,
                     const std::vector<std::string>& triggers) const;
  /// Whom the event is for. Nobody: it is noted why.
  Result<std::vector<storage::AccountRow>> recipients(const OpenHook& hook, const HookCall& call,
                                                      const SharedParts& parts,
                                                      const Json& event) const;
  /// The same for a resource of level app. Their accounts are the workflows' affair.
  Result<std::vector<UserId>> users_of_resource(const OpenHook& hook, const HookCall& call,
                                                const SharedParts& parts, const Json& event) const;
  Outcome add(const OpenHook& hook, const HookCall& call, const SharedParts& parts,
              const Json& event, const std::string& id, Deliveries& deliveries) const;
  void note(const OpenHook& hook, const HookCall& call, const Error& why) const;

  Dependencies uses_;
};

}  // namespace millrace
