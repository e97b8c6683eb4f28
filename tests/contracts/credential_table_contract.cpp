// storage/tables/credential_table.h over every store.

#include "storage/keys.h"
#include "storage/tables/credential_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::CredentialRow;
using storage::CredentialTable;
using storage::WriteBatch;

const ProjectId project("p");
const UserId user("u");

std::vector<CredentialRow> rows_in(const storage::OrderedStore& store) {
  std::vector<CredentialRow> rows;
  const auto read =
      CredentialTable(store).visit(ShardSet::all(), [&](CredentialRow row) -> Outcome {
        rows.push_back(std::move(row));
        return Done{};
      });
  REQUIRE(read.ok());
  return rows;
}

std::optional<CredentialRow> table_row(const storage::OrderedStore& store, const std::string& id) {
  auto row = CredentialTable(store).find(project, user, id);
  REQUIRE(row.ok());
  return std::move(*row);
}

TEST_CASE("a credential comes back with every field until it is removed", "[credential_table]") {
  const auto store = any_store();
  WriteBatch batch;
  CredentialTable::put(batch, {project, user, "c1", "crm", false, "acct", R"({"a":1})",
                               R"({"w":{}})", R"({"s":2})", "sealed", at(5)});
  CredentialTable::put(
      batch, {project, UserId("v"), "c2", "slack", true, "", "{}", "{}", "{}", "other", at(6)});
  must_commit(**store, batch);
  store->reopen();
  auto rows = rows_in(**store);
  REQUIRE(rows.size() == 2);
  std::erase_if(rows, [](const auto& row) { return row.id != "c1"; });
  REQUIRE(rows.size() == 1);
  const CredentialRow& row = rows.front();
  CHECK(row.project == project);
  CHECK(row.user == user);
  CHECK(row.integration == "crm");
  CHECK_FALSE(row.is_valid);
  CHECK(row.provider_id == "acct");
  CHECK(row.provider_data == R"({"a":1})");
  CHECK(row.configured_workflows == R"({"w":{}})");
  CHECK(row.shared_settings == R"({"s":2})");
  CHECK(row.sealed == "sealed");
  CHECK(row.connected == at(5));
  CHECK(table_row(**store, "c1")->sealed == "sealed");
  CHECK_FALSE(table_row(**store, "c2").has_value());
  WriteBatch removal;
  CredentialTable::remove(removal, project, user, "c1");
  must_commit(**store, removal);
  CHECK(rows_in(**store).front().id == "c2");
}

TEST_CASE("a credential says how often its secret parts were replaced, an old row never",
          "[credential_table]") {
  const auto store = any_store();
  WriteBatch batch;
  CredentialRow row;
  row.project = project;
  row.user = user;
  row.id = "c1";
  CredentialTable::put(batch, row);
  row.id = "c2";
  row.revision = 300;
  CredentialTable::put(batch, row);
  must_commit(**store, batch);
  CHECK(table_row(**store, "c1")->revision == 0);
  CHECK(table_row(**store, "c2")->revision == 300);
}

TEST_CASE("a user's credentials lie on the user's shard", "[credential_table]") {
  const auto key = storage::keys::credential(project, user, "c");
  CHECK(key.starts_with(storage::keys::credentials(shard_of(project, user))));
}

}  // namespace
}  // namespace millrace::tests
