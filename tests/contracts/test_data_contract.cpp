// storage/tables/test_data_table.h over every store.

#include "storage/tables/hook_table.h"
#include "storage/tables/test_data_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

namespace millrace::tests {
namespace {

using storage::TestCaptureRow;
using storage::TestDataTable;
using storage::WriteBatch;

const ProjectId project("p");
const WorkflowId workflow("w");

TEST_CASE("a capture that has caught its request is found by its workflow alone", "[test_data]") {
  const auto store = any_store();
  SeededRandom random(1);
  const TestCaptureRow waiting{storage::make_hook_id(shard_of(project), random), project, workflow,
                               at(9)};
  WriteBatch begun;
  TestDataTable::put_capture(begun, {}, waiting);
  must_commit(**store, begun);
  store->reopen();
  {
    const TestDataTable table(**store);
    REQUIRE(table.capture(waiting.id)->has_value());
    CHECK((*table.capture(waiting.id))->workflow == workflow);
    CHECK((*table.capture(waiting.id))->expires == at(9));
    CHECK_FALSE(table.capture("no id")->has_value());
  }
  TestCaptureRow captured = waiting;
  captured.is_captured = true;
  WriteBatch caught;
  TestDataTable::put_capture(caught, waiting, captured);
  TestDataTable::put(caught, {project, workflow, "{}", waiting.id, at(2)});
  must_commit(**store, caught);
  store->reopen();
  const TestDataTable table(**store);
  CHECK_FALSE(table.capture(waiting.id)->has_value());
  CHECK((*table.capture_of(project, workflow))->is_captured);
  CHECK((*table.find(project, workflow))->capture == waiting.id);
  WriteBatch removed;
  REQUIRE(table.remove_all(removed, project, workflow).ok());
  must_commit(**store, removed);
  CHECK_FALSE(table.find(project, workflow)->has_value());
  CHECK_FALSE(table.capture_of(project, workflow)->has_value());
}

}  // namespace
}  // namespace millrace::tests
