#pragma once
// The way of one branch to the disk. What is recorded gathers in a page, with the rows that mirror it
// (timers, the summary, files, a snapshot) in a batch; `flush` hands all of it to group commit as one
// submit, in order.
//
// The output gate: whatever the outside or the branch itself may only learn when that is durable (a
// reply, a confirmed cancel, that a request may leave) travels with the batch and is told by the commit
// thread. When the batch is not written, none of it is told, and the branch gets CommitFailed or
// ShardMoved instead: what it believes is ahead of the disk then.
//
// What the events settle of the project's tasks goes with their batch (storage/usage/task_counts.h).
//
// What holds a secret of the run is stored twice: in clear without it, and sealed as it is
// (actors/runs/run_secrets.h).
//
// Owned and used by one branch, free of CAF. Commits on their way outlive it.

#include "actors/observation/run_observer.h"
#include "actors/runs/branch_news.h"
#include "actors/scheduling/timer_service.h"
#include "actors/tree/branch_identity.h"
#include "actors/workers/flush_reminder.h"
#include "actors/workers/storage_reader.h"
#include "runtime/execution/branch_machine.h"
#include "runtime/execution/event_codec.h"

#include <memory>
#include <optional>
#include <vector>

namespace millrace {

/// What journals use of the world. All of it is thread-safe and outlives every commit.
struct JournalPorts {
  const storage::OrderedStore& store;
  storage::GroupCommit& commits;
  TimerService& timers;
  StorageReader& reader;
  FlushReminder& reminder;
  RunObserver* observer = nullptr;  // null: nothing is collected for one
};

class BranchJournal {
 public:
  /// `machine` is what is journalled: it applies an event before that is added here. `events_in_snapshot`:
  /// how many of its events the stored snapshot holds; 0: there is none.
  BranchJournal(const JournalPorts& ports, SharedIdentity identity, const BranchMachine& machine,
                std::uint64_t events_in_snapshot, std::shared_ptr<BranchMail> mail);

  /// Takes the event that the machine has just applied into the page, with the tasks that it settles, and keeps the
  /// row of the wait that it begins or ends. Returns its size in bytes.
  std::size_t add(const Event& event);
  /// For rows that must be durable together with what is added.
  storage::WriteBatch& rows() { return batch_; }
  /// A snapshot of the machine, if the last one is that many events old.
  void snapshot_if_due(std::uint64_t after_events);
  /// An element that began here is left before its first event: the task history shall know of it.
  void note_begun();
  /// An attempt begins behind what was added: a run that is rebuilt from its first page knows it then.
  void attempt_begins() { is_attempt_begun_ = true; }

  // --- told when everything added so far is durable ----------------------------------------------
  /// The run's answer. The first one wins (docs/steps.md#response), here and in what waits for it.
  void reply(TriggerReply reply);
  /// Likewise; the bytes of these files are read into it on the storage reader.
  void reply(RunResponded reply, std::vector<FileHandle> files);
  /// A wish of the management side is fulfilled.
  void confirm(std::shared_ptr<OutcomeSlot> slot);
  /// The observer, of how the run stands in the task history from then on.
  void note_standing(RunStanding standing);
  /// CallIsDurable with this number.
  void tell_call(std::uint64_t number);
  /// CommitDone, also when nothing is left to be written.
  void tell_done();
  /// False: something was flushed since, and its own CommitDone follows.
  bool is_latest(const CommitDone& done) const { return done.number == flushes_told_; }

  void flush(storage::Urgency urgency);
  /// What waits for nobody may wait for company: the page goes on gathering until the next flush, and
  /// FlushDue asks for that after a few milliseconds. A run of pure steps is so one page and one commit.
  /// False: enough has gathered, or somebody outside waits; flush now.
  [[nodiscard]] bool may_linger();
  bool is_lingering() const { return !page_.empty(); }
  /// Urgent if somebody outside waits for the next flush.
  storage::Urgency urgency() const;

  /// The row that stands for what the branch waits for now.
  bool is_armed(const storage::TimerRow& timer) const { return is_row_of(armed_, timer); }
  /// Removes the row of a timer that nothing waits for (its element was abandoned, its run has ended).
  void forget(const storage::TimerRow& timer);

 private:
  /// In clear, or where it holds a secret of the run, masked and sealed beside.
  void add_to_page(const Event& event);

  struct WhenDurable {
    std::optional<TriggerReply> reply;
    std::vector<FileHandle> reply_files;
    std::shared_ptr<OutcomeSlot> confirmation;
    std::uint64_t call = 0;  // 0: none
    std::uint64_t done = 0;  // 0: nobody asks
    bool is_nothing() const { return !reply && !confirmation && call == 0 && done == 0; }
    bool is_awaited_outside() const { return reply || confirmation; }
  };
  class Commit;
  /// What a timer row of this branch stands for.
  struct Wait {
    Instant due{};
    StepIndex step = 0;
  };

  void reply_with(TriggerReply reply, std::vector<FileHandle> files);
  std::optional<Wait> current_wait() const;
  storage::TimerRow row_of(const Wait& wait) const;
  bool is_row_of(const std::optional<Wait>& wait, const storage::TimerRow& timer) const;
  void keep_timer_row(EventKind happened);
  /// True: it begins the run.
  bool put_page();

  const JournalPorts ports_;
  const SharedIdentity identity_;
  const BranchMachine& machine_;
  const std::shared_ptr<BranchMail> mail_;

  JournalPageWriter page_;
  storage::WriteBatch batch_;
  WhenDurable when_durable_;
  std::vector<ObservedEvent> observed_;
  std::optional<RunStanding> standing_;
  bool has_replied_ = false;
  bool is_attempt_begun_ = false;  // the first one
  std::uint64_t flushes_told_ = 0;
  bool is_reminded_ = false;  // FlushDue will come for what has gathered since the last flush
  std::uint64_t events_in_snapshot_;
  std::optional<Wait> armed_;    // its row is, or will be, committed
  std::optional<Wait> removed_;  // the last one whose row was removed
};

}  // namespace millrace
