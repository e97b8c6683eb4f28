#include "actors/tree/fan_out_child_actor.h"

namespace millrace {

FanOutChildActor::FanOutChildActor(caf::actor_config& config, const NodeServices& services,
                                   BranchIdentity identity, LoadedBranch branch, caf::actor parent,
                                   std::uint32_t index)
    : BranchActor(config, services, std::move(identity), std::move(branch)),
      parent_(std::move(parent)),
      index_(index) {
  ++services_.stats.children_live;
}

caf::behavior FanOutChildActor::make_behavior() {
  advance();
  return branch_messages().or_else([this](StopAfterStep) {
    stopping_ = true;
    stop_after_step();
  });
}

void FanOutChildActor::on_exit() {
  --services_.stats.children_live;
  parent_ = nullptr;  // the parent holds a handle to this actor: break the cycle
  BranchActor::on_exit();
}

void FanOutChildActor::on_branch_ended() {
  const Step& fan_out = *machine_.workflow().by_index[identity_.path.elements.back().fan_out];
  send(parent_, ChildSettled{index_, std::make_shared<BranchResult>(result_of(machine_, fan_out))});
  quit(ended_reason);
}

void FanOutChildActor::on_asleep() {
  send(parent_, ChildAsleep{index_, is_delayed()});
  quit(asleep_reason);
}

void FanOutChildActor::on_stopped() {
  send(parent_, ChildAbandoned{index_});
  quit(ended_reason);
}

}  // namespace millrace
