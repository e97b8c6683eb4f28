// storage/tables/subscription_table.h and subscription_check.h over every store.

#include "storage/keys.h"
#include "storage/tables/hook_table.h"
#include "storage/tables/subscription_check.h"
#include "storage/tables/subscription_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

namespace millrace::tests {
namespace {

using storage::HookRow;
using storage::HookTable;
using storage::LeftAccountRow;
using storage::LeftAccountTable;
using storage::SubscriptionCheck;
using storage::SubscriptionRow;
using storage::SubscriptionState;
using storage::SubscriptionTable;
using storage::WakeTable;
using storage::WriteBatch;

const ProjectId project("p");
const UserId user("u");

SubscriptionRow row_of(const UserId& owner, const std::string& credential,
                       const std::string& intent) {
  SubscriptionRow row;
  row.project = project;
  row.user = owner;
  row.integration = "crm";
  row.credential = credential;
  row.webhook = "events";
  row.intent = intent;
  row.hook = "h";
  row.definition = "{}";
  row.sealed = "sealed";
  row.created = at(1);
  row.next = at(2);
  return row;
}

TEST_CASE("a subscription is read as it was written", "[subscription_table]") {
  const auto store = any_store();
  SubscriptionRow full = row_of(user, "c1", "i1");
  full.state = SubscriptionState::leaving;
  full.is_asked = full.is_unwanted = full.is_erased = true;
  full.refusals = 2;
  full.attempts = 3;
  full.expires = at(4);
  full.error = ErrorCode::request_rejected;
  full.why = "because";
  const SubscriptionRow plain = row_of(user, "c1", "i2");
  const SubscriptionRow of_other = row_of(UserId("v"), "c3", "i3");
  WriteBatch batch;
  for (const auto& row : {full, plain, of_other}) SubscriptionTable::put(batch, row);
  must_commit(**store, batch);
  store->reopen();
  const SubscriptionTable table(**store);
  const auto found = table.find(SubscriptionTable::wake_of(full).target_key);
  REQUIRE((found.ok() && found->has_value()));
  CHECK(**found == full);
  const auto own = table.of_user(project, user);
  REQUIRE(own.ok());
  CHECK(*own == std::vector{full, plain});
  std::size_t all = 0;
  CHECK(table
            .of_project(project, ShardSet::all(),
                        [&](const SubscriptionRow&) -> Outcome {
                          ++all;
                          return Done{};
                        })
            .ok());
  CHECK(all == 3);
}

TEST_CASE("nothing of a user's subscriptions is left when they are removed",
          "[subscription_table]") {
  const auto store = any_store();
  SeededRandom random(1);
  const storage::HookPlace own_place{project, user, "crm", "c1", "events"};
  const storage::HookPlace shared_place{project, {}, "crm", {}, "events"};
  const HookRow before{storage::make_hook_id(own_place.shard(), random), own_place, at(1)};
  const HookRow shared{storage::make_hook_id(shared_place.shard(), random), shared_place, at(1)};
  SubscriptionRow row = row_of(user, "c1", "i1");
  row.hook = before.id;
  SubscriptionRow at_shared = row_of(user, "c1", "i2");
  at_shared.hook = shared.id;
  WriteBatch batch;
  for (const auto& each : {row, at_shared}) {
    SubscriptionTable::put(batch, each);
    WakeTable::put(batch, SubscriptionTable::wake_of(each));
  }
  HookTable::put(batch, before);
  HookTable::put(batch, shared);
  LeftAccountRow left;
  left.project = project;
  left.user = user;
  left.id = "c1";
  left.integration = "crm";
  LeftAccountTable::put(batch, left);
  must_commit(**store, batch);
  const LeftAccountTable accounts(**store);
  const auto kept = accounts.find(project, user, "c1");
  REQUIRE((kept.ok() && kept->has_value()));
  CHECK((*kept)->integration == "crm");

  WriteBatch removal;
  REQUIRE(SubscriptionTable(**store).remove_user(removal, project, user).ok());
  must_commit(**store, removal);
  CHECK(SubscriptionTable(**store).of_user(project, user)->empty());
  CHECK_FALSE(accounts.find(project, user, "c1")->has_value());
  CHECK_FALSE(HookTable(**store).find(before.id)->has_value());
  CHECK(HookTable(**store).find(shared.id)->has_value());
  CHECK_FALSE((**store).scan(storage::keys::wakes(shard_of(project, user)))->valid());
}

TEST_CASE("a check is read from its wake's key", "[subscription_table]") {
  for (const auto of : {SubscriptionCheck::Of::user, SubscriptionCheck::Of::workflow,
                        SubscriptionCheck::Of::integration}) {
    const SubscriptionCheck check{of, ProjectId(std::string("p\0q", 3)), std::string("a\0b", 3)};
    const auto wake = wake_of(check, at(1));
    CHECK(storage::parse_subscription_check(wake.target_key) == check);
  }
  for (const std::string damaged : {"", "\1", "\1\1\1x", "\7\0\0x"}) {
    CHECK_FALSE(storage::parse_subscription_check(damaged).has_value());
  }
}

}  // namespace
}  // namespace millrace::tests
