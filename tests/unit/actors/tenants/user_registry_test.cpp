#include "actors/tenants/user_registry.h"

#include "actors/shards/shard_ownership.h"
#include "storage/memory/memory_store.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <future>
#include <thread>

using namespace millrace;

TEST_CASE("a user who is first seen while a change of it is written stays as changed") {
  storage::MemoryStore store;
  ManualClock clock;
  const ProjectId project("demo");
  const UserId user("ada");
  ShardOwnership ownership;
  REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  const storage::Sealer sealer(storage::SealingKey::make());
  {
    storage::GroupCommit commits(store, {});
    UserViews views(store, {commits, ownership}, sealer, {});
    UserRegistry users(store, views, clock);
    std::promise<void> writing;
    std::promise<void> go_on;
    commits.submit({}, storage::Urgency::urgent, [&](const Outcome&) {
      writing.set_value();
      go_on.get_future().wait();
    });
    writing.get_future().wait();  // from here on the disk is busy
    std::thread management([&] {
      UserRegistry::Change change;
      change.is_disabled = true;
      change.meta = JsonObject{{"plan", "pro"}};
      CHECK(users.change(project, user, change).ok());
    });
    CHECK(ActorTestBed::eventually([&] { return commits.stats().waiting_bytes > 0; }));
    users.see(project, user);
    go_on.set_value();
    management.join();
    REQUIRE(*users.find(project, user) != nullptr);
    CHECK((*users.find(project, user))->is_disabled);
  }
  storage::GroupCommit commits(store, {});
  UserViews views(store, {commits, ownership}, sealer, {});
  UserRegistry users(store, views, clock);
  REQUIRE(*users.find(project, user) != nullptr);
  CHECK((*users.find(project, user))->is_disabled);
  CHECK(to_text((*users.find(project, user))->meta) == R"({"plan":"pro"})");
}
