#include "actors/tree/project_actor.h"

#include "actors/runs/start_rows.h"
#include "actors/runs/tenure.h"
#include "actors/supervision/crash_reason.h"
#include "actors/supervision/exit_reason.h"
#include "actors/tree/user_actor.h"

#include <algorithm>

namespace millrace {

ProjectActor::ProjectActor(caf::actor_config& config, const NodeServices& services,
                           ProjectId project)
    : caf::event_based_actor(config), services_(services), project_(std::move(project)) {
  set_exception_handler(crash_reason);
  set_down_handler([this](caf::down_msg& message) { user_down(message); });
}

caf::behavior ProjectActor::make_behavior() {
  delayed_send(this, services_.options.idle_sweep, SweepTick{});
  return {
      [this](const StartRun& message) { start(message); },
      [this](const ResumeRun& message) { pass_or_queue(message.user, message.execution, message); },
      [this](const TimerFired& message) {
        pass_or_queue(message.timer.user, message.timer.execution, message);
      },
      // A cancel frees a place sooner or later: it never waits for one.
      [this](const CancelRun& message) { pass(message.user, message.execution, message); },
      [this](const RunSettled& message) { settled(message); },
      [this](SweepTick) { sweep(); },
  };
}

void ProjectActor::on_exit() {
  for (auto& [id, user] : users_) send_exit(user.actor, ExitReason::stopped);
  users_.clear();
}

ProjectActor::User& ProjectActor::user(const UserId& id) {
  User& user = users_[id];
  if (!user.actor) {
    user.actor = spawn<UserActor, caf::monitored>(services_, project_, id, caf::actor(this));
    user_of_[user.actor.address()] = id;
  }
  return user;
}

template <class Message>
void ProjectActor::pass(const UserId& user_id, const ExecutionId& execution,
                        const Message& message) {
  User& to = user(user_id);
  if (to.live[execution]++ == 0) ++live_;
  to.idle_at_last_sweep = false;
  send(to.actor, message);
}

template <class Message>
void ProjectActor::pass_or_queue(const UserId& user_id, const ExecutionId& execution,
                                 const Message& message) {
  const auto known = users_.find(user_id);
  const bool has_place = known != users_.end() && known->second.live.contains(execution);
  if (has_place || !is_full()) {
    pass(user_id, execution, message);
    return;
  }
  if (!queued_.try_emplace(execution, services_.clock.moment()).second) return;
  queue_.push(user_id, message);
  ++services_.stats.runs_queued;
}

void ProjectActor::start(const StartRun& message) {
  if (is_full()) {
    queue_start(message);
  } else {
    pass(message.order->started.user, message.order->execution, message);
  }
}

void ProjectActor::queue_start(const StartRun& message) {
  const RunOrder& order = *message.order;
  const auto tenure = begin_tenure(services_.ownership, services_.commits, order.execution.shard());
  if (!tenure) {
    order.reply->give(tenure.error());
    return;
  }
  queued_.emplace(order.execution, services_.clock.moment());
  queue_.push(order.started.user, ResumeRun{project_, order.started.user, order.execution});
  ++services_.stats.runs_queued;
  const Event started{services_.clock.now(), order.started};
  storage::WriteBatch batch;
  batch.require(tenure->fence);
  put_start(batch, order, started);
  // A run that has to wait for a place answers at once that it was accepted, also when it has a
  // Response step: holding the connection would only hold the queue's length in connections.
  services_.commits.submit(
      std::move(batch), storage::Urgency::urgent,
      [order = message.order, observer = services_.observer,
       seen = observed(started, started.at)](const Outcome& outcome) {
        if (!outcome) {
          order->reply->give(outcome.error());
          return;
        }
        if (observer != nullptr) {
          observer->durable({order->execution, order->started.project, order->started.user,
                             order->workflow, BranchPath{}, std::span(&seen, 1)});
        }
        order->reply->give(TriggerReply(RunAccepted{order->execution, order->submitted}));
      });
}

void ProjectActor::settled(const RunSettled& message) {
  const auto user = users_.find(message.user);
  if (user == users_.end()) return;
  auto& live = user->second.live;
  const auto run = live.find(message.execution);
  if (run == live.end()) return;
  run->second -= std::min(run->second, message.mail);
  if (run->second > 0) return;
  live.erase(run);
  --live_;
  admit_waiting();
}

void ProjectActor::admit_waiting() {
  while (!is_full()) {
    auto next = queue_.pop();
    if (!next) return;
    --services_.stats.runs_queued;
    if (const auto* resume = std::get_if<ResumeRun>(&*next)) {
      leave_queue(resume->execution);
      pass(resume->user, resume->execution, *resume);
    } else {
      const auto& timer = std::get<TimerFired>(*next);
      leave_queue(timer.timer.execution);
      pass(timer.timer.user, timer.timer.execution, timer);
    }
  }
}

void ProjectActor::leave_queue(const ExecutionId& execution) {
  const auto queued = queued_.find(execution);
  if (queued == queued_.end()) return;
  services_.stats.place_wait.record(services_.clock.moment() - queued->second);
  queued_.erase(queued);
}

void ProjectActor::sweep() {
  delayed_send(this, services_.options.idle_sweep, SweepTick{});
  for (auto user = users_.begin(); user != users_.end();) {
    if (!user->second.live.empty()) {
      ++user;
    } else if (!user->second.idle_at_last_sweep) {
      user->second.idle_at_last_sweep = true;
      ++user;
    } else {
      user_of_.erase(user->second.actor.address());
      send_exit(user->second.actor, ExitReason::stopped);
      user = users_.erase(user);
    }
  }
}

void ProjectActor::user_down(const caf::down_msg& message) {
  const auto found = user_of_.find(caf::actor_cast<caf::actor_addr>(message.source));
  if (found == user_of_.end()) return;  // ended by the sweep
  // A crashed user actor takes its executions along; all of them are in their journals.
  ++services_.stats.actor_crashes;
  const UserId id = found->second;
  services_.log(LogLevel::error,
                "user " + id.text + " of project " + project_.text +
                    " crashed, its runs are rebuilt: " + caf::to_string(message.reason));
  user_of_.erase(found);
  User lost = std::move(users_.at(id));
  users_.erase(id);
  live_ -= lost.live.size();
  for (const auto& [execution, mail] : lost.live) {
    pass_or_queue(id, execution, ResumeRun{project_, id, execution});
  }
}

}  // namespace millrace
