// Views: read on demand, shared, bounded, changed one at a time for each key.

#include "actors/tenants/views.h"

#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/support/gate.h"

#include <atomic>
#include <thread>

namespace millrace {
namespace {

struct Number {
  int value = 0;
  std::size_t size = 1;
  bool exists() const { return value != 0; }
  std::size_t bytes() const { return size; }
};
using Numbers = Views<ProjectId, Number>;

const ProjectId a("a");
const ProjectId b("b");
const ProjectId c("c");

struct Bed {
  explicit Bed(ViewCacheLimits most = {100, 100'000}) : limits(most) {
    REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  }

  Result<Numbers::SharedView> read(const ProjectId& key) {
    ++reads;
    if (key == a) gate.stand();
    return std::make_shared<const Number>(Number{static_cast<int>(key.text[0])});
  }
  int now(const ProjectId& key) { return (*views.now(key))->value; }
  Outcome set(const ProjectId& key, int value) {
    return views.change(
        key, [&](const Number&, storage::WriteBatch& batch) -> Result<Numbers::SharedView> {
          batch.put(storage::keys::project(key), std::to_string(value));
          return std::make_shared<const Number>(Number{value});
        });
  }

  ViewCacheLimits limits;
  std::atomic<int> reads{0};
  Gate gate;  // reads of `a` wait here
  storage::MemoryStore store;
  ShardOwnership ownership;
  storage::GroupCommit commits{store, {}};
  Numbers views{{commits, ownership}, limits, [this](const ProjectId& key) { return read(key); }};
};

}  // namespace

TEST_CASE("a view is read once and then shared") {
  Bed bed;
  CHECK(bed.now(b) == 'b');
  CHECK(bed.now(b) == 'b');
  CHECK(bed.reads == 1);
}

TEST_CASE("a change is seen by whoever holds the place") {
  Bed bed;
  const auto place = *bed.views.open(b);
  REQUIRE(bed.set(b, 5).ok());
  CHECK(place->get()->value == 5);
  CHECK(bed.reads == 1);
}

TEST_CASE("a change that is not stored is not seen") {
  Bed bed;
  bed.store.fail_next_commits(1, ErrorCode::storage_failed);
  CHECK_FALSE(bed.set(b, 5).ok());
  CHECK(bed.now(b) == 'b');
}

TEST_CASE("a change under a shard that moved away is refused before anything is read") {
  Bed bed;
  bed.ownership.lose(shard_of(b));
  const auto refused = bed.set(b, 5);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::shard_moved);
  CHECK(bed.reads == 0);
}

TEST_CASE("a full cache drops its oldest view, not all of them") {
  Bed bed({2, 100'000});
  bed.now(b);
  bed.now(c);
  bed.now(b);
  bed.now(ProjectId("d"));
  CHECK(bed.views.size() == 2);
  bed.now(b);
  CHECK(bed.reads == 3);
  bed.now(c);
  CHECK(bed.reads == 4);
}

TEST_CASE("a cache is bounded by bytes as well") {
  Bed bed({100, 3});
  for (char key = 'b'; key < 'n'; ++key) bed.now(ProjectId(std::string(1, key)));
  CHECK(bed.views.size() == 3);
}

TEST_CASE("a view that somebody holds stays, and sees what changes after it would have left") {
  Bed bed({2, 100'000});
  const auto held = *bed.views.open(b);
  for (char key = 'c'; key < 'n'; ++key) bed.now(ProjectId(std::string(1, key)));
  REQUIRE(bed.set(b, 5).ok());
  CHECK(held->get()->value == 5);
  CHECK(bed.now(b) == 5);
  CHECK(bed.views.size() <= 3);
}

TEST_CASE("what does not exist takes no place") {
  Bed bed;
  REQUIRE(bed.set(b, 0).ok());
  bed.now(b);
  CHECK(bed.views.size() == 0);
}

TEST_CASE("who waits for the disk for one tenant holds up no other") {
  Bed bed;
  std::thread slow([&] { bed.now(a); });
  CHECK(ActorTestBed::eventually([&] { return bed.gate.is_taken(); }));
  CHECK(bed.now(b) == 'b');
  CHECK(bed.set(b, 7).ok());
  bed.gate.open();
  slow.join();
}

TEST_CASE("a read that was slow does not bring back what has changed meanwhile") {
  Bed bed;
  std::thread slow([&] { bed.now(a); });
  CHECK(ActorTestBed::eventually([&] { return bed.gate.is_taken(); }));
  std::thread change([&] { CHECK(bed.set(a, 9).ok()); });
  bed.gate.open();
  slow.join();
  change.join();
  CHECK(bed.now(a) == 9);
  CHECK(bed.reads == 1);
}

}  // namespace millrace
