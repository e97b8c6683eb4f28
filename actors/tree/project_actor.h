#pragma once
// One project: admission and the parent of its user actors. At most `live_executions_per_project_max`
// runs are in memory at once; what comes beyond is stored at once, acknowledged, and queued fairly
// between users. Ended by the node actor when it has been idle.

#include "actors/messages.h"
#include "actors/node_services.h"
#include "runtime/base/lane_queue.h"

#include <caf/all.hpp>

#include <unordered_map>
#include <variant>

namespace millrace {

class ProjectActor final : public caf::event_based_actor {
 public:
  ProjectActor(caf::actor_config& config, const NodeServices& services, ProjectId project);
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  /// What waits for a place; all of it is durable, so only the key is kept.
  using Waiting = std::variant<ResumeRun, TimerFired>;

  struct User {
    caf::actor actor;
    /// Runs that are in memory or on the way there, and how many messages for each were passed on and
    /// are not settled. One that was passed on while the run was leaving memory has it loaded again.
    std::unordered_map<ExecutionId, std::size_t> live;
    bool idle_at_last_sweep = false;
  };

  void start(const StartRun& message);
  void queue_start(const StartRun& message);
  void settled(const RunSettled& message);
  void sweep();
  void user_down(const caf::down_msg& message);

  bool is_full() const { return live_ >= services_.options.live_executions_per_project_max; }
  User& user(const UserId& id);
  /// Passes `message` on, taking a place for the run if it has none.
  template <class Message>
  void pass(const UserId& user_id, const ExecutionId& execution, const Message& message);
  /// Likewise for work that is durable and may wait.
  template <class Message>
  void pass_or_queue(const UserId& user_id, const ExecutionId& execution, const Message& message);
  void admit_waiting();
  /// It has its place now.
  void leave_queue(const ExecutionId& execution);

  const NodeServices& services_;
  const ProjectId project_;
  std::unordered_map<UserId, User> users_;
  std::unordered_map<caf::actor_addr, UserId> user_of_;
  LaneQueue<UserId, Waiting> queue_;
  /// Since when, and so that a sweep does not queue a run twice.
  std::unordered_map<ExecutionId, Moment> queued_;
  std::size_t live_ = 0;
};

}  // namespace millrace
