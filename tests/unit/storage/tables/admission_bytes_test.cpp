// Stored bytes are for ever (see stored_bytes_test.cpp): those of lines of waiting triggers, and of what waits in them.
#include "runtime/text/hex_text.h"
#include "storage/tables/admission_table.h"
#include "tests/support/catch.h"

namespace millrace::storage {
namespace {

Instant at(std::int64_t millis) { return Instant(Millis(millis)); }

/// Behind the shard.
std::string key_of(const WriteBatch::Operation& operation) {
  return to_hex(operation.key.substr(2));
}

TEST_CASE("the bytes of a line of waiting triggers never change", "[stored_bytes]") {
  AdmissionLineRow row;
  row.project = ProjectId("p");
  row.user = UserId("u");
  row.digest = std::string(32, 'd');
  row.workflow = WorkflowId("w");
  row.account = "a";
  row.stage = AdmissionStage::singleton;
  row.key = "1";
  row.first = 3;
  row.next = 5;
  row.bytes = 70;
  row.since = at(1);
  row.last = at(2);
  row.starts = {at(7)};
  row.running = *ExecutionId::parse("00000000-0102-8a00-8b01-020304050607");
  row.holder = {std::string(32, 'h'), 9};
  row.looks = 2;
  row.wake = at(300);
  WriteBatch batch;
  AdmissionTable::put(batch, row);
  CHECK(key_of(batch.operations().front()) ==
        "3e70000175000164646464646464646464646464646464646464646464646464646464"
        "64646464");
  CHECK(to_hex(batch.operations().front().value) ==
        "010a01701201751a206464646464646464646464646464646464646464646464646464"
        "6464646464642201772a016130033a0131400348055046580260046a08070000000000"
        "000072100000000001028a008b010203040506077a2068686868686868686868686868"
        "686868686868686868686868686868686868688001098801029001d804");
}

TEST_CASE("the bytes of a waiting trigger and of its files never change", "[stored_bytes]") {
  WaitingTriggerRow row;
  row.project = ProjectId("p");
  row.user = UserId("u");
  row.at = {std::string(32, 'd'), 3};
  row.output = "{}";
  FileHandle file;
  file.hash.fill(1);
  file.size = 3;
  row.files = {file};
  row.trace = "00-0";
  row.received = at(300);
  row.triggers = 4;
  row.singleton = std::string(32, 'h');
  row.waited = 6;
  row.bytes = 5;
  row.is_batch = true;
  WriteBatch batch;
  AdmissionTable::put(batch, row);
  AdmissionTable::put_file(batch, row, file, "abc");
  CHECK(key_of(batch.operations().front()) ==
        "4001700001750001646464646464646464646464646464646464646464646464646464"
        "64646464640000000000000003");
  CHECK(to_hex(batch.operations().front().value) ==
        "010a01701201751a206464646464646464646464646464646464646464646464646464"
        "64646464646420032a027b7d3228010101010101010101010101010101010101010101"
        "010101010101010101010103000000000000003a0430302d3040d80448045220686868"
        "6868686868686868686868686868686868686868686868686868686868580660056801");
  CHECK(key_of(batch.operations().back()) ==
        "4002700001750001646464646464646464646464646464646464646464646464646464"
        "6464646464000000000000000301010101010101010101010101010101010101010101"
        "0101010101010101010100000000");
  CHECK(batch.operations().back().value == "abc");
}

}  // namespace
}  // namespace millrace::storage
