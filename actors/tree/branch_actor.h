#pragma once
// What the actors of a branch have in common, root and fan-out child alike: carry out what the branch does
// not do by itself (branch.h): requests, waits, fan-outs. The parts do the work, each without actors:
//
//   Branch          the machine, its loop, and
//     BranchJournal page, batch and timer rows; tells the world what is durable
//     CallInFlight  the one function or request that is out
//   FanOutRun       the elements of an open fan-out (their children: ChildActors)
//
// Life: spawned by its parent with a branch that is new, rebuilt, or came to want more than functions;
// ends (ExitReason) when the branch has ended, when it sleeps long enough to be unloaded, when a commit
// failed (its parent then has it rebuilt), or when its shard has another owner.

#include "actors/messages.h"
#include "actors/node_services.h"
#include "actors/supervision/exit_reason.h"
#include "actors/tree/branch.h"
#include "actors/tree/child_actors.h"

#include <memory>

namespace millrace {

class BranchActor : public caf::event_based_actor {
 public:
  /// A root.
  BranchActor(caf::actor_config& config, const NodeServices& services, SharedIdentity identity,
              LoadedBranch branch, std::unique_ptr<BranchMirror> mirror);
  /// An element.
  BranchActor(caf::actor_config& config, const NodeServices& services,
              std::shared_ptr<Branch> branch);
  void on_exit() override;

 protected:
  // --- what a root and a child do differently ---------------------------------------------------
  /// The machine has ended and everything is handed to the journal.
  virtual void on_branch_ended() = 0;
  /// Likewise for a root, when its end is durable.
  virtual void on_end_durable() {}
  /// Everything is durable and there is nothing to do before a timer row fires: leave memory.
  virtual void on_asleep() = 0;
  /// The run must not go on: the root ends it, an element tells its parent and waits for its end.
  virtual void on_switched_off(const Error& why) = 0;
  /// A child that was told to stop has, at a step boundary.
  virtual void on_stopped() {}

  // --- for both -----------------------------------------------------------------------------------
  caf::message_handler branch_messages();
  /// Every message is handled in the branch's turn; then whatever was posted meanwhile is taken up.
  template <class Work>
  void in_turn(Work&& work);
  /// Carries out what the machine wants until it has to wait, then flushes.
  void advance();
  /// Likewise, unless a call is out and will do it.
  void go_on();
  void record(EventBody body);
  void flush(storage::Urgency urgency);
  /// Urgent if somebody outside waits for it.
  void flush();
  /// Calls that run end their step first, those of its elements too; whatever only waits stops now;
  /// `on_stopped` comes when nothing runs.
  void stop_after_step();
  /// Gives up what is in flight, because its branch ends.
  void abandon_call() { branch_->call().abandon(); }
  /// Gives up the elements: none of them records anything any more.
  void leave_fan_out();
  /// Something of it is on its way: a function, a request, elements in memory.
  bool is_under_way() const { return branch_->call().is_open() || fan_out_ != nullptr; }
  /// It leaves memory when everything is durable, unless something wakes it before.
  void fall_asleep();
  /// Its elements all slept in delays when it was loaded, and none of them is going to be woken.
  void leave_elements_asleep() { leaves_elements_asleep_ = true; }

  const NodeServices& services() const { return services_; }
  const BranchIdentity& identity() const { return branch_->identity(); }
  const BranchMachine& machine() const { return branch_->machine(); }
  BranchJournal& journal() { return branch_->journal(); }
  /// In a delay, or in a fan-out whose elements all are.
  bool is_delayed() const { return machine().is_delayed() || do_elements_sleep(); }

 private:
  struct RunningFanOut {
    RunningFanOut(BranchActor& branch, StepIndex number);
    ChildActors actors;
    FanOutRun run;
  };

  void carry_out(BranchRest rest);
  // Each carries out one need, planned a moment ago.
  void carry_out(std::monostate, Instant) {}
  void carry_out(RunFunction& need, Instant planned);
  void carry_out(SendRequest& need, Instant planned);
  void carry_out(const WaitUntil& need, Instant planned);
  void carry_out(const RunFanOut& need, Instant planned);
  void carry_out(const BranchEnded& need, Instant planned);
  void carry_out(const BranchStopped& need, Instant planned);
  void carry_out(const BranchSwitchedOff& need, Instant planned);
  void carry_out(const BranchPauses& need, Instant planned);

  /// The call in flight may have ended.
  void follow(CallInFlight::MaybeEnd end);
  bool do_elements_sleep() const {
    return fan_out_ ? fan_out_->run.is_delayed() : leaves_elements_asleep_;
  }
  void set_handlers();
  template <class Message, class Tell>
  void of_child(const Message& message, Tell&& tell);
  void child_crashed(std::uint32_t index, const std::string& why);
  /// Null: the news are of a fan-out that is not open any more.
  RunningFanOut* open_fan_out(StepIndex number);
  void follow(FanOutNews news);

  void handle(const TimerFired& message);
  void handle(const CommitFailed& message);
  void handle(const CommitDone& message);
  void handle(const caf::down_msg& message);

  const NodeServices& services_;
  const std::shared_ptr<Branch> branch_;
  std::unique_ptr<RunningFanOut> fan_out_;
  bool leaves_elements_asleep_ = false;
  bool falling_asleep_ = false;  // it leaves memory when that is durable, unless something wakes it
};

template <class Work>
void BranchActor::in_turn(Work&& work) {
  branch_->turn().enter();
  if (branch_->has_left()) return branch_->turn().leave();  // its parent has ended it
  try {
    work();
    while (auto news = branch_->turn().next()) carry_out(branch_->take(std::move(*news)));
  } catch (...) {
    branch_->turn().leave();
    throw;
  }
}

}  // namespace millrace
