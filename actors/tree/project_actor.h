#pragma once
// One project: admission and the parent of its user actors. What may begin is asked of `admit`
// (runtime/admission/admission.h); what has to wait is stored at once, acknowledged, and queued by
// priority and fairly between users (actors/runs/run_queues.h). Ended by the node actor when it has been idle.
//
// The limits come with the tenant of each run that is begun; while runs wait they are also read with
// each sweep. Runs that are resumed before the limits are known wait until they are: a restart gives no
// project more places than it has.

#include "actors/messages.h"
#include "actors/node_services.h"
#include "actors/runs/run_queues.h"
#include "runtime/admission/admission.h"

#include <caf/all.hpp>

#include <unordered_map>

namespace millrace {

class ProjectActor final : public caf::event_based_actor {
 public:
  ProjectActor(caf::actor_config& config, const NodeServices& services, ProjectId project);
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  struct Live {
    /// How many messages for it were passed on and are not settled. One that was passed on while the run was
    /// leaving memory has it loaded again.
    std::size_t mail = 0;
    /// As far as it is known: who cancels or moves a run does not say. For when it has to wait again.
    Priority priority = priority_standard;
  };
  struct User {
    caf::actor actor;
    /// Runs that are in memory or on the way there.
    std::unordered_map<ExecutionId, Live> live;
    bool idle_at_last_sweep = false;
  };

  void start(const StartRun& message);
  void queue_start(const StartRun& message);
  void settled(const RunSettled& message);
  std::optional<PlaceWait> place_wait(const ExecutionSummary& run) const;
  void sweep();
  void user_down(const caf::down_msg& message);

  User& user(const UserId& id);
  bool is_live(const UserId& user, const ExecutionId& execution) const;
  Admission admission_of(const UserId& user, Priority priority, const AdmissionOrder& order) const;
  /// Passes `message` on, taking a place for the run if it has none.
  template <class Message>
  void pass(const UserId& user_id, const ExecutionId& execution, Priority priority,
            const Message& message);
  /// Likewise for work that is durable and may wait.
  template <class Message>
  void pass_or_queue(const UserId& user_id, const ExecutionId& execution, Priority priority,
                     const Message& message);
  /// Null: its project is not the next one; it is told when that is so.
  EntryTurns::Held take_turn();
  void hold_or_release(const UserId& id);
  void admit_waiting();

  void set_limits(const ProjectLimits& limits);
  void ask_limits(const UserId& user);
  /// Tells the counters how many wait.
  void count_queue();
  /// Has read what is due from rows.
  void read_queue();
  void queue_read(const QueuedRunsRead& message);

  const NodeServices& services_;
  const ProjectId project_;
  ProjectLimits limits_;  // with the node's defaults
  bool knows_limits_ = false;
  bool is_asking_limits_ = false;
  UserId limits_user_;  // by whose view they were asked for
  std::unordered_map<UserId, User> users_;
  std::unordered_map<caf::actor_addr, UserId> user_of_;
  RunQueues queue_;
  std::size_t reported_ = 0;  // of the queue, to the counters
  std::size_t live_ = 0;
  const std::shared_ptr<ProjectLoads::Load> load_;
  bool asked_for_turn_ = false;  // to bring in a run
};

}  // namespace millrace
