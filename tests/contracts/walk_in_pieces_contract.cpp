// A walk in pieces over every store: the rows of one walk, in its order, and not many more than its caller needs.

#include "storage/tables/audit_table.h"
#include "storage/tables/due_rows.h"
#include "storage/tables/event_log_table.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/history_walk.h"
#include "storage/walk_in_pieces.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"
#include "tests/support/counting_store.h"
#include "tests/support/seeded_random.h"

#include <string>
#include <vector>

namespace millrace::tests {
namespace {

using storage::Direction;
using storage::KeyRange;
using storage::ManyOptions;
using storage::WriteBatch;
using namespace std::string_literals;

/// Keys of a kind that nothing else uses.
const std::string space = "\0\0\xf0"s;

/// Ranges "10" to "49", some of them without rows, whose tails are often equal.
void fill(storage::OrderedStore& store) {
  SeededRandom random(5);
  WriteBatch batch;
  for (int i = 0; i < 900; ++i) {
    const std::string range = std::to_string(10 + random.below(40));
    batch.put(space + range + std::to_string(random.below(60)), std::to_string(i));
  }
  must_commit(store, batch);
}

std::vector<KeyRange> some_ranges() {
  std::vector<KeyRange> ranges;
  for (const int range : {30, 12, 49, 11, 44, 70, 13, 29}) {
    ranges.push_back({space + std::to_string(range)});
  }
  ranges[1].from = ranges[1].prefix + "2";
  ranges[3].until = ranges[3].prefix + "5";
  return ranges;
}

TEST_CASE("a walk in pieces of any size meets what one walk meets, in the same order", "[store]") {
  const auto store = any_store();
  fill(**store);
  for (const auto order : {ManyOptions::Order::range_by_range, ManyOptions::Order::by_tail}) {
    for (const auto direction : {Direction::forward, Direction::backward}) {
      ManyOptions options;
      options.order = order;
      options.direction = direction;
      const Rows expected = rest_of(*(**store).scan_many(some_ranges(), options));
      REQUIRE(expected.size() > 60);
      const std::vector<std::size_t> sizes{1, 2, 3, 7, 8, expected.size(), expected.size() + 1};
      for (const std::size_t first : sizes) {
        CHECK(rest_of(*walk_in_pieces(**store, some_ranges(), first, order, direction)) ==
              expected);
      }
    }
  }
  CHECK(rest_of(*walk_in_pieces(**store, {{space + "9"}}, 1, ManyOptions::Order::by_tail)).empty());
  CHECK(rest_of(*walk_in_pieces(**store, {}, 1, ManyOptions::Order::by_tail)).empty());
}

TEST_CASE("rows that are written and removed during a walk in pieces make none come twice",
          "[store]") {
  const auto store = any_store();
  const auto put = [&](const std::string& name) {
    WriteBatch batch;
    batch.put(space + name, "");
    must_commit(**store, batch);
  };
  for (const char* const name : {"a1", "a2", "b1", "b3"}) put(name);
  const auto cursor =
      walk_in_pieces(**store, {{space + "a"}, {space + "b"}}, 1, ManyOptions::Order::by_tail);
  CHECK(cursor->key() == space + "a1");
  WriteBatch removal;
  removal.remove(space + "a1");
  removal.remove(space + "b1");
  must_commit(**store, removal);
  put("a0");
  put("b2");
  cursor->next();
  const Rows rest = rest_of(*cursor);
  REQUIRE(rest.size() == 3);
  CHECK(rest[0].first == space + "a2");
  CHECK(rest[1].first == space + "b2");
  CHECK(rest[2].first == space + "b3");
}

// --- what tables ask for ---------------------------------------------------------------------------

TEST_CASE("a page of a log asks for the rows of a page, and for more where most do not match",
          "[store]") {
  const auto store = any_store();
  CountingStore counted(**store);
  const ProjectId project("p");
  WriteBatch batch;
  for (int i = 0; i < 1'500; ++i) {
    storage::EventLogRow row;
    row.at = at(i);
    row.level = "warning";
    row.type = i == 3 ? "request" : "event";
    row.user = UserId("user " + std::to_string(i % 50));
    storage::EventLogTable::put(batch, shard_of(project, row.user), project, row);
  }
  must_commit(**store, batch);

  storage::EventLogQuery query;
  query.project = project;
  query.limit = 20;
  const storage::EventLogTable log(counted);
  auto page = log.list(query);
  REQUIRE(page.ok());
  CHECK(page->entries.size() == 20);
  CHECK(page->next);
  CHECK(counted.take_rows_allowed() == 20);

  query.type = "request";
  page = log.list(query);
  REQUIRE(page.ok());
  REQUIRE(page->entries.size() == 1);
  CHECK(page->entries[0].at == at(3));
  CHECK_FALSE(page->next);
  CHECK(counted.take_rows_allowed() < 10'000);

  storage::AuditQuery of_keys;
  of_keys.project = project;
  of_keys.limit = 20;
  CHECK(storage::AuditTable(counted).list(of_keys).ok());
  CHECK(counted.take_rows_allowed() == 20);
}

TEST_CASE("lists and walks of runs ask for as many as they look at", "[store]") {
  const auto store = any_store();
  CountingStore counted(**store);
  CountingRandom random;
  const storage::ExecutionTable table(counted);
  WriteBatch batch;
  for (int i = 0; i < 700; ++i) {
    auto summary = summary_for("p", "user " + std::to_string(i % 50), at(i), random);
    if (i == 650) summary.workflow = WorkflowId("rare");
    storage::ExecutionTable::put_summary(batch, summary);
  }
  must_commit(**store, batch);

  storage::ExecutionTable::HistoryQuery query;
  query.project = ProjectId("p");
  query.limit = 10;
  query.offset = 30;
  auto page = table.history(query);
  REQUIRE(page.ok());
  CHECK(page->executions.size() == 10);
  CHECK(page->has_more);
  CHECK(page->total == 700);
  // Its rows and one, and those that are counted.
  CHECK(counted.take_rows_allowed() == 41 + limits::history_total_max);

  query.offset = 0;
  query.workflow = WorkflowId("rare");
  query.direction = Direction::forward;
  page = table.history(query);
  REQUIRE(page.ok());
  CHECK(page->executions.size() == 1);
  CHECK(page->total == 1);
  CHECK(counted.take_rows_allowed() == 256 + 8 * 256);

  int met = 0;
  const auto visit_up_to = [&](int most) {
    return table.unfinished(ShardSet::all(), [&](const ExecutionSummary&) { return ++met < most; });
  };
  REQUIRE(visit_up_to(3).ok());
  CHECK(counted.take_rows_allowed() == 256);
  met = 0;
  REQUIRE(visit_up_to(1'000).ok());
  CHECK(met == 700);
  counted.take_rows_allowed();

  storage::HistoryPiece piece;
  int looked_at = 0;
  while (!piece.is_through) {
    auto walked = storage::walk_history(counted, query.project, piece.walked_to, 100,
                                        [&](const ExecutionSummary&) { return ++looked_at > 0; });
    REQUIRE(walked.ok());
    CHECK(counted.take_rows_allowed() == 102);
    piece = std::move(*walked);
  }
  CHECK(looked_at == 700);
}

TEST_CASE("a scan of what is due that ends early has asked for few rows", "[store]") {
  const auto store = any_store();
  CountingStore counted(**store);
  WriteBatch batch;
  for (int i = 0; i < 1'000; ++i) {
    storage::WakeTable::put(batch, {at(i), storage::WakeTarget::poll, "target",
                                    ShardId{static_cast<std::uint16_t>(i % 40)}});
  }
  must_commit(**store, batch);
  int met = 0;
  const auto visit_up_to = [&](int most) {
    return storage::visit_due(counted, ShardSet::all(), at(5'000), [&](const storage::DueRow& row) {
      CHECK(storage::due_of(row) == at(met));
      return ++met < most;
    });
  };
  REQUIRE(visit_up_to(3).ok());
  CHECK(met == 3);
  CHECK(counted.take_rows_allowed() == 256);
  met = 0;
  REQUIRE(visit_up_to(2'000).ok());
  CHECK(met == 1'000);
}

}  // namespace
}  // namespace millrace::tests
