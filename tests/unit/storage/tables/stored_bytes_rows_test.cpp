// Stored bytes are for ever (see stored_bytes_test.cpp): those of the rows that count what projects keep. And whose
// rows of each kind are.
#include "runtime/text/hex_text.h"
#include "storage/keys.h"
#include "storage/tables/stored_bytes_table.h"
#include "storage/tables/task_count_table.h"
#include "tests/support/catch.h"

namespace millrace::storage {
namespace {

const ExecutionId run = *ExecutionId::parse("00000000-0102-8a00-8b01-020304050607");
const ProjectId project("p");

std::string line(const WriteBatch& batch) {
  const auto& operation = batch.operations().front();
  return to_hex(operation.key) + " = " + to_hex(operation.value);
}

TEST_CASE("the bytes of rows that count what projects keep never change", "[stored_bytes]") {
  WriteBatch sum;
  StoredBytesTable::put_sum(sum, keys::stored_bytes_sum(ShardId(0x2b), project), 300);
  CHECK(line(sum) == "002b4201700001 = 0108ac02");
  WriteBatch of_run;
  StoredBytesTable::put_execution(of_run, run, 1);
  CHECK(line(of_run) ==
        "00002100000000010"
        "28a008b0102030405060708 = 010801");
  WriteBatch counted;
  StoredBytesTable::put_state(counted, ShardId(3), {.is_all = true, .epoch = 5});
  CHECK(line(counted) == "00034200 = 0108011805");
  WriteBatch half;
  StoredBytesTable::put_state(half, ShardId(3), {.until = "ab", .epoch = 5});
  CHECK(line(half) ==
        "00034200 = 011202"
        "61621805");
}

TEST_CASE("the bytes of rows that count tasks never change", "[stored_bytes]") {
  const CalendarMonth january_2026{2026 * 12};
  WriteBatch batch;
  const std::string key = keys::task_count(ShardId(0x2b), project, january_2026);
  TaskCountTable::put(batch, key, 300);
  CHECK(line(batch) == "002b437000015ef8 = 0108ac02");
  CHECK(keys::month_of_task_count(key) == january_2026);
  CHECK_FALSE(keys::month_of_task_count(keys::stored_bytes_sum(ShardId(1), project)).has_value());
}

TEST_CASE("whose a row is follows from its key", "[usage]") {
  using Owner = keys::RowOwner::Kind;
  const ProjectId odd(std::string("a\0b", 3));
  const UserId user("u");
  for (const std::string& key :
       {keys::project(odd), keys::workflow(odd, WorkflowId("w")), keys::credential(odd, user, "c"),
        keys::history_row(odd, Instant(Millis(5)), run),
        keys::polled_workflow(odd, WorkflowId("w")), keys::hook_place(odd, user, "i", "c", "w"),
        keys::account(odd, "i", "x", user, "c"), keys::subscription(odd, user, "c", "w", "n"),
        keys::received_row(odd, user, std::string(32, 'd')),
        keys::history_blocks(odd, keys::HistoryPart::head)}) {
    INFO(to_hex(key));
    const auto owner = keys::owner_of(key);
    CHECK(owner.kind == Owner::project);
    CHECK(owner.project == keys::owner_text(odd));
    CHECK(keys::project_of(owner.project) == odd);
  }
  for (const std::string& key : {keys::locator(run), keys::journal_page(run, BranchPath{}, 1)}) {
    CHECK(keys::owner_of(key).kind == Owner::execution);
    CHECK(keys::owner_of(key).execution == run);
  }
  for (const std::string& key :
       {keys::execution_bytes(run), keys::unfinished_row(run), keys::api_key("hash"),
        keys::hook(ShardId(1), "id"), keys::wake(ShardId(1), Instant(), 1, "t"),
        keys::timer(Instant(), run, BranchPath{}, 1), keys::stored_bytes_sum(ShardId(1), odd),
        keys::task_count(ShardId(1), odd, CalendarMonth{24'312}),
        keys::received_at(Instant(), odd, user, std::string(32, 'd')),
        keys::test_capture(ShardId(1), "id"), keys::history_change(ShardId(1), 1)}) {
    INFO(to_hex(key));
    CHECK(keys::owner_of(key).kind == Owner::instance);
  }
}

TEST_CASE("a run begins with the first page of its root, and nothing else", "[usage]") {
  CHECK(keys::begins_execution(keys::journal_page(run, BranchPath{}, 1)));
  CHECK_FALSE(keys::begins_execution(keys::journal_page(run, BranchPath{}, 2)));
  CHECK_FALSE(keys::begins_execution(keys::journal_page(run, BranchPath{}.child(0, 0), 1)));
  CHECK_FALSE(keys::begins_execution(keys::locator(run)));
  CHECK(keys::whole_execution(keys::execution(run)) == run);
  CHECK_FALSE(keys::whole_execution(keys::locator(run)).has_value());
}

}  // namespace
}  // namespace millrace::storage
