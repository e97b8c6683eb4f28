// storage/tables/workflow_index_table.h over every store.

#include "storage/keys.h"
#include "storage/tables/workflow_index_table.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::WorkflowIndexTable;
using storage::WriteBatch;
using Ids = std::vector<WorkflowId>;

const ProjectId project("p");

void replace(storage::OrderedStore& store, const std::string& workflow, const FoundBy& before,
             const FoundBy& after) {
  WriteBatch batch;
  WorkflowIndexTable::replace(batch, project, WorkflowId(workflow), before, after);
  must_commit(store, batch);
}

Ids ids(std::initializer_list<const char*> texts) {
  Ids all;
  for (const char* const text : texts) all.emplace_back(text);
  return all;
}

TEST_CASE("workflows are found by the kind and the name of their trigger", "[workflow_index]") {
  const auto store = any_store();
  replace(**store, "w2", {}, {"event", "order", ""});
  replace(**store, "w1", {}, {"event", "order", ""});
  replace(**store, "w3", {}, {"event", "orders", ""});
  replace(**store, "w4", {}, {"webhook", "order", ""});
  replace(**store, "w5", {}, {"request", "", ""});
  store->reopen();
  const WorkflowIndexTable table(**store);
  CHECK(*table.workflows_for(project, "event", "order") == ids({"w1", "w2"}));
  CHECK(*table.workflows_for(project, "event", "orders") == ids({"w3"}));
  CHECK(*table.workflows_for(project, "webhook", "order") == ids({"w4"}));
  CHECK(*table.workflows_for(project, "request", "") == ids({"w5"}));
  CHECK(table.workflows_for(project, "event", "")->empty());
  CHECK(table.workflows_for(project, "event", "ord")->empty());
  CHECK(table.workflows_for(ProjectId("other"), "event", "order")->empty());
}

TEST_CASE("a workflow that changes is found by what it is now alone", "[workflow_index]") {
  const auto store = any_store();
  const WorkflowIndexTable table(**store);
  const FoundBy first{"event", "order", "crm"};
  const FoundBy second{"event", "lead", "crm"};
  replace(**store, "w", {}, first);
  CHECK(*table.enabled_by_default(project, "crm") == ids({"w"}));
  replace(**store, "w", first, second);
  CHECK(table.workflows_for(project, "event", "order")->empty());
  CHECK(*table.workflows_for(project, "event", "lead") == ids({"w"}));
  CHECK(*table.enabled_by_default(project, "crm") == ids({"w"}));
  replace(**store, "w", second, {});
  CHECK(table.workflows_for(project, "event", "lead")->empty());
  CHECK(table.enabled_by_default(project, "crm")->empty());
  CHECK(rows_of(**store, storage::keys::epoch(shard_of(project)).substr(0, 2)).empty());
}

TEST_CASE("a workflow that stays what it was gets back rows that are missing", "[workflow_index]") {
  const auto store = any_store();
  const FoundBy found{"event", "order", "crm"};
  replace(**store, "w", found, found);
  CHECK(*WorkflowIndexTable(**store).workflows_for(project, "event", "order") == ids({"w"}));
  CHECK(*WorkflowIndexTable(**store).enabled_by_default(project, "crm") == ids({"w"}));
}

}  // namespace
}  // namespace millrace::tests
