// storage/tables/secret_table.h over every store.

#include "storage/tables/secret_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::SecretRow;
using storage::SecretTable;
using storage::WriteBatch;

std::vector<SecretRow> rows_in(const storage::OrderedStore& store) {
  std::vector<SecretRow> rows;
  const auto read = SecretTable(store).visit(ShardSet::all(), [&](SecretRow row) -> Outcome {
    rows.push_back(std::move(row));
    return Done{};
  });
  REQUIRE(read.ok());
  return rows;
}

TEST_CASE("secrets of all projects are visited and go one by one", "[secret_table]") {
  const auto store = any_store();
  WriteBatch batch;
  for (const auto* name : {"b", "a", "c"}) {
    SecretTable::put(batch, {ProjectId("p1"), name, std::string("sealed ") + name, at(7)});
  }
  SecretTable::put(batch, {ProjectId("p2"), "a", "other", at(8)});
  must_commit(**store, batch);
  store->reopen();
  auto rows = rows_in(**store);
  REQUIRE(rows.size() == 4);
  std::erase_if(rows, [](const auto& row) { return row.project.text != "p1"; });
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name == "a");
  CHECK(rows[0].sealed == "sealed a");
  CHECK(rows[0].updated == at(7));
  CHECK(rows[2].name == "c");
  WriteBatch removal;
  SecretTable::remove(removal, ProjectId("p1"), "a");
  SecretTable::put(removal, {ProjectId("p1"), "b", "again", at(9)});
  must_commit(**store, removal);
  rows = rows_in(**store);
  CHECK(rows.size() == 3);
}

TEST_CASE("an error of the visitor ends the walk", "[secret_table]") {
  const auto store = any_store();
  WriteBatch batch;
  SecretTable::put(batch, {ProjectId("p"), "a", "", at(0)});
  SecretTable::put(batch, {ProjectId("p"), "b", "", at(0)});
  must_commit(**store, batch);
  int visited = 0;
  const auto read = SecretTable(**store).visit(ShardSet::all(), [&](SecretRow) -> Outcome {
    ++visited;
    return Error(ErrorCode::cancelled, "enough");
  });
  CHECK_FALSE(read.ok());
  CHECK(visited == 1);
}

TEST_CASE("the place of a secret is its own", "[secret_table]") {
  const auto place = [](const char* project, const char* name) {
    return SecretRow{ProjectId(project), name, {}, {}}.place();
  };
  CHECK(place("p", "ab") != place("pa", "b"));
  CHECK(place("p", "a") != place("p", "b"));
}

}  // namespace
}  // namespace millrace::tests
