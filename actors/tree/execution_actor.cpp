#include "actors/tree/execution_actor.h"

#include "actors/runs/start_rows.h"

namespace millrace {

ExecutionActor::ExecutionActor(caf::actor_config& config, const NodeServices& services,
                               BranchIdentity identity, std::shared_ptr<const RunOrder> order)
    : BranchActor(config, services, std::move(identity),
                  LoadedBranch{BranchMachine(order->workflow, order->execution), 0, {}}),
      order_(std::move(order)),
      summary_(summary_of(*order_)) {
  ++services_.stats.runs_live;
}

ExecutionActor::ExecutionActor(caf::actor_config& config, const NodeServices& services,
                               BranchIdentity identity, LoadedRun run, std::optional<Error> park)
    : BranchActor(config, services, std::move(identity), std::move(run.root)),
      park_(std::move(park)),
      summary_(std::move(run.summary)) {
  ++services_.stats.runs_live;
}

caf::behavior ExecutionActor::make_behavior() {
  if (order_) {
    begin();
  } else if (park_ && !machine_.has_ended()) {
    park();
  } else if (const auto why = switched_off()) {
    end_cancelled("cancelled: " + why->message);
    advance();
  } else {
    advance();
  }
  return branch_messages().or_else([this](const CancelRun& message) { cancel(message); });
}

void ExecutionActor::on_exit() {
  --services_.stats.runs_live;
  BranchActor::on_exit();
}

void ExecutionActor::begin() {
  const auto order = std::move(order_);
  ++services_.stats.runs_started;
  summary_changed_ = true;
  add_rows_of(*order);
  record(order->started);
  // Whoever tests waits for the end.
  if (!order->workflow->has_response && !order->started.is_test) {
    reply_when_durable(RunAccepted{order->execution, order->submitted});
  }
  advance();
}

void ExecutionActor::park() {
  record(ExecutionEnded{.status = ExecutionStatus::failed,
                        .step = machine_.current_step()
                                    ? std::optional(machine_.current_step()->index)
                                    : std::nullopt,
                        .code = park_->code,
                        .message = park_->message});
  advance();
}

void ExecutionActor::cancel(const CancelRun& message) {
  if (machine_.has_ended()) return;  // the user actor answers what nobody else has answered
  end_cancelled("cancelled on request");
  abandon_call();
  confirm_when_durable(message.slot);
  advance();
}

void ExecutionActor::end_cancelled(std::string message) {
  record(CancelRequested{});
  flush(storage::Urgency::lazy);
  record(ExecutionEnded{.status = ExecutionStatus::cancelled,
                        .step = {},
                        .code = ErrorCode::cancelled,
                        .message = std::move(message)});
}

std::optional<Error> ExecutionActor::switched_off() const {
  if (machine_.has_ended()) return std::nullopt;
  const ExecutionStarted& started = machine_.scope().facts()->started;
  auto grant = identity_.tenant->grant(machine_.workflow(), started.credential);
  if (grant) return std::nullopt;
  switch (grant.error().code) {
    case ErrorCode::user_disabled:
    case ErrorCode::workflow_disabled:
    case ErrorCode::integration_inactive:
      return grant.error();
    default:  // an account or a secret that is missing fails the step that needs it
      return std::nullopt;
  }
}

void ExecutionActor::on_recorded(const Event& event) {
  if (const auto* ended = std::get_if<ExecutionEnded>(&event.body)) {
    on_ended(*ended);
    summary_.ended = event.at;
    summary_changed_ = true;
  }
}

void ExecutionActor::on_ended(const ExecutionEnded& ended) {
  summary_.status = ended.status;
  summary_.tasks = machine_.tasks();
  auto& stats = services_.stats;
  switch (ended.status) {
    case ExecutionStatus::succeeded:
      ++stats.runs_succeeded;
      reply_when_durable(RunAccepted{identity_.execution, summary_.started});
      return;
    case ExecutionStatus::failed:
      ++stats.runs_failed;
      break;
    default:
      ++stats.runs_cancelled;
      break;
  }
  const StepId step = ended.step && *ended.step < machine_.workflow().by_index.size()
                          ? machine_.workflow().by_index[*ended.step]->id
                          : StepId{};
  reply_when_durable(RunFailed{identity_.execution, step, Error(ended.code, ended.message)});
}

void ExecutionActor::add_rows(storage::WriteBatch& batch) {
  if (!is_final(summary_.status)) {
    const auto status = is_delayed() ? ExecutionStatus::delayed : ExecutionStatus::executing;
    if (std::exchange(summary_.status, status) != status) summary_changed_ = true;
  }
  if (std::exchange(summary_changed_, false)) {
    storage::ExecutionTable::put_summary(batch, summary_);
  }
}

void ExecutionActor::on_end_durable() { quit(ended_reason); }

void ExecutionActor::on_asleep() {
  ++services_.stats.runs_unloaded;
  quit(asleep_reason);
}

}  // namespace millrace
