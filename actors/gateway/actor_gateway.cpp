#include "actors/gateway/actor_gateway.h"

#include "actors/messages.h"
#include "actors/scheduling/recovery_sweep.h"
#include "actors/tree/node_actor.h"

#include <thread>

namespace millrace {
namespace {

// A cancel needs one load and one commit.
constexpr Millis cancel_patience{30'000};

caf::actor_system_config& configured(caf::actor_system_config& config,
                                     const ActorOptions& options) {
  config.add_message_types<caf::id_block::millrace>();
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  // One shared run queue: steadier than work stealing when one actor spawns thousands of children.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads",
             options.scheduler_threads != 0 ? options.scheduler_threads : cores);
  return config;
}

class CafGateway final : public ActorGateway {
 public:
  explicit CafGateway(const NodeDependencies& dependencies)
      : timers_(dependencies.store, dependencies.ownership, dependencies.clock, dependencies.log,
                dependencies.options.timers),
        reader_(dependencies.options.reader_threads, dependencies.log),
        services_{dependencies,
                  timers_,
                  held_replies_,
                  reader_,
                  BranchLoader(dependencies.store, dependencies.workflows, dependencies.tenants),
                  stats_},
        system_(configured(config_, services_.options)),
        node_(system_.spawn<NodeActor>(services_)),
        sweep_(services_.store, services_.ownership, services_.clock, services_.log,
               services_.options.recovery_interval, [this](const ExecutionSummary& summary) {
                 caf::anon_send(node_, ResumeRun{summary.project, summary.user, summary.id});
               }) {
    timers_.start(
        [this](const storage::TimerRow& timer) { caf::anon_send(node_, TimerFired{timer}); });
  }

  ~CafGateway() override {
    // Nothing may hold an actor's handle or send to one when the system ends: first those who send,
    // then the actors, then the callbacks that were handed to the engine and the commit thread.
    sweep_.stop();
    timers_.stop();
    reader_.stop();
    caf::anon_send_exit(node_, stopped_reason);
    system_.await_all_actors_done();
    services_.functions.stop();
    services_.http.stop();
    ignore_result(services_.commits.commit_and_wait({}),
                  "only its place behind every other batch counts");
  }

  Result<TriggerReply> trigger(const TriggerRequest& request, Millis hold) override {
    auto workflow = services_.workflows.deployed(request.project, request.workflow);
    if (!workflow) return workflow.error();
    if (auto checked = check_request((*workflow)->trigger, request.request); !checked) {
      return checked.error();
    }
    if (services_.commits.is_full()) {
      return Error(ErrorCode::overloaded, "the journal's queue is full: try again in a moment");
    }
    auto tenant = services_.tenants.view(request.project, request.user);
    if (!tenant) return tenant.error();
    auto grant = (*tenant)->grant(**workflow, request.credential);
    if (!grant) return grant.error();
    const auto order =
        order_for(request, *workflow, JsonObject{{"request", request.request}}, std::move(*grant));
    order->tenant = std::move(*tenant);
    const HeldReplies::Hold held(held_replies_, *order);
    caf::anon_send(node_, StartRun{order});
    if (auto reply = order->reply->wait_for(hold)) return std::move(*reply);
    return still_going(*order);
  }

  Result<TestEnd> run_test(const TestOrder& test, Millis hold) override {
    const TriggerRequest& request = test.trigger;
    auto workflow = services_.workflows.version(request.project, request.workflow, test.version);
    if (!workflow) return workflow.error();
    auto tenant = services_.tenants.view(request.project, request.user);
    if (!tenant) return tenant.error();
    auto grant = (*tenant)->grant(**workflow, request.credential);
    if (!grant) return grant.error();
    const auto order = order_for(request, *workflow, request.request, std::move(*grant));
    order->started.is_test = true;
    order->started.only_step = test.only_step;
    order->started.given_outputs = share(test.given_outputs);
    order->tenant = std::move(*tenant);
    const HeldReplies::Hold held(held_replies_, *order);
    caf::anon_send(node_, StartRun{order});
    TestEnd end{order->execution, true, std::nullopt, {}};
    const auto reply = order->reply->wait_for(hold);
    if (!reply) {
      end.has_ended = false;
      ignore_result(cancel(request.project, order->execution), "it may have ended meanwhile");
      return end;
    }
    if (!reply->ok()) return reply->error();
    if (const auto* const failed = std::get_if<RunFailed>(&**reply)) {
      end.error = failed->error;
      end.failed_step = failed->step;
    }
    return end;
  }

  Outcome cancel(const ProjectId& project, const ExecutionId& execution) override {
    auto summary = services_.loader.summary(execution);
    if (!summary) return summary.error();
    if (!*summary || (*summary)->project != project) {
      return Error(ErrorCode::not_found, "no execution " + execution.text());
    }
    if (is_final((*summary)->status)) {
      return Error(ErrorCode::conflict, "the execution has already ended");
    }
    auto slot = std::make_shared<OutcomeSlot>();
    caf::anon_send(node_, CancelRun{project, (*summary)->user, execution, slot});
    if (auto answer = slot->wait_for(cancel_patience)) return *answer;
    return Error(ErrorCode::overloaded, "the cancel was passed on but is not confirmed yet");
  }

  void wait_until_ready() override { sweep_.wait_for_first_sweep(); }
  bool is_ready() const override { return sweep_.has_swept(); }
  const ActorStats& stats() const override { return stats_; }

 private:
  /// 542 promises that the run goes on, so it is given only for a run that is on disk.
  Result<TriggerReply> still_going(const RunOrder& order) {
    if (auto synced = services_.commits.commit_and_wait({}); !synced) return synced.error();
    auto summary = services_.loader.summary(order.execution);
    if (!summary) return summary.error();
    if (!*summary) {
      return Error(ErrorCode::overloaded, "the run could not be stored in time: send it again");
    }
    return TriggerReply(RunStillGoing{order.execution, order.submitted});
  }

  std::shared_ptr<RunOrder> order_for(const TriggerRequest& request,
                                      std::shared_ptr<const Workflow> workflow, Json trigger,
                                      RunGrant grant) {
    auto order = std::make_shared<RunOrder>();
    order->submitted = services_.clock.now();
    order->execution = ExecutionId::make(shard_of(request.project, request.user), order->submitted,
                                         services_.random);
    order->started.project = request.project;
    order->started.user = request.user;
    order->started.workflow = request.workflow;
    order->started.version = workflow->version;
    order->started.trigger = share(std::move(trigger));
    order->started.settings = share(std::move(grant.settings));
    order->started.user_meta = share(std::move(grant.user_meta));
    order->started.credential = std::move(grant.credential);
    order->files = request.files;
    order->workflow = std::move(workflow);
    order->reply = std::make_shared<ReplySlot>();
    return order;
  }

  // Destroyed in reverse: the sweep and the actors first, then what they use.
  ActorStats stats_;
  TimerService timers_;
  HeldReplies held_replies_;
  StorageReader reader_;
  NodeServices services_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::actor node_;
  RecoverySweep sweep_;
};

}  // namespace

std::unique_ptr<ActorGateway> make_actor_gateway(const NodeDependencies& dependencies) {
  return std::make_unique<CafGateway>(dependencies);
}

}  // namespace millrace
