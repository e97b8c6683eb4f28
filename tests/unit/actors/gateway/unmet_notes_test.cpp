// What comes again and again is told once an hour.
#include "actors/gateway/unmet_notes.h"

#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

using namespace millrace;

TEST_CASE("the same condition of an account is told once an hour, another one at once") {
  storage::MemoryStore store;
  ShardOwnership ownership;
  REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  storage::GroupCommit commits(store, storage::GroupCommitOptions{});
  ManualClock clock;
  SeededRandom random(1);
  EventLog log(store, FencedCommits(commits, ownership), clock, random);
  UnmetNotes notes(&log, clock);
  const auto note = [&](const std::string& user, ErrorCode code) {
    notes.note({ProjectId("demo"), UserId(user), WorkflowId("w"), "scheduler", "", ""}, "account",
               Error(code, "why"));
  };
  const auto told = [&] {
    FencedCommits(commits, ownership).settle();
    storage::EventLogQuery query;
    query.project = ProjectId("demo");
    query.limit = 100;
    return log.list(query)->entries.size();
  };
  for (int i = 0; i < 5; ++i) note("ada", ErrorCode::settings_missing);
  CHECK(told() == 1);
  note("ada", ErrorCode::user_disabled);
  note("bob", ErrorCode::settings_missing);
  CHECK(told() == 3);
  clock.advance(Millis(3'600'000));
  note("bob", ErrorCode::settings_missing);
  CHECK(told() == 4);
  UnmetNotes(nullptr, clock).note({}, "", Error(ErrorCode::user_disabled, "nobody hears it"));
}
