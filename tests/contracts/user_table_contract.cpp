// storage/tables/user_table.h over every store.

#include "storage/tables/user_rows.h"
#include "storage/tables/user_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <map>
#include <vector>

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

TEST_CASE("a project's users are listed page by page in the order of their ids", "[user_table]") {
  const auto store = any_store();
  const UserTable table(**store);
  WriteBatch batch;
  const ProjectId project("p");
  const std::string nul(1, '\0');
  std::vector<std::string> ids;
  for (int i = 100; i < 350; ++i) ids.push_back("user " + std::to_string(i));
  ids.push_back("user 100" + nul);
  for (const auto& id : ids) UserTable::put(batch, {project, UserId(id), "{}", false, at(1)});
  UserTable::put(batch, {ProjectId("p2"), UserId("user 0"), "{}", false, at(1)});
  must_commit(**store, batch);
  std::sort(ids.begin(), ids.end());
  std::vector<std::string> seen;
  UserTable::ListQuery query{project, {}, 0, 100, 1'000};
  for (bool has_more = true; has_more;) {
    const auto page = table.list(query);
    REQUIRE(page.ok());
    CHECK(page->total == ids.size());
    for (const auto& row : page->users) seen.push_back(row.user.text);
    query.after = page->users.back().user;
    has_more = page->has_more;
  }
  CHECK(seen == ids);
  const auto third = table.list({project, {}, 200, 10, 1'000});
  REQUIRE(third->users.size() == 10);
  CHECK(third->users.front().user.text == ids[200]);
  CHECK(third->has_more);
}

TEST_CASE("users are counted no further than asked, and a page beyond the end is empty",
          "[user_table]") {
  const auto store = any_store();
  WriteBatch batch;
  for (int i = 0; i < 20; ++i) {
    UserTable::put(batch, {ProjectId("p"), UserId(std::to_string(i)), "{}", false, at(1)});
  }
  must_commit(**store, batch);
  const auto page = UserTable(**store).list({ProjectId("p"), {}, 900, 10, 7});
  REQUIRE(page.ok());
  CHECK(page->total == 7);
  CHECK(page->users.empty());
  CHECK_FALSE(page->has_more);
}

TEST_CASE("a user's row and accounts are read together, and nobody else's", "[user_table]") {
  const auto store = any_store();
  WriteBatch batch;
  const ProjectId project("p");
  for (const char* const user : {"u", "u2"}) {
    UserTable::put(batch, {project, UserId(user), "{}", false, at(1)});
    for (int i = 0; i < 3; ++i) {
      storage::CredentialRow row;
      row.project = project;
      row.user = UserId(user);
      row.id = std::to_string(i);
      row.connected = at(10 - i);
      storage::CredentialTable::put(batch, row);
    }
  }
  must_commit(**store, batch);
  const auto rows = storage::read_user_rows(**store, project, UserId("u"));
  REQUIRE(rows.ok());
  REQUIRE(rows->user.has_value());
  CHECK(rows->user->user.text == "u");
  REQUIRE(rows->credentials.size() == 3);
  CHECK(rows->credentials.front().id == "2");
  CHECK(rows->credentials.back().id == "0");
  const auto none = storage::read_user_rows(**store, project, UserId("nobody"));
  REQUIRE(none.ok());
  CHECK_FALSE(none->user.has_value());
  CHECK(none->credentials.empty());
}

}  // namespace
}  // namespace millrace::tests
