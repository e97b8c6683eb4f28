#pragma once
// What the actors of a branch have in common, root and fan-out child alike: hold the pure machine,
// ask it what it wants, carry that out, journal what happened, tell the world only when it is durable.
//
// Life: spawned by its parent with a machine that is new or rebuilt; asks the machine in a loop
// (`advance`); ends when the branch has ended, when it sleeps long enough to be unloaded, or when a
// commit failed (its parent then has it rebuilt).
//
// The output gate: events gather in a page; `flush` hands page, timers and summary to group commit as
// one batch, in order. What the outside may see (a reply) travels with the batch and is given by the
// commit thread once that batch is durable.

#include "actors/messages.h"
#include "actors/node_services.h"
#include "actors/runs/run_files.h"
#include "actors/tree/open_fan_out.h"
#include "runtime/execution/event_codec.h"

#include <caf/all.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

namespace millrace {

/// Which branch of which run, and what all branches of one run share.
struct BranchIdentity {
  ExecutionId execution;
  BranchPath path;
  ProjectId project;
  UserId user;
  /// Under which this incarnation was built; its commits are refused once an earlier one was lost.
  storage::Generation generation{};
  /// Whose run it is; asked without the disk.
  SharedTenant tenant;
  /// Where a Response step answers; null when nobody waits.
  std::shared_ptr<ReplySlot> reply;
};

class BranchActor : public caf::event_based_actor {
 public:
  BranchActor(caf::actor_config& config, const NodeServices& services, BranchIdentity identity,
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

  caf::message_handler branch_messages();

  /// Carries out what the machine wants until it has to wait, then flushes.
  void advance();
  void record(EventBody body) { record(std::move(body), now()); }
  void record(EventBody body, Instant at);
  /// The files that came with the request.
  void add_rows_of(const RunOrder& order);
  /// `reply` is given when everything recorded so far is durable.
  void reply_when_durable(TriggerReply reply);
  /// Likewise for a wish of the management side.
  void confirm_when_durable(std::shared_ptr<OutcomeSlot> slot);
  void flush(storage::Urgency urgency);
  /// Urgent if somebody outside waits for it.
  void flush();

  /// In a delay, or in a fan-out whose elements all are.
  bool is_delayed() const { return machine_.is_delayed() || (fan_out_ && fan_out_->is_delayed); }
  /// Calls that run end their step first, those of its elements too; whatever only waits stops now.
  /// Requires must_stop(); `on_stopped` comes when nothing runs.
  void stop_after_step();
  /// Gives up what is in flight, because its branch ends.
  void abandon_call();
  Instant now() const { return services_.clock.now(); }

  const NodeServices& services_;
  BranchIdentity identity_;
  BranchMachine machine_;

 private:
  void handle(FunctionFinished& message);
  void handle(RequestAnswered& message);
  void handle(FilesRead& message);
  void handle(const CallIsDurable& message);
  void handle(const TimerFired& message);
  void handle(const CommitFailed& message);
  void handle(const CommitDone& message);
  void handle(ChildSettled& message);
  void handle(const ChildAsleep& message);
  void handle(const ChildAbandoned& message);
  void handle(ChildLoaded& message);
  void handle(const caf::down_msg& message);

  // Each carries out one effect, planned a moment ago; true: the machine may be asked again at once.
  bool carry_out(RecordEvent& effect, Instant planned);
  bool carry_out(RunFunction& effect, Instant planned);
  bool carry_out(SendRequest& effect, Instant planned);
  bool carry_out(const WaitUntil& effect, Instant planned);
  bool carry_out(const RunFanOut& effect, Instant planned);
  bool carry_out(const BranchEnded& effect, Instant planned);

  /// The row that stands for the current step's wait.
  storage::TimerRow timer_at(Instant due) const;
  void keep_timer_rows(const Event& event);
  void respond_if_response(const Event& event);
  void snapshot_if_due(std::uint64_t after_events);
  void fall_asleep();
  void wake_child(const BranchPath::Element& element, const TimerFired& message);
  /// Removes the row of a timer that nothing waits for (its element was abandoned, its run ended).
  void forget_timer(const storage::TimerRow& timer);

  struct InFlight;
  void begin_call(const Attempt& attempt, Instant planned);
  void read_files();
  void run_function();
  void send_request(const FileBytes& bytes_of);
  bool is_in_flight(std::uint64_t number);
  Result<Json> body_of(const HttpResponse& response);
  Outcome keep_files_of(Json& value);
  FileHandle keep_file(std::string bytes);
  void fail_call(BranchMachine::Failure failure);
  InFlight take_call();
  /// A Response whose files have to be read first.
  void reply_with_files(RunResponded reply, std::vector<FileHandle> files);

  void open_fan_out(const RunFanOut& effect);
  void leave_children();
  /// Up to `fan_out_children_live_max` that are in memory.
  void start_children();
  /// A child that sleeps shall go on when there is a place for it.
  void make_ready(std::uint32_t index);
  void take_place();
  void begin_child(std::uint32_t index);
  void load_child(std::uint32_t index);
  void spawn_child(std::uint32_t index, LoadedBranch branch);
  void fail_child(std::uint32_t index, Error error);
  void stop_children_if_failing();
  void stop_children();
  FanOutChild& leave_memory(std::uint32_t index);
  void forget_child(std::uint32_t index);
  /// It stops before its end.
  void abandon_child(std::uint32_t index);
  /// Starts what may start; joins when all have settled; sleeps when all that is left sleeps.
  void fan_out_changed();
  BranchIdentity child_identity(std::uint32_t index) const;

  JournalPageWriter page_;
  storage::WriteBatch batch_;
  std::optional<TriggerReply> reply_;
  std::shared_ptr<OutcomeSlot> confirmation_;
  /// Becomes true with the next batch that is durable; null: nobody asks.
  std::shared_ptr<std::atomic<bool>> is_durable_;
  std::optional<storage::TimerRow> armed_;  // the row that stands for the current wait
  std::uint64_t events_in_snapshot_ = 0;

  struct InFlight {
    std::uint64_t number = 0;
    Attempt attempt;
    Instant started{};
    std::variant<FunctionCall, OutgoingRequest> work;  // until it is on its way
    std::string url;                                   // of a request
    std::vector<FileHandle> files;                     // whose bytes it needs, until they are read
    std::optional<HttpCaller::CallId> http_call;
  };
  std::uint64_t calls_begun_ = 0;
  std::uint64_t tell_when_durable_ =
      0;  // the number of a call that waits for the next flush; 0: none
  std::uint64_t commits_to_tell_ = 0;  // CommitDone of the last of these counts
  bool has_replied_ = false;
  std::optional<InFlight> in_flight_;
  std::unique_ptr<OpenFanOut> fan_out_;
  FoundChildren found_;  // when rebuilt inside a fan-out: taken up when it reopens
  bool falling_asleep_ = false;
};

}  // namespace millrace
