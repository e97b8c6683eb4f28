// The columns of a block as they are stored, and what damage is told as.

#include "storage/history/history_block.h"

#include "storage/history/history_changes.h"
#include "storage/history/history_limits.h"
#include "storage/keys.h"
#include "storage/tables/execution_table.h"
#include "tests/contracts/executions.h"
#include "tests/support/catch.h"

namespace millrace::storage {
namespace {

using namespace tests;

SummaryView view(Instant started, ExecutionStatus status = ExecutionStatus::succeeded) {
  SummaryView summary;
  summary.project = "p";
  summary.user = "u";
  summary.workflow = "w";
  summary.integration = "crm";
  summary.status = status;
  summary.started = started;
  if (is_final(status)) summary.ended = started + Millis(20);
  return summary;
}

HistoryOrder order_of(std::int64_t started, std::uint8_t number = 0) {
  ExecutionId id;
  id.bytes[15] = number;
  return history_order_of(keys::history_order(at(started), id));
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace

TEST_CASE("the bytes of a block of the history index never change", "[stored_bytes]") {
  HistoryBlock block;
  block.append(order_of(1), view(at(1)));
  block.append(order_of(2, 9), view(at(2), ExecutionStatus::delayed));
  const BlockRows rows = block.encode();
  CHECK(hex(rows.head) ==
        "010a1880000000000000020000000000000000000000000000000910021a0b01770363726d0202010301");
  CHECK(hex(rows.runs) ==
        "010a30800000000000000100000000000000000000000000000000800000000000000200000000000000000000"
        "000000000009");
  CHECK(hex(rows.users) == "010a10c0a6268472d73cc4c0a6268472d73cc4");
  CHECK(hex(rows.states) == "010a0c0100140000000000ffffffff");
  CHECK(hex(rows.durations) == "010a0702120100021201");
  CHECK(hex(keys::history_blocks(ProjectId("p"), keys::HistoryPart::head)) == "002b3c70000101");
}

TEST_CASE("the bytes of a change row never change", "[stored_bytes]") {
  CountingRandom random;
  const auto summary = summary_for("p", "u", at(1), random);
  WriteBatch batch;
  batch.require({summary.id.shard(), Epoch{3}});
  ExecutionTable::put_summary(batch, summary);
  HistoryChanges changes;
  changes.before(batch);
  const auto& change = batch.operations().back();
  CHECK(hex(change.key) == "00963d0000030000000001");
  CHECK(hex(change.value) == "010a01701218800000000000000100000000000180968100000001000000");
}

TEST_CASE("a block that does not add up is told as damage", "[history_index]") {
  HistoryBlock block;
  for (int i = 0; i < 10; ++i) block.append(order_of(i), view(at(i)));
  const BlockRows good = block.encode();
  REQUIRE(HistoryBlock::decode(good).ok());
  const auto is_damage = [](const BlockRows& rows) {
    const auto decoded = HistoryBlock::decode(rows);
    return !decoded.ok() && decoded.error().code == ErrorCode::corrupt_data;
  };
  for (std::string BlockRows::*row :
       {&BlockRows::head, &BlockRows::runs, &BlockRows::users, &BlockRows::states}) {
    BlockRows rows = good;
    rows.*row = (rows.*row).substr(0, (rows.*row).size() - 1);
    CHECK(is_damage(rows));
    (rows.*row).clear();
    CHECK(is_damage(rows));
  }
  BlockRows rows = good;
  rows.states[rows.states.size() - 6] = 7;  // the last run's class
  CHECK(is_damage(rows));
}

TEST_CASE("blocks at the end of a history are filled, those in it are divided evenly",
          "[history_index]") {
  constexpr auto most = static_cast<std::int64_t>(limits::history_block_runs_max);
  const auto sizes = [&](bool is_last) {
    HistoryBlock block;
    for (std::int64_t i = 0; i <= 2 * most; ++i) block.append(order_of(i), view(at(i)));
    std::vector<std::size_t> found;
    for (const auto& part : std::move(block).split(is_last)) found.push_back(part.size());
    return found;
  };
  CHECK(sizes(true) == std::vector<std::size_t>{512, 512, 1});
  CHECK(sizes(false) == std::vector<std::size_t>{342, 342, 341});
}

}  // namespace millrace::storage
