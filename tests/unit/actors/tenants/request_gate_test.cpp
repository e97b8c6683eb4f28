#include "actors/tenants/request_gate.h"

#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Bed {
  Bed() { REQUIRE(ownership.claim(store, ShardSet::all()).ok()); }

  storage::MemoryStore store;
  ShardOwnership ownership;
  storage::GroupCommit commits{store, storage::GroupCommitOptions{}};
  ManualClock clock;
  const AskingAccount ada{{ProjectId("acme"), UserId("ada")}, "account-1"};
  const AskingAccount bob{{ProjectId("acme"), UserId("bob")}, "account-2"};
  const RateLimit one_a_second{1, 1s, {}};
};

}  // namespace

TEST_CASE("accounts are counted apart, and a ticket is let through at the time it was told") {
  Bed bed;
  RequestGate gate(bed.store, {bed.commits, bed.ownership}, bed.clock, {});
  CHECK_FALSE(gate.admit(bed.ada, bed.one_a_second, 1));
  CHECK_FALSE(gate.admit(bed.bob, bed.one_a_second, 1));
  CHECK(gate.admit(bed.ada, bed.one_a_second, 2) == bed.clock.now() + 1s);
  CHECK(gate.admit(bed.ada, bed.one_a_second, 3) == bed.clock.now() + 2s);
  bed.clock.advance(1s);
  CHECK_FALSE(gate.admit(bed.ada, bed.one_a_second, 2));
  CHECK(gate.admit(bed.ada, bed.one_a_second, 3) == bed.clock.now() + 1s);
}

TEST_CASE("a pause that was stored holds the account after a restart until its time is over") {
  Bed bed;
  {
    RequestGate gate(bed.store, {bed.commits, bed.ownership}, bed.clock, {});
    gate.pause(bed.ada, bed.clock.now() + 1h, 429);
    CHECK(gate.admit(bed.ada, bed.one_a_second, 1) == bed.clock.now() + 1h);
    REQUIRE(bed.commits.commit_and_wait({}).ok());
  }
  RequestGate gate(bed.store, {bed.commits, bed.ownership}, bed.clock, {});
  REQUIRE(gate.load(ShardSet::all()).ok());
  CHECK(gate.admit(bed.ada, bed.one_a_second, 1) == bed.clock.now() + 1h);
  CHECK_FALSE(gate.admit(bed.bob, bed.one_a_second, 1));
  bed.clock.advance(1h);
  CHECK_FALSE(gate.admit(bed.ada, bed.one_a_second, 1));
}

TEST_CASE("a wake removes a pause that is over, and only itself when a longer one came") {
  Bed bed;
  RequestGate gate(bed.store, {bed.commits, bed.ownership}, bed.clock, {});
  const auto put = [&](Millis wait) {
    storage::WriteBatch batch;
    const auto wake =
        storage::PauseTable::put(batch, pause_row(bed.ada, bed.clock.now() + wait, 429));
    REQUIRE(bed.commits.commit_and_wait(std::move(batch)).ok());
    return wake;
  };
  const auto rows = [&] {
    std::size_t count = 0;
    REQUIRE(storage::PauseTable(bed.store)
                .visit(ShardSet::all(),
                       [&](const storage::PauseRow&) -> Outcome {
                         ++count;
                         return Done{};
                       })
                .ok());
    return count;
  };
  const auto first = put(1min);
  const auto second = put(1h);
  bed.clock.advance(1min);
  gate.ended(first);
  CHECK(rows() == 1);
  bed.clock.advance(1h);
  gate.ended(second);
  CHECK(rows() == 0);
  gate.ended(second);
  CHECK(rows() == 0);
}
