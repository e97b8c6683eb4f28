#include "actors/tree/user_actor.h"

#include "actors/supervision/crash_reason.h"
#include "actors/tree/execution_actor.h"
#include "actors/workers/survive.h"

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
      [this](const ResumeRun& message) { receive(message.execution); },
      [this](const TimerFired& message) { wake(message); },
      [this](const CancelRun& message) { cancel(message); },
      [this](RunLoaded& message) { loaded(message); },
      [this](const RebuildRun& message) {
        const Run* run = find(message.execution);
        if (run != nullptr && !run->actor) load(message.execution);
      },
  };
}

void UserActor::on_exit() {
  for (auto& [execution, run] : runs_) {
    if (run.actor) send_exit(run.actor, stopped_reason);
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
  BranchIdentity identity{
      order->execution, {},          project_, user_, services_.commits.generation(),
      order->tenant,    order->reply};
  watch(order->execution, run,
        spawn<ExecutionActor, caf::monitored>(services_, std::move(identity), order));
}

void UserActor::watch(const ExecutionId& execution, Run& run, caf::actor actor) {
  execution_of_[actor.address()] = execution;
  run.actor = std::move(actor);
  run.mail_sent = false;
}

UserActor::Run& UserActor::receive(const ExecutionId& execution) {
  if (find(execution) == nullptr) load(execution);
  Run& run = runs_.at(execution);
  ++run.mail;
  return run;
}

void UserActor::load(const ExecutionId& execution) {
  Run& known = runs_[execution];  // from now on it counts as in memory
  // One that slept has left its request behind; one that crashed still knows it.
  if (!known.reply) known.reply = services_.held_replies.find(execution);
  ++services_.stats.runs_loaded;
  services_.reader.submit([self = caf::actor(this), &services = services_, execution] {
    // What a crashed incarnation had recorded may still be on its way to the disk. And while the disk
    // takes nothing, a rebuilt run would only do again what it cannot keep.
    const auto durable = services.commits.commit_and_wait({});
    const auto generation = services.commits.generation();
    auto run = answer_of([&]() -> Result<LoadedRun> {
      if (!durable) return durable.error();
      return services.loader.load_run(execution);
    });
    caf::anon_send(self, RunLoaded{execution, generation,
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
  if (!message.loaded->ok()) {
    const ErrorCode why = message.loaded->error().code;
    if (why == ErrorCode::storage_failed || why == ErrorCode::overloaded) {
      rebuild_later(message.execution, *run);
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
    forget_timers(message.execution, *run);
    settle(message.execution);
    return;
  }
  BranchIdentity identity{message.execution,  {},           project_,  user_,
                          message.generation, found.tenant, run->reply};
  watch(message.execution, *run,
        spawn<ExecutionActor, caf::monitored>(services_, std::move(identity), std::move(found),
                                              run->park));
  for (const auto& cancel : run->cancels) send(run->actor, cancel);
  for (const auto& timer : std::exchange(run->timers, {})) send(run->actor, timer);
}

// --- mail -----------------------------------------------------------------------------------------

void UserActor::wake(const TimerFired& message) {
  Run& run = receive(message.timer.execution);
  run.mail_sent = true;
  if (run.actor) {
    send(run.actor, message);
  } else {
    run.timers.push_back(message);
  }
}

void UserActor::forget_timers(const ExecutionId& execution, const Run& run) {
  // Rows of elements that were cut off by the end of their run: nothing else would remove them.
  if (run.timers.empty()) return;
  storage::WriteBatch batch;
  batch.require(services_.ownership.fence_or_refusal(execution.shard()));
  for (const auto& fired : run.timers) storage::TimerTable::remove(batch, fired.timer);
  services_.commits.submit(std::move(batch), storage::Urgency::lazy, {});
}

void UserActor::cancel(const CancelRun& message) {
  Run& run = receive(message.execution);
  run.cancels.push_back(message);
  if (run.actor) send(run.actor, message);
}

// --- ends -----------------------------------------------------------------------------------------

void UserActor::ended(const caf::down_msg& message) {
  const auto found = execution_of_.find(caf::actor_cast<caf::actor_addr>(message.source));
  if (found == execution_of_.end()) return;
  const ExecutionId execution = found->second;
  execution_of_.erase(found);
  Run& run = runs_.at(execution);
  run.actor = nullptr;
  if (message.reason == ended_reason || message.reason == lost_reason) {
    settle(execution);
  } else if (message.reason == asleep_reason) {
    if (run.mail_sent || !run.cancels.empty()) {
      load(execution);
    } else {
      settle(execution);
    }
  } else if (message.reason == dropped_reason) {
    rebuild_later(execution, run);
  } else {
    crashed(execution, run, caf::to_string(message.reason));
  }
}

void UserActor::crashed(const ExecutionId& execution, Run& run, const std::string& reason) {
  ++services_.stats.actor_crashes;
  const auto decision = run.crashes.decide(ActorEnd::crash, run.events_when_built);
  if (decision == RestartDecision::park) {
    if (run.park) {  // even ending it crashes: leave it as it is, for doctor and a fixed version
      give_up(execution, run, *run.park);
      return;
    }
    run.park = Error(ErrorCode::actor_crashed,
                     "crashed three times on the same event; this is a bug in Millrace: " + reason);
    run.crashes = CrashHistory();
  }
  services_.log(LogLevel::error,
                "execution " + execution.text() + " crashed and is rebuilt: " + reason);
  load(execution);
}

void UserActor::give_up(const ExecutionId& execution, Run& run, const Error& error) {
  services_.log(LogLevel::error,
                "execution " + execution.text() + " cannot go on: " + error.message);
  if (run.reply) run.reply->give(error);
  for (const auto& cancel : run.cancels) cancel.slot->give(error);
  run.cancels.clear();
  forget_timers(execution, run);
  // Its journal cannot be continued, so only the history line is ended: the run is not tried again at
  // every start, and the journal stays as it is for whoever examines it.
  services_.reader.submit([&services = services_, execution] {
    auto summary = storage::ExecutionTable(services.store).summary(execution);
    if (!summary || !*summary || is_final((*summary)->status)) return;
    (*summary)->status = ExecutionStatus::failed;
    (*summary)->ended = services.clock.now();
    storage::WriteBatch batch;
    batch.require(services.ownership.fence_or_refusal(execution.shard()));
    storage::ExecutionTable::put_summary(batch, **summary);
    services.commits.submit(std::move(batch), storage::Urgency::lazy, {});
  });
  settle(execution);
}

void UserActor::settle(const ExecutionId& execution) {
  const auto found = runs_.find(execution);
  for (const auto& cancel : found->second.cancels) {
    // The run itself confirms a cancel when it is durable; what is left came after the end.
    services_.commits.submit(
        {}, storage::Urgency::urgent, [slot = cancel.slot](const Outcome& durable) {
          slot->give(durable ? Error(ErrorCode::conflict, "the execution has already ended")
                             : durable.error());
        });
  }
  const std::size_t mail = found->second.mail;
  runs_.erase(found);
  send(parent_, RunSettled{user_, execution, mail});
}

}  // namespace millrace
