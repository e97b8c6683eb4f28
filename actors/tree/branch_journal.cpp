#include "actors/tree/branch_journal.h"

#include "actors/runs/read_files.h"
#include "actors/workers/survive.h"
#include "runtime/base/check.h"
#include "runtime/execution/branch_snapshot.h"
#include "runtime/execution/mask_event.h"
#include "storage/tables/execution_table.h"

#include <utility>

namespace millrace {

using storage::ExecutionTable;
using storage::JournalPage;
using storage::TimerTable;
using storage::Urgency;

/// One batch on its way: what the commit thread does about its outcome.
class BranchJournal::Commit {
 public:
  Commit(const BranchJournal& journal, WhenDurable told, std::vector<ObservedEvent> events,
         std::optional<RunStanding> standing, bool is_start)
      : ports_(journal.ports_),
        identity_(journal.identity_),
        mail_(journal.mail_),
        told_(std::move(told)),
        events_(std::move(events)),
        standing_(standing),
        is_start_(is_start) {
    if (is_observed()) workflow_ = journal.machine_.shared_workflow();
  }

  void operator()(const Outcome& outcome) {
    if (outcome) {
      durable();
    } else if (means_shard_moved(outcome.error().code)) {
      // The branch's supervisor answers whoever waits, once for all branches of the run.
      mail_->deliver(ShardMoved{});
    } else {
      // A run that has begun is rebuilt and still answers.
      if (is_start_ && identity_->reply) identity_->reply->give(outcome.error());
      mail_->deliver(CommitFailed{outcome.error(), is_start_});
    }
  }

 private:
  bool is_observed() const { return !events_.empty() || standing_; }

  void durable() {
    if (is_observed()) {
      ports_.observer->durable({identity_->execution, identity_->project, identity_->user,
                                workflow_, identity_->path, events_, standing_});
    }
    if (is_start_ && identity_->reply) identity_->reply->note_stored();
    if (told_.reply) give_reply();
    if (told_.confirmation) told_.confirmation->give(Done{});
    if (told_.done != 0) mail_->deliver(CommitDone{told_.done});
    if (told_.call != 0) mail_->deliver(CallIsDurable{told_.call});
  }

  void give_reply() {
    if (told_.reply_files.empty()) {
      identity_->reply->give(std::move(*told_.reply));
      return;
    }
    ports_.reader.submit(
        [stored = StoredFiles(ports_.store, identity_->execution, identity_->secrets),
         slot = identity_->reply, reply = std::move(std::get<RunResponded>(*told_.reply)),
         files = std::move(told_.reply_files)]() mutable {
          slot->give(answer_of([&]() -> Result<TriggerReply> {
            return reply_with_files(stored, std::move(reply), files);
          }));
        });
  }

  JournalPorts ports_;
  SharedIdentity identity_;
  std::shared_ptr<BranchMail> mail_;
  WhenDurable told_;
  std::vector<ObservedEvent> events_;
  std::optional<RunStanding> standing_;
  std::shared_ptr<const Workflow> workflow_;  // of what is observed
  bool is_start_;
};

BranchJournal::BranchJournal(const JournalPorts& ports, SharedIdentity identity,
                             const BranchMachine& machine, std::uint64_t events_in_snapshot,
                             std::shared_ptr<BranchMail> mail)
    : ports_(ports),
      identity_(std::move(identity)),
      machine_(machine),
      mail_(std::move(mail)),
      events_in_snapshot_(events_in_snapshot) {
  CHECK(identity_->tenure.fence.shard == identity_->execution.shard(),
        "a branch would commit under the claim of another shard");
  CHECK(events_in_snapshot <= machine.events_applied(), "a snapshot is ahead of its machine");
  // Rebuilt while it waits: the row is there already.
  armed_ = current_wait();
}

// --- gathering ------------------------------------------------------------------------------------

void BranchJournal::add_to_page(const Event& event) {
  const RunSecrets& secrets = *identity_->secrets;
  const auto masked =
      secrets.knows_any() ? mask_event(event, *secrets.known()) : std::optional<MaskedEvent>();
  if (masked) {
    page_.add(masked->shown, secrets.seal(masked->found, event_text(event)));
  } else {
    page_.add(event);
  }
}

std::size_t BranchJournal::add(const Event& event) {
  const std::size_t bytes_before = page_.bytes();
  add_to_page(event);
  CHECK(page_.count() <= machine_.events_applied(), "an event was added that was not applied");
  if (const auto tasks = settled_tasks(event.body)) {
    batch_.settle(identity_->project, CalendarMonth::of(event.at), tasks);
  }
  if (ports_.observer != nullptr) observed_.push_back(observed(event, machine_.step_started()));
  keep_timer_row(kind_of(event));
  return page_.bytes() - bytes_before;
}

std::optional<BranchJournal::Wait> BranchJournal::current_wait() const {
  const auto due = machine_.waiting_until();
  if (!due) return std::nullopt;
  const Step* const step = machine_.current_step();
  CHECK(step != nullptr, "a branch waits behind its last step");
  return Wait{*due, step->index};
}

storage::TimerRow BranchJournal::row_of(const Wait& wait) const {
  return {wait.due,           identity_->execution, identity_->path,    wait.step,
          identity_->project, identity_->user,      identity_->priority};
}

bool BranchJournal::is_row_of(const std::optional<Wait>& wait,
                              const storage::TimerRow& timer) const {
  return wait && wait->due == timer.due && wait->step == timer.step &&
         identity_->path == timer.branch && identity_->execution == timer.execution;
}

void BranchJournal::keep_timer_row(EventKind happened) {
  // Any event of the waiting step ends its wait; the events that begin one arm the next timer.
  if (armed_ && happened != EventKind::cancel_requested) {
    TimerTable::remove(batch_, row_of(*armed_));
    removed_ = std::exchange(armed_, std::nullopt);
  }
  if (armed_) return;
  armed_ = current_wait();
  if (!armed_) return;
  const storage::TimerRow row = row_of(*armed_);
  TimerTable::put(batch_, row);
  ports_.timers.schedule(row);
}

void BranchJournal::note_begun() {
  CHECK(!identity_->path.is_root() && machine_.events_applied() == 0,
        "a branch's first event says that it has begun");
  JournalPage page;
  page.events = JournalPageWriter::without_events();
  page.attempts_begun = is_attempt_begun_ ? 1 : 0;
  ExecutionTable::put_begun(batch_, identity_->execution, identity_->path, std::move(page));
}

void BranchJournal::snapshot_if_due(std::uint64_t after_events) {
  if (machine_.events_applied() < events_in_snapshot_ + after_events) return;
  events_in_snapshot_ = machine_.events_applied();
  ExecutionTable::put_snapshot(
      batch_, identity_->execution, identity_->path,
      {machine_.events_applied(),
       identity_->secrets->cover_snapshot(BranchSnapshotCodec::write(machine_))});
}

void BranchJournal::reply(TriggerReply reply) { reply_with(std::move(reply), {}); }

void BranchJournal::reply(RunResponded reply, std::vector<FileHandle> files) {
  CHECK(!reply.file || reply.file->bytes != nullptr || files.size() == 1,
        "a reply that is one file names another number of them");
  reply_with(std::move(reply), std::move(files));
}

void BranchJournal::reply_with(TriggerReply reply, std::vector<FileHandle> files) {
  // A later Response step is recorded and does nothing.
  if (!identity_->reply || std::exchange(has_replied_, true)) return;
  when_durable_.reply = std::move(reply);
  when_durable_.reply_files = std::move(files);
}

void BranchJournal::confirm(std::shared_ptr<OutcomeSlot> slot) {
  CHECK(slot != nullptr, "a confirmation for nobody");
  when_durable_.confirmation = std::move(slot);
}

void BranchJournal::note_standing(RunStanding standing) {
  if (ports_.observer != nullptr) standing_ = standing;
}

void BranchJournal::tell_call(std::uint64_t number) {
  CHECK(when_durable_.call == 0, "two calls wait for one batch");
  when_durable_.call = number;
}

void BranchJournal::tell_done() { when_durable_.done = ++flushes_told_; }

// --- flushing -------------------------------------------------------------------------------------

Urgency BranchJournal::urgency() const {
  return when_durable_.is_awaited_outside() ? Urgency::urgent : Urgency::lazy;
}

bool BranchJournal::may_linger() {
  if (!when_durable_.is_nothing() ||
      page_.bytes() + batch_.bytes() > limits::journal_linger_bytes_max) {
    return false;
  }
  if (!page_.empty() && !std::exchange(is_reminded_, true)) ports_.reminder.remind(mail_);
  return true;
}

void BranchJournal::flush(Urgency urgency) {
  is_reminded_ = false;
  const bool is_start = put_page();
  if (batch_.empty() && when_durable_.is_nothing()) return;
  // An empty batch is told by the same rules: it is refused as well when an earlier one of this
  // incarnation was lost, or its shard has moved.
  batch_.require(identity_->tenure.fence);
  ports_.commits.submit(
      std::exchange(batch_, {}), {urgency, identity_->tenure.generation, identity_->project},
      Commit(*this, std::exchange(when_durable_, {}), std::exchange(observed_, {}),
             std::exchange(standing_, std::nullopt), is_start));
}

bool BranchJournal::put_page() {
  if (page_.empty()) return false;
  const auto count = static_cast<std::uint32_t>(page_.count());
  const std::uint64_t last = machine_.events_applied();
  CHECK(last >= count, "a page holds more events than the machine has seen");
  const bool is_first_of_run = identity_->path.is_root() && last == count;
  ExecutionTable::put_page(batch_, identity_->execution, identity_->path,
                           {last - count + 1, page_.take(), count,
                            is_first_of_run && count == 1 && is_attempt_begun_ ? 1u : 0u});
  return is_first_of_run;
}

void BranchJournal::forget(const storage::TimerRow& timer) {
  CHECK(timer.execution == identity_->execution, "a run would remove the timer of another one");
  // What woke a branch from the disk arrives when that has looked at its due time itself.
  if (is_row_of(removed_, timer)) return;
  CHECK(!is_armed(timer), "the row of a wait that goes on would be removed");
  storage::WriteBatch batch;
  batch.require(identity_->tenure.fence);
  TimerTable::remove(batch, timer);
  ports_.commits.submit(std::move(batch), {.urgency = Urgency::lazy, .lane = identity_->project},
                        {});
}

}  // namespace millrace
