#pragma once
// One user of one project: parent and supervisor of that user's executions. Spawns them, has them
// rebuilt when they crash (restart_policy.h) or when mail comes for one that sleeps, and tells the
// project when one has left memory. Ended by its project when it has been idle.

#include "actors/messages.h"
#include "actors/node_services.h"
#include "actors/supervision/restart_policy.h"

#include <caf/all.hpp>

#include <unordered_map>
#include <vector>

namespace millrace {

class UserActor final : public caf::event_based_actor {
 public:
  UserActor(caf::actor_config& config, const NodeServices& services, ProjectId project, UserId user,
            caf::actor parent);
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  struct Run {
    caf::actor actor;                    // null while loading
    std::shared_ptr<ReplySlot> reply;    // survives a rebuild
    std::vector<CancelRun> cancels;      // not yet answered
    std::vector<MigrateRun> migrations;  // some may be answered
    std::vector<TimerFired> timers;      // came while it was loading, or only visited
    EntryTurns::Held turn;               // while it is brought in
    /// It is in memory to be moved to another version, and goes no step further. Other mail has it loaded anew.
    bool is_visit = false;
    bool mail_sent = false;        // if it falls asleep now, it may have missed it
    std::size_t mail = 0;          // messages that came for it
    std::optional<Tenure> tenure;  // of the last incarnation; nothing: it was not built yet
    CrashHistory crashes;
    StoragePauses pauses;
    std::uint64_t events_when_built = 0;
    std::optional<Error> park;  // rebuild it only to end it with this
  };

  void start(const StartRun& message);
  void wake(const TimerFired& message);
  void cancel(const CancelRun& message);
  void resume(const ResumeRun& message);
  void migrate(const MigrateRun& message);
  static void forget_answered(Run& run);
  void loaded(RunLoaded& message);
  void ended(const caf::down_msg& message);

  Run* find(const ExecutionId& execution);
  /// The run that a message is for; one that is not in memory is loaded, for which `turn` is kept.
  Run& receive(const ExecutionId& execution, const EntryTurns::Held& turn);
  void load(const ExecutionId& execution);
  void rebuild_later(const ExecutionId& execution, Run& run);
  void watch(const ExecutionId& execution, Run& run, caf::actor actor);
  /// It ended without having come to its end: asks the restart policy.
  void failed(const ExecutionId& execution, Run& run, ActorEnd end, const std::string& reason);
  /// Another node goes on with it.
  void let_go(const ExecutionId& execution, Run& run);
  void give_up(const ExecutionId& execution, Run& run, const Error& error);
  void forget_timers(const Run& run);
  void settle(const ExecutionId& execution);

  const NodeServices& services_;
  const ProjectId project_;
  const UserId user_;
  caf::actor parent_;
  std::unordered_map<ExecutionId, Run> runs_;
  std::unordered_map<caf::actor_addr, ExecutionId> execution_of_;
};

}  // namespace millrace
