// Erasing a user: everything goes, nothing of others, and a crash in the middle only delays it.

#include "actors/gateway/user_eraser.h"

#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "storage/tables/enabled_workflow_table.h"
#include "storage/tables/event_log_table.h"
#include "storage/tables/pause_table.h"
#include "storage/tables/timer_table.h"
#include "tests/support/catch.h"
#include "tests/support/fake_gateway.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

#include <algorithm>

namespace millrace {
namespace {

const ProjectId project("demo");
const UserId user("user-1");

/// A node that can be restarted over its store.
struct Node {
  explicit Node(storage::MemoryStore& rows) : store(rows) {
    CHECK(ownership.claim(store, ShardSet::all()).ok());
  }
  UserEraser& eraser(UserEraserOptions options = {}) {
    if (!eraser_) {
      eraser_.emplace(
          UserEraser::Dependencies{store,
                                   users,
                                   gateway,
                                   ownership,
                                   clock,
                                   [](LogLevel, const std::string&) {},
                                   erased_subscriptions,
                                   nullptr,
                                   {},
                                   [this](const UserKey& key, std::span<const ShardId> shards) {
                                     erased_user = key.user;
                                     erased_shards.assign(shards.begin(), shards.end());
                                   }},
          options);
    }
    return *eraser_;
  }

  /// Its rows are gone a moment before that is seen.
  bool knows(const UserId& of) { return (*users.now({project, of}))->exists(); }

  storage::MemoryStore& store;
  ManualClock clock;
  ShardOwnership ownership;
  storage::GroupCommit commits{store, {}};
  const storage::Sealer sealer{storage::SealingKey::make()};
  UserViews users{store, {commits, ownership}, sealer, {}};
  FakeGateway gateway;
  SeededRandom random{5};
  HookRegistry hooks{store, {commits, ownership}, clock, random};
  ErasedSubscriptions erased_subscriptions{store, hooks, clock, {}};
  // To be read once the erasure has been answered.
  UserId erased_user;
  std::vector<ShardId> erased_shards;

 private:
  std::optional<UserEraser> eraser_;
};

struct Rows {
  ExecutionSummary put_run(const UserId& of, ExecutionStatus status) {
    ExecutionSummary run;
    run.project = project;
    run.user = of;
    run.workflow = WorkflowId("w");
    run.version = 1;
    run.started = test_epoch + Millis(++runs_);
    run.status = status;
    run.id = ExecutionId::make(shard_of(project, of), run.started, random_);
    storage::WriteBatch batch;
    storage::ExecutionTable::put_summary(batch, run);
    storage::ExecutionTable::put_page(batch, run.id, BranchPath{}, {1, "events", 1});
    storage::TimerTable::put(batch, {run.started, run.id, BranchPath{}, 0, project, of});
    REQUIRE(store.commit(batch).ok());
    return run;
  }
  void put_user(const UserId& of) {
    storage::WriteBatch batch;
    storage::UserTable::put(batch, {project, of, R"({"Name":"Ada"})", false, test_epoch});
    storage::CredentialRow account;
    account.project = project;
    account.user = of;
    account.id = "account-1";
    account.integration = "crm";
    account.configured_workflows = R"({"w":{"enabled":true}})";
    storage::CredentialTable::put(batch, account);
    storage::EnabledWorkflowTable::follow(batch, nullptr, &account);
    storage::EventLogRow entry;
    entry.at = test_epoch;
    entry.user = of;
    storage::EventLogTable::put(batch, shard_of(project, of), project, entry);
    storage::PauseTable::put(batch, {project, of, "account-1", test_epoch, 429});
    REQUIRE(store.commit(batch).ok());
  }
  void end(ExecutionSummary run) {
    run.status = ExecutionStatus::cancelled;
    storage::WriteBatch batch;
    storage::ExecutionTable::put_summary(batch, run);
    REQUIRE(store.commit(batch).ok());
  }
  /// Rows of the shard, without those of the store itself.
  std::size_t left(const UserId& of) {
    std::size_t rows = 0;
    const storage::OrderedStore& rows_of = store;
    const auto shard = shard_of(project, of);
    const std::string prefix{static_cast<char>(static_cast<std::uint16_t>(shard) >> 8),
                             static_cast<char>(static_cast<std::uint16_t>(shard) & 0xff)};
    for (auto cursor = rows_of.scan(prefix); cursor->valid(); cursor->next()) {
      if (!storage::keys::is_reserved(cursor->key())) ++rows;
    }
    return rows;
  }

  storage::MemoryStore store;

 private:
  SeededRandom random_{5};
  int runs_ = 0;
};

}  // namespace

TEST_CASE("erasing a user leaves no row of it and every row of another user") {
  Rows rows;
  const UserId other("user-2");
  REQUIRE(shard_of(project, user) != shard_of(project, other));
  for (const UserId& each : {user, other}) {
    rows.put_user(each);
    for (int i = 0; i < 250; ++i) rows.put_run(each, ExecutionStatus::succeeded);
  }
  const std::size_t of_other = rows.left(other);
  Node node(rows.store);
  const auto erased = node.eraser({.runs_per_pass = 1'000}).erase(project, user);
  REQUIRE(erased.ok());
  REQUIRE(erased->has_value());
  CHECK(rows.left(user) == 0);
  CHECK(rows.left(other) == of_other);
  // What the rows leave on the disk, and what is remembered elsewhere, is others' to let go.
  CHECK(node.erased_user == user);
  for (const ShardId shard : {shard_of(project, user), shard_of(project)}) {
    CHECK(std::count(node.erased_shards.begin(), node.erased_shards.end(), shard) == 1);
  }
  CHECK((*node.users.now({project, user}))->exists() == false);
  CHECK(node.eraser().erase(project, user).error().code == ErrorCode::not_found);
}

TEST_CASE("runs that go on are cancelled first and nothing starts for the user meanwhile") {
  Rows rows;
  rows.put_user(user);
  const auto run = rows.put_run(user, ExecutionStatus::delayed);
  Node node(rows.store);
  auto& eraser = node.eraser({.patience = Millis(0)});
  const auto asked = eraser.erase(project, user);
  REQUIRE(asked.ok());
  CHECK_FALSE(asked->has_value());
  CHECK((*node.users.now({project, user}))->is_disabled());
  while (node.gateway.cancelled().empty()) node.clock.advance(Millis(50));
  CHECK(node.gateway.cancelled() == std::vector{run.id});
  CHECK(rows.left(user) > 0);
  rows.end(run);
  while (rows.left(user) > 0 || node.knows(user)) node.clock.advance(Millis(50));
  CHECK(node.gateway.cancelled().size() == 1);
}

TEST_CASE("a user whose erasure was cut off by a crash is erased after the start") {
  Rows rows;
  rows.put_user(user);
  const auto run = rows.put_run(user, ExecutionStatus::executing);
  rows.put_run(user, ExecutionStatus::failed);
  {
    Node node(rows.store);
    const auto asked = node.eraser({.patience = Millis(0)}).erase(project, user);
    REQUIRE(asked.ok());
    CHECK_FALSE(asked->has_value());
  }
  CHECK(rows.left(user) > 0);
  rows.end(run);
  Node node(rows.store);
  node.eraser();
  while (rows.left(user) > 0 || node.knows(user)) node.clock.advance(Millis(50));
  CHECK(node.eraser().erase(project, user).error().code == ErrorCode::not_found);
}

TEST_CASE("whoever asks to erase a user is told what was erased") {
  Rows rows;
  rows.put_user(user);
  rows.put_run(user, ExecutionStatus::succeeded);
  Node node(rows.store);
  auto& eraser = node.eraser({.patience = Millis(3'600'000), .pause = Millis(0)});
  const auto erased = eraser.erase(project, user);
  REQUIRE(erased.ok());
  REQUIRE(erased->has_value());
  CHECK((*erased)->runs == 1);
  CHECK((*erased)->accounts == 1);
  CHECK(eraser.erase(project, UserId("never seen")).error().code == ErrorCode::not_found);
}

TEST_CASE("an erasure waits a moment for subscriptions to end, and no longer") {
  Rows rows;
  rows.put_user(user);
  storage::SubscriptionRow subscribed;
  subscribed.project = project;
  subscribed.user = user;
  subscribed.integration = "crm";
  subscribed.credential = "account-1";
  subscribed.webhook = "hook";
  subscribed.intent = "intent";
  subscribed.state = storage::SubscriptionState::active;
  {
    storage::WriteBatch batch;
    storage::SubscriptionTable::put(batch, subscribed);
    REQUIRE(rows.store.commit(batch).ok());
  }
  Node node(rows.store);
  auto& eraser = node.eraser({.patience = Millis(0)});
  REQUIRE(eraser.erase(project, user).ok());
  const storage::CredentialTable accounts(rows.store);
  const auto has_account = [&] { return accounts.find(project, user, "account-1")->has_value(); };
  node.clock.advance(Millis(2'900));
  CHECK(has_account());
  while (has_account()) node.clock.advance(Millis(50));
  const auto left = storage::SubscriptionTable(rows.store).of_user(project, user);
  REQUIRE(left.ok());
  REQUIRE(left->size() == 1);
  CHECK(left->at(0).state == storage::SubscriptionState::leaving);
  CHECK(left->at(0).is_erased);
  CHECK(rows.left(user) == 3);  // itself, its wake, and what its request needs of the account
}

}  // namespace millrace
