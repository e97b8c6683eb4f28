#pragma once
// What the actors of a branch have in common, root and fan-out child alike: hold the pure machine, ask it
// what it wants, carry that out, journal what happened. The parts do the work, each without actors:
//
//   BranchJournal   page, batch and timer rows; tells the world what is durable
//   CallInFlight    the one function or request that is out
//   FanOutRun       the elements of an open fan-out (their actors: ChildActors)
//
// Life: spawned by its parent with a machine that is new or rebuilt; asks the machine in a loop
// (`advance`); ends (ExitReason) when the branch has ended, when it sleeps long enough to be unloaded,
// when a commit failed (its parent then has it rebuilt), or when its shard has another owner.

#include "actors/messages.h"
#include "actors/node_services.h"
#include "actors/supervision/exit_reason.h"
#include "actors/tenants/held_credentials.h"
#include "actors/tree/branch_journal.h"
#include "actors/tree/call_in_flight.h"
#include "actors/tree/child_actors.h"

#include <memory>

namespace millrace {

class BranchActor : public caf::event_based_actor {
 public:
  BranchActor(caf::actor_config& config, const NodeServices& services, SharedIdentity identity,
              LoadedBranch branch);
  void on_exit() override;

 protected:
  // --- what a root and a child do differently ---------------------------------------------------
  virtual void on_recorded(const Event&) {}
  /// Adds rows that mirror the recorded events (the root's summary).
  virtual void add_rows(storage::WriteBatch&) {}
  /// The machine has ended and everything is handed to the journal.
  virtual void on_branch_ended() = 0;
  /// Likewise for a root, when its end is durable.
  virtual void on_end_durable() {}
  /// Everything is durable and there is nothing to do before a timer row fires: leave memory.
  virtual void on_asleep() = 0;
  /// True: a child that shall stop at the next step boundary.
  virtual bool must_stop() const { return false; }
  virtual void on_stopped() {}

  // --- for both -----------------------------------------------------------------------------------
  caf::message_handler branch_messages();
  /// Carries out what the machine wants until it has to wait, then flushes.
  void advance();
  void record(EventBody body) { record(std::move(body), now()); }
  void record(EventBody body, Instant at);
  void flush(storage::Urgency urgency);
  /// Urgent if somebody outside waits for it.
  void flush();
  /// Calls that run end their step first, those of its elements too; whatever only waits stops now.
  /// Requires must_stop(); `on_stopped` comes when nothing runs.
  void stop_after_step();
  /// Gives up what is in flight, because its branch ends.
  void abandon_call() { call_.abandon(); }

  /// In a delay, or in a fan-out whose elements all are.
  bool is_delayed() const;
  Instant now() const { return services_.clock.now(); }
  const NodeServices& services() const { return services_; }
  const BranchIdentity& identity() const { return *identity_; }
  const BranchMachine& machine() const { return machine_; }
  BranchJournal& journal() { return journal_; }

 private:
  struct RunningFanOut {
    RunningFanOut(BranchActor& branch, StepIndex step);
    ChildActors actors;
    FanOutRun run;
  };

  // Each carries out one effect, planned a moment ago; true: the machine may be asked again at once.
  bool carry_out(RecordEvent& effect, Instant planned);
  bool carry_out(RunFunction& effect, Instant planned);
  bool carry_out(SendRequest& effect, Instant planned);
  bool carry_out(const WaitUntil& effect, Instant planned);
  bool carry_out(const RunFanOut& effect, Instant planned);
  bool carry_out(const BranchEnded& effect, Instant planned);

  void answer_if_response(const Event& event);
  /// The call in flight may have ended.
  void go_on(CallInFlight::MaybeEnd end);
  /// Null: the news are of a fan-out that is not open any more.
  RunningFanOut* open_fan_out(StepIndex step);
  void leave_fan_out();
  void follow(FanOutNews news);
  void fall_asleep();

  void handle(const TimerFired& message);
  void handle(const CommitFailed& message);
  void handle(const CommitDone& message);
  void handle(const caf::down_msg& message);

  const NodeServices& services_;
  const SharedIdentity identity_;
  const std::shared_ptr<BranchMail> mail_;
  BranchMachine machine_;
  BranchJournal journal_;
  const HeldCredentials credentials_;
  CallInFlight call_;
  std::unique_ptr<RunningFanOut> fan_out_;
  FoundChildren found_;          // when rebuilt inside a fan-out: taken up when it reopens
  bool falling_asleep_ = false;  // it leaves memory when that is durable, unless something wakes it
};

}  // namespace millrace
