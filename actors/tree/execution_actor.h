#pragma once
// The root branch of one execution. Spawned and monitored by its user actor, either with an order to
// begin or rebuilt from its journal. Beyond what every branch does, it begins the run and takes cancels;
// its summary (the task history line) is kept by RunSummary.

#include "actors/tree/branch_actor.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace millrace {

class ExecutionActor final : public BranchActor {
 public:
  /// A new run.
  ExecutionActor(caf::actor_config& config, const NodeServices& services, SharedIdentity identity,
                 std::shared_ptr<const RunOrder> order);
  enum class Stay : std::uint8_t {
    run,
    visit,  // it goes no step further, and leaves memory when it was told to move or to stop
  };
  /// A rebuilt run. With `park`, it ends as FAILED with that reason instead of going on.
  ExecutionActor(caf::actor_config& config, const NodeServices& services, SharedIdentity identity,
                 LoadedRun run, Stay stay, std::optional<Error> park);

  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  void on_branch_ended() override {}  // it stays until that is durable
  void on_end_durable() override;
  void on_asleep() override;
  void on_switched_off(const Error& why) override;

  void begin();
  void park();
  void cancel(const CancelRun& message);
  void migrate(const MigrationOrder& order);
  /// Moves to another version and says so when that is durable, or says why not.
  void move_by(const MigrationOrder& order);
  std::variant<ExecutionMigrated, Obstacle> moved_by(const Migration& migration) const;
  /// Nothing of it goes on from here.
  void end_cancelled(CancelRequested why);

  std::shared_ptr<const RunOrder> order_;  // until begun
  std::optional<Error> park_;
  const Stay stay_ = Stay::run;
  const bool has_begun_ = true;  // an attempt of its first step may have left
};

}  // namespace millrace
