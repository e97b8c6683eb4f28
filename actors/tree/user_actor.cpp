#include "actors/tree/user_actor.h"

#include "actors/supervision/crash_reason.h"
#include "actors/supervision/exit_reason.h"
#include "actors/tree/execution_actor.h"
#include "actors/workers/survive.h"
#include "runtime/base/check.h"

namespace millrace {

UserActor::UserActor(caf::actor_config& config, const NodeServices& services, ProjectId project,
                     UserId user, caf::actor parent)
    : caf::event_based_actor(config),
      services_(services),
      project_(std::move(project)),
      user_(std::move(user)),
      parent_(std::move(parent)) {
  set_exception_handler(crash_reason);
  set_down_handler([this](caf::down_msg& message) { ended(message); });
}

caf::behavior UserActor::make_behavior() {
  return {
      [this](const StartRun& message) { start(message); },
      [this](const ResumeRun& message) { resume(message); },
      [this](const TimerFired& message) { wake(message); },
      [this](const CancelRun& message) { cancel(message); },
      [this](const MigrateRun& message) { migrate(message); },
      [this](RunLoaded& message) { loaded(message); },
      [this](const RebuildRun& message) {
        const Run* run = find(message.execution);
        if (run != nullptr && !run->actor) load(message.execution);
      },
  };
}

void UserActor::on_exit() {
  for (auto& [execution, run] : runs_) {
    if (run.actor) send_exit(run.actor, ExitReason::stopped);
  }
  runs_.clear();
  parent_ = nullptr;  // the parent holds a handle to this actor: break the cycle
}

UserActor::Run* UserActor::find(const ExecutionId& execution) {
  const auto found = runs_.find(execution);
  return found == runs_.end() ? nullptr : &found->second;
}

// --- spawning -------------------------------------------------------------------------------------

void UserActor::start(const StartRun& message) {
  const auto& order = message.order;
  Run& run = runs_[order->execution];
  ++run.mail;
  run.reply = order->reply;
  run.events_when_built = 1;  // ExecutionStarted
  const auto tenure =
      begin_tenure(services_.ownership, services_.commits, order->execution.shard());
  if (!tenure) {
    let_go(order->execution, run);
    return;
  }
  run.tenure = *tenure;
  watch(order->execution, run,
        spawn<ExecutionActor, caf::monitored>(
            services_,
            std::make_shared<BranchIdentity>(BranchIdentity{
                order->execution,
                {},
                project_,
                user_,
                order->workflow->admission.priority,
                *tenure,
                order->tenant,
                std::make_shared<LivePlaces>(services_.options.fan_out_children_live_max),
                order->rules,
                order->secrets != nullptr
                    ? order->secrets
                    : std::make_shared<RunSecrets>(services_.sealer, order->execution),
                order->reply}),
            order));
}

void UserActor::watch(const ExecutionId& execution, Run& run, caf::actor actor) {
  CHECK(!run.actor, "a run has two actors");
  execution_of_[actor.address()] = execution;
  run.actor = std::move(actor);
  run.mail_sent = false;
}

UserActor::Run& UserActor::receive(const ExecutionId& execution, const EntryTurns::Held& turn) {
  if (find(execution) == nullptr) {
    load(execution);
    runs_.at(execution).turn = turn;
  }
  Run& run = runs_.at(execution);
  ++run.mail;
  return run;
}

void UserActor::load(const ExecutionId& execution) {
  Run& known = runs_[execution];  // from now on it counts as in memory
  // One that slept has left its request behind; one that crashed still knows it.
  if (!known.reply) known.reply = services_.held_replies.find(execution);
  ++services_.stats.runs_loaded;
  // What a crashed incarnation had recorded may still be on its way to the disk. And while the disk
  // takes nothing, a rebuilt run would only do again what it cannot keep.
  services_.reader.after_commits(project_, [self = caf::actor(this), &services = services_,
                                            execution](const Outcome& durable) {
    const auto tenure = begin_tenure(services.ownership, services.commits, execution.shard());
    auto run = answer_of([&]() -> Result<LoadedRun> {
      if (!durable) return durable.error();
      if (!tenure) return tenure.error();
      return services.loader.load_run(execution, tenure->fence);
    });
    caf::anon_send(self, RunLoaded{execution, tenure ? std::optional(*tenure) : std::nullopt,
                                   std::make_shared<Result<LoadedRun>>(std::move(run))});
  });
}

void UserActor::rebuild_later(const ExecutionId& execution, Run& run) {
  // Such a wait may live in CAF's clock: a run that is lost with it is found by the recovery sweep.
  delayed_send(this, run.pauses.next(run.events_when_built), RebuildRun{execution});
}

void UserActor::loaded(RunLoaded& message) {
  Run* run = find(message.execution);
  if (run == nullptr || run->actor) return;
  const EntryTurns::Held turn = std::exchange(run->turn, nullptr);  // it is in, or has to wait
  run->tenure = message.tenure;
  if (!message.loaded->ok()) {
    const ErrorCode why = message.loaded->error().code;
    if (why == ErrorCode::secrets_locked) {  // until the server is given the right key
      services_.log(LogLevel::error, "execution " + message.execution.text() +
                                         " waits: " + message.loaded->error().message);
      rebuild_later(message.execution, *run);
    } else if (why == ErrorCode::storage_failed || why == ErrorCode::overloaded) {
      rebuild_later(message.execution, *run);
    } else if (means_shard_moved(why)) {
      let_go(message.execution, *run);
    } else if (why == ErrorCode::not_found && run->reply) {
      give_up(message.execution, *run,
              Error(ErrorCode::actor_crashed, "the run crashed before it was stored"));
    } else {
      give_up(message.execution, *run, message.loaded->error());
    }
    return;
  }
  LoadedRun& found = **message.loaded;
  run->events_when_built = found.root.machine.events_applied();
  if (found.root.machine.has_ended()) {
    forget_timers(*run);
    settle(message.execution);
    return;
  }
  CHECK(run->tenure, "a run was loaded without a tenure");
  forget_answered(*run);
  if (run->mail_sent || !run->cancels.empty()) run->is_visit = false;
  if (run->is_visit && run->migrations.empty()) {
    settle(message.execution);
    return;
  }
  watch(message.execution, *run,
        spawn<ExecutionActor, caf::monitored>(
            services_,
            std::make_shared<BranchIdentity>(BranchIdentity{
                message.execution,
                {},
                project_,
                user_,
                found.summary.priority,
                *run->tenure,
                found.tenant,
                std::make_shared<LivePlaces>(services_.options.fan_out_children_live_max),
                std::make_shared<RunRules>(found.tenant, RunRules::Begin::unchecked),
                found.secrets,
                run->reply}),
            std::move(found),
            run->is_visit ? ExecutionActor::Stay::visit : ExecutionActor::Stay::run, run->park));
  for (const auto& migration : run->migrations) send(run->actor, migration);
  for (const auto& cancel : run->cancels) send(run->actor, cancel);
  for (const auto& timer : std::exchange(run->timers, {})) send(run->actor, timer);
}

// --- mail -----------------------------------------------------------------------------------------

void UserActor::wake(const TimerFired& message) {
  Run& run = receive(message.timer.execution, message.turn);
  run.mail_sent = true;
  if (run.actor && !run.is_visit) {
    send(run.actor, message);
  } else {
    run.timers.push_back({message.timer});
  }
}

void UserActor::forget_timers(const Run& run) {
  // Rows of elements that were cut off by the end of their run: nothing else would remove them.
  if (run.timers.empty()) return;
  CHECK(run.tenure, "rows of a run would be removed without a tenure");
  storage::WriteBatch batch;
  batch.require(run.tenure->fence);
  for (const auto& fired : run.timers) storage::TimerTable::remove(batch, fired.timer);
  services_.commits.submit(std::move(batch), {.urgency = storage::Urgency::lazy, .lane = project_},
                           {});
}

void UserActor::cancel(const CancelRun& message) {
  Run& run = receive(message.execution, nullptr);
  run.cancels.push_back(message);
  if (run.actor) send(run.actor, message);
}

void UserActor::resume(const ResumeRun& message) {
  Run& run = receive(message.execution, message.turn);
  if (run.is_visit) run.mail_sent = true;
}

void UserActor::migrate(const MigrateRun& message) {
  const bool is_visit = find(message.execution) == nullptr;
  Run& run = receive(message.execution, nullptr);
  if (is_visit) run.is_visit = true;
  forget_answered(run);
  run.migrations.push_back(message);
  if (run.actor) send(run.actor, message);
}

void UserActor::forget_answered(Run& run) {
  std::erase_if(run.migrations, [](const MigrateRun& each) { return each.order.is_answered(); });
}

// --- ends -----------------------------------------------------------------------------------------

void UserActor::ended(const caf::down_msg& message) {
  const auto found = execution_of_.find(caf::actor_cast<caf::actor_addr>(message.source));
  if (found == execution_of_.end()) return;
  const ExecutionId execution = found->second;
  execution_of_.erase(found);
  Run& run = runs_.at(execution);
  run.actor = nullptr;
  const auto reason = exit_reason_of(message.reason);
  if (!reason) {
    ++services_.stats.actor_crashes;
    failed(execution, run, ActorEnd::crash, caf::to_string(message.reason));
    return;
  }
  switch (*reason) {
    case ExitReason::lost:
      services_.start_refused(execution);
      settle(execution);
      return;
    case ExitReason::ended:
      settle(execution);
      return;
    case ExitReason::asleep:
      forget_answered(run);
      if (run.mail_sent || !run.cancels.empty() || !run.migrations.empty()) {
        run.is_visit = !run.mail_sent && run.cancels.empty();
        load(execution);
      } else {
        settle(execution);
      }
      return;
    case ExitReason::dropped:
      failed(execution, run, ActorEnd::storage_failed, "a commit failed");
      return;
    case ExitReason::moved:
      failed(execution, run, ActorEnd::shard_moved, "its shard has moved");
      return;
    case ExitReason::stopped:
      CHECK(false, "a run was ended by somebody else than its user");
  }
}

void UserActor::failed(const ExecutionId& execution, Run& run, ActorEnd end,
                       const std::string& reason) {
  switch (run.crashes.decide(end, run.events_when_built)) {
    case RestartDecision::let_go:
      let_go(execution, run);
      return;
    case RestartDecision::rebuild_later:
      rebuild_later(execution, run);
      return;
    case RestartDecision::park:
      if (run.park) {  // even ending it crashes: leave it as it is, for doctor and a fixed version
        give_up(execution, run, *run.park);
        return;
      }
      run.park =
          Error(ErrorCode::actor_crashed,
                "crashed three times on the same event; this is a bug in Millrace: " + reason);
      run.crashes = CrashHistory();
      break;
    case RestartDecision::rebuild:
      break;
  }
  services_.log(LogLevel::error,
                "execution " + execution.text() + " crashed and is rebuilt: " + reason);
  load(execution);
}

void UserActor::let_go(const ExecutionId& execution, Run& run) {
  // Quietly: nothing has failed. Whoever waits asks again, and is led to the new owner.
  if (run.reply) run.reply->give(shard_moved());
  for (const auto& cancel : std::exchange(run.cancels, {})) cancel.slot->give(shard_moved());
  for (const auto& each : std::exchange(run.migrations, {})) each.order.slot->give(shard_moved());
  settle(execution);
}

void UserActor::give_up(const ExecutionId& execution, Run& run, const Error& error) {
  services_.log(LogLevel::error,
                "execution " + execution.text() + " cannot go on: " + error.message);
  if (run.reply) run.reply->give(error);
  for (const auto& cancel : run.cancels) cancel.slot->give(error);
  run.cancels.clear();
  for (const auto& each : std::exchange(run.migrations, {})) each.order.slot->give(error);
  forget_timers(run);
  // Its journal cannot be continued, so only the history line is ended: the run is not tried again at
  // every start, and the journal stays as it is for whoever examines it.
  CHECK(run.tenure, "a run was given up that was never built");
  services_.reader.submit(
      [&services = services_, execution, fence = run.tenure->fence, project = project_] {
        auto summary = storage::ExecutionTable(services.store).summary(execution);
        if (!summary || !*summary || is_final((*summary)->status)) return;
        (*summary)->status = ExecutionStatus::failed;
        (*summary)->ended = services.clock.now();
        storage::WriteBatch batch;
        batch.require(fence);
        storage::ExecutionTable::put_summary(batch, **summary);
        services.commits.submit(std::move(batch),
                                {.urgency = storage::Urgency::lazy, .lane = project}, {});
      });
  settle(execution);
}

void UserActor::settle(const ExecutionId& execution) {
  const auto found = runs_.find(execution);
  CHECK(found != runs_.end(), "a run was settled twice");
  for (const auto& cancel : found->second.cancels) {
    // The run itself confirms a cancel when it is durable; what is left came after the end.
    services_.commits.submit({}, {.lane = project_}, [slot = cancel.slot](const Outcome& durable) {
      slot->give(durable ? Error(ErrorCode::conflict, "the execution has already ended")
                         : durable.error());
    });
  }
  for (const auto& each : found->second.migrations) {
    services_.commits.submit(
        {}, {.lane = project_}, [slot = each.order.slot](const Outcome& durable) {
          slot->give(durable ? MigrationAnswer(std::optional(Obstacle{
                                   Obstacle::Kind::execution_ended, {}, "the run has ended"}))
                             : MigrationAnswer(durable.error()));
        });
  }
  const std::size_t mail = found->second.mail;
  runs_.erase(found);
  send(parent_, RunSettled{user_, execution, mail});
}

}  // namespace millrace
