#include "actors/gateway/delivery_starter.h"

#include "actors/gateway/admission_passage.h"
#include "runtime/base/limits.h"
#include "runtime/integrations/account_text.h"
#include "runtime/integrations/resource.h"
#include "storage/tables/workflow_index_table.h"

#include <algorithm>
#include <map>
#include <utility>

namespace millrace {
namespace {

/// Whether the workflow's trigger is of this webhook, as its version was deployed.
bool is_on(const Workflow& workflow, const Delivery& delivery) {
  if (const auto* const resource = std::get_if<ResourceTrigger>(&workflow.trigger)) {
    return resource->resource == delivery.integration && resource->webhook == delivery.webhook;
  }
  if (workflow.integration != delivery.integration) return false;
  if (const auto* const webhook = std::get_if<WebhookTrigger>(&workflow.trigger)) {
    return webhook->webhook == delivery.webhook;
  }
  const auto* const trigger = std::get_if<IntegrationTrigger>(&workflow.trigger);
  return trigger != nullptr && trigger->webhook == delivery.webhook;
}

/// What starts workflows by it, where no workflow is known.
const TriggerKind& kind_of_delivery(const Delivery& delivery) {
  return is_resource_type(delivery.integration) ? resource_trigger_kind : webhook_trigger_kind;
}

/// Whether the trigger means this event. Error: its conditions do not fit the event.
Result<bool> is_meant(const Workflow& workflow, const DeliveryParts& parts, const Json& event) {
  const auto* const trigger = std::get_if<IntegrationTrigger>(&workflow.trigger);
  if (trigger == nullptr || trigger->when.empty()) return true;
  return holds(trigger->when, parts, event, trigger->parameters);
}

Error too_many() {
  return {ErrorCode::limit_exceeded, "the delivery would start more than " +
                                         std::to_string(limits::runs_per_delivery_max) +
                                         " runs for this user"};
}

}  // namespace

/// Gathers the runs of all events of one delivery.
class DeliveryStarter::Run {
 public:
  Run(Dependencies& uses, const Delivery& delivery, const Listeners& listeners,
      const TenantView& tenant, storage::WriteBatch batch)
      : uses_(uses),
        delivery_(delivery),
        listeners_(listeners),
        tenant_(tenant),
        passage_(uses.admission, delivery.project, delivery.user, std::move(batch)) {}

  /// `key` null: the event has no id.
  Outcome add(const Delivery::Event& event, const Received::Key* key) {
    if (key != nullptr) {
      const auto here = in_this_.find(key->digest);
      if (here != in_this_.end()) return tell(here->second);
      auto known = uses_.received.find(*key);
      if (!known) return known.error();
      if (*known) {
        has_repeats_ = true;
        return tell((*known)->executions);
      }
    }
    const std::size_t before = orders_.size();
    if (auto prepared = prepare(event); !prepared) return prepared;
    std::vector<ExecutionId> started;
    for (std::size_t i = before; i < orders_.size(); ++i) {
      auto passed = passage_.admit(orders_[i]);
      if (!passed) return passed.error();
      const auto* const run = std::get_if<AdmissionDoor::Passage::Started>(&*passed);
      if (run != nullptr) started.push_back(run->execution);
    }
    if (key != nullptr && orders_.size() > before) {
      in_this_.emplace(key->digest, started);
      uses_.received.put(passage_.batch(), *key, started);
    }
    return tell(started);
  }

  bool has_any() const { return !orders_.empty(); }
  Outcome commit() { return passage_.commit(); }
  std::vector<ExecutionId> take_ids() { return std::move(ids_); }
  /// Somebody knows what became of it: it was noted, or it came before.
  bool is_explained() const { return has_noted_ || has_repeats_; }

 private:
  Outcome tell(const std::vector<ExecutionId>& ids) {
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    return Done{};
  }

  Outcome prepare(const Delivery::Event& event) {
    auto incoming = incoming_of(delivery_);
    for (const auto& workflow : listeners_) {
      incoming.kind = &kind_of(workflow->trigger);
      const auto meant = is_meant(*workflow, *delivery_.parts, event.value);
      if (!meant) {
        uses_.joint.note(incoming, workflow->id, workflow->integration, meant.error());
        has_noted_ = true;
        continue;
      }
      if (!*meant) continue;
      if (incoming.output.is_null())
        incoming.output = delivery_output(*delivery_.parts, event.value);
      const std::size_t before = orders_.size();
      const auto accounts = accounts_for(*workflow, event);
      if (accounts.empty()) continue;
      auto prepared = uses_.joint.prepare(incoming, workflow, accounts, orders_);
      if (!prepared) return prepared;
      if (orders_.size() < before + accounts.size()) has_noted_ = true;
      if (orders_.size() > limits::runs_per_delivery_max) return too_many();
    }
    return Done{};
  }

  /// Those of the event's that have the workflow enabled, with the configurations in which it is; none: one of
  /// them, which says why not. Of a resource any account of the workflow's integration.
  std::vector<std::string> accounts_for(const Workflow& workflow,
                                        const Delivery::Event& event) const {
    auto enabled_on = tenant_.enabled_on(workflow);
    if (is_resource_type(delivery_.integration)) {
      if (enabled_on.empty() && !delivery_.is_for_everybody) return {std::string()};
      return enabled_on;
    }
    std::vector<std::string> accounts;
    for (std::string& enabled : enabled_on) {
      const std::string account = account_place(enabled).credential;
      const bool is_its =
          std::find(event.accounts.begin(), event.accounts.end(), account) != event.accounts.end();
      if (is_its) accounts.push_back(std::move(enabled));
    }
    if (accounts.empty()) accounts.push_back(event.accounts.front());
    return accounts;
  }

 public:
  static JointStarter::Incoming incoming_of(const Delivery& delivery) {
    return {delivery.project,
            delivery.user,
            &kind_of_delivery(delivery),
            "a delivery to the webhook \"" + delivery.webhook + '"',
            nullptr,
            delivery.files,
            delivery.trace};
  }

 private:
  Dependencies& uses_;
  const Delivery& delivery_;
  const Listeners& listeners_;
  const TenantView& tenant_;
  AdmissionDoor::Passage passage_;
  JointStarter::Orders orders_;
  std::vector<ExecutionId> ids_;  // of all events, in their order; those of repeats, too
  std::map<std::string, std::vector<ExecutionId>>
      in_this_;  // an id may stand twice in one delivery
  bool has_noted_ = false;
  bool has_repeats_ = false;
};

Result<DeliveryStarter::Listeners> DeliveryStarter::listeners(const Delivery& delivery) const {
  const storage::WorkflowIndexTable index(uses_.store);
  std::vector<WorkflowId> ids;
  const auto add = [&](std::string_view kind, const std::string& name) -> Outcome {
    const auto found = index.workflows_for(delivery.project, kind, name);
    if (!found) return found.error();
    ids.insert(ids.end(), found->begin(), found->end());
    return Done{};
  };
  if (auto added = add(kind_of_delivery(delivery).type, delivery.webhook); !added)
    return added.error();
  for (const std::string& trigger : delivery.triggers) {
    if (auto added = add(integration_trigger_kind.type, trigger); !added) return added.error();
  }
  Listeners listeners;
  for (const WorkflowId& id : ids) {
    auto workflow = uses_.workflows.deployed(delivery.project, id);
    if (!workflow && is_unmet_condition(workflow.error().code)) continue;  // withdrawn just now
    if (!workflow) return workflow.error();
    const bool is_new = std::none_of(listeners.begin(), listeners.end(),
                                     [&](const auto& each) { return each->id == id; });
    if (is_new && is_on(**workflow, delivery)) listeners.push_back(std::move(*workflow));
  }
  return listeners;
}

Result<std::vector<ExecutionId>> DeliveryStarter::start(Delivery delivery) {
  const auto incoming = Run::incoming_of(delivery);
  // Whose shard it is, is asked before anything is read for the commit.
  const ShardId shard = shard_of(delivery.project, delivery.user);
  auto batch = uses_.commits.begin(shard);
  if (!batch) return batch.error();
  const auto listening = listeners(delivery);
  if (!listening) return listening.error();
  const auto tenant = uses_.tenants.view(delivery.project, delivery.user);
  if (!tenant) return tenant.error();

  const std::string what = delivery.integration + '/' + delivery.webhook;
  std::vector<std::optional<Received::Key>> keys;
  std::vector<Received::Key> all;
  for (const auto& event : delivery.events) {
    auto& key = keys.emplace_back();
    if (event.id.empty()) continue;
    key = Received::key_of(delivery.project, delivery.user, webhook_trigger_kind.type, what,
                           event.id);
    all.push_back(*key);
  }
  const bool has_keys = !all.empty();
  const Received::Hold hold(uses_.received, std::move(all));
  Run run(uses_, delivery, *listening, **tenant, std::move(*batch));
  for (std::size_t i = 0; i < delivery.events.size(); ++i) {
    auto added = run.add(delivery.events[i], keys[i] ? &*keys[i] : nullptr);
    if (!added) return added.error();
  }
  auto ids = run.take_ids();
  if (ids.empty() && !run.has_any() && !run.is_explained()) {
    uses_.joint.note(
        incoming, {}, delivery.integration,
        Error(ErrorCode::workflow_not_deployed,
              listening->empty() ? "no deployed workflow listens to it"
                                 : "the conditions of no trigger hold for any event of it"));
  }
  if (!run.has_any()) return ids;
  if (auto stored = run.commit(); !stored) return stored.error();
  if (has_keys) uses_.received.clear(shard);
  return ids;
}

}  // namespace millrace
