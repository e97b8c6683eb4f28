#pragma once
// One element of a fan-out that wants more than functions (branch_post.h). Spawned and monitored by the
// branch actor whose step fans out; tells it exactly one of: settled, asleep, abandoned; or crashes, and
// its parent decides.

#include "actors/tree/branch_actor.h"
#include "actors/tree/branch_post.h"

namespace millrace {

class FanOutChildActor final : public BranchActor {
 public:
  FanOutChildActor(caf::actor_config& config, const NodeServices& services,
                   std::shared_ptr<Branch> branch, const std::shared_ptr<BranchPost>& post,
                   caf::actor parent);
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  void on_branch_ended() override;
  void on_asleep() override;
  void on_switched_off(const Error& why) override;
  void on_stopped() override;

  const BranchPath::Element& element() const { return identity().path.elements.back(); }

  caf::actor parent_;
};

}  // namespace millrace
