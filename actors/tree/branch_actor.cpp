#include "actors/tree/branch_actor.h"

#include "actors/supervision/crash_reason.h"
#include "actors/tree/branch_post.h"
#include "runtime/base/check.h"

#include <limits>
#include <stdexcept>
#include <utility>

namespace millrace {
namespace {

using storage::Urgency;

/// Unloading is worth a snapshot only if it saves a replay of some length.
constexpr std::uint64_t snapshot_before_sleep_events = 16;

}  // namespace

// --- what messages it takes -----------------------------------------------------------------------

caf::message_handler BranchActor::branch_messages() {
  return {
      [this](BranchGoesOn) { in_turn([&] { go_on(); }); },
      [this](const CallIsDurable& message) {
        in_turn([&] { follow(branch_->call().take(message)); });
      },
      [this](FilesRead& message) { in_turn([&] { follow(branch_->call().take(message)); }); },
      [this](CredentialAnswered& message) {
        in_turn([&] { follow(branch_->call().take(message)); });
      },
      [this](RequestAnswered& message) { in_turn([&] { follow(branch_->call().take(message)); }); },
      [this](const TimerFired& message) { in_turn([&] { handle(message); }); },
      [this](const CommitDone& message) { in_turn([&] { handle(message); }); },
      [this](const CommitFailed& message) { handle(message); },
      [this](ShardMoved) { quit(ExitReason::moved); },
      [](const BranchCrashed& message) { throw std::runtime_error(message.why); },
      [this](ChildSettled& message) {
        of_child(message, [&](FanOutRun& run) {
          return run.settled(message.index, std::move(*message.result));
        });
      },
      [this](const ChildAsleep& message) {
        of_child(message,
                 [&](FanOutRun& run) { return run.asleep(message.index, message.is_delayed); });
      },
      [this](const ChildAbandoned& message) {
        of_child(message, [&](FanOutRun& run) { return run.abandoned(message.index); });
      },
      [this](const ChildCrashed& message) {
        in_turn([&] {
          if (open_fan_out(message.fan_out) != nullptr) child_crashed(message.index, message.why);
        });
      },
      [this](const ChildSwitchedOff& message) {
        in_turn([&] {
          if (open_fan_out(message.fan_out) != nullptr) on_switched_off(message.why);
        });
      },
      [this](const ChildNeedsActor& message) {
        auto* const open = open_fan_out(message.fan_out);
        if (open != nullptr) open->actors.give_actor(message.index);
      },
      [this](ChildLoaded& message) {
        in_turn([&] {
          auto* const open = open_fan_out(message.fan_out);
          if (open != nullptr) follow(open->run.loaded(message.index, std::move(*message.loaded)));
        });
      },
  };
}

template <class Message, class Tell>
void BranchActor::of_child(const Message& message, Tell&& tell) {
  in_turn([&] {
    auto* const open = open_fan_out(message.fan_out);
    if (open == nullptr) return;
    open->actors.forget(message.index);
    follow(tell(open->run));
  });
}

// --- its life -------------------------------------------------------------------------------------

BranchActor::BranchActor(caf::actor_config& config, const NodeServices& services,
                         SharedIdentity identity, LoadedBranch branch,
                         std::unique_ptr<BranchMirror> mirror)
    : caf::event_based_actor(config),
      services_(services),
      branch_(BranchPost::make_root(services, std::move(identity), std::move(branch), address(),
                                    std::move(mirror))) {
  set_handlers();
}

BranchActor::BranchActor(caf::actor_config& config, const NodeServices& services,
                         std::shared_ptr<Branch> branch)
    : caf::event_based_actor(config), services_(services), branch_(std::move(branch)) {
  set_handlers();
}

void BranchActor::set_handlers() {
  set_exception_handler(crash_reason);
  set_down_handler([this](caf::down_msg& message) { handle(message); });
}

void BranchActor::on_exit() {
  branch_->leave();
  leave_fan_out();
}

void BranchActor::advance() {
  falling_asleep_ = false;
  const auto end = machine().waiting_until();
  if (fan_out_ && end && *end <= branch_->now()) leave_fan_out();  // its time is over
  carry_out(branch_->advance(std::numeric_limits<std::size_t>::max()));
}

void BranchActor::go_on() {
  if (!branch_->call().is_open()) advance();
}

void BranchActor::stop_after_step() {
  branch_->must_stop();
  if (branch_->call().is_open()) return;  // it looks again when that has ended
  if (fan_out_) {
    follow(fan_out_->run.stop());
  } else {
    on_stopped();
  }
}

// --- journal --------------------------------------------------------------------------------------

void BranchActor::record(EventBody body) { branch_->record(std::move(body), branch_->now()); }

void BranchActor::flush() { flush(journal().urgency()); }

void BranchActor::flush(Urgency urgency) {
  branch_->flush(urgency, falling_asleep_, do_elements_sleep());
}

void BranchActor::handle(const CommitFailed& message) {
  // What this incarnation believes is ahead of the disk. Its parent has it rebuilt.
  services_.log(
      LogLevel::warning,
      "execution " + identity().execution.text() + ": its journal could not be written, " +
          (message.is_start ? "it was refused: " : "it will be rebuilt: ") + message.error.message);
  quit(message.is_start ? ExitReason::lost : ExitReason::dropped);
}

// --- what the branch wants ------------------------------------------------------------------------

void BranchActor::carry_out(BranchRest rest) {
  // It may have ended without its children: its time was over, or its run was cancelled.
  if (fan_out_ && machine().open_fan_out_number() != fan_out_->run.number()) leave_fan_out();
  std::visit([&](auto& need) { carry_out(need, rest.planned); }, rest.need);
}

void BranchActor::carry_out(RunFunction& need, Instant planned) {
  branch_->note_attempt(planned);
  // One whose files may be among what is recorded.
  const auto call = branch_->call().begin(std::move(need), planned);
  CHECK(call, "a function without files is not its actor's");
  journal().tell_call(*call);
  flush(Urgency::urgent);
}

void BranchActor::carry_out(SendRequest& need, Instant planned) {
  branch_->note_attempt(planned);
  journal().tell_call(branch_->call().begin(std::move(need), planned));
  flush(Urgency::urgent);
}

void BranchActor::carry_out(const WaitUntil& need, Instant planned) {
  if (need.due - planned > services_.options.stay_awake) {
    fall_asleep();
  } else {
    flush();
  }
}

void BranchActor::carry_out(const BranchEnded&, Instant) {
  CHECK(!fan_out_, "a branch has ended while its fan-out is open");
  // The result of a child, and the reply of a root, must not overtake the events: flush first.
  flush();
  on_branch_ended();
}

void BranchActor::carry_out(const BranchStopped&, Instant) {
  flush(Urgency::lazy);
  on_stopped();
}

void BranchActor::carry_out(const BranchSwitchedOff& need, Instant) {
  flush(Urgency::lazy);
  on_switched_off(need.why);
}

void BranchActor::carry_out(const BranchPauses&, Instant) { advance(); }

void BranchActor::follow(CallInFlight::MaybeEnd end) {
  if (!end) return;
  branch_->record(std::move(*end));
  advance();
}

// --- fan-outs -------------------------------------------------------------------------------------

void BranchActor::carry_out(const RunFanOut&, Instant planned) {
  if (fan_out_) {  // it runs; what woke the branch was a hint
    follow(fan_out_->run.look());
    return;
  }
  // That it is open must not come to the disk behind what its elements record.
  flush();
  fan_out_ = std::make_unique<RunningFanOut>(*this, machine().open_fan_out_number().value());
  follow(fan_out_->run.open(branch_->take_found(), planned + services_.options.stay_awake));
}

BranchActor::RunningFanOut::RunningFanOut(BranchActor& branch, StepIndex number)
    : actors(branch, branch.services_, *branch.branch_, number),
      run(OpenFanOut(branch.machine()), actors, {branch.identity().places, [&branch] {
                                                   branch.falling_asleep_ = false;
                                                   branch.flush();
                                                 }}) {}

BranchActor::RunningFanOut* BranchActor::open_fan_out(StepIndex number) {
  return fan_out_ && fan_out_->run.number() == number ? fan_out_.get() : nullptr;
}

void BranchActor::leave_fan_out() {
  if (!fan_out_) return;
  fan_out_->actors.end_all();
  fan_out_.reset();
}

void BranchActor::follow(FanOutNews news) {
  if (auto* const concluded = std::get_if<FanOutConcluded>(&news)) {
    record(std::move(concluded->event));
    advance();
  } else if (std::holds_alternative<FanOutAsleep>(news)) {
    fall_asleep();
  } else if (std::holds_alternative<FanOutStopped>(news)) {
    on_stopped();
  }
}

void BranchActor::handle(const caf::down_msg& message) {
  const auto reason = exit_reason_of(message.reason);
  // Whoever ended on purpose has sent its last message before.
  if (reason == ExitReason::ended || reason == ExitReason::asleep) return;
  if (!fan_out_) return;
  const auto index = fan_out_->actors.index_of(caf::actor_cast<caf::actor_addr>(message.source));
  if (!index) return;
  if (reason) {  // dropped or moved: its branch is in the same position
    quit(*reason);
    return;
  }
  in_turn([&] { child_crashed(*index, caf::to_string(message.reason)); });
}

void BranchActor::child_crashed(std::uint32_t index, const std::string& why) {
  ++services_.stats.actor_crashes;
  services_.log(LogLevel::error, "execution " + identity().execution.text() + ": element " +
                                     std::to_string(index) + " crashed: " + why);
  fan_out_->actors.forget(index);
  follow(fan_out_->run.crashed(index, why));
}

// --- waiting --------------------------------------------------------------------------------------

void BranchActor::handle(const TimerFired& message) {
  const auto depth = identity().path.elements.size();
  const auto& target = message.timer.branch.elements;
  CHECK(target.size() >= depth, "a timer of an outer branch came to an element");
  if (target.size() > depth) {
    auto* const open = open_fan_out(target[depth].fan_out);
    if (open == nullptr || !open->run.wake(target[depth].index, message.timer)) {
      journal().forget(message.timer);
    }
  } else if (!journal().is_armed(message.timer)) {
    journal().forget(message.timer);
  } else if (!branch_->call().is_open()) {
    advance();  // a wake-up is a hint: the machine knows what it waits for
  }
}

void BranchActor::fall_asleep() {
  falling_asleep_ = true;
  journal().snapshot_if_due(snapshot_before_sleep_events);
  flush(Urgency::urgent);
}

void BranchActor::handle(const CommitDone& message) {
  if (!journal().is_latest(message)) return;
  if (machine().has_ended()) {
    on_end_durable();
  } else if (falling_asleep_) {  // otherwise something woke it in between
    on_asleep();
  }
}

}  // namespace millrace
