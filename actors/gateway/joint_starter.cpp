#include "actors/gateway/joint_starter.h"

#include "actors/gateway/gateway.h"
#include "actors/runs/start_rows.h"
#include "runtime/text/hex_text.h"

#include <utility>

namespace millrace {

bool is_unmet_condition(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
    case ErrorCode::workflow_not_deployed:
    case ErrorCode::format_not_supported:  // other workflows on the event are not held back
    case ErrorCode::invalid_request:
    case ErrorCode::user_disabled:
    case ErrorCode::permission_denied:
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

bool is_passed_over(ErrorCode code) {
  return is_unmet_condition(code) || code == ErrorCode::stored_bytes_exceeded;
}

Error another_content() {
  return {
      ErrorCode::conflict,
      "this Idempotency-Key was used for another request within the last 24 hours: use a new key"};
}

std::string trace_id_text(const std::optional<TraceParent>& trace) {
  if (!trace) return {};
  return to_hex(std::span<const std::uint8_t>(trace->trace_id));
}

Outcome JointStarter::prepare(const Incoming& incoming,
                              const std::shared_ptr<const Workflow>& workflow,
                              const std::vector<std::string>& accounts, Orders& orders) const {
  for (const std::string& account : accounts) {
    RunStart start{.workflow = workflow,
                   .kind = incoming.kind,
                   .user = incoming.user,
                   .output = incoming.output,
                   .files = incoming.files,
                   .credential = account,
                   .trace = incoming.trace};
    auto order = incoming.tenant == nullptr
                     ? uses_.starter.prepare(std::move(start))
                     : uses_.starter.prepare(std::move(start), incoming.tenant);
    if (order) {
      orders.push_back(std::move(*order));
    } else if (is_unmet_condition(order.error().code)) {
      note(incoming, workflow->id, workflow->integration, order.error());
    } else {
      if (is_passed_over(order.error().code)) {
        note(incoming, workflow->id, workflow->integration, order.error());
      }
      return order.error();
    }
  }
  return Done{};
}

void JointStarter::put_fresh(storage::WriteBatch& batch,
                             const std::shared_ptr<const RunOrder>& order) const {
  const std::size_t before = batch.bytes();
  put_start(batch, *order);
  const std::size_t bytes = batch.bytes() - before;
  if (bytes > FreshRuns::start_bytes_max) return;
  for (const storage::Fence& fence : batch.fences()) {
    if (fence.shard == order->execution.shard()) uses_.fresh.add(order, fence, bytes);
  }
}

Outcome JointStarter::start(const Orders& orders, storage::WriteBatch batch) {
  for (const auto& order : orders) put_fresh(batch, order);
  // A batch without runs only says what was received: it is of nobody's lane.
  const ProjectId lane = orders.empty() ? ProjectId() : orders.front()->started.project;
  auto committed = uses_.commits.commit(std::move(batch), lane);
  if (!committed) {
    for (const auto& order : orders) uses_.fresh.forget(order->execution);
    if (means_shard_moved(committed.error().code)) return committed;
    for (const auto& order : orders) uses_.refused(order->execution);
    return committed;
  }
  stored(orders);
  return Done{};
}

void JointStarter::add(const Orders& orders, storage::WriteBatch& batch) {
  for (const auto& order : orders) put_start(batch, *order);
}

void JointStarter::stored(const Orders& orders) const {
  for (const auto& order : orders) {
    if (order->reply_at == ReplyAt::durable) {
      tell_stored(*order, uses_.observer);
    } else {
      note_stored(*order, uses_.observer);
    }
    uses_.resume(*order);
  }
}

void JointStarter::note(const Incoming& incoming, const WorkflowId& workflow,
                        const std::string& integration, const Error& why) const {
  if (uses_.log == nullptr) return;
  Error told = why;
  told.message = incoming.named + ": " + why.message;
  uses_.log->note({incoming.project, incoming.user, workflow, std::string(incoming.kind->type),
                   integration, trace_id_text(incoming.trace)},
                  told);
}

}  // namespace millrace
