// storage/tables/aged_rows.h and run_removal.h over every store.

#include "storage/keys.h"
#include "storage/tables/aged_rows.h"
#include "storage/tables/audit_table.h"
#include "storage/tables/event_log_table.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/run_removal.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <map>

namespace millrace::tests {
namespace {

using namespace storage;

const std::string user = "ada";

/// Horizons by project; of others everything is kept.
Horizon horizons(std::map<std::string, std::int64_t> of) {
  return [of](const ProjectId& project) -> Result<std::optional<Instant>> {
    const auto found = of.find(project.text);
    return found == of.end() ? std::optional<Instant>() : std::optional(at(found->second));
  };
}

struct Runs {
  explicit Runs(StoreUnderTest& under_test) : store(under_test) {}

  ExecutionSummary put(const std::string& project, std::int64_t started,
                       std::optional<std::int64_t> ended, std::size_t pages = 1) {
    auto run = summary_for(project, user, at(started), random);
    if (ended) {
      run.status = ExecutionStatus::succeeded;
      run.ended = at(*ended);
    }
    WriteBatch batch;
    ExecutionTable::put_summary(batch, run);
    for (std::size_t page = 1; page <= pages; ++page) {
      ExecutionTable::put_page(batch, run.id, BranchPath{}, {page, "events", 1});
    }
    must_commit(*store, batch);
    return run;
  }

  StoreUnderTest& store;  // which may be opened anew
  CountingRandom random;
};

ShardId shard_for(const std::string& project) { return shard_of(ProjectId(project), UserId(user)); }

/// What all pieces find, a piece of `rows_max` rows after the other.
std::vector<ExecutionId> ended(const OrderedStore& store, ShardId shard, const Horizon& horizon,
                               std::size_t rows_max) {
  std::vector<ExecutionId> found;
  AgedPiece piece;
  for (int pieces = 0; !piece.is_through; ++pieces) {
    REQUIRE(pieces < 1'000);
    const auto next = walk_ended_runs(store, shard, piece.walked_to, rows_max, horizon,
                                      [&](const ExecutionSummary& run) -> Result<bool> {
                                        found.push_back(run.id);
                                        return true;
                                      });
    REQUIRE(next.ok());
    piece = *next;
  }
  return found;
}

}  // namespace

TEST_CASE("runs are old by the time they ended, whenever they began", "[aged_rows]") {
  const auto store = any_store();
  Runs runs(*store);
  const auto old = runs.put("p", 10, 20);
  runs.put("p", 11, std::nullopt);  // goes on
  runs.put("p", 12, 150);           // began long ago, and ended yesterday
  const auto also_old = runs.put("p", 13, 99);
  runs.put("p", 14, 100);  // at the horizon itself
  runs.put("p", 120, 130);
  for (const std::size_t rows_max : {1, 2, 100}) {
    INFO(rows_max);
    CHECK(ended(**store, shard_for("p"), horizons({{"p", 100}}), rows_max) ==
          std::vector{old.id, also_old.id});
  }
  CHECK(ended(**store, shard_for("p"), horizons({}), 100).empty());
}

TEST_CASE("every project of a shard has its own horizon", "[aged_rows]") {
  const auto store = any_store();
  Runs runs(*store);
  // Three projects of one shard.
  std::vector<std::string> names;
  for (int i = 0; names.size() < 3; ++i) {
    const std::string name = "project " + std::to_string(i);
    if (shard_for(name) == shard_for("project 0")) names.push_back(name);
  }
  std::map<std::string, std::vector<ExecutionId>> ids;
  for (const auto& name : names) {
    for (const int time : {10, 20, 30}) ids[name].push_back(runs.put(name, time, time + 1).id);
  }
  std::sort(names.begin(), names.end());
  const auto horizon = horizons({{names[0], 15}, {names[2], 25}});
  for (const std::size_t rows_max : {1, 100}) {
    CHECK(ended(**store, shard_for(names[0]), horizon, rows_max) ==
          std::vector{ids[names[0]][0], ids[names[2]][0], ids[names[2]][1]});
  }
}

TEST_CASE("a removed run leaves no row, whether it has few rows or many", "[run_removal]") {
  const auto store = any_store();
  Runs runs(*store);
  const auto other = runs.put("p", 1, 2);
  const Rows before = rows_of(**store, {});
  for (const std::size_t pages : {std::size_t{2}, limits::removed_rows_each_max + 5}) {
    const auto run = runs.put("p", 10, 20, pages);
    WriteBatch batch;
    const auto removed = remove_run(**store, batch, run);
    REQUIRE(removed.ok());
    CHECK(removed->rows >= std::min(pages, limits::removed_rows_each_max));
    // Many rows are one range.
    CHECK(batch.operations().size() == (pages == 2 ? 4 : 2));
    must_commit(**store, batch);
    store->reopen();
    CHECK(rows_of(**store, {}) == before);
  }
  CHECK(ExecutionTable(**store).summary(other.id)->has_value());
}

TEST_CASE("old entries of both logs are removed on a shard, of all projects", "[aged_rows]") {
  const auto store = any_store();
  const ShardId shard = shard_of(ProjectId("p"));
  WriteBatch batch;
  for (const int time : {10, 20, 30}) {
    const auto number = static_cast<std::uint64_t>(time);
    AuditTable::put(batch, ProjectId("p"), {at(time), number, "putWorkflow", "apiKey", "{}", 200});
    for (const char* const project : {"p", "q"}) {
      EventLogRow entry;
      entry.at = at(time);
      entry.number = number;
      EventLogTable::put(batch, shard, ProjectId(project), entry);
    }
  }
  must_commit(**store, batch);
  for (const auto& [log, left] : {std::pair{AgedLog::events, 2}, std::pair{AgedLog::audit, 1}}) {
    std::size_t removed = 0;
    AgedPiece piece;
    while (!piece.is_through) {
      WriteBatch removal;
      const auto next =
          remove_old_entries(**store, removal, log, shard, piece.walked_to, 2, at(25), removed);
      REQUIRE(next.ok());
      piece = *next;
      must_commit(**store, removal);
    }
    const std::string prefix =
        log == AgedLog::events ? keys::event_logs(shard) : keys::audits(shard);
    CHECK(rows_of(**store, prefix).size() == static_cast<std::size_t>(left));
    CHECK(removed == static_cast<std::size_t>(2 * left));
  }
}

}  // namespace millrace::tests
