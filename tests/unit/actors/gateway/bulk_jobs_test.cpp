// Many runs at once: each is replayed or cancelled once, in parts, whatever happens in between.
#include "actors/gateway/bulk_jobs.h"

#include "actors/gateway/replay_limits.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

#include <map>
#include <utility>

using namespace millrace;
using storage::BulkKind;

namespace {

constexpr Millis pause_between{1'000};
const std::string hour = R"([{"id":"nap","type":"delay","value":1,"unit":"HOURS"}])";

ActorOptions in_parts_of(std::size_t part) {
  ActorOptions options;
  options.bulk.part = part;
  options.bulk.pause = pause_between;
  return options;
}

BulkJob started(ActorTestBed& bed, BulkOrder order) {
  order.project = bed.project;
  auto job = bed.gateway->bulk_jobs().start(std::move(order), Millis(0));
  REQUIRE(job.ok());
  bed.clock.advance(Millis(1));  // by a filter it begins in the next millisecond
  return *job;
}

storage::BulkJobRow row_of(ActorTestBed& bed, const BulkJob& job) {
  const auto found = bed.gateway->bulk_jobs().find(bed.project, job.row.id);
  REQUIRE(found.ok());
  return found->row;
}

std::uint64_t looked_at(ActorTestBed& bed, const BulkJob& job) {
  const auto row = row_of(bed, job);
  return row.accepted + row.refused;
}

bool is_through(ActorTestBed& bed, const BulkJob& job) {
  return ActorTestBed::eventually([&] { return row_of(bed, job).ended.has_value(); });
}

/// How often each of the project's runs was replayed.
std::map<ExecutionId, int> replays(ActorTestBed& bed) {
  std::map<ExecutionId, int> count;
  for (std::size_t offset = 0;; offset += limits::history_page_max) {
    storage::ExecutionTable::HistoryQuery query;
    query.project = bed.project;
    query.offset = offset;
    const auto page = storage::ExecutionTable(bed.store).history(query);
    REQUIRE(page.ok());
    for (const auto& run : page->executions) {
      if (run.replay_of) ++count[*run.replay_of];
    }
    if (page->executions.size() < limits::history_page_max) return count;
  }
}

std::vector<ExecutionId> ended_runs(ActorTestBed& bed, int count) {
  std::vector<ExecutionId> runs;
  for (int i = 0; i < count; ++i) {
    runs.push_back(bed.accept("w", JsonObject{}, "user-" + std::to_string(i % 3)));
    REQUIRE(bed.reaches(runs.back(), ExecutionStatus::succeeded));
  }
  return runs;
}

bool each_once(ActorTestBed& bed, const std::vector<ExecutionId>& runs) {
  const auto count = replays(bed);
  if (count.size() != runs.size()) return false;
  for (const auto& run : runs) {
    const auto found = count.find(run);
    if (found == count.end() || found->second != 1) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("named runs are replayed once each, and what is refused keeps no other back", "[bulk]") {
  ActorTestBed bed(in_parts_of(10));
  bed.deploy("w", one_function);
  const auto runs = ended_runs(bed, 4);
  auto named = runs;
  const auto unknown = *ExecutionId::parse("01890000-0000-8000-8000-000000000001");
  named.insert(named.begin() + 1, unknown);
  const auto job = started(bed, {.executions = named});
  REQUIRE(is_through(bed, job));
  const auto row = row_of(bed, job);
  CHECK(row.accepted == 4);
  CHECK(row.refused == 1);
  CHECK(row.refused_list == R"({"id":")" + unknown.text() + R"(","code":"not_found"})");
  CHECK(each_once(bed, runs));
  CHECK(bed.functions->wait_for_calls("work", 8));
}

TEST_CASE("a job that a restart meets goes on behind what is done", "[bulk]") {
  ActorTestBed bed(in_parts_of(2));
  bed.deploy("w", one_function);
  const auto runs = ended_runs(bed, 7);
  const bool by_filter = GENERATE(false, true);
  BulkOrder order;
  if (by_filter) {
    order.filter = storage::BulkFilter{};
  } else {
    order.executions = runs;
  }
  const auto job = started(bed, order);
  std::uint64_t before = 0;
  bool is_restarted = false;
  while (!row_of(bed, job).ended) {
    REQUIRE(ActorTestBed::eventually(
        [&] { return looked_at(bed, job) > before || row_of(bed, job).ended; }));
    before = looked_at(bed, job);
    if (before == 4 && !std::exchange(is_restarted, true)) bed.restart();
    bed.clock.advance(pause_between);
  }
  CHECK(is_restarted);
  CHECK(row_of(bed, job).accepted == 7);
  CHECK(each_once(bed, runs));
}

TEST_CASE("a filter takes those that match it and began before the job", "[bulk]") {
  ActorTestBed bed(in_parts_of(100));
  bed.deploy("w", one_function);
  bed.deploy("other", one_function);
  const auto runs = ended_runs(bed, 6);
  REQUIRE(bed.reaches(bed.accept("other"), ExecutionStatus::succeeded));
  storage::BulkFilter filter;
  filter.workflow = WorkflowId("w");
  filter.user = UserId("user-1");
  const auto job = started(bed, {.filter = filter});
  REQUIRE(is_through(bed, job));
  CHECK(row_of(bed, job).accepted == 2);
  CHECK(each_once(bed, {runs[1], runs[4]}));
  // Whom it was about is forgotten with its end.
  CHECK_FALSE(row_of(bed, job).filter.user.has_value());
}

TEST_CASE("a filter takes what began in the job's own millisecond, and nothing that the job starts",
          "[bulk]") {
  ActorTestBed bed(in_parts_of(10));
  bed.deploy("w", one_function);
  const auto runs = ended_runs(bed, 5);
  const auto job = started(bed, {.filter = storage::BulkFilter{}});
  REQUIRE(is_through(bed, job));
  CHECK(row_of(bed, job).accepted == 5);
  CHECK(each_once(bed, runs));
}

TEST_CASE("a filter looks at so many rows in one part, whether they match or not", "[bulk]") {
  ActorOptions options = in_parts_of(100);
  options.bulk.rows_per_part = 3;
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  ended_runs(bed, 7);
  storage::BulkFilter filter;
  filter.status = ExecutionStatus::failed;
  const auto job = started(bed, {.filter = filter});
  for (int part = 0; part < 3; ++part) {
    const std::string before = row_of(bed, job).walked_to;
    bed.clock.advance(pause_between);
    REQUIRE(ActorTestBed::eventually([&] {
      const auto row = row_of(bed, job);
      return row.ended || row.walked_to != before;
    }));
  }
  REQUIRE(is_through(bed, job));
  CHECK(looked_at(bed, job) == 0);
}

TEST_CASE("sleeping runs are cancelled by a filter, and those that have ended are refused",
          "[bulk]") {
  ActorTestBed bed(in_parts_of(100));
  bed.deploy("w", one_function);
  const auto done = ended_runs(bed, 1);
  bed.deploy("sleeper", hour);
  std::vector<ExecutionId> asleep;
  for (int i = 0; i < 3; ++i) {
    asleep.push_back(bed.accept("sleeper"));
    REQUIRE(bed.reaches(asleep.back(), ExecutionStatus::delayed));
  }
  bed.clock.advance(Millis(1));
  const auto job =
      started(bed, {.kind = BulkKind::cancel, .filter = storage::BulkFilter{}, .by = "API key"});
  REQUIRE(is_through(bed, job));
  const auto row = row_of(bed, job);
  CHECK(row.accepted == 3);
  CHECK(row.refused_list == R"({"id":")" + done[0].text() + R"(","code":"conflict"})");
  for (const auto& run : asleep) CHECK(bed.reaches(run, ExecutionStatus::cancelled));
  // One that a crash has the job cancel again counts as it did.
  const auto again = started(bed, {.kind = BulkKind::cancel, .executions = asleep});
  REQUIRE(is_through(bed, again));
  CHECK(row_of(bed, again).accepted + row_of(bed, again).refused == 3);
}

TEST_CASE("the same key has one job, which is looked at for a day after its end", "[bulk]") {
  ActorTestBed bed(in_parts_of(100));
  bed.deploy("w", one_function);
  const auto runs = ended_runs(bed, 2);
  BulkOrder order{.executions = runs};
  order.idempotency = Idempotency{"k", std::string(32, 'a')};
  const auto job = started(bed, order);
  REQUIRE(is_through(bed, job));
  const auto again = started(bed, order);
  CHECK(again.is_repeated);
  CHECK(again.row.id == job.row.id);
  CHECK(each_once(bed, runs));
  order.project = bed.project;
  order.kind = BulkKind::cancel;
  const auto refused = bed.gateway->bulk_jobs().start(order, Millis(0));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::conflict);
  bed.clock.advance(std::chrono::duration_cast<Millis>(limits::bulk_job_kept_for));
  CHECK(ActorTestBed::eventually(
      [&] { return !bed.gateway->bulk_jobs().find(bed.project, job.row.id).ok(); }));
}

TEST_CASE("a project has a bounded number of jobs that are not through", "[bulk]") {
  ActorTestBed bed(in_parts_of(1));
  bed.deploy("w", one_function);
  const auto runs = ended_runs(bed, 2);
  for (std::size_t i = 0; i < limits::bulk_jobs_open_max; ++i) started(bed, {.executions = runs});
  const auto refused =
      bed.gateway->bulk_jobs().start({.project = bed.project, .executions = runs}, Millis(0));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::rate_limited);
  CHECK(refused.error().retry_after == 10);
}

TEST_CASE("a project has a bounded number of jobs within a day, and hears when the first goes",
          "[bulk]") {
  ActorTestBed bed(in_parts_of(1));
  bed.deploy("w", one_function);
  const auto runs = ended_runs(bed, 1);
  storage::WriteBatch batch;
  for (std::size_t i = 0; i < limits::bulk_jobs_kept_max; ++i) {
    storage::BulkJobRow row;
    row.project = bed.project;
    row.id = "job-" + std::to_string(i);
    row.created = bed.clock.now();
    row.ended = bed.clock.now();
    row.due = bed.clock.now() + std::chrono::minutes(10 + i);
    storage::BulkJobTable::put(batch, row);
  }
  REQUIRE(bed.store.commit(batch).ok());
  const auto refused =
      bed.gateway->bulk_jobs().start({.project = bed.project, .executions = runs}, Millis(0));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::rate_limited);
  CHECK(refused.error().retry_after == 600);
}

TEST_CASE("a job that waits for room goes on with the run that it had to leave", "[bulk]") {
  ActorTestBed bed(in_parts_of(100));
  bed.deploy("w", one_function);
  const auto runs = ended_runs(bed, 3);
  bed.tenants.refuse(Error(ErrorCode::overloaded, "not now"));
  const auto job = started(bed, {.executions = runs});
  CHECK(looked_at(bed, job) == 0);
  bed.tenants.give({});
  REQUIRE(ActorTestBed::eventually([&] {
    bed.clock.advance(pause_between);
    return row_of(bed, job).ended.has_value();
  }));
  CHECK(row_of(bed, job).accepted == 3);
  CHECK(each_once(bed, runs));
}

// --- migrations -----------------------------------------------------------------------------------

namespace {

const std::string nap_then_f =
    R"([{"id":"nap","type":"delay","value":1,"unit":"HOURS"},{"id":"f","type":"function","code":"() => 1"}])";

BulkOrder to_version_2(ActorTestBed& bed) {
  auto migration =
      bed.gateway->bulk_jobs().migrations().between(bed.project, WorkflowId("w"), 1, 2, {});
  REQUIRE(migration.ok());
  BulkOrder order{.kind = BulkKind::migrate};
  order.migration = std::move(*migration);
  order.step_map = "{}";
  order.by = "a test";
  return order;
}

}  // namespace

TEST_CASE("runs that sleep are moved to another version and wake there", "[bulk]") {
  ActorTestBed bed(in_parts_of(2));
  bed.deploy("w", hour);
  std::vector<ExecutionId> runs;
  for (int i = 0; i < 5; ++i) {
    runs.push_back(bed.accept("w", JsonObject{}, "user-" + std::to_string(i)));
    REQUIRE(bed.reaches(runs.back(), ExecutionStatus::delayed));
  }
  bed.deploy("w", nap_then_f);
  BulkOrder order = to_version_2(bed);
  order.filter.emplace();
  const auto job = started(bed, std::move(order));
  REQUIRE(ActorTestBed::eventually([&] {
    bed.clock.advance(Millis(100));
    return row_of(bed, job).ended.has_value();
  }));
  CHECK(row_of(bed, job).accepted == 5);
  for (const auto& run : runs) {
    const auto summary = storage::ExecutionTable(bed.store).summary(run);
    REQUIRE((summary.ok() && *summary));
    CHECK((*summary)->version == 2);
    CHECK((*summary)->status == ExecutionStatus::delayed);
    CHECK((*summary)->migrated.has_value());
  }
  bed.clock.advance(std::chrono::hours(1));
  for (const auto& run : runs) CHECK(bed.reaches(run, ExecutionStatus::succeeded));
}

TEST_CASE("a run that cannot be moved is refused with its step and sleeps on", "[bulk]") {
  ActorTestBed bed(in_parts_of(10));
  bed.deploy("w", hour);
  const auto run = bed.accept("w", JsonObject{}, "ada");
  REQUIRE(bed.reaches(run, ExecutionStatus::delayed));
  bed.deploy("w", one_function);
  BulkOrder order = to_version_2(bed);
  order.executions = {run};
  const auto job = started(bed, std::move(order));
  REQUIRE(is_through(bed, job));
  CHECK(row_of(bed, job).refused_list ==
        R"({"id":")" + run.text() + R"(","code":"step_missing","stepId":"nap"})");
  bed.clock.advance(std::chrono::hours(1));
  CHECK(bed.reaches(run, ExecutionStatus::succeeded));
}
