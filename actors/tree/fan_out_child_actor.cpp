#include "actors/tree/fan_out_child_actor.h"

#include "runtime/base/check.h"

namespace millrace {

FanOutChildActor::FanOutChildActor(caf::actor_config& config, const NodeServices& services,
                                   std::shared_ptr<Branch> branch,
                                   const std::shared_ptr<BranchPost>& post, caf::actor parent)
    : BranchActor(config, services, std::move(branch)), parent_(std::move(parent)) {
  CHECK(!this->identity().path.is_root(), "a root was spawned as an element");
  post->attach(address());
}

caf::behavior FanOutChildActor::make_behavior() {
  in_turn([this] { go_on(); });
  return branch_messages().or_else(
      [this](StopAfterStep) { in_turn([this] { stop_after_step(); }); });
}

void FanOutChildActor::on_exit() {
  parent_ = nullptr;  // the parent holds a handle to this actor: break the cycle
  BranchActor::on_exit();
}

void FanOutChildActor::on_branch_ended() {
  const auto& [fan_out, index] = element();
  send(parent_, ChildSettled{fan_out, index, std::make_shared<BranchResult>(result_of(machine()))});
  quit(ExitReason::ended);
}

void FanOutChildActor::on_asleep() {
  send(parent_, ChildAsleep{element().fan_out, element().index, is_delayed()});
  quit(ExitReason::asleep);
}

void FanOutChildActor::on_switched_off(const Error& why) {
  send(parent_, ChildSwitchedOff{element().fan_out, element().index, why});
}

void FanOutChildActor::on_stopped() {
  send(parent_, ChildAbandoned{element().fan_out, element().index});
  quit(ExitReason::ended);
}

}  // namespace millrace
