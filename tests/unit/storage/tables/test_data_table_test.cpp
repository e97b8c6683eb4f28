// Stored bytes are for ever: one key and one row of test data and of a capture, byte by byte. They lie on the
// project's shard, which is left out here.
#include "storage/tables/test_data_table.h"

#include "storage/keys.h"
#include "storage/tables/hook_table.h"
#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

namespace millrace::storage {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back(digits[static_cast<std::uint8_t>(c) >> 4]);
    out.push_back(digits[static_cast<std::uint8_t>(c) & 15]);
  }
  return out;
}

/// "key = value" without the shard, removals as "key -".
std::string lines(const WriteBatch& batch) {
  using Kind = WriteBatch::Operation::Kind;
  std::string out;
  for (const auto& operation : batch.operations()) {
    out += hex(operation.key.substr(2));
    out += operation.kind == Kind::put ? " = " + hex(operation.value) : " -";
    out += '\n';
  }
  return out;
}

TEST_CASE("the bytes of test data and of captures never change", "[stored_bytes]") {
  WriteBatch data;
  TestDataTable::put(data, {ProjectId("p"), WorkflowId("w"), "{}", "c", Instant(Millis(3))});
  CHECK(lines(data) == "39700001770001 = 010a01701201771a027b7d2201632806\n");
  SeededRandom random(1);
  TestCaptureRow row{make_hook_id(shard_of(ProjectId("p")), random), ProjectId("p"),
                     WorkflowId("w"), Instant(Millis(3))};
  const std::string by_id = "3a01" + hex(row.id) + "0001";
  const std::string of_workflow = "3a02700001770001";
  const std::string value = "010a22" + hex(row.id) + "1201701a01772006";
  WriteBatch waiting;
  TestDataTable::put_capture(waiting, {}, row);
  CHECK(lines(waiting) == by_id + " = " + value + '\n' + of_workflow + " = " + value + '\n');
  TestCaptureRow captured = row;
  captured.is_captured = true;
  WriteBatch caught;
  TestDataTable::put_capture(caught, row, captured);
  CHECK(lines(caught) ==
        by_id + " -\n" + of_workflow + " -\n" + of_workflow + " = " + value + "2801\n");
}

}  // namespace
}  // namespace millrace::storage
