#include "actors/gateway/actor_gateway.h"

#include "actors/gateway/account_starter.h"
#include "actors/gateway/admission_passage.h"
#include "actors/gateway/bulk_jobs.h"
#include "actors/gateway/delivery_starter.h"
#include "actors/gateway/event_starter.h"
#include "actors/gateway/poll_starter.h"
#include "actors/gateway/received.h"
#include "actors/gateway/recorded_reply.h"
#include "actors/gateway/replay_starter.h"
#include "actors/gateway/starter.h"
#include "actors/gateway/tick_starter.h"
#include "actors/messages.h"
#include "actors/observation/observer_list.h"
#include "actors/scheduling/recovery_sweep.h"
#include "actors/scheduling/wake_work.h"
#include "actors/tree/node_actor.h"
#include "actors/workers/stop_sign.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace millrace {
namespace {

// A cancel needs one load and one commit.
constexpr Millis cancel_patience{30'000};
// What a run waits for is one message there and one back.
constexpr Millis place_wait_patience{1'000};
// A run that has begun is stored within milliseconds, unless the disk is in trouble.
constexpr Millis stored_patience{5'000};
// Beside the stage that has held a request back: it starts nothing (ReceivedRow::held_by, stored).
constexpr std::uint8_t left_out_bit = 0x80;
// How often a repeated request looks whether the run has answered.
constexpr Millis look_again{100};

caf::actor_system_config& configured(caf::actor_system_config& config,
                                     const ActorOptions& options) {
  config.add_message_types<caf::id_block::millrace>();
  // Half of the cores: runs of functions are driven by the engine's thread, and commits, connections and
  // function workers want theirs. With a thread for each core they wake one another for nothing.
  const std::size_t threads = std::max(1u, std::thread::hardware_concurrency() / 2);
  // One shared run queue: steadier than work stealing when one actor spawns thousands of children.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads",
             options.scheduler_threads != 0 ? options.scheduler_threads : threads);
  return config;
}

/// Of a run that was stored before it is begun.
ResumeRun resume(const RunOrder& order) {
  return {order.started.project, order.started.user, order.execution,
          order.workflow->admission.priority};
}

/// Says which runs have ended.
class EndedRuns final : public RunObserver {
 public:
  void tell(AdmissionDoor& door) { door_ = &door; }

  void durable(const DurableEvents& events) override {
    AdmissionDoor* const door = door_;
    if (door == nullptr || events.events.empty()) return;
    if (events.events.back().kind == EventKind::execution_ended) door->ended(events.execution);
  }

 private:
  std::atomic<AdmissionDoor*> door_{nullptr};
};

/// The one from outside, which may be null, is told first.
std::vector<RunObserver*> observers_of(RunObserver* outside, RunObserver& own) {
  if (outside == nullptr) return {&own};
  return {outside, &own};
}

NodeDependencies observed_by(RunObserver& observer, NodeDependencies dependencies) {
  dependencies.observer = &observer;
  return dependencies;
}

class CafGateway final : public ActorGateway {
 public:
  explicit CafGateway(const NodeDependencies& dependencies)
      : timers_(dependencies.store, dependencies.ownership, dependencies.clock, dependencies.log,
                dependencies.options.timers),
        reminder_(dependencies.options.journal_linger, dependencies.log),
        entries_(dependencies.clock, dependencies.options.entries, stats_.entry_turns_waiting),
        reader_(dependencies.options.reader_threads, dependencies.commits, dependencies.log),
        observers_(observers_of(dependencies.observer, ended_runs_)),
        services_{observed_by(observers_, dependencies),
                  timers_,
                  held_replies_,
                  loads_,
                  reader_,
                  reminder_,
                  BranchLoader(dependencies.store, dependencies.workflows, dependencies.tenants,
                               dependencies.sealer, fresh_),
                  entries_,
                  stats_,
                  [this](const ExecutionId& run) { sweep_.refused(run); }},
        system_(configured(config_, services_.options)),
        node_(system_.spawn<NodeActor>(services_)),
        starter_(
            services_.tenants, services_.commits, services_.clock, services_.random,
            [this](std::shared_ptr<const RunOrder> order) {
              caf::anon_send(node_, StartRun{std::move(order)});
            },
            services_.room),
        joint_({commits(), starter_, fresh_,
                [this](const RunOrder& order) { caf::anon_send(node_, resume(order)); },
                services_.start_refused, services_.observer, services_.event_log}),
        admission_({services_.store, commits(), services_.ownership, services_.workflows,
                    services_.tenants, starter_, joint_, services_.clock, services_.random,
                    services_.log, [this](const storage::WakeRow& wake) { timers_.schedule(wake); },
                    [this](const storage::WakeRow& wake) { admission_work_.wake(wake); },
                    [this](const ExecutionSummary& run, const std::string& by) {
                      caf::anon_send(node_, CancelRun{run.project, run.user, run.id,
                                                      std::make_shared<OutcomeSlot>(), by});
                    },
                    services_.event_log, stats_.triggers_waiting},
                   services_.options.admission),
        admission_work_(services_.options.admission.threads, services_.options.admission.held_max,
                        services_.clock, services_.log,
                        [this](const storage::WakeRow& wake) { return admission_.serve(wake); }),
        received_(services_.store, commits(), services_.clock),
        recorded_replies_(services_.store, services_.workflows, services_.sealer),
        events_({services_.store, commits(), services_.workflows, services_.tenants, joint_,
                 admission_, received_}),
        deliveries_({services_.store, commits(), services_.workflows, services_.tenants, joint_,
                     admission_, received_}),
        ticks_(
            {services_.store, FencedCommits(services_.commits, services_.ownership),
             services_.ownership, services_.workflows, services_.tenants, starter_, services_.clock,
             services_.log, [this](const RunOrder& order) { caf::anon_send(node_, resume(order)); },
             [this](const storage::WakeRow& wake) { timers_.schedule(wake); }, services_.observer,
             services_.event_log},
            services_.options.ticks),
        tick_work_(services_.options.ticks.threads, services_.options.ticks.held_max,
                   services_.clock, services_.log,
                   [this](const storage::WakeRow& wake) { return ticks_.serve(wake); }),
        polls_({services_.store,
                FencedCommits(services_.commits, services_.ownership),
                services_.ownership,
                services_.workflows,
                services_.tenants,
                starter_,
                admission_,
                services_.http,
                services_.clock,
                services_.random,
                services_.log,
                [this](const RunOrder& order) { caf::anon_send(node_, resume(order)); },
                [this](const storage::WakeRow& wake) { timers_.schedule(wake); },
                [this](const storage::WakeRow& wake) { poll_work_.wake(wake); },
                services_.observer,
                services_.event_log,
                services_.tokens,
                services_.refused,
                services_.gate,
                services_.counts},
               services_.options.polls),
        poll_work_(services_.options.polls.threads, services_.options.polls.held_max,
                   services_.clock, services_.log,
                   [this](const storage::WakeRow& wake) { return polls_.serve(wake); }),
        replays_({services_.store, commits(), services_.workflows, services_.sealer, starter_,
                  joint_, received_, services_.event_log}),
        migrations_(services_.store, services_.workflows, services_.sealer),
        bulk_({services_.store, commits(), services_.ownership, replays_, joint_, services_.clock,
               services_.random, services_.log,
               [this](const ExecutionSummary& run, const std::string& by) {
                 auto slot = std::make_shared<OutcomeSlot>();
                 caf::anon_send(node_, CancelRun{run.project, run.user, run.id, slot, by});
                 return slot;
               },
               [this](const ExecutionSummary& run, std::shared_ptr<const Migration> migration,
                      const std::string& by) {
                 auto slot = std::make_shared<MigrationSlot>();
                 caf::anon_send(
                     node_,
                     MigrateRun{run.project, run.user, run.id, {std::move(migration), by, slot}});
                 return slot;
               },
               migrations_, [this](const storage::WakeRow& wake) { timers_.schedule(wake); }},
              services_.options.bulk),
        bulk_work_(services_.options.bulk.threads, services_.options.bulk.held_max, services_.clock,
                   services_.log,
                   [this](const storage::WakeRow& wake) { return bulk_.serve(wake); }),
        accounts_({services_.store, services_.workflows, joint_,
                   [this](const storage::WakeRow& wake) { timers_.schedule(wake); },
                   services_.clock}),
        sweep_(
            services_.store, services_.ownership, services_.clock, services_.log,
            services_.options.recovery_interval,
            [this](const ExecutionSummary& summary) {
              caf::anon_send(
                  node_, ResumeRun{summary.project, summary.user, summary.id, summary.priority});
            },
            [this](const ExecutionId& run) { return erase_refused(run); }) {
    timers_.serve(storage::WakeTarget::schedule,
                  [this](const storage::WakeRow& wake) { tick_work_.wake(wake); });
    timers_.serve(storage::WakeTarget::poll,
                  [this](const storage::WakeRow& wake) { poll_work_.wake(wake); });
    timers_.serve(storage::WakeTarget::admission,
                  [this](const storage::WakeRow& wake) { admission_work_.wake(wake); });
    ended_runs_.tell(admission_);
    timers_.serve(storage::WakeTarget::bulk_job,
                  [this](const storage::WakeRow& wake) { bulk_work_.wake(wake); });
    services_.workflows.tell_wakes(
        [this](const storage::WakeRow& wake) { timers_.schedule(wake); });
    if (services_.sign_in_ended) {
      timers_.serve(storage::WakeTarget::sign_in_end, [this](const storage::WakeRow& wake) {
        reader_.submit([this, wake] { services_.sign_in_ended(wake); });
      });
    }
    if (services_.gate != nullptr) {
      timers_.serve(storage::WakeTarget::pause_end, [this](const storage::WakeRow& wake) {
        reader_.submit([this, wake] { services_.gate->ended(wake); });
      });
    }
    if (services_.subscription_due) {
      timers_.serve(storage::WakeTarget::subscription_renewal, services_.subscription_due);
      timers_.serve(storage::WakeTarget::subscription_check, services_.subscription_due);
    }
    timers_.start(
        [this](const storage::TimerRow& timer) { caf::anon_send(node_, TimerFired{timer}); });
  }

  ~CafGateway() override {
    // Nothing may hold an actor's handle or send to one when the system ends: first those who send,
    // then the actors, then the callbacks that were handed to the engine and the commit thread.
    services_.workflows.tell_wakes({});
    sweep_.stop();
    timers_.stop();
    tick_work_.stop();
    poll_work_.stop();
    bulk_work_.stop();
    admission_work_.stop();
    reminder_.stop();
    reader_.stop();
    if (services_.tokens != nullptr) services_.tokens->stop_answers();
    caf::anon_send_exit(node_, caf::exit_reason::user_shutdown);  // nobody supervises it
    system_.await_all_actors_done();
    services_.functions.stop();
    services_.http.stop();
    ignore_result(services_.commits.commit_and_wait({}),
                  "only its place behind every other batch counts");
  }

  Result<TriggerReply> trigger(TriggerRequest request, Millis hold) override {
    auto workflow = called_workflow(request);
    if (!workflow) return workflow.error();
    if ((*workflow)->admission.holds_back()) {
      // Whose shard it is, is asked before anything is read for the commit.
      auto batch = commits().begin(shard_of(request.project, request.user));
      if (!batch) return batch.error();
      return start_stored(request, *workflow, std::move(*batch), hold);
    }
    auto order = order_of(request, *workflow);
    if (!order) return order.error();
    const HeldReplies::Place place = place_for(**order);
    if (auto reply = reply_of(*order, hold)) return std::move(*reply);
    return still_going(**order);
  }

  Result<OnceReply> trigger_once(TriggerRequest request, Idempotency idempotency,
                                 Millis hold) override {
    auto workflow = called_workflow(request);
    if (!workflow) return workflow.error();
    OnceKey once{Received::key_of(request.project, request.user, request_trigger_kind.type,
                                  request.workflow.text, idempotency.key),
                 std::move(idempotency.content),
                 {}};
    once.held.emplace(received_, std::vector{once.key});
    auto known = received_.find(once.key);
    if (!known) return known.error();
    if (*known && (*known)->content != once.content) return another_content();
    if (*known) {
      once.held.reset();
      auto reply = reply_of_earlier(**known, hold);
      if (!reply) return reply.error();
      return OnceReply{std::move(*reply), true};
    }
    auto batch = commits().begin(shard_of(request.project, request.user));
    if (!batch) return batch.error();
    auto reply = start_stored(request, *workflow, std::move(*batch), hold, &once);
    if (!reply) return reply.error();
    received_.clear(shard_of(request.project, request.user));
    return OnceReply{std::move(*reply)};
  }

  Result<StartedRuns> trigger_event(EventRequest request) override {
    return events_.start(std::move(request));
  }

  Result<std::vector<ExecutionId>> deliver(Delivery delivery) override {
    return deliveries_.start(std::move(delivery));
  }

  Result<TestEnd> run_test(TestOrder test, Millis hold) override {
    TriggerRequest& request = test.trigger;
    auto workflow = services_.workflows.version(request.project, request.workflow, test.version);
    if (!workflow) return workflow.error();
    auto order =
        starter_.prepare({.workflow = std::move(*workflow),
                          .user = std::move(request.user),
                          .output = std::move(request.output),
                          .origin = FromTest{test.only_step, std::move(test.given_outputs)},
                          .files = std::move(request.files),
                          .credential = std::move(request.credential),
                          .reply_at = ReplyAt::end});
    if (!order) return order.error();
    TestEnd end{(*order)->execution, true, std::nullopt, {}};
    const auto reply = reply_of(*order, hold);
    if (!reply) {
      end.has_ended = false;
      ignore_result(cancel(request.project, end.execution, "the time limit of tests"),
                    "it may have ended meanwhile");
      return end;
    }
    if (!reply->ok()) return reply->error();
    if (const auto* const failed = std::get_if<RunFailed>(&**reply)) {
      end.error = failed->error;
      end.failed_step = failed->step;
    }
    return end;
  }

  using Gateway::cancel;
  Outcome cancel(const ProjectId& project, const ExecutionId& execution,
                 const std::string& by) override {
    auto summary = services_.loader.summary(execution);
    if (!summary) return summary.error();
    if (!*summary || (*summary)->project != project) {
      return Error(ErrorCode::not_found, "no execution " + execution.text());
    }
    if (is_final((*summary)->status)) {
      return Error(ErrorCode::conflict, "the execution has already ended");
    }
    auto slot = std::make_shared<OutcomeSlot>();
    caf::anon_send(node_, CancelRun{project, (*summary)->user, execution, slot, by});
    if (auto answer = slot->wait_for(cancel_patience)) return *answer;
    return Error(ErrorCode::overloaded, "the cancel was passed on but is not confirmed yet");
  }

  std::optional<PlaceWait> place_wait(const ExecutionSummary& run) override {
    if (!services_.ownership.owns(run.id.shard())) return PlaceWait{PlaceWait::For::shard_owner};
    auto slot = std::make_shared<PlaceWaitSlot>();
    caf::anon_send(node_, PlaceAsked{run, slot});
    return slot->wait_for(place_wait_patience).value_or(std::nullopt);
  }

  void wait_until_ready() override { sweep_.wait_for_first_sweep(); }
  bool is_ready() const override { return sweep_.has_swept(); }
  const ActorStats& stats() const override { return stats_; }
  ProjectWork work_of(const ProjectId& project) const override {
    ProjectWork work;
    if (const auto load = loads_.find(project)) work = {load->running, load->queued, 0};
    work.held = held_replies_.held(project);
    return work;
  }
  Result<std::vector<PollState>> polls(const ProjectId& project, const UserId& user) override {
    return polls_.states().of_user(project, user, services_.clock.now());
  }
  Outcome look_now(const PolledAccount& account) override { return polls_.look_now(account); }
  AccountRuns& account_runs() override { return accounts_; }
  ReplayStarter& replays() override { return replays_; }
  BulkJobs& bulk_jobs() override { return bulk_; }
  void clear_received(ShardId shard) override { received_.clear(shard); }
  AdmissionDoor& admission() override { return admission_; }
  void schedule(const storage::WakeRow& wake) override { timers_.schedule(wake); }

 private:
  FencedCommits commits() const { return {services_.commits, services_.ownership}; }

  /// What was refused must not run. It is not in memory, and nothing of it is written any more.
  Outcome erase_refused(const ExecutionId& run) {
    // Only a disk that takes commits again tells what is on it.
    if (auto well = services_.commits.commit_and_wait({}); !well) return well;
    const auto fence = services_.ownership.fence(run.shard());
    if (!fence) return Done{};  // its shard's owner resumes it
    const auto summary = services_.loader.summary(run);
    if (!summary) return summary.error();
    if (!*summary) return Done{};
    storage::WriteBatch batch;
    batch.require(*fence);
    storage::ExecutionTable::erase(batch, **summary);
    return services_.commits.commit_and_wait(std::move(batch));
  }

  /// A request that starts nothing is in the event log, if that is not the fault of the moment.
  void note(const TriggerRequest& request, const std::string& integration, const Error& why) {
    if (services_.event_log == nullptr || !is_passed_over(why.code)) return;
    services_.event_log->note(
        {request.project, request.user, request.workflow, std::string(request_trigger_kind.type),
         integration, trace_id_text(request.trace)},
        why);
  }

  /// The deployed workflow, if it is called as its trigger says.
  Result<std::shared_ptr<const Workflow>> called_workflow(const TriggerRequest& request) {
    auto workflow = services_.workflows.deployed(request.project, request.workflow);
    if (!workflow) {
      note(request, {}, workflow.error());
      return workflow.error();
    }
    const auto* const trigger = std::get_if<RequestTrigger>(&(*workflow)->trigger);
    if (trigger != nullptr && !request.method.empty()) {
      auto called = check_method(*trigger, request.method);
      if (!called) return called.error();
    }
    return std::shared_ptr<const Workflow>(std::move(*workflow));
  }

  /// Takes the request's output and files.
  Result<std::shared_ptr<RunOrder>> order_of(TriggerRequest& request,
                                             const std::shared_ptr<const Workflow>& workflow) {
    auto order = starter_.prepare({.workflow = workflow,
                                   .kind = &request_trigger_kind,
                                   .user = request.user,
                                   .output = std::move(request.output),
                                   .files = std::move(request.files),
                                   .credential = request.credential,
                                   .trace = request.trace,
                                   .reply_at = ReplyAt::response});
    if (!order) note(request, workflow->integration, order.error());
    return order;
  }

  struct OnceKey {
    Received::Key key;
    std::string content;
    std::optional<Received::Hold> held;
  };

  /// The run's first rows are one commit with what else the request is remembered by (its key, `once`; its place among
  /// those that wait): a crash leaves all or nothing.
  Result<TriggerReply> start_stored(TriggerRequest& request,
                                    const std::shared_ptr<const Workflow>& workflow,
                                    storage::WriteBatch batch, Millis hold,
                                    OnceKey* once = nullptr) {
    auto order = order_of(request, workflow);
    if (!order) return order.error();
    std::optional<HeldReplies::Place> place;
    std::optional<HeldReplies::Hold> reply_held;
    std::optional<TriggerReply> reply;
    {
      AdmissionDoor::Passage passage(admission_, request.project, request.user, std::move(batch));
      const auto passed = passage.admit(*order);
      if (!passed) return passed.error();
      std::vector<ExecutionId> started;
      std::uint8_t held_by = 0;
      if (const auto* const held = std::get_if<HeldBack>(&*passed)) {
        held_by = static_cast<std::uint8_t>(held->by) | (held->is_left_out ? left_out_bit : 0);
        reply = *held;
      } else {
        const auto& run = std::get<AdmissionDoor::Passage::Started>(*passed);
        started.push_back(run.execution);
        // A run of several triggers is no single one's to wait for.
        if (!run.is_own) reply = RunAccepted{run.execution, services_.clock.now()};
        if (run.is_own) {
          place.emplace(place_for(**order));
          reply_held.emplace(held_replies_, **order);
        }
      }
      if (once != nullptr) {
        received_.put(passage.batch(), once->key, std::move(started), std::move(once->content),
                      held_by);
      }
      if (auto stored = passage.commit(); !stored) return stored.error();
    }
    if (once != nullptr) once->held.reset();  // whoever repeats it finds it, and waits for itself
    if (reply) return std::move(*reply);
    auto answer = (*order)->reply->wait_for(hold);
    if (!answer) return TriggerReply(RunStillGoing{(*order)->execution, (*order)->submitted});
    return std::move(*answer);
  }

  /// The answer of a run that an earlier request has started. It looks at the journal now and then: nobody
  /// in memory may know of the run, because it sleeps or there was a restart, and repeats are rare.
  Result<TriggerReply> reply_of_earlier(const storage::ReceivedRow& earlier, Millis hold) {
    if (const auto held_by = admission_stage(earlier.held_by & ~left_out_bit)) {
      const bool is_left_out = (earlier.held_by & left_out_bit) != 0;
      return TriggerReply(
          HeldBack{.by = *held_by, .is_left_out = is_left_out, .received = earlier.at});
    }
    CHECK(!earlier.executions.empty(), "a request that was received has started nothing");
    const ExecutionId& run = earlier.executions.front();
    const auto tenant = services_.tenants.view(earlier.project, earlier.user);
    if (!tenant) return tenant.error();
    const auto place = take_place(earlier.project, (*tenant)->limits());
    const Instant until = services_.clock.now() + (place.is_taken() ? hold : Millis(0));
    StopSign never(services_.clock);
    while (true) {
      auto recorded = recorded_replies_.find(run);
      if (!recorded) return recorded.error();
      if (*recorded) return std::move(**recorded);
      const Instant now = services_.clock.now();
      if (now >= until) break;
      never.wait_for(std::min(until - now, look_again));
    }
    if (place.is_taken()) return TriggerReply(RunStillGoing{run, earlier.at});
    return TriggerReply(RunAccepted{run, earlier.at});
  }

  HeldReplies::Place take_place(const ProjectId& project, const ProjectLimits& of_project) {
    const std::uint64_t held_max = of_project.held_responses;
    return held_replies_.take_place(
        project, held_max != 0 ? held_max : limits::held_responses_per_project_max);
  }

  /// To wait for the Response step. Without one the run is answered when it is durable.
  HeldReplies::Place place_for(RunOrder& order) {
    if (order.reply_at != ReplyAt::response) return {};
    auto place = take_place(order.started.project, order.tenant->limits());
    if (!place.is_taken()) order.reply_at = ReplyAt::durable;
    return place;
  }

  /// Lets the run begin and waits for its reply. It is held from before the start, so that a run that
  /// goes to sleep at once finds it when it wakes.
  std::optional<Result<TriggerReply>> reply_of(const std::shared_ptr<const RunOrder>& order,
                                               Millis hold) {
    const HeldReplies::Hold held(held_replies_, *order);
    starter_.hand_over(order);
    return order->reply->wait_for(hold);
  }

  /// 542 promises that the run goes on, so it is given only for a run that is on disk.
  Result<TriggerReply> still_going(const RunOrder& order) {
    if (!order.reply->wait_until_stored(stored_patience)) {
      return Error(ErrorCode::overloaded, "the run could not be stored in time: send it again");
    }
    return TriggerReply(RunStillGoing{order.execution, order.submitted});
  }

  // Destroyed in reverse: the sweep and the actors first, then what they use.
  ActorStats stats_;
  TimerService timers_;
  HeldReplies held_replies_{stats_.held_responses};
  ProjectLoads loads_;
  FreshRuns fresh_;
  FlushReminder reminder_;
  EntryTurns entries_;
  StorageReader reader_;
  EndedRuns ended_runs_;
  ObserverList observers_;
  NodeServices services_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::actor node_;
  const Starter starter_;
  JointStarter joint_;
  AdmissionDoor admission_;
  WakeWork admission_work_;
  Received received_;
  const RecordedReplies recorded_replies_;
  EventStarter events_;
  DeliveryStarter deliveries_;
  TickStarter ticks_;
  WakeWork tick_work_;
  PollStarter polls_;
  WakeWork poll_work_;
  ReplayStarter replays_;
  const Migrations migrations_;
  BulkJobs bulk_;
  WakeWork bulk_work_;
  AccountStarter accounts_;
  RecoverySweep sweep_;
};

}  // namespace

std::unique_ptr<ActorGateway> make_actor_gateway(const NodeDependencies& dependencies) {
  return std::make_unique<CafGateway>(dependencies);
}

}  // namespace millrace
