#pragma once
// One branch in memory, root or element, free of CAF: its machine, its journal, the call that is out, and
// the loop over them. The loop goes as far as the machine wants nothing but events and functions; what
// else it wants (a request, a wait, a fan-out) needs an actor and is left to the branch's owner.
//
//   actor:   in its turn ──► advance ──► Rest ──► carries that out
//   engine:  deliver(FunctionFinished) ──► record ──► advance ──► next function, or owner.rests(Rest)
//
// So a run of functions is driven where their results arrive: nothing is scheduled between two of them.
// The engine's thread serves everybody, so this is for small things: a result beyond
// `limits::driven_bytes_max`, or one of a branch that sees more than that, waits for the actor, and so does
// what is left after `driven_events_max` events without a function.
//
// Members under "in turn" are for whoever has the turn (branch_turn.h).

#include "actors/node_services.h"
#include "actors/runs/task_tally.h"
#include "actors/tenants/fresh_credentials.h"
#include "actors/tree/branch_journal.h"
#include "actors/tree/branch_turn.h"
#include "actors/tree/call_in_flight.h"
#include "runtime/execution/step_counter.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace millrace {

/// It was told to stop, and nothing of it runs.
struct BranchStopped {};
/// Its user, workflow or integration was switched off: the run is to be cancelled.
struct BranchSwitchedOff {
  Error why;
};
/// It could go on, but has done enough for whoever drives it.
struct BranchPauses {};

/// What the machine wants and the branch does not do by itself; nothing: a function is out.
using BranchNeed = std::variant<std::monostate, RunFunction, SendRequest, WaitUntil, RunFanOut,
                                BranchEnded, BranchStopped, BranchSwitchedOff, BranchPauses>;

struct BranchRest {
  BranchNeed need;
  Instant planned{};
};

/// Port: rows that mirror what is recorded (a root's summary). Called in the branch's turn.
class BranchMirror {
 public:
  virtual ~BranchMirror() = default;
  virtual void recorded(const Event& event, const BranchMachine& machine,
                        BranchJournal& journal) = 0;
  /// `is_delayed`: nothing of the branch goes on before a delay is over. `tasks`: what it counts for by now, all of
  /// it on its way to the disk no later than these rows. Returns the run's status, if what the task history shows of
  /// it has changed.
  virtual std::optional<ExecutionStatus> add_rows(storage::WriteBatch& batch, bool is_delayed,
                                                  std::uint32_t tasks) = 0;
};

/// Port: whom a branch belongs to, told when it was driven by somebody else than its actor. In the
/// branch's turn, so it only passes on.
class BranchOwner {
 public:
  virtual ~BranchOwner() = default;
  /// News that are too large to be taken by the thread that brings them wait for whoever enters next.
  virtual void has_news() = 0;
  /// It came to rest with a need.
  virtual void rests(const BranchMachine& machine, const BranchNeed& need) = 0;
  /// An exception: the branch is closed.
  virtual void crashed(std::string why) = 0;
};

/// Events, of conditionals and the like, that a result's thread records without a function in between.
/// Beyond: the actor goes on.
inline constexpr std::size_t driven_events_max = 32;

class Branch {
 public:
  struct Ends {
    std::shared_ptr<BranchMail> mail;  // leads back here
    std::shared_ptr<BranchOwner> owner;
    std::unique_ptr<BranchMirror> mirror{};    // null: nothing mirrors it
    std::shared_ptr<TaskTally> outer_tally{};  // of an element: its parent's
  };
  /// `seen_bytes`: about how much the branch sees before its first event.
  Branch(const NodeServices& services, SharedIdentity identity, LoadedBranch branch, Ends ends,
         std::uint64_t seen_bytes);
  ~Branch();
  Branch(const Branch&) = delete;
  Branch& operator=(const Branch&) = delete;

  // --- any thread ---------------------------------------------------------------------------------
  /// Drives the branch, if nobody does. Never throws: a crash is told to the owner.
  void deliver(BranchTurn::News news);
  BranchTurn& turn() { return turn_; }
  const BranchIdentity& identity() const { return *identity_; }
  const SharedIdentity& shared_identity() const { return identity_; }
  const std::shared_ptr<BranchMail>& mail() const { return mail_; }

  /// Functions drive it; false: it sees too much for that, and wants an actor from the beginning.
  bool is_small() const { return seen_bytes_ <= limits::driven_bytes_max; }

  // --- an element without an actor, by its parent; waits for the turn ---------------------------------
  /// Begins: as `deliver`, the owner is told what comes of it.
  void begin();
  /// It stops before its next step, and its owner is told.
  void stop();
  /// A timer fired that it does not wait for.
  void forget(const storage::TimerRow& timer);

  /// Nothing is driven any more. What was recorded is true, so it is flushed; what is out is given up.
  /// Waits for the turn.
  void leave();

  // --- in turn --------------------------------------------------------------------------------------
  /// Carries out what the machine wants, until that is no event and no plain function, or so many events
  /// are recorded.
  [[nodiscard]] BranchRest advance(std::size_t events_max);
  /// As far as is right for a thread that serves others.
  [[nodiscard]] BranchRest take(BranchTurn::News news);
  void record(EventBody body, Instant at);
  /// How a call ended, and the files that it brought.
  void record(CallInFlight::End end);
  /// `is_leaving`: CommitDone comes, when it is durable.
  void flush(storage::Urgency urgency, bool is_leaving, bool do_elements_sleep);
  /// An attempt begins, as the first thing behind the last event.
  void note_attempt(Instant at);
  /// It stops before its next step.
  void must_stop() { must_stop_ = true; }

  bool is_told_to_stop() const { return must_stop_; }
  /// `leave` was called: it must not be driven any more.
  bool has_left() const { return has_left_; }
  /// What it and the elements inside it count for so far.
  const std::shared_ptr<TaskTally>& tally() const { return tally_; }
  std::uint64_t seen_bytes() const { return seen_bytes_; }
  const BranchMachine& machine() const { return machine_; }
  BranchJournal& journal() { return journal_; }
  CallInFlight& call() { return call_; }
  Instant now() const { return services_.clock.now(); }
  /// Of a branch that was rebuilt inside a fan-out: given once, to whoever opens it again.
  FoundChildren take_found() { return std::exchange(found_, {}); }

 private:
  /// Does the work and serves what is posted meanwhile; gives the turn back.
  template <class Work>
  void drive(Work&& work) noexcept;
  /// Driven by somebody else than its actor, it came to rest.
  void rest(const BranchRest& rest);
  void close();
  bool can_drive(const BranchTurn::News& news) const;
  bool is_root() const { return identity_->path.is_root(); }
  void begin_function(RunFunction effect, Instant planned);
  void answer_if_response(const Event& event);
  std::optional<Error> switched_off() const;
  /// The event that ends a fan-out takes along what its elements have done; without a join, their tasks, too.
  void count_inside(EventBody& event);
  /// Of a step inside a fan-out.
  void note_failed(const Event& event);
  /// What was handed to group commit counts for those around.
  void tell_steps();
  /// The root's row of what its open fan-out has done, if that has changed.
  void put_step_counts();

  const NodeServices& services_;
  const SharedIdentity identity_;
  const std::shared_ptr<BranchMail> mail_;
  const std::shared_ptr<BranchOwner> owner_;
  const std::unique_ptr<BranchMirror> mirror_;
  BranchTurn turn_;
  BranchMachine machine_;
  BranchJournal journal_;
  const FreshCredentials credentials_;
  CallInFlight call_;
  FoundChildren found_;
  const bool is_new_;                             // an element that begins
  const std::shared_ptr<TaskTally> outer_tally_;  // null: nobody is around
  const std::shared_ptr<TaskTally> tally_;
  StepCounter steps_;  // of an element
  /// Behind so many events an attempt may have been under way when the branch was in memory before.
  std::optional<std::uint64_t> may_repeat_behind_;
  std::atomic<std::uint64_t> seen_bytes_;
  bool must_stop_ = false;
  bool is_closed_ = false;
  bool has_left_ = false;
};

}  // namespace millrace
