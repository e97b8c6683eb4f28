// What is older than it is kept is removed, in steps; nothing else is.

#include "actors/gateway/retention.h"

#include "actors/tenants/audit_log.h"
#include "actors/tenants/event_log.h"
#include "storage/history/history_index.h"
#include "storage/history/history_pages.h"
#include "storage/keys.h"
#include "storage/memory/memory_store.h"
#include "storage/tables/execution_table.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

namespace millrace {
namespace {

using std::chrono::days;
using storage::ExecutionTable;

const ProjectId project("demo");

struct Node {
  Node() {
    CHECK(ownership.claim(store, ShardSet::all()).ok());
    clock.advance(days(1'000));
    put_project(ProjectSettings());
  }
  void put_project(const ProjectSettings& settings) {
    storage::WriteBatch batch;
    storage::ProjectRow row;
    row.id = project;
    row.settings = settings;
    storage::ProjectTable::put_project(batch, row);
    REQUIRE(commits.commit_and_wait(std::move(batch)).ok());
  }
  /// `ended` days ago; nothing: it sleeps.
  ExecutionSummary put_run(const std::string& user, int started, std::optional<int> ended) {
    ExecutionSummary run;
    run.project = project;
    run.user = UserId(user);
    run.workflow = WorkflowId("w");
    run.version = 1;
    run.started = clock.now() - days(started);
    run.status = ended ? ExecutionStatus::succeeded : ExecutionStatus::delayed;
    if (ended) run.ended = clock.now() - days(*ended);
    run.id = ExecutionId::make(shard_of(project, run.user), run.started, random);
    storage::WriteBatch batch;
    ExecutionTable::put_summary(batch, run);
    ExecutionTable::put_page(batch, run.id, BranchPath{}, {1, "events", 1});
    REQUIRE(commits.commit_and_wait(std::move(batch)).ok());
    return run;
  }
  bool has(const ExecutionSummary& run) const {
    const auto found = ExecutionTable(store).summary(run.id);
    REQUIRE(found.ok());
    return found->has_value();
  }
  Retention& retention(RetentionOptions options = {}) {
    if (!retention_) {
      retention_.emplace(
          Retention::Dependencies{store,
                                  {commits, ownership},
                                  ownership,
                                  clock,
                                  [this](LogLevel, const std::string& line) { logged = line; },
                                  [this](ShardId) { ++cleared; },
                                  [this](std::atomic<bool>&, std::span<const ShardId> erased) {
                                    ++reclaimed;
                                    erased_shards.assign(erased.begin(), erased.end());
                                    return disk;
                                  }},
          options);
    }
    return *retention_;
  }
  /// Lets one more round go by.
  void round(RetentionOptions options = {}) {
    const auto& stats = retention(options).stats();
    const auto rounds = stats.rounds.load();
    while (stats.rounds == rounds) {
      if (const auto wait = clock.earliest_wait(); wait && *wait > clock.now()) {
        clock.advance(*wait - clock.now());
      }
    }
  }
  /// Rows of runs, all shards.
  std::size_t rows_of_runs() const {
    std::size_t rows = 0;
    for (const auto shard : ShardSet::all()) {
      const storage::OrderedStore& all = store;
      std::string prefix = storage::keys::histories(shard);
      for (auto at = all.scan(prefix); at->valid(); at->next()) ++rows;
      ++prefix.back();  // the kind behind it: everything else of runs
      for (auto at = all.scan(prefix); at->valid(); at->next()) ++rows;
    }
    return rows;
  }

  storage::MemoryStore store;
  ManualClock clock;
  ShardOwnership ownership;
  storage::HistoryChanges changes;
  storage::GroupCommit commits{store, {.linger = Millis(0), .followers = {&changes}}};
  storage::HistoryIndex index{store, changes,
                              [this](ShardId shard) { return ownership.fence(shard); },
                              [this](const ProjectId& of, storage::WriteBatch batch) {
                                return commits.commit_and_wait(std::move(batch), of);
                              }};
  SeededRandom random{5};
  std::atomic<int> cleared{0};
  std::atomic<int> reclaimed{0};
  // Of the thread, behind a round:
  std::vector<ShardId> erased_shards;  // that were named when space was reclaimed last
  Outcome disk = Done{};
  std::string logged;

 private:
  std::optional<Retention> retention_;
};

}  // namespace

TEST_CASE("runs go when they ended longer ago than their project keeps them, and no other run") {
  Node node;
  const auto old = node.put_run("a", 200, 91);
  const auto late = node.put_run("a", 366, 1);  // a delay of a year that ended yesterday
  const auto sleeps = node.put_run("b", 400, std::nullopt);
  const auto young = node.put_run("b", 89, 89);
  node.round();
  CHECK_FALSE(node.has(old));
  CHECK(node.has(late));
  CHECK(node.has(sleeps));
  CHECK(node.has(young));
  CHECK(node.retention().stats().runs == 1);
  CHECK(node.retention().stats().bytes > 0);
  CHECK(node.retention().stats().lag_seconds == 0);
  CHECK(node.reclaimed == 1);
  CHECK(node.cleared == shard_count);
  // Nothing was removed, so nothing is to be given back.
  node.round();
  CHECK(node.retention().stats().runs == 1);
  CHECK(node.reclaimed == 1);
}

TEST_CASE("what was erased leaves the disk behind the next round, when nothing else is removed") {
  Node node;
  node.round();
  CHECK(node.reclaimed == 0);
  const std::vector<ShardId> erased{ShardId{3}, ShardId{200}};
  node.retention().note_erased(erased);
  node.retention().note_erased({erased.data(), 1});
  node.disk = Error(ErrorCode::overloaded, "the disk is full");
  node.round();
  CHECK(node.reclaimed == 1);
  CHECK(node.erased_shards == erased);
  // In vain: once more, and then no more.
  node.disk = Done{};
  node.round();
  CHECK(node.reclaimed == 2);
  CHECK(node.erased_shards == erased);
  node.round();
  CHECK(node.reclaimed == 2);
}

TEST_CASE("a change of how long runs are kept holds from the next round on") {
  Node node;
  const auto run = node.put_run("a", 10, 10);
  node.put_project({.retention_days = 0});
  node.round();
  CHECK(node.has(run));
  node.put_project({.retention_days = 10});
  node.round();  // some minutes later
  CHECK_FALSE(node.has(run));
  CHECK(node.rows_of_runs() == 0);
}

TEST_CASE("many runs are removed step by step, and none of their rows is left") {
  Node node;
  for (int i = 0; i < 300; ++i) node.put_run("user " + std::to_string(i % 7), 100, 95);
  const auto kept = node.put_run("a", 100, 1);
  const std::size_t commits = node.commits.stats().commits;
  node.round({.looked_at_max = 20, .removals_max = 30});
  CHECK(node.retention().stats().runs == 300);
  CHECK(node.commits.stats().commits - commits >= 30);  // at most ten runs each
  CHECK(node.rows_of_runs() == 3);
  CHECK(node.has(kept));
}

TEST_CASE("the index of the task history drops what is removed, and its counts follow") {
  Node node;
  for (int i = 0; i < 700; ++i) node.put_run("user " + std::to_string(i % 3), 200, 100);
  for (int i = 0; i < 10; ++i) node.put_run("user 1", 5, 5);
  REQUIRE(node.index.reload().ok());
  const auto total = [&] {
    while (!*node.index.catch_up(project)) {
    }
    const auto held = node.index.hold(project);
    ExecutionTable::HistoryQuery query;
    query.project = project;
    const auto page = storage::indexed_history(node.store, query);
    REQUIRE(page.ok());
    return page->total;
  };
  CHECK(total() == 710);
  node.round();
  CHECK(total() == 10);
}

TEST_CASE("entries of the event log go after a month and those of the audit log after a year") {
  Node node;
  EventLog events(node.store, {node.commits, node.ownership}, node.clock, node.random);
  AuditLog audit(node.store, {node.commits, node.ownership}, node.clock, node.random);
  const auto note = [&] {
    EventLogEntry entry;
    entry.project = project;
    entry.user = UserId("a");
    entry.type = "request";
    events.note(entry, Error(ErrorCode::user_disabled, "is disabled"));
    REQUIRE(audit.note({project, "putWorkflow", "apiKey", {}, 200}).ok());
  };
  const auto rows = [&](const std::string& prefix) {
    std::size_t count = 0;
    const storage::OrderedStore& all = node.store;
    for (auto at = all.scan(prefix); at->valid(); at->next()) ++count;
    return count;
  };
  const auto event_rows = [&] {
    return rows(storage::keys::event_logs(shard_of(project, UserId("a"))));
  };
  const auto audit_rows = [&] { return rows(storage::keys::audits(shard_of(project))); };
  note();
  REQUIRE(node.commits.commit_and_wait({}).ok());
  node.round();
  CHECK(event_rows() == 1);
  node.clock.advance(days(31));
  node.round();
  CHECK(event_rows() == 0);
  CHECK(audit_rows() == 1);
  node.clock.advance(days(340));
  node.round();
  CHECK(audit_rows() == 0);
}

TEST_CASE("while the disk takes nothing old runs stay, and go when it does again") {
  Node node;
  const auto run = node.put_run("a", 100, 95);
  node.store.fail_commits(ErrorCode::overloaded);
  node.round();
  CHECK(node.has(run));
  CHECK_FALSE(node.logged.empty());
  CHECK(node.retention().stats().runs == 0);
  node.store.fail_commits(std::nullopt);
  node.round();
  CHECK_FALSE(node.has(run));
}

TEST_CASE("runs of a shard that another node owns are left to it") {
  Node node;
  const auto run = node.put_run("a", 100, 95);
  node.ownership.lose(run.id.shard());
  node.round();
  CHECK(node.has(run));
  CHECK(node.logged.empty());
}

}  // namespace millrace
