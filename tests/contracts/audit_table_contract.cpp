// storage/tables/audit_table.h over every store.

#include "storage/tables/audit_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::AuditPage;
using storage::AuditQuery;
using storage::AuditRow;
using storage::AuditTable;
using storage::WriteBatch;

const ProjectId project("p");

AuditRow row(std::int64_t millis, const std::string& operation = "putWorkflow") {
  return {at(millis), static_cast<std::uint64_t>(millis) * 7, operation, "apiKey", "{}", 200};
}

void put(storage::OrderedStore& store, const AuditRow& entry, const ProjectId& of = project) {
  WriteBatch batch;
  AuditTable::put(batch, of, entry);
  must_commit(store, batch);
}

std::vector<std::int64_t> times(const Result<AuditPage>& page) {
  REQUIRE(page.ok());
  std::vector<std::int64_t> found;
  for (const auto& entry : page->entries) found.push_back(entry.at.time_since_epoch().count());
  return found;
}

using Times = std::vector<std::int64_t>;

TEST_CASE("the audit log of a project is one list, the newest first, in pages", "[audit_table]") {
  const auto store = any_store();
  for (int i = 1; i <= 5; ++i) put(**store, row(i, i % 2 == 0 ? "deployWorkflow" : "putWorkflow"));
  put(**store, row(9), ProjectId("pp"));
  store->reopen();
  const AuditTable table(**store);
  CHECK(times(table.list({.project = project})) == Times{5, 4, 3, 2, 1});
  CHECK(times(table.list({.project = project, .since = at(4)})) == Times{5, 4});
  CHECK(times(table.list({.project = project, .operation = "deployWorkflow"})) == Times{4, 2});
  const auto first = table.list({.project = project, .limit = 2});
  CHECK(times(first) == Times{5, 4});
  REQUIRE(first->next.has_value());
  const auto second = table.list({.project = project, .after = first->next, .limit = 3});
  CHECK(times(second) == Times{3, 2, 1});
  CHECK(second->entries.front().by == "apiKey");
  CHECK(second->entries.front().status == 200);
}

TEST_CASE("of what is old the oldest entries are removed first, and no more than asked for",
          "[audit_table]") {
  const auto store = any_store();
  for (int i = 1; i <= 5; ++i) put(**store, row(i));
  put(**store, row(1), ProjectId("o"));
  const AuditTable table(**store);
  WriteBatch batch;
  REQUIRE(table.remove_old(batch, project, at(4), 2).ok());
  must_commit(**store, batch);
  CHECK(times(table.list({.project = project})) == Times{5, 4, 3});
  WriteBatch rest;
  REQUIRE(table.remove_old(rest, project, at(4), 100).ok());
  must_commit(**store, rest);
  CHECK(times(table.list({.project = project})) == Times{5, 4});
  CHECK(times(table.list({.project = ProjectId("o")})) == Times{1});
}

}  // namespace
}  // namespace millrace::tests
