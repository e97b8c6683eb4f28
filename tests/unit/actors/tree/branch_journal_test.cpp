#include "actors/tree/branch_journal.h"

#include "storage/tables/due_rows.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/file_table.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/branch_parts.h"
#include "tests/unit/runtime/definitions/compile_text.h"

using namespace millrace;
using storage::Urgency;

namespace {

/// A run of one function and one delay, and its journal.
class JournalBed : public BranchParts {
 public:
  explicit JournalBed(RunObserver* observer = nullptr) : observer_(observer) {}

  void start() {
    ExecutionStarted started;
    started.project = project;
    started.user = user;
    started.trigger = share(JsonObject());
    started.settings = share(JsonObject());
    started.user_meta = share(JsonObject());
    record(started);
  }
  void complete(StepIndex step) {
    StepCompleted completed;
    completed.step = step;
    completed.started = clock.now();
    completed.output = share(JsonObject{{"result", 1}});
    record(completed);
  }
  void record(EventBody body) {
    const Event event{clock.now(), std::move(body)};
    machine.apply(event);
    journal.add(event);
  }

  std::size_t events_on_disk() const {
    const auto pages = storage::ExecutionTable(store).pages(execution, BranchPath{});
    REQUIRE(pages.ok());
    std::size_t events = 0;
    for (const auto& page : *pages) events += page.event_count;
    return events;
  }
  std::size_t timers_on_disk() const {
    std::size_t rows = 0;
    REQUIRE(storage::visit_due(store, ShardSet::all(), Instant::max(), [&](const storage::DueRow&) {
              ++rows;
              return true;
            }).ok());
    return rows;
  }

 private:
  RunObserver* const observer_;

 public:
  BranchMachine machine{compile_steps(R"({"id": "work", "type": "function", "code": "() => 1"},
                            {"id": "wait", "type": "delay", "value": 5, "unit": "MINUTES"})"),
                        execution};
  BranchJournal journal{
      {store, commits, timers, reader, reminder, observer_}, identity(), machine, 0, inbox};
};

constexpr StepIndex work = 0, wait = 1;

}  // namespace

TEST_CASE("what a branch records between two flushes is one batch with one page") {
  JournalBed bed;
  bed.start();
  bed.complete(work);
  bed.record(DelayArmed{wait, bed.clock.now() + Millis(300'000)});
  CHECK(bed.events_on_disk() == 0);
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  CHECK(bed.events_on_disk() == 3);
  CHECK(bed.timers_on_disk() == 1);
  CHECK(bed.store.commit_count() == 1);
}

TEST_CASE("events that nobody waits for gather, and the branch is reminded of them once") {
  JournalBed bed;
  bed.start();
  CHECK(bed.journal.may_linger());
  bed.complete(work);
  CHECK(bed.journal.may_linger());
  CHECK(bed.journal.is_lingering());
  CHECK(bed.inbox->next<FlushDue>());
  CHECK(bed.events_on_disk() == 0);
  bed.journal.flush(Urgency::lazy);
  CHECK_FALSE(bed.journal.is_lingering());
  REQUIRE(bed.settle());
  CHECK(bed.events_on_disk() == 2);
  CHECK(bed.store.commit_count() == 1);
  CHECK(bed.reply->wait_until_stored(Millis(20'000)));
}

TEST_CASE("events do not gather while somebody waits for them, or when they are large") {
  JournalBed bed;
  bed.start();
  bed.journal.reply(RunAccepted{bed.execution, bed.clock.now()});
  CHECK_FALSE(bed.journal.may_linger());
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  StepCompleted large;
  large.step = work;
  large.output = share(JsonObject{{"result", std::string(limits::journal_linger_bytes_max, 'x')}});
  bed.record(large);
  CHECK_FALSE(bed.journal.may_linger());
}

TEST_CASE("a run that is not on the disk is not said to be") {
  JournalBed bed;
  CHECK_FALSE(bed.reply->wait_until_stored(Millis(1)));
}

TEST_CASE("a reply is given when everything recorded before it is on the disk") {
  JournalBed bed;
  bed.start();
  bed.journal.reply(RunAccepted{bed.execution, bed.clock.now()});
  CHECK(bed.journal.urgency() == Urgency::urgent);
  bed.journal.flush(bed.journal.urgency());
  const auto answer = bed.reply->wait_for(Millis(20'000));
  REQUIRE(answer);
  REQUIRE(answer->ok());
  CHECK(std::holds_alternative<RunAccepted>(**answer));
  CHECK(bed.events_on_disk() == 1);
}

TEST_CASE("of two replies of one run the first one is given") {
  JournalBed bed;
  bed.start();
  bed.journal.reply(RunResponded{bed.execution, 201, JsonObject(), 1, std::nullopt});
  bed.journal.reply(RunResponded{bed.execution, 202, JsonObject(), 2, std::nullopt});
  bed.journal.flush(Urgency::urgent);
  const auto answer = bed.reply->wait_for(Millis(20'000));
  REQUIRE(answer);
  CHECK(std::get<RunResponded>(**answer).status == 201);
}

TEST_CASE("a reply with files is given with their bytes, which its own batch has stored") {
  JournalBed bed;
  bed.start();
  RunFiles files;
  const FileHandle file = files.keep("AB");
  storage::FileTable::put(bed.journal.rows(), bed.execution, file, "AB");
  bed.journal.reply(RunResponded{bed.execution, 200, JsonObject(),
                                 JsonObject{{"hex", to_text(file)}}, std::nullopt},
                    {file});
  bed.journal.flush(Urgency::urgent);
  const auto answer = bed.reply->wait_for(Millis(20'000));
  REQUIRE(answer);
  CHECK(to_text(std::get<RunResponded>(**answer).body) == R"({"hex":"4142"})");
}

TEST_CASE("a batch that is lost gives no reply and says that the branch is ahead of the disk") {
  JournalBed bed;
  bed.start();
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  bed.complete(work);
  bed.journal.reply(RunAccepted{bed.execution, bed.clock.now()});
  auto confirmation = std::make_shared<OutcomeSlot>();
  bed.journal.confirm(confirmation);
  bed.store.fail_next_commits(1, ErrorCode::overloaded);
  bed.journal.flush(Urgency::urgent);
  const auto failed = bed.inbox->next<CommitFailed>();
  REQUIRE(failed);
  CHECK_FALSE(failed->is_start);
  CHECK_FALSE(bed.reply->wait_for(Millis(0)));
  CHECK_FALSE(confirmation->wait_for(Millis(0)));
  CHECK(bed.events_on_disk() == 1);
}

TEST_CASE("after a lost batch nothing of that incarnation is written any more") {
  JournalBed bed;
  bed.start();
  bed.store.fail_next_commits(1, ErrorCode::overloaded);
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.inbox->next<CommitFailed>());
  bed.complete(work);
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.inbox->next<CommitFailed>());
  CHECK(bed.events_on_disk() == 0);
}

TEST_CASE("an element that asks behind its parent's lost commit is not told that it may send") {
  JournalBed bed;
  bed.start();
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  const auto inbox = std::make_shared<Inbox>();
  const BranchMachine machine = bed.machine;
  BranchJournal element({bed.store, bed.commits, bed.timers, bed.reader, bed.reminder, nullptr},
                        bed.identity(BranchPath{}.child(work, 0)), machine, 0, inbox);
  bed.complete(work);
  bed.store.fail_next_commits(1, ErrorCode::storage_failed);
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.inbox->next<CommitFailed>());
  // The disk is well again, and the parent has not gone yet. The element has nothing to write.
  element.tell_call(1);
  element.flush(Urgency::urgent);
  CHECK(inbox->next<CommitFailed>());
  REQUIRE(bed.settle());
  CHECK(inbox->is_empty());
}

TEST_CASE("when the first batch of a run is lost its client is told at once") {
  JournalBed bed;
  bed.start();
  bed.store.fail_next_commits(1, ErrorCode::overloaded);
  bed.journal.flush(Urgency::urgent);
  const auto failed = bed.inbox->next<CommitFailed>();
  REQUIRE(failed);
  CHECK(failed->is_start);
  const auto answer = bed.reply->wait_for(Millis(20'000));
  REQUIRE(answer);
  CHECK(answer->error().code == ErrorCode::overloaded);
}

TEST_CASE("a shard that moved is no failed commit and nothing built before is written") {
  JournalBed bed;
  bed.start();
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  REQUIRE(bed.claim());
  REQUIRE(bed.claim());  // whoever has it now, it is not the claim that the branch was built under
  bed.complete(work);
  bed.journal.reply(RunAccepted{bed.execution, bed.clock.now()});
  bed.journal.flush(Urgency::urgent);
  CHECK(bed.inbox->next<ShardMoved>());
  CHECK(bed.events_on_disk() == 1);
  CHECK(bed.commits.stats().failures == 0);
  CHECK_FALSE(bed.reply->wait_for(Millis(0)));
}

TEST_CASE("a request of a run whose shard has moved is not told to leave") {
  JournalBed bed;
  bed.start();
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  REQUIRE(bed.claim());
  bed.journal.tell_call(1);  // nothing is left to be written, and still it asks
  bed.journal.flush(Urgency::urgent);
  CHECK(bed.inbox->next<ShardMoved>());
  CHECK(bed.inbox->is_empty());
}

TEST_CASE("a call may leave when what led to it is on the disk") {
  JournalBed bed;
  bed.start();
  bed.journal.tell_call(7);
  bed.journal.flush(Urgency::urgent);
  const auto durable = bed.inbox->next<CallIsDurable>();
  REQUIRE(durable);
  CHECK(durable->number == 7);
  CHECK(bed.events_on_disk() == 1);
}

TEST_CASE("only the last of several flushes that ask counts as done") {
  JournalBed bed;
  bed.start();
  bed.journal.tell_done();
  bed.journal.flush(Urgency::urgent);
  bed.journal.tell_done();
  bed.journal.flush(Urgency::urgent);
  const auto first = bed.inbox->next<CommitDone>();
  const auto second = bed.inbox->next<CommitDone>();
  REQUIRE((first && second));
  CHECK_FALSE(bed.journal.is_latest(*first));
  CHECK(bed.journal.is_latest(*second));
}

TEST_CASE("the row of a timer goes with the event that ends its wait and is not removed again") {
  JournalBed bed;
  bed.start();
  bed.complete(work);
  const Instant due = bed.clock.now() + Millis(300'000);
  bed.record(DelayArmed{wait, due});
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  const storage::TimerRow row{due, bed.execution, BranchPath{}, wait, bed.project, bed.user};
  CHECK(bed.journal.is_armed(row));
  bed.record(DelayElapsed{wait});
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  const auto commits = bed.store.commit_count();
  CHECK(bed.timers_on_disk() == 0);
  bed.journal.forget(row);  // what woke it arrives
  REQUIRE(bed.settle());
  CHECK(bed.store.commit_count() == commits);
}

TEST_CASE("a timer that nothing waits for is removed") {
  JournalBed bed;
  bed.start();
  const storage::TimerRow row{bed.clock.now(), bed.execution, BranchPath{}.child(3, 1), 4,
                              bed.project,     bed.user};
  storage::TimerTable::put(bed.journal.rows(), row);
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  CHECK(bed.timers_on_disk() == 1);
  bed.journal.forget(row);
  REQUIRE(bed.settle());
  CHECK(bed.timers_on_disk() == 0);
}

TEST_CASE(
    "an observer sees the events of a batch once it is durable, and none of one that is lost") {
  class Watching final : public RunObserver {
   public:
    void durable(const DurableEvents& events) override {
      const std::lock_guard lock(mutex);
      for (const auto& event : events.events) seen.push_back(event);
      execution = events.execution;
      path = events.path;
      steps = events.workflow->by_index.size();
    }
    std::mutex mutex;
    std::vector<ObservedEvent> seen;
    std::optional<ExecutionId> execution;
    BranchPath path;
    std::size_t steps = 0;
  } observer;
  JournalBed bed(&observer);
  bed.start();
  bed.complete(work);
  REQUIRE(bed.settle());
  CHECK(observer.seen.empty());
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.settle());
  REQUIRE(observer.seen.size() == 2);
  CHECK(observer.seen[0].kind == EventKind::execution_started);
  CHECK(observer.seen[1].kind == EventKind::step_completed);
  CHECK(observer.seen[1].attempt == 1);
  CHECK(observer.execution == bed.execution);
  CHECK(observer.path.is_root());
  CHECK(observer.steps == 2);

  bed.record(DelayArmed{wait, bed.clock.now() + Millis(300'000)});
  bed.store.fail_next_commits(1, ErrorCode::overloaded);
  bed.journal.flush(Urgency::urgent);
  REQUIRE(bed.inbox->next<CommitFailed>());
  CHECK(observer.seen.size() == 2);
}
