// Stored bytes are for ever (see stored_bytes_test.cpp): those of bulk jobs, and of the line of a replay.
#include "runtime/text/hex_text.h"
#include "storage/tables/bulk_job_table.h"
#include "storage/tables/execution_rows.h"
#include "tests/support/catch.h"

namespace millrace::storage {
namespace {

Instant at(std::int64_t millis) { return Instant(Millis(millis)); }

const ExecutionId run = *ExecutionId::parse("00000000-0102-8a00-8b01-020304050607");

std::string line(const BulkJobRow& row) {
  WriteBatch batch;
  BulkJobTable::put(batch, row);
  const auto& operation = batch.operations().front();
  return to_hex(operation.key) + " = " + to_hex(operation.value);
}

BulkJobRow job() {
  BulkJobRow row;
  row.project = ProjectId("p");
  row.id = "ab";
  row.content = "\xc0";
  row.created = at(300);
  row.due = at(301);
  return row;
}

TEST_CASE("the bytes of a bulk job never change", "[stored_bytes]") {
  BulkJobRow by_ids = job();
  by_ids.executions = {run};
  by_ids.version_choice = 2;
  by_ids.version = 7;
  by_ids.from_step = "s";
  by_ids.done = 1;
  by_ids.accepted = 1;
  CHECK(line(by_ids) ==
        "002b3f70000161620001 = "
        "010a01701202616218012201c030d8043a100000000001028a008b010203040506077000"
        "8001008801029001079a010173a00101b00101d00100d801da04");
  BulkJobRow by_filter = job();
  by_filter.kind = BulkKind::cancel;
  by_filter.by = "k";
  by_filter.is_by_filter = true;
  by_filter.filter = {UserId("u"), WorkflowId("w"), "i", ExecutionStatus::failed, at(1), at(2)};
  by_filter.walked_to = "key";
  by_filter.refused = 1;
  by_filter.refused_list = "{}";
  by_filter.ended = at(302);
  CHECK(line(by_filter) ==
        "002b3f70000161620001 = "
        "010a01701202616218022201c02a016b30d80440014a01755201775a0169600468017002"
        "7801800104aa01036b6579b80101c201027b7dc80101d001dc04d801da04");
}

TEST_CASE("the line of a replay ends with the run that it does again", "[stored_bytes]") {
  ExecutionSummary summary;
  summary.id = run;
  const std::string plain = encode(summary);
  summary.replay_of = run;
  CHECK(encode(summary) ==
        plain + "\x5a\x10" +
            std::string(reinterpret_cast<const char*>(run.bytes.data()), run.bytes.size()));
  const auto read = view_summary(encode(summary));
  REQUIRE(read.ok());
  CHECK(read->own().replay_of == run);
  CHECK_FALSE(view_summary(plain)->own().replay_of);
}

}  // namespace
}  // namespace millrace::storage
