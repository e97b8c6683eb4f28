#include "actors/gateway/event_starter.h"

#include "actors/runs/start_rows.h"
#include "runtime/base/limits.h"
#include "runtime/text/hex_text.h"
#include "storage/tables/workflow_index_table.h"

#include <utility>

namespace millrace {

bool is_unmet_condition(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
    case ErrorCode::workflow_not_deployed:
    case ErrorCode::format_not_supported:  // other workflows on the event are not held back
    case ErrorCode::invalid_request:
    case ErrorCode::user_disabled:
    case ErrorCode::integration_inactive:
    case ErrorCode::credential_missing:
    case ErrorCode::credential_invalid:
    case ErrorCode::workflow_disabled:
    case ErrorCode::settings_missing:
    case ErrorCode::secret_missing:
    case ErrorCode::secrets_locked:
      return true;
    default:
      return false;
  }
}

std::string trace_id_text(const std::optional<TraceParent>& trace) {
  if (!trace) return {};
  return to_hex(std::span<const std::uint8_t>(trace->trace_id));
}

Result<std::vector<ExecutionId>> EventStarter::start(const EventRequest& request) {
  // Whose shard it is, is asked before anything is read for the commit.
  auto batch = uses_.commits.begin(shard_of(request.project, request.user));
  if (!batch) return batch.error();
  const auto listening =
      storage::WorkflowIndexTable(uses_.store)
          .workflows_for(request.project, event_trigger_kind.type, request.event);
  if (!listening) return listening.error();
  if (listening->empty()) {
    note(request, {}, {},
         Error(ErrorCode::workflow_not_deployed, "no deployed workflow listens to it"));
    return std::vector<ExecutionId>();
  }
  const auto tenant = uses_.tenants.view(request.project, request.user);
  if (!tenant) return tenant.error();
  Orders orders;
  for (const WorkflowId& workflow : *listening) {
    if (auto prepared = prepare(request, **tenant, workflow, orders); !prepared) {
      return prepared.error();
    }
    if (orders.size() > limits::runs_per_event_max) {
      return Error(ErrorCode::limit_exceeded, "the event would start more than " +
                                                  std::to_string(limits::runs_per_event_max) +
                                                  " runs for this user");
    }
  }
  std::vector<ExecutionId> started;
  if (orders.empty()) return started;
  if (auto stored = store(orders, std::move(*batch)); !stored) return stored.error();
  for (const auto& order : orders) {
    started.push_back(order->execution);
    tell_stored(*order, uses_.observer);
    uses_.resume(*order);
  }
  return started;
}

Outcome EventStarter::prepare(const EventRequest& request, const TenantView& tenant,
                              const WorkflowId& id, Orders& orders) {
  auto workflow = uses_.workflows.deployed(request.project, id);
  if (!workflow) {
    if (!is_unmet_condition(workflow.error().code)) return workflow.error();
    note(request, id, {}, workflow.error());  // withdrawn at this moment
    return Done{};
  }
  // What needs no account is not for one.
  if (!request.credential.empty() && (*workflow)->integration.empty()) return Done{};
  std::vector<std::string> accounts{request.credential};
  if (request.credential.empty()) {
    // On none: then the first one says why.
    if (auto enabled = tenant.enabled_on(**workflow); !enabled.empty())
      accounts = std::move(enabled);
  }
  for (const std::string& account : accounts) {
    auto order = uses_.starter.prepare({.workflow = *workflow,
                                        .kind = &event_trigger_kind,
                                        .user = request.user,
                                        .output = request.payload,
                                        .files = request.files,
                                        .credential = account,
                                        .trace = request.trace});
    if (order) {
      orders.push_back(std::move(*order));
    } else if (is_unmet_condition(order.error().code)) {
      note(request, id, (*workflow)->integration, order.error());
    } else {
      return order.error();
    }
  }
  return Done{};
}

Outcome EventStarter::store(const Orders& orders, storage::WriteBatch batch) {
  for (const auto& order : orders) put_start(batch, *order);
  auto stored = uses_.commits.commit(std::move(batch));
  if (stored || means_shard_moved(stored.error().code)) return stored;
  for (const auto& order : orders) uses_.refused(order->execution);
  return stored;
}

void EventStarter::note(const EventRequest& request, const WorkflowId& workflow,
                        const std::string& integration, const Error& why) {
  if (uses_.log == nullptr) return;
  Error told = why;
  told.message = "the event \"" + request.event + "\": " + why.message;
  uses_.log->note({request.project, request.user, workflow, std::string(event_trigger_kind.type),
                   integration, trace_id_text(request.trace)},
                  told);
}

}  // namespace millrace
