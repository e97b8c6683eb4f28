#pragma once
// One element of a fan-out. Spawned and monitored by the branch actor whose step fans out; tells it
// exactly one of: settled, asleep, abandoned; or crashes, and its parent decides.

#include "actors/tree/branch_actor.h"

namespace millrace {

class FanOutChildActor final : public BranchActor {
 public:
  FanOutChildActor(caf::actor_config& config, const NodeServices& services, BranchIdentity identity,
                   LoadedBranch branch, caf::actor parent, std::uint32_t index);
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  void on_branch_ended() override;
  void on_asleep() override;
  bool must_stop() const override { return stopping_; }
  void on_stopped() override;

  caf::actor parent_;
  const std::uint32_t index_;
  bool stopping_ = false;
};

}  // namespace millrace
