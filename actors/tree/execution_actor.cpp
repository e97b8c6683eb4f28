#include "actors/tree/execution_actor.h"

#include "actors/runs/start_rows.h"

namespace millrace {

ExecutionActor::ExecutionActor(caf::actor_config& config, const NodeServices& services,
                               SharedIdentity identity, std::shared_ptr<const RunOrder> order)
    : BranchActor(config, services, std::move(identity),
                  LoadedBranch{BranchMachine(order->workflow, order->execution), 0, {}}),
      order_(std::move(order)),
      summary_(summary_of(*order_)),
      marker_(storage::ExecutionTable::Marker::never_set) {
  ++this->services().stats.runs_live;
}

ExecutionActor::ExecutionActor(caf::actor_config& config, const NodeServices& services,
                               SharedIdentity identity, LoadedRun run, std::optional<Error> park)
    : BranchActor(config, services, std::move(identity), std::move(run.root)),
      park_(std::move(park)),
      summary_(std::move(run.summary)) {
  ++this->services().stats.runs_live;
}

caf::behavior ExecutionActor::make_behavior() {
  if (order_) {
    begin();
  } else if (park_ && !machine().has_ended()) {
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
  --services().stats.runs_live;
  BranchActor::on_exit();
}

void ExecutionActor::begin() {
  const auto order = std::move(order_);
  ++services().stats.runs_started;
  summary_changed_ = true;
  put_files(journal().rows(), *order);
  record(order->started);
  if (order->reply_at == ReplyAt::durable) {
    journal().reply(RunAccepted{order->execution, order->submitted});
  }
  advance();
}

void ExecutionActor::park() {
  record(ExecutionEnded{.status = ExecutionStatus::failed,
                        .step = machine().current_step()
                                    ? std::optional(machine().current_step()->index)
                                    : std::nullopt,
                        .code = park_->code,
                        .message = park_->message});
  advance();
}

void ExecutionActor::cancel(const CancelRun& message) {
  if (machine().has_ended()) return;  // the user actor answers what nobody else has answered
  end_cancelled("cancelled on request");
  abandon_call();
  journal().confirm(message.slot);
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
  if (machine().has_ended()) return std::nullopt;
  const ExecutionStarted& started = machine().scope().facts()->started;
  auto grant = identity().tenant->grant(machine().workflow(), started.credential);
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
  summary_.tasks = machine().tasks();
  ActorStats& stats = services().stats;
  switch (ended.status) {
    case ExecutionStatus::succeeded:
      ++stats.runs_succeeded;
      journal().reply(RunAccepted{identity().execution, summary_.started});
      return;
    case ExecutionStatus::failed:
      ++stats.runs_failed;
      break;
    default:
      ++stats.runs_cancelled;
      break;
  }
  const StepId step = ended.step && *ended.step < machine().workflow().by_index.size()
                          ? machine().workflow().by_index[*ended.step]->id
                          : StepId{};
  journal().reply(RunFailed{identity().execution, step, Error(ended.code, ended.message)});
}

void ExecutionActor::add_rows(storage::WriteBatch& batch) {
  if (!is_final(summary_.status)) {
    const auto status = is_delayed() ? ExecutionStatus::delayed : ExecutionStatus::executing;
    if (std::exchange(summary_.status, status) != status) summary_changed_ = true;
  }
  if (!std::exchange(summary_changed_, false)) return;
  // A run that starts and ends within one batch has no marker to be removed.
  storage::ExecutionTable::put_summary(
      batch, summary_, std::exchange(marker_, storage::ExecutionTable::Marker::may_be_set));
}

void ExecutionActor::on_end_durable() { quit(ExitReason::ended); }

void ExecutionActor::on_asleep() {
  ++services().stats.runs_unloaded;
  quit(ExitReason::asleep);
}

}  // namespace millrace
