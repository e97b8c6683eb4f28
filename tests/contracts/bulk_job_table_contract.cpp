// storage/tables/bulk_job_table.h and history_walk.h over every store.

#include "storage/tables/bulk_job_table.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/history_walk.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <set>

namespace millrace::tests {
namespace {

using storage::BulkJobRow;
using storage::BulkJobTable;
using storage::BulkKind;
using storage::WriteBatch;

BulkJobRow job(const std::string& id) {
  CountingRandom random;
  BulkJobRow row;
  row.project = ProjectId("p");
  row.id = id;
  row.kind = BulkKind::cancel;
  row.content = std::string(32, 'c');
  row.by = "API key";
  row.created = at(5);
  row.executions = {id_for("p", "u", at(1), random), id_for("p", "v", at(2), random)};
  row.done = 1;
  row.accepted = 1;
  row.due = at(6);
  return row;
}

TEST_CASE("a bulk job is found with all that it is about and how far it has come", "[bulk]") {
  const auto store = any_store();
  WriteBatch batch;
  const BulkJobRow by_ids = job("a");
  BulkJobTable::put(batch, by_ids);
  BulkJobRow by_filter = job("b");
  by_filter.executions.clear();
  by_filter.is_by_filter = true;
  by_filter.filter = {UserId("u"), WorkflowId("w"), "crm", ExecutionStatus::failed, at(7), at(8)};
  by_filter.walked_to = "key";
  by_filter.ended = at(9);
  BulkJobTable::put(batch, by_filter);
  must_commit(**store, batch);
  store->reopen();
  const BulkJobTable table(**store);
  const auto first = table.find(ProjectId("p"), "a");
  REQUIRE((first.ok() && first->has_value()));
  CHECK((*first)->executions == by_ids.executions);
  CHECK((*first)->kind == BulkKind::cancel);
  CHECK((*first)->done == 1);
  CHECK_FALSE((*first)->ended);
  CHECK_FALSE((*first)->filter.status);
  CHECK_FALSE((*first)->filter.integration);
  const auto second = table.find(BulkJobTable::wake_of(by_filter).target_key);
  REQUIRE((second.ok() && second->has_value()));
  CHECK((*second)->filter.status == ExecutionStatus::failed);
  CHECK((*second)->filter.after == at(7));
  CHECK((*second)->filter.before == at(8));
  CHECK((*second)->ended == at(9));
  CHECK(table.list(ProjectId("p"))->size() == 2);
  CHECK(table.list(ProjectId("q"))->empty());
}

TEST_CASE("a filter for runs of no integration is another one than a filter for any", "[bulk]") {
  const auto store = any_store();
  BulkJobRow row = job("a");
  row.is_by_filter = true;
  row.filter.integration = "";
  WriteBatch batch;
  BulkJobTable::put(batch, row);
  must_commit(**store, batch);
  store->reopen();
  const auto found = BulkJobTable(**store).find(ProjectId("p"), "a");
  REQUIRE((found.ok() && found->has_value()));
  const storage::BulkFilter& filter = (*found)->filter;
  const storage::BulkFilter any;
  CHECK(filter.integration == "");
  CHECK_FALSE(filter.user);
  CountingRandom random;
  ExecutionSummary run = summary_for("p", "u", at(1), random);
  run.integration = "crm";
  CHECK_FALSE(filter.matches(run));
  CHECK(any.matches(run));
  run.integration.clear();
  CHECK(filter.matches(run));
}

TEST_CASE("a walk in pieces meets each execution of a project once", "[bulk]") {
  const auto store = any_store();
  CountingRandom random;
  std::set<ExecutionId> wanted;
  WriteBatch batch;
  for (int i = 0; i < 40; ++i) {
    auto run = summary_for("p", "u" + std::to_string(i % 7), at(i / 3), random);
    wanted.insert(run.id);
    storage::ExecutionTable::put_summary(batch, run);
    storage::ExecutionTable::put_summary(batch, summary_for("q", "u", at(i), random));
  }
  must_commit(**store, batch);
  std::set<ExecutionId> met;
  std::string walked_to;
  bool is_through = false;
  int pieces = 0;
  for (; !is_through && pieces < 100; ++pieces) {
    std::size_t in_piece = 0;
    const auto piece = storage::walk_history(**store, ProjectId("p"), walked_to, 5,
                                             [&](const ExecutionSummary& run) {
                                               CHECK(met.insert(run.id).second);
                                               return ++in_piece < 4;
                                             });
    REQUIRE(piece.ok());
    walked_to = piece->walked_to;
    is_through = piece->is_through;
  }
  CHECK(met == wanted);
  CHECK(pieces >= 10);
}

TEST_CASE("the runs of one user are walked in the order of their starts", "[bulk]") {
  const auto store = any_store();
  CountingRandom random;
  WriteBatch batch;
  for (const int started : {5, 1, 9, 3}) {
    storage::ExecutionTable::put_summary(batch, summary_for("p", "u", at(started), random));
  }
  must_commit(**store, batch);
  std::string order;
  const auto piece =
      storage::walk_history(**store, ProjectId("p"), {}, 100, [&](const ExecutionSummary& run) {
        order += std::to_string(run.started.time_since_epoch().count());
        return true;
      });
  REQUIRE(piece.ok());
  CHECK(piece->is_through);
  CHECK(order == "1359");
}

}  // namespace
}  // namespace millrace::tests
