#include "actors/tree/execution_actor.h"

#include "actors/runs/start_rows.h"
#include "actors/tree/run_summary.h"

namespace millrace {

ExecutionActor::ExecutionActor(caf::actor_config& config, const NodeServices& services,
                               SharedIdentity identity, std::shared_ptr<const RunOrder> order)
    : BranchActor(config, services, std::move(identity),
                  LoadedBranch{BranchMachine(order->workflow, order->execution), 0, {}},
                  std::make_unique<RunSummary>(services.stats, *order)),
      order_(std::move(order)) {
  ++this->services().stats.runs_live;
}

ExecutionActor::ExecutionActor(caf::actor_config& config, const NodeServices& services,
                               SharedIdentity identity, LoadedRun run, Stay stay,
                               std::optional<Error> park)
    : BranchActor(config, services, std::move(identity), std::move(run.root),
                  std::make_unique<RunSummary>(services.stats, std::move(run.summary))),
      park_(std::move(park)),
      stay_(stay),
      has_begun_(run.root.may_repeat) {
  const bool did_elements_sleep = run.summary.status == ExecutionStatus::delayed;
  if (stay_ == Stay::visit && did_elements_sleep) leave_elements_asleep();
  ++this->services().stats.runs_live;
}

caf::behavior ExecutionActor::make_behavior() {
  in_turn([this] {
    if (order_) {
      begin();
    } else if (park_ && !machine().has_ended()) {
      park();
    }
    if (stay_ == Stay::run || machine().has_ended()) advance();
  });
  return branch_messages().or_else(
      [this](const CancelRun& message) { in_turn([&] { cancel(message); }); },
      [this](const MigrateRun& message) { in_turn([&] { migrate(message.order); }); });
}

void ExecutionActor::on_exit() {
  --services().stats.runs_live;
  BranchActor::on_exit();
}

void ExecutionActor::begin() {
  const auto order = std::move(order_);
  ++services().stats.runs_started;
  put_files(journal().rows(), *order);
  record(order->started);
  if (order->reply_at == ReplyAt::durable) {
    journal().reply(RunAccepted{order->execution, order->submitted});
  }
}

void ExecutionActor::park() {
  record(ExecutionEnded{.status = ExecutionStatus::failed,
                        .step = machine().current_step()
                                    ? std::optional(machine().current_step()->index)
                                    : std::nullopt,
                        .code = park_->code,
                        .message = park_->message});
}

void ExecutionActor::cancel(const CancelRun& message) {
  if (machine().has_ended()) return;  // the user actor answers what nobody else has answered
  end_cancelled({ErrorCode::cancelled,
                 message.by.empty() ? "cancelled on request" : "cancelled by " + message.by});
  journal().confirm(message.slot);
  advance();
}

void ExecutionActor::migrate(const MigrationOrder& order) {
  if (!order.is_answered()) move_by(order);  // nobody waits any more: who asks again, is told
  if (machine().has_ended()) return;         // it leaves memory when that is durable
  if (stay_ == Stay::visit) {
    fall_asleep();
  } else if (!is_under_way()) {
    advance();
  }
}

void ExecutionActor::move_by(const MigrationOrder& order) {
  auto moved = moved_by(*order.migration);
  if (auto* const obstacle = std::get_if<Obstacle>(&moved)) {
    order.slot->give(std::optional(std::move(*obstacle)));
  } else {
    // What was recorded before goes by the steps of the version before.
    flush(storage::Urgency::lazy);
    auto& event = std::get<ExecutionMigrated>(moved);
    event.by = order.by;
    record(std::move(event));
    journal().snapshot_if_due(0);  // whoever reads it needs no other version
    flush(storage::Urgency::urgent);
    storage::WriteBatch behind;
    behind.require(identity().tenure.fence);
    services().commits.submit(
        std::move(behind), {.generation = identity().tenure.generation, .lane = identity().project},
        [slot = order.slot](const Outcome& durable) {
          slot->give(durable ? MigrationAnswer(std::optional<Obstacle>())
                             : MigrationAnswer(durable.error()));
        });
  }
}

std::variant<ExecutionMigrated, Obstacle> ExecutionActor::moved_by(
    const Migration& migration) const {
  if (is_under_way() && machine().workflow().version == migration.from().version) {
    const Step* const step = machine().current_step();
    return Obstacle{Obstacle::Kind::step_running, step == nullptr ? std::string() : step->id.text,
                    "it runs: what comes back of it belongs to the version that began it"};
  }
  return migration.of_run(machine(), has_begun_);
}

void ExecutionActor::on_switched_off(const Error& why) {
  if (machine().has_ended()) return;
  end_cancelled({why.code, "cancelled: " + why.message});
  advance();
}

void ExecutionActor::end_cancelled(CancelRequested why) {
  leave_fan_out();
  abandon_call();
  std::string message = why.reason;
  record(std::move(why));
  flush(storage::Urgency::lazy);
  record(ExecutionEnded{.status = ExecutionStatus::cancelled,
                        .step = {},
                        .code = ErrorCode::cancelled,
                        .message = std::move(message)});
}

void ExecutionActor::on_end_durable() { quit(ExitReason::ended); }

void ExecutionActor::on_asleep() {
  ++services().stats.runs_unloaded;
  quit(ExitReason::asleep);
}

}  // namespace millrace
