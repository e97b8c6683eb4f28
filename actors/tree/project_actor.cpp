#include "actors/tree/project_actor.h"

#include "actors/runs/start_rows.h"
#include "actors/runs/tenure.h"
#include "actors/supervision/crash_reason.h"
#include "actors/supervision/exit_reason.h"
#include "actors/tree/user_actor.h"
#include "actors/workers/survive.h"
#include "runtime/base/check.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace millrace {

ProjectActor::ProjectActor(caf::actor_config& config, const NodeServices& services,
                           ProjectId project)
    : caf::event_based_actor(config),
      services_(services),
      project_(std::move(project)),
      limits_{.concurrent_steps = services.options.live_executions_per_project_max},
      queue_(services.options.queue),
      load_(services.loads.open(project_)) {
  set_exception_handler(crash_reason);
  set_down_handler([this](caf::down_msg& message) { user_down(message); });
}

caf::behavior ProjectActor::make_behavior() {
  delayed_send(this, services_.options.idle_sweep, SweepTick{});
  return {
      [this](const StartRun& message) { start(message); },
      [this](const ResumeRun& message) {
        pass_or_queue(message.user, message.execution, message.priority, message);
      },
      [this](const TimerFired& message) {
        pass_or_queue(message.timer.user, message.timer.execution, message.timer.priority, message);
      },
      // A cancel frees a place sooner or later: it never waits for one.
      [this](const CancelRun& message) {
        pass(message.user, message.execution, priority_standard, message);
      },
      // One that moves goes nowhere in memory: it waits for no place either, and takes none for long.
      [this](const MigrateRun& message) {
        pass(message.user, message.execution, priority_standard, message);
      },
      [this](const RunSettled& message) { settled(message); },
      [this](EntryTurnCame) { admit_waiting(); },
      [this](const PlaceAsked& message) { message.slot->give(place_wait(message.run)); },
      [this](const QueuedRunsRead& message) { queue_read(message); },
      [this](const LimitsRead& message) {
        is_asking_limits_ = false;
        set_limits(message.limits);
      },
      [this](SweepTick) { sweep(); },
  };
}

void ProjectActor::on_exit() {
  for (auto& [id, user] : users_) send_exit(user.actor, ExitReason::stopped);
  users_.clear();
  services_.entries.forgo(project_);
  // What waits is in its rows; it waits no more here.
  services_.stats.runs_queued -= static_cast<std::int64_t>(std::exchange(reported_, 0));
}

ProjectActor::User& ProjectActor::user(const UserId& id) {
  User& user = users_[id];
  if (!user.actor) {
    user.actor = spawn<UserActor, caf::monitored>(services_, project_, id, caf::actor(this));
    user_of_[user.actor.address()] = id;
  }
  return user;
}

bool ProjectActor::is_live(const UserId& id, const ExecutionId& execution) const {
  const auto known = users_.find(id);
  return known != users_.end() && known->second.live.contains(execution);
}

Admission ProjectActor::admission_of(const UserId& id, Priority priority,
                                     const AdmissionOrder& order) const {
  const auto known = users_.find(id);
  const AdmissionState state{.live = live_,
                             .live_of_user = known == users_.end() ? 0 : known->second.live.size(),
                             .user_waits = queue_.has_waiting(id, priority),
                             .higher_waits = queue_.has_turn_above(priority)};
  return admit(limits_, state, order);
}

template <class Message>
void ProjectActor::pass(const UserId& user_id, const ExecutionId& execution, Priority priority,
                        const Message& message) {
  User& to = user(user_id);
  const auto [run, is_new] = to.live.try_emplace(execution, Live{0, priority});
  if (is_new) load_->running = ++live_;
  ++run->second.mail;
  to.idle_at_last_sweep = false;
  hold_or_release(user_id);
  send(to.actor, message);
}

template <class Message>
void ProjectActor::pass_or_queue(const UserId& user_id, const ExecutionId& execution,
                                 Priority priority, const Message& message) {
  if (!knows_limits_) ask_limits(user_id);
  const AdmissionOrder order{.has_place = is_live(user_id, execution)};
  if (order.has_place) return pass(user_id, execution, priority, message);
  if (knows_limits_ && admission_of(user_id, priority, order) == Admission::run &&
      !queue_.has_turn()) {
    Message passed = message;
    passed.turn = take_turn();
    if (passed.turn) return pass(user_id, execution, priority, passed);
  }
  WaitingRun waiting{user_id, execution, services_.clock.moment(), {}, priority};
  if constexpr (std::is_same_v<Message, TimerFired>) waiting.timer = message.timer;
  queue_.push(std::move(waiting));
  admit_waiting();
}

// --- starting -------------------------------------------------------------------------------------

void ProjectActor::start(const StartRun& message) {
  const RunOrder& order = *message.order;
  set_limits(order.tenant->limits());
  const Priority priority = order.workflow->admission.priority;
  if (admission_of(order.started.user, priority, {}) == Admission::run) {
    pass(order.started.user, order.execution, priority, message);
  } else {
    queue_start(message);
  }
}

void ProjectActor::queue_start(const StartRun& message) {
  const RunOrder& order = *message.order;
  const auto tenure = begin_tenure(services_.ownership, services_.commits, order.execution.shard());
  if (!tenure) {
    order.reply->give(tenure.error());
    return;
  }
  storage::WriteBatch batch;
  batch.require(tenure->fence);
  put_start(batch, order);
  queue_.push({order.started.user,
               order.execution,
               services_.clock.moment(),
               {},
               order.workflow->admission.priority});
  count_queue();
  // A run that has to wait for a place answers at once that it was accepted, also when it has a
  // Response step: holding the connection would only hold the queue's length in connections.
  services_.commits.submit(std::move(batch), {.lane = project_},
                           [order = message.order, observer = services_.observer,
                            refused = services_.start_refused](const Outcome& outcome) {
                             if (outcome) {
                               tell_stored(*order, observer);
                             } else {
                               if (!means_shard_moved(outcome.error().code))
                                 refused(order->execution);
                               order->reply->give(outcome.error());
                             }
                           });
  // Whoever reads or loads now waits for this commit.
  admit_waiting();
}

// --- places ---------------------------------------------------------------------------------------

void ProjectActor::settled(const RunSettled& message) {
  const auto user = users_.find(message.user);
  if (user == users_.end()) return;
  auto& live = user->second.live;
  const auto run = live.find(message.execution);
  if (run == live.end()) return;
  std::size_t& mail = run->second.mail;
  mail -= std::min(mail, message.mail);
  if (mail > 0) return;
  live.erase(run);
  --live_;
  hold_or_release(message.user);
  admit_waiting();
}

EntryTurns::Held ProjectActor::take_turn() {
  auto turn = services_.entries.take(
      project_, [self = caf::actor(this)] { caf::anon_send(self, EntryTurnCame{}); });
  asked_for_turn_ = turn == nullptr;
  return turn;
}

void ProjectActor::hold_or_release(const UserId& id) {
  const auto known = users_.find(id);
  if (known != users_.end() && user_is_full(limits_, known->second.live.size())) {
    queue_.hold(id);
  } else {
    queue_.release(id);
  }
}

void ProjectActor::admit_waiting() {
  // Users that are full are held, so that whoever has its turn finds a place.
  const auto can_admit = [this] {
    return knows_limits_ && live_ < limits_.concurrent_steps && queue_.has_turn();
  };
  while (can_admit()) {
    auto turn = take_turn();
    if (!turn) break;
    const auto next = queue_.pop();
    CHECK(next && admission_of(next->user, next->priority, {.had_waited = true}) == Admission::run,
          "a run had its turn without a place");
    services_.stats.place_wait.record(services_.clock.moment() - next->since);
    if (next->timer) {
      pass(next->user, next->execution, next->priority, TimerFired{*next->timer, std::move(turn)});
    } else {
      pass(next->user, next->execution, next->priority,
           ResumeRun{project_, next->user, next->execution, next->priority, std::move(turn)});
    }
  }
  // A turn that was kept for it is another one's when it has no use for it.
  if (!can_admit() && std::exchange(asked_for_turn_, false)) services_.entries.forgo(project_);
  count_queue();
  read_queue();
}

std::optional<PlaceWait> ProjectActor::place_wait(const ExecutionSummary& run) const {
  const UserId& user = run.user;
  if (is_live(user, run.id) || !queue_.has_waiting(user)) return std::nullopt;
  const auto known = users_.find(user);
  const std::size_t live_of_user = known == users_.end() ? 0 : known->second.live.size();
  PlaceWait wait{PlaceWait::For::entry_turn, 0, queue_.size(), run.priority};
  auto among = RunQueues::Among::all;
  if (live_ >= limits_.concurrent_steps) {
    wait.what = PlaceWait::For::place_of_project;
    wait.limit = limits_.concurrent_steps;
  } else if (user_is_full(limits_, live_of_user)) {
    wait.what = PlaceWait::For::place_of_user;
    wait.limit = limits_.concurrent_steps_per_user;
    wait.waiting = queue_.size_of(user);
    among = RunQueues::Among::own_user;
  }
  wait.ahead = queue_.ahead_of(user, run.id, run.priority, among);
  return wait;
}

// --- limits ---------------------------------------------------------------------------------------

void ProjectActor::set_limits(const ProjectLimits& limits) {
  const bool is_first = !std::exchange(knows_limits_, true);
  ProjectLimits complete = limits;
  if (complete.concurrent_steps == 0) {
    complete.concurrent_steps = services_.options.live_executions_per_project_max;
  }
  if (limits_ == complete && !is_first) return;
  limits_ = complete;
  for (const auto& [id, user] : users_) hold_or_release(id);
  admit_waiting();
}

void ProjectActor::ask_limits(const UserId& id) {
  if (std::exchange(is_asking_limits_, true)) return;
  limits_user_ = id;
  services_.reader.submit([self = caf::actor(this), &services = services_, project = project_, id] {
    // A project that cannot be read has the node's limits: its runs say what is wrong.
    auto limits = answer_of([&]() -> Result<ProjectLimits> {
      auto tenant = services.tenants.view(project, id);
      if (!tenant) return tenant.error();
      return (*tenant)->limits();
    });
    caf::anon_send(self, LimitsRead{limits ? *limits : ProjectLimits{}});
  });
}

// --- the queue ------------------------------------------------------------------------------------

void ProjectActor::count_queue() {
  const auto now = queue_.size();
  services_.stats.runs_queued +=
      static_cast<std::int64_t>(now) - static_cast<std::int64_t>(reported_);
  reported_ = now;
  load_->queued = now;
  load_->running = live_;
}

void ProjectActor::read_queue() {
  auto reading = queue_.next_reading();
  if (!reading) return;
  // What was queued a moment ago may still be on its way to the disk.
  services_.reader.after_commits(project_, [self = caf::actor(this), &services = services_,
                                            project = project_,
                                            reading = std::move(*reading)](const Outcome& durable) {
    using Found = std::variant<std::vector<RunsFound>, UsersFound>;
    auto found = answer_of([&]() -> Result<Found> {
      if (!durable) return durable.error();
      if (const auto* const users = std::get_if<UsersWanted>(&reading)) {
        auto read = read_waiting_users(services.store, services.ownership.owned(), project, *users);
        if (!read) return read.error();
        return Found(std::move(*read));
      }
      auto read =
          read_queued_runs(services.store, project, std::get<std::vector<RunsWanted>>(reading));
      if (!read) return read.error();
      return Found(std::move(*read));
    });
    caf::anon_send(self, QueuedRunsRead{std::make_shared<Result<Found>>(std::move(found))});
  });
}

void ProjectActor::queue_read(const QueuedRunsRead& message) {
  const auto& found = *message.found;
  if (!found) {
    // The next sweep tries again.
    queue_.reading_failed();
    services_.log(LogLevel::error, "queued runs of project " + project_.text +
                                       " could not be read: " + found.error().message);
    return;
  }
  if (const auto* const users = std::get_if<UsersFound>(&*found)) {
    queue_.found(*users);
  } else {
    const Instant now = services_.clock.now();
    const Moment moment = services_.clock.moment();
    queue_.found(
        std::get<std::vector<RunsFound>>(*found),
        [this](const UserId& user, const ExecutionId& run) { return is_live(user, run); },
        // It waits since it was accepted.
        [&](Instant started) { return moment - std::max(Millis(0), now - started); });
  }
  admit_waiting();
}

void ProjectActor::sweep() {
  delayed_send(this, services_.options.idle_sweep, SweepTick{});
  if (queue_.size() > 0) {
    is_asking_limits_ = false;  // an answer that has not come by now was lost
    if (!users_.empty()) {
      ask_limits(users_.begin()->first);
    } else if (!limits_user_.empty()) {
      ask_limits(limits_user_);
    }
  }
  queue_.read_again();
  read_queue();
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
  hold_or_release(id);
  for (const auto& [execution, run] : lost.live) {
    pass_or_queue(id, execution, run.priority, ResumeRun{project_, id, execution, run.priority});
  }
  admit_waiting();
}

}  // namespace millrace
