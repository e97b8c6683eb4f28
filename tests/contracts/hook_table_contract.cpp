// storage/tables/hook_table.h and account_table.h over every store.

#include "storage/keys.h"
#include "storage/tables/account_table.h"
#include "storage/tables/hook_table.h"
#include "storage/tables/kept_token_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <set>

namespace millrace::tests {
namespace {

using storage::AccountRow;
using storage::AccountTable;
using storage::CredentialRow;
using storage::HookPlace;
using storage::HookRow;
using storage::HookTable;
using storage::KeptTokenTable;
using storage::WriteBatch;

const ProjectId project("p");
const UserId user("u");

TEST_CASE("the id of a hook begins with its shard, and no other text is one", "[hook_table]") {
  SeededRandom random(1);
  std::set<std::string> ids;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    const std::string id = storage::make_hook_id(ShardId{shard}, random);
    CHECK(id.size() == 34);
    CHECK(storage::shard_of_hook(id) == ShardId{shard});
    CHECK(ids.insert(id).second);
  }
  for (const std::string none :
       {"", "00", "0000000000000000000000000000000000x", "zz00000000000000000000000000000000",
        "FF00000000000000000000000000000000"}) {
    CHECK_FALSE(storage::shard_of_hook(none).has_value());
  }
}

TEST_CASE("a hook is found by its id and by its place until it is removed", "[hook_table]") {
  const auto store = any_store();
  SeededRandom random(1);
  const HookPlace of_project{project, {}, "crm", {}, "w"};
  const HookPlace of_user{project, user, "crm", "c1", "w"};
  const HookPlace of_other{project, user, "crm", "c2", "w"};
  std::vector<HookRow> rows;
  WriteBatch batch;
  for (const HookPlace& place : {of_project, of_user, of_other}) {
    rows.push_back({storage::make_hook_id(place.shard(), random), place, at(1)});
    HookTable::put(batch, rows.back());
  }
  must_commit(**store, batch);
  store->reopen();
  const HookTable table(**store);
  for (const HookRow& row : rows) {
    const auto found = table.find(row.id);
    REQUIRE((found.ok() && found->has_value()));
    CHECK((*found)->place == row.place);
    CHECK((*found)->created == at(1));
    CHECK((*table.find(row.place))->id == row.id);
  }
  CHECK_FALSE(table.find("x")->has_value());
  CHECK_FALSE(table.find(HookPlace{project, user, "crm", "c1", "v"})->has_value());
  WriteBatch removal;
  REQUIRE(table.remove_of_user(removal, project, user, "c1").ok());
  must_commit(**store, removal);
  CHECK_FALSE(table.find(rows[1].id)->has_value());
  CHECK_FALSE(table.find(of_user)->has_value());
  CHECK(table.find(rows[2].id)->has_value());
  WriteBatch all;
  REQUIRE(table.remove_of_user(all, project, user, {}).ok());
  must_commit(**store, all);
  CHECK(table.of_user(project, user)->empty());
  CHECK(table.find(rows[0].id)->has_value());
}

TEST_CASE("what was kept for a hook goes with its id", "[hook_table]") {
  const auto store = any_store();
  SeededRandom random(1);
  const HookPlace place{project, user, "crm", "c1", "w"};
  const HookRow first{storage::make_hook_id(place.shard(), random), place, at(1)};
  const HookRow second{storage::make_hook_id(place.shard(), random), place, at(2)};
  WriteBatch batch;
  for (const HookRow& row : {first, second}) {
    HookTable::put(batch, row);
    KeptTokenTable::put(batch, {row.id, "sealed " + row.id, at(3)});
  }
  must_commit(**store, batch);
  store->reopen();
  const KeptTokenTable table(**store);
  CHECK((*table.find(first.id))->sealed == "sealed " + first.id);
  CHECK((*table.find(first.id))->kept == at(3));
  CHECK_FALSE(table.find("x")->has_value());
  WriteBatch id_alone;
  HookTable::remove_id(id_alone, first.id);
  must_commit(**store, id_alone);
  CHECK_FALSE(table.find(first.id)->has_value());
  CHECK(table.find(second.id)->has_value());
  WriteBatch both;
  HookTable::remove(both, second);
  must_commit(**store, both);
  CHECK_FALSE(table.find(second.id)->has_value());
}

TEST_CASE("accounts are found by the provider's id, on whatever shard their users are",
          "[account_table]") {
  const auto store = any_store();
  const auto account = [](const std::string& owner, const std::string& provider_id,
                          const std::string& integration = "crm") {
    CredentialRow row;
    row.project = project;
    row.user = UserId(owner);
    row.id = "c";
    row.integration = integration;
    row.provider_id = provider_id;
    return row;
  };
  const auto follow = [&](const CredentialRow* before, const CredentialRow* after) {
    WriteBatch batch;
    AccountTable::follow(batch, before, after);
    must_commit(**store, batch);
  };
  for (int i = 0; i < 20; ++i) {
    const auto row = account("user " + std::to_string(i), i < 15 ? "acct" : "other");
    follow(nullptr, &row);
  }
  const auto elsewhere = account("x", "acct", "slack");
  follow(nullptr, &elsewhere);
  const auto unnamed = account("y", "");
  follow(nullptr, &unnamed);
  const auto count = [&](const std::string& provider_id, std::size_t most = 100) {
    const auto rows = AccountTable(**store).list(project, "crm", provider_id, most);
    REQUIRE(rows.ok());
    return rows->size();
  };
  CHECK(count("acct") == 15);
  CHECK(count("acct", 4) == 4);
  CHECK(count("other") == 5);
  CHECK(count("acc") == 0);
  CHECK(count("") == 0);
  const auto before = account("user 0", "acct");
  const auto after = account("user 0", "other");
  follow(&before, &after);
  CHECK(count("acct") == 14);
  CHECK(count("other") == 6);
  follow(&after, nullptr);
  CHECK(count("other") == 5);
}

}  // namespace
}  // namespace millrace::tests
