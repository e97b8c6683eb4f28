// What a run's first event says of the admission that its trigger has passed.
#include "runtime/execution/event_codec.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

ExecutionStarted written_and_read(const ExecutionStarted& started) {
  JournalPageWriter page;
  page.add({Instant(Millis(5)), started});
  const auto events = read_journal_page(page.take());
  REQUIRE(events.ok());
  REQUIRE(events->size() == 1);
  return std::get<ExecutionStarted>(events->front().body);
}

}  // namespace

TEST_CASE(
    "a run that was held back keeps since when, for what, and of how many triggers it is made") {
  ExecutionStarted started;
  started.project = ProjectId("p");
  started.user = UserId("u");
  started.workflow = WorkflowId("w");
  CHECK_FALSE(written_and_read(started).admission);
  started.admission = {Instant(Millis(3)), 100, 0x14};
  const auto read = written_and_read(started).admission;
  REQUIRE(read);
  CHECK(read->received == Instant(Millis(3)));
  CHECK(read->triggers == 100);
  CHECK(read->waited == 0x14);
}
