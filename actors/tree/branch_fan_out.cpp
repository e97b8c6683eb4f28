// The part of a branch that runs fan-outs: starts children, takes their results in, wakes and rebuilds
// them, and reduces.

#include "actors/tree/branch_actor.h"
#include "actors/tree/fan_out_child_actor.h"
#include "actors/workers/survive.h"
#include "runtime/base/check.h"

#include <algorithm>

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
  const Instant soon = now() + services_.options.stay_awake;
  for (const auto& child : found.begun) {
    fan_out_->progress.mark_started(child.index);
    fan_out_->children[child.index].is_delayed = child.is_delayed;
    if (!child.due || *child.due <= soon) make_ready(child.index);
  }
  stop_children_if_failing();
}

/// Those that have begun come first: what they hold is on the disk already.
void BranchActor::start_children() {
  if (fan_out_->is_stopping) return;
  while (fan_out_->awake < services_.options.fan_out_children_live_max) {
    if (!fan_out_->ready.empty()) {
      const std::uint32_t index = fan_out_->ready.front();
      fan_out_->ready.pop_front();
      load_child(index);
    } else if (const auto index = fan_out_->progress.start_next()) {
      begin_child(*index);
    } else {
      return;
    }
  }
}

void BranchActor::make_ready(std::uint32_t index) {
  FanOutChild& child = fan_out_->children[index];
  CHECK(child.state == FanOutChild::State::asleep, "a child was woken that does not sleep");
  child.state = FanOutChild::State::ready;
  fan_out_->ready.push_back(index);
}

void BranchActor::take_place() {
  ++fan_out_->awake;
  falling_asleep_ = false;
  // Submitted before anything the child does: no run with a child that is awake is DELAYED on the disk.
  if (std::exchange(fan_out_->is_delayed, false)) flush();
}

void BranchActor::begin_child(std::uint32_t index) {
  take_place();
  BranchMachine machine(machine_.shared_workflow(), fan_out_->scope, fan_out_->step,
                        fan_out_->items.get_array()[index], index);
  spawn_child(index, LoadedBranch{std::move(machine), 0, {}});
}

BranchIdentity BranchActor::child_identity(std::uint32_t index) const {
  BranchIdentity identity = identity_;
  identity.path = identity_.path.child(fan_out_->step.index, index);
  return identity;
}

void BranchActor::spawn_child(std::uint32_t index, LoadedBranch branch) {
  FanOutChild& child = fan_out_->children[index];
  child.state = FanOutChild::State::live;
  child.mail_sent = false;
  child.actor = spawn<FanOutChildActor, caf::monitored>(services_, child_identity(index),
                                                        std::move(branch), caf::actor(this), index);
  fan_out_->index_of[child.actor.address()] = index;
}

void BranchActor::load_child(std::uint32_t index) {
  take_place();
  fan_out_->children[index].state = FanOutChild::State::loading;
  services_.reader.submit([self = caf::actor(this), &services = services_,
                           execution = identity_.execution, path = child_identity(index).path,
                           workflow = machine_.shared_workflow(), scope = fan_out_->scope,
                           item = fan_out_->items.get_array()[index], index] {
    // What a crashed incarnation had recorded may still be on its way to the disk.
    if (auto durable = services.commits.commit_and_wait({}); !durable) {
      caf::anon_send(self, CommitFailed{durable.error()});
      return;
    }
    auto loaded = answer_of(
        [&] { return services.loader.load_child(execution, path, workflow, scope, item); });
    caf::anon_send(self,
                   ChildLoaded{index, std::make_shared<Result<LoadedBranch>>(std::move(loaded))});
  });
}

void BranchActor::handle(ChildLoaded& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  if (fan_out_->is_stopping) {
    abandon_child(message.index);
    fan_out_changed();
  } else if (!message.loaded->ok()) {
    fail_child(message.index, message.loaded->error());
  } else {
    spawn_child(message.index, std::move(**message.loaded));
  }
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
  if (fan_out_->is_stopping) {  // told too late, when it had fallen asleep already
    abandon_child(message.index);
  } else {
    FanOutChild& child = leave_memory(message.index);
    child.is_delayed = message.is_delayed;
    if (child.mail_sent) make_ready(message.index);
  }
  fan_out_changed();
}

void BranchActor::handle(const ChildAbandoned& message) {
  if (!fan_out_ || !fan_out_->children.contains(message.index)) return;
  abandon_child(message.index);
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
  const std::string reason = caf::to_string(message.reason);
  FanOutChild& child = leave_memory(index);
  services_.log(LogLevel::error, "execution " + identity_.execution.text() + ": element " +
                                     std::to_string(index) + " crashed: " + reason);
  // A child does not say how far it was, so all its crashes count together.
  if (child.crashes.decide(ActorEnd::crash, 0) == RestartDecision::park) {
    fail_child(index, Error(ErrorCode::actor_crashed,
                            "crashed three times; this is a bug in Millrace: " + reason));
    return;
  }
  if (fan_out_->is_stopping) {
    abandon_child(index);
  } else {
    make_ready(index);
  }
  fan_out_changed();
}

void BranchActor::fail_child(std::uint32_t index, Error error) {
  forget_child(index);
  BranchResult result;
  result.failure = BranchFailure{fan_out_->step.index, std::move(error)};
  fan_out_->progress.settle(index, std::move(result));
  stop_children_if_failing();
  fan_out_changed();
}

FanOutChild& BranchActor::leave_memory(std::uint32_t index) {
  FanOutChild& child = fan_out_->children.at(index);
  if (child.is_awake()) --fan_out_->awake;
  if (child.actor) fan_out_->index_of.erase(child.actor.address());
  child.actor = nullptr;
  child.state = FanOutChild::State::asleep;
  return child;
}

void BranchActor::forget_child(std::uint32_t index) {
  leave_memory(index);
  fan_out_->children.erase(index);
}

void BranchActor::abandon_child(std::uint32_t index) {
  forget_child(index);
  // When its branch stops, there will be no reduce.
  if (fan_out_->progress.is_failing()) fan_out_->progress.abandon(index);
}

void BranchActor::stop_children_if_failing() {
  if (fan_out_->progress.is_failing()) stop_children();
}

void BranchActor::stop_children() {
  if (std::exchange(fan_out_->is_stopping, true)) return;
  fan_out_->ready.clear();
  std::vector<std::uint32_t> waiting;
  for (const auto& [index, child] : fan_out_->children) {
    if (child.actor) send(child.actor, StopAfterStep{});
    if (!child.is_awake()) waiting.push_back(index);
  }
  for (const auto index : waiting) abandon_child(index);
}

void BranchActor::stop_after_step() {
  if (in_flight_) return;  // advance() looks again when it has ended
  if (!fan_out_) {
    on_stopped();
    return;
  }
  stop_children();
  fan_out_changed();
}

void BranchActor::fan_out_changed() {
  start_children();
  if (must_stop()) {
    if (fan_out_->children.empty()) on_stopped();
  } else if (fan_out_->progress.is_settled()) {
    const auto input_bytes = to_text(fan_out_->items).size();
    EventBody conclusion = fan_out_->progress.conclude(fan_out_->started, input_bytes);
    fan_out_.reset();
    record(std::move(conclusion));
    advance();
  } else if (fan_out_->awake == 0) {
    fan_out_->is_delayed = std::all_of(fan_out_->children.begin(), fan_out_->children.end(),
                                       [](const auto& child) { return child.second.is_delayed; });
    fall_asleep();
  }
}

}  // namespace millrace
