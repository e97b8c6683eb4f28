// storage/tables/integration_table.h over every store.

#include "storage/tables/integration_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::IntegrationRow;
using storage::IntegrationTable;
using storage::WriteBatch;

std::vector<IntegrationRow> rows_in(const storage::OrderedStore& store) {
  std::vector<IntegrationRow> rows;
  const auto read =
      IntegrationTable(store).visit(ShardSet::all(), [&](IntegrationRow row) -> Outcome {
        rows.push_back(std::move(row));
        return Done{};
      });
  REQUIRE(read.ok());
  return rows;
}

TEST_CASE("an integration comes back with every field until it is removed", "[integration_table]") {
  const auto store = any_store();
  const ProjectId project("p");
  WriteBatch batch;
  IntegrationTable::put(batch, {project, "slack", R"({"name":"Slack"})", at(1)});
  IntegrationTable::put(batch, {project, "crm", "{}", at(2)});
  IntegrationTable::put(batch, {project, "crm", R"({"name":"CRM"})", at(3)});
  must_commit(**store, batch);
  store->reopen();
  const auto rows = rows_in(**store);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].project == project);
  CHECK(rows[0].type == "crm");
  CHECK(rows[0].definition == R"({"name":"CRM"})");
  CHECK(rows[0].updated == at(3));
  WriteBatch removal;
  IntegrationTable::remove(removal, project, "crm");
  must_commit(**store, removal);
  CHECK(rows_in(**store).front().type == "slack");
}

}  // namespace
}  // namespace millrace::tests
