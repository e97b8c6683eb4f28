#include "actors/gateway/event_starter.h"

#include "actors/gateway/admission_passage.h"
#include "runtime/base/limits.h"
#include "storage/tables/workflow_index_table.h"

#include <utility>

namespace millrace {
namespace {

JointStarter::Incoming incoming_of(const EventRequest& request) {
  return {request.project, request.user,  &event_trigger_kind, "the event \"" + request.event + '"',
          request.payload, request.files, request.trace};
}

}  // namespace

Result<StartedRuns> EventStarter::start(EventRequest request) {
  if (!request.idempotency) return start_new(std::move(request), nullptr);
  const auto& given = *request.idempotency;
  const Received::Key key = Received::key_of(request.project, request.user, event_trigger_kind.type,
                                             request.event, given.key);
  const Received::Hold hold(uses_.received, {key});
  auto known = uses_.received.find(key);
  if (!known) return known.error();
  if (!*known) return start_new(std::move(request), &key);
  if ((*known)->content != given.content) return another_content();
  return StartedRuns{std::move((*known)->executions), true};
}

Result<StartedRuns> EventStarter::start_new(EventRequest request, const Received::Key* key) {
  // Whose shard it is, is asked before anything is read for the commit.
  const ShardId shard = shard_of(request.project, request.user);
  auto batch = uses_.commits.begin(shard);
  if (!batch) return batch.error();
  Orders orders;
  if (auto prepared = prepare_all(request, orders); !prepared) return prepared.error();
  StartedRuns started;
  AdmissionDoor::Passage passage(uses_.admission, request.project, request.user, std::move(*batch));
  for (const auto& order : orders) {
    auto passed = passage.admit(order);
    if (!passed) return passed.error();
    if (const auto* const run = std::get_if<AdmissionDoor::Passage::Started>(&*passed)) {
      started.executions.push_back(run->execution);
    } else {
      started.held_back.emplace_back(order->workflow->id, std::get<HeldBack>(*passed));
    }
  }
  // Also of one that starts nothing: another event under its key is a mistake as well.
  if (key != nullptr) {
    uses_.received.put(passage.batch(), *key, started.executions, request.idempotency->content);
  }
  if (orders.empty() && key == nullptr) return started;
  if (auto stored = passage.commit(); !stored) return stored.error();
  if (key != nullptr) uses_.received.clear(shard);
  return started;
}

Outcome EventStarter::prepare_all(const EventRequest& request, Orders& orders) {
  const auto incoming = incoming_of(request);
  const auto listening =
      storage::WorkflowIndexTable(uses_.store)
          .workflows_for(request.project, event_trigger_kind.type, request.event);
  if (!listening) return listening.error();
  if (listening->empty()) {
    uses_.joint.note(incoming, {}, {},
                     Error(ErrorCode::workflow_not_deployed, "no deployed workflow listens to it"));
    return Done{};
  }
  const auto tenant = uses_.tenants.view(request.project, request.user);
  if (!tenant) return tenant.error();
  for (const WorkflowId& workflow : *listening) {
    auto prepared = prepare(incoming, request.accounts, **tenant, workflow, orders);
    if (!prepared) return prepared.error();
    if (orders.size() > limits::runs_per_event_max) {
      return Error(ErrorCode::limit_exceeded, "the event would start more than " +
                                                  std::to_string(limits::runs_per_event_max) +
                                                  " runs for this user");
    }
  }
  return Done{};
}

Outcome EventStarter::prepare(const JointStarter::Incoming& incoming,
                              const std::vector<std::string>& chosen, const TenantView& tenant,
                              const WorkflowId& id, Orders& orders) {
  auto workflow = uses_.workflows.deployed(incoming.project, id);
  if (!workflow) {
    if (!is_unmet_condition(workflow.error().code)) return workflow.error();
    uses_.joint.note(incoming, id, {}, workflow.error());  // withdrawn at this moment
    return Done{};
  }
  // What needs no account is not for one.
  if (!chosen.empty() && (*workflow)->integration.empty()) return Done{};
  std::vector<std::string> accounts = chosen;
  if (chosen.size() >
      1) {  // one name of several accounts, each for the workflows of its integration
    std::erase_if(accounts, [&](const std::string& account) {
      const auto found = tenant.credential((*workflow)->integration, account);
      return !found && found.error().code == ErrorCode::credential_missing;
    });
  }
  if (chosen.empty()) {
    accounts = tenant.enabled_on(**workflow);
    if (accounts.empty()) accounts.emplace_back();  // the first one, which says why not
  }
  return uses_.joint.prepare(incoming, *workflow, accounts, orders);
}

}  // namespace millrace
