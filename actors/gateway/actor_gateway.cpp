#include "actors/gateway/actor_gateway.h"

#include "actors/gateway/account_starter.h"
#include "actors/gateway/event_starter.h"
#include "actors/gateway/starter.h"
#include "actors/messages.h"
#include "actors/scheduling/recovery_sweep.h"
#include "actors/tree/node_actor.h"

#include <thread>

namespace millrace {
namespace {

// A cancel needs one load and one commit.
constexpr Millis cancel_patience{30'000};
// A run that has begun is stored within milliseconds, unless the disk is in trouble.
constexpr Millis stored_patience{5'000};

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

class CafGateway final : public ActorGateway {
 public:
  explicit CafGateway(const NodeDependencies& dependencies)
      : timers_(dependencies.store, dependencies.ownership, dependencies.clock, dependencies.log,
                dependencies.options.timers),
        reminder_(dependencies.options.journal_linger, dependencies.log),
        reader_(dependencies.options.reader_threads, dependencies.commits, dependencies.log),
        services_{dependencies,
                  timers_,
                  held_replies_,
                  reader_,
                  reminder_,
                  BranchLoader(dependencies.store, dependencies.workflows, dependencies.tenants,
                               dependencies.sealer),
                  stats_,
                  [this](const ExecutionId& run) { sweep_.refused(run); }},
        system_(configured(config_, services_.options)),
        node_(system_.spawn<NodeActor>(services_)),
        starter_(services_.tenants, services_.commits, services_.clock, services_.random,
                 [this](std::shared_ptr<const RunOrder> order) {
                   caf::anon_send(node_, StartRun{std::move(order)});
                 }),
        events_({services_.store, FencedCommits(services_.commits, services_.ownership),
                 services_.workflows, services_.tenants, starter_,
                 [this](const RunOrder& order) {
                   caf::anon_send(node_, ResumeRun{order.started.project, order.started.user,
                                                   order.execution});
                 },
                 services_.start_refused, services_.observer, services_.event_log}),
        accounts_({services_.store, services_.workflows, starter_,
                   [this](const RunOrder& order) {
                     caf::anon_send(node_, ResumeRun{order.started.project, order.started.user,
                                                     order.execution});
                   },
                   services_.observer, services_.event_log}),
        sweep_(
            services_.store, services_.ownership, services_.clock, services_.log,
            services_.options.recovery_interval,
            [this](const ExecutionSummary& summary) {
              caf::anon_send(node_, ResumeRun{summary.project, summary.user, summary.id});
            },
            [this](const ExecutionId& run) { return erase_refused(run); }) {
    if (services_.sign_in_ended) {
      timers_.serve(storage::WakeTarget::sign_in_end, [this](const storage::WakeRow& wake) {
        reader_.submit([this, wake] { services_.sign_in_ended(wake); });
      });
    }
    timers_.start(
        [this](const storage::TimerRow& timer) { caf::anon_send(node_, TimerFired{timer}); });
  }

  ~CafGateway() override {
    // Nothing may hold an actor's handle or send to one when the system ends: first those who send,
    // then the actors, then the callbacks that were handed to the engine and the commit thread.
    sweep_.stop();
    timers_.stop();
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
    auto order = starter_.prepare({.workflow = *workflow,
                                   .kind = &request_trigger_kind,
                                   .user = request.user,
                                   .output = std::move(request.output),
                                   .files = std::move(request.files),
                                   .credential = request.credential,
                                   .trace = request.trace,
                                   .reply_at = ReplyAt::response});
    if (!order) {
      note(request, (*workflow)->integration, order.error());
      return order.error();
    }
    const HeldReplies::Place place = place_for(**order);
    if (auto reply = reply_of(*order, hold)) return std::move(*reply);
    return still_going(**order);
  }

  Result<std::vector<ExecutionId>> trigger_event(EventRequest request) override {
    return events_.start(request);
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

  void wait_until_ready() override { sweep_.wait_for_first_sweep(); }
  bool is_ready() const override { return sweep_.has_swept(); }
  const ActorStats& stats() const override { return stats_; }
  AccountRuns& account_runs() override { return accounts_; }

 private:
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
    if (services_.event_log == nullptr || !is_unmet_condition(why.code)) return;
    services_.event_log->note(
        {request.project, request.user, request.workflow, std::string(request_trigger_kind.type),
         integration, trace_id_text(request.trace)},
        why);
  }

  /// To wait for the Response step. Without one the run is answered when it is durable.
  HeldReplies::Place place_for(RunOrder& order) {
    if (order.reply_at != ReplyAt::response) return {};
    const std::uint64_t of_project = order.tenant->limits().held_responses;
    auto place = held_replies_.take_place(
        order.started.project,
        of_project != 0 ? of_project : limits::held_responses_per_project_max);
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
  FlushReminder reminder_;
  StorageReader reader_;
  NodeServices services_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::actor node_;
  const Starter starter_;
  EventStarter events_;
  AccountStarter accounts_;
  RecoverySweep sweep_;
};

}  // namespace

std::unique_ptr<ActorGateway> make_actor_gateway(const NodeDependencies& dependencies) {
  return std::make_unique<CafGateway>(dependencies);
}

}  // namespace millrace
