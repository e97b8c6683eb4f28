// storage/tables/user_table.h over every store.

#include "storage/tables/user_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <map>

namespace millrace::tests {
namespace {

using storage::UserRow;
using storage::UserTable;
using storage::WriteBatch;

TEST_CASE("users of all shards come back with every field", "[user_table]") {
  const auto store = any_store();
  WriteBatch batch;
  for (int i = 0; i < 500; ++i) {
    const UserId user("user " + std::to_string(i));
    UserTable::put(batch,
                   {ProjectId("p"), user, R"({"n":)" + std::to_string(i) + "}", i % 2 == 1, at(i)});
  }
  must_commit(**store, batch);
  store->reopen();
  std::map<std::string, UserRow> rows;
  const auto read = UserTable(**store).visit(ShardSet::all(), [&](UserRow row) -> Outcome {
    const std::string user = row.user.text;
    rows[user] = std::move(row);
    return Done{};
  });
  REQUIRE(read.ok());
  REQUIRE(rows.size() == 500);
  const UserRow& row = rows.at("user 17");
  CHECK(row.project.text == "p");
  CHECK(row.meta == R"({"n":17})");
  CHECK(row.is_disabled);
  CHECK(row.first_seen == at(17));
  CHECK_FALSE(rows.at("user 18").is_disabled);
}

}  // namespace
}  // namespace millrace::tests
