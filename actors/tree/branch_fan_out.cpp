// The part of a branch that runs fan-outs: starts children, takes their results in, wakes and rebuilds
// them, and reduces.

#include "actors/tree/branch_actor.h"
#include "actors/tree/fan_out_child_actor.h"
#include "runtime/base/check.h"

namespace millrace {

bool BranchActor::carry_out(const RunFanOut& effect, Instant) {
  if (fan_out_) return false;  // it runs; what woke the branch was a hint
  open_fan_out(effect);
  flush();
  fan_out_changed();
  return false;
}

/// The fan-out has ended without its children: its time was over.
void BranchActor::leave_children() {
  for (auto& [index, child] : fan_out_->children) {
    if (child.actor) send_exit(child.actor, stopped_reason);
  }
  fan_out_.reset();
}

void BranchActor::open_fan_out(const RunFanOut& effect) {
  const Step& step = *machine_.workflow().by_index[effect.step];
  fan_out_ = std::make_unique<OpenFanOut>(machine_.workflow(), step, machine_.fan_out_items(),
                                          machine_.freeze_scope(), machine_.step_started());
  FoundChildren found = std::exchange(found_, {});
  for (auto& [index, result] : found.settled) {
    fan_out_->progress.mark_started(index);
    fan_out_->progress.settle(index, std::move(result));
  }
  for (const auto& child : found.begun) {
    fan_out_->progress.mark_started(child.index);
    fan_out_->children[child.index].state = FanOutChild::State::asleep;
  }
  if (fan_out_->progress.is_failing()) {
    stop_children_if_failing();
    return;
  }
  const Instant soon = now() + services_.options.stay_awake;
  for (const auto& child : found.begun) {
    if (!child.due || *child.due <= soon) load_child(child.index);
  }
}

void BranchActor::start_children() {
  while (fan_out_->awake < services_.options.fan_out_children_live_max) {
    const auto index = fan_out_->progress.start_next();
    if (!index) return;
    BranchMachine machine(machine_.shared_workflow(), fan_out_->scope, fan_out_->step,
                          fan_out_->items.get_array()[*index], *index);
    fan_out_->children[*index].state = FanOutChild::State::asleep;
    spawn_child(*index, LoadedBranch{std::move(machine), 0, {}});
  }
}

BranchIdentity BranchActor::child_identity(std::uint32_t index) const {
  BranchIdentity identity = identity_;
  identity.path = identity_.path.child(fan_out_->step.index, index);
  return identity;
}

void BranchActor::spawn_child(std::uint32_t index, LoadedBranch branch) {
  FanOutChild& child = fan_out_->children[index];
  if (child.state == FanOutChild::State::asleep) ++fan_out_->awake;
  child.state = FanOutChild::State::live;
  child.mail_sent = false;
  child.actor = spawn<FanOutChildActor, caf::monitored>(services_, child_identity(index),
                                                        std::move(branch), caf::actor(this), index);
  fan_out_->index_of[child.actor.address()] = index;
}

void BranchActor::load_child(std::uint32_t index) {
  FanOutChild& child = fan_out_->children[index];
  CHECK(child.state == FanOutChild::State::asleep, "a child was loaded that is in memory");
  falling_asleep_ = false;
  child.state = FanOutChild::State::loading;
  ++fan_out_->awake;
  services_.reader.submit([self = caf::actor(this), &services = services_,
                           execution = identity_.execution, path = child_identity(index).path,
                           workflow = machine_.shared_workflow(), scope = fan_out_->scope,
                           item = fan_out_->items.get_array()[index], index] {
    ignore_result(services.commits.commit_and_wait({}),
                  "what was lost is lost: read what is there");
    auto loaded = std::make_shared<Result<LoadedBranch>>(
        services.loader.load_child(execution, path, workflow, scope, item));
    caf::anon_send(self, ChildLoaded{index, std::move(loaded)});
  });
}

void BranchActor::handle(ChildLoaded& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  if (fan_out_->progress.is_failing()) {
    forget_child(message.index);
    fan_out_->progress.abandon(message.index);
    fan_out_changed();
    return;
  }
  if (!message.loaded->ok()) {
    fail_child(message.index, message.loaded->error());
    return;
  }
  spawn_child(message.index, std::move(**message.loaded));
}

void BranchActor::handle(ChildSettled& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  forget_child(message.index);
  fan_out_->progress.settle(message.index, std::move(*message.result));
  stop_children_if_failing();
  fan_out_changed();
}

void BranchActor::handle(const ChildAsleep& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  FanOutChild& child = fan_out_->children[message.index];
  fan_out_->index_of.erase(child.actor.address());
  child.actor = nullptr;
  child.state = FanOutChild::State::asleep;
  --fan_out_->awake;
  if (child.mail_sent) load_child(message.index);
  fan_out_changed();
}

void BranchActor::handle(const ChildAbandoned& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  forget_child(message.index);
  fan_out_->progress.abandon(message.index);
  fan_out_changed();
}

void BranchActor::handle(const caf::down_msg& message) {
  if (!fan_out_) return;
  const auto found = fan_out_->index_of.find(caf::actor_cast<caf::actor_addr>(message.source));
  // Whoever ended on purpose has sent its last message before.
  if (found == fan_out_->index_of.end()) return;
  const std::uint32_t index = found->second;
  if (message.reason == dropped_reason) {
    quit(dropped_reason);
    return;
  }
  ++services_.stats.actor_crashes;
  FanOutChild& child = fan_out_->children[index];
  const std::string reason = caf::to_string(message.reason);
  fan_out_->index_of.erase(found);
  child.actor = nullptr;
  child.state = FanOutChild::State::asleep;
  --fan_out_->awake;
  services_.log(LogLevel::error, "execution " + identity_.execution.text() + ": element " +
                                     std::to_string(index) + " crashed: " + reason);
  // A child does not say how far it was, so all its crashes count together.
  if (child.crashes.decide(ActorEnd::crash, 0) == RestartDecision::rebuild) {
    load_child(index);
  } else {
    fail_child(index, Error(ErrorCode::actor_crashed,
                            "crashed three times; this is a bug in Millrace: " + reason));
  }
}

void BranchActor::fail_child(std::uint32_t index, Error error) {
  forget_child(index);
  BranchResult result;
  result.failure = BranchFailure{fan_out_->step.index, std::move(error)};
  fan_out_->progress.settle(index, std::move(result));
  stop_children_if_failing();
  fan_out_changed();
}

void BranchActor::forget_child(std::uint32_t index) {
  const auto found = fan_out_->children.find(index);
  if (found->second.state != FanOutChild::State::asleep) --fan_out_->awake;
  if (found->second.actor) {
    fan_out_->index_of.erase(found->second.actor.address());
  }
  fan_out_->children.erase(found);
}

void BranchActor::stop_children_if_failing() {
  if (!fan_out_->progress.is_failing()) return;
  std::vector<std::uint32_t> sleeping;
  for (auto& [index, child] : fan_out_->children) {
    if (child.actor) send(child.actor, StopAfterStep{});
    if (child.state == FanOutChild::State::asleep) sleeping.push_back(index);
  }
  for (const auto index : sleeping) {
    forget_child(index);
    fan_out_->progress.abandon(index);
  }
}

void BranchActor::fan_out_changed() {
  start_children();
  if (fan_out_->progress.is_settled()) {
    const auto input_bytes = to_text(fan_out_->items).size();
    EventBody conclusion = fan_out_->progress.conclude(fan_out_->started, input_bytes);
    fan_out_.reset();
    record(std::move(conclusion));
    advance();
  } else if (fan_out_->awake == 0) {
    fall_asleep();
  }
}

}  // namespace millrace
