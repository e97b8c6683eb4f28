// storage/history over every store: its lists and statistics are those that a plain sort and filter of the
// same runs gives, while runs start, go on, end and are erased, and after crashes.

#include "storage/history/history_index.h"
#include "storage/history/history_limits.h"
#include "storage/history/history_pages.h"
#include "storage/history/history_statistics.h"
#include "storage/keys.h"
#include "storage/tables/execution_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <map>
#include <random>

namespace millrace::tests {
namespace {

using namespace storage;
using Query = ExecutionTable::HistoryQuery;

const ProjectId project("project");

/// A store whose commits are followed, as a server has it. `crash` forgets everything that is not stored.
class Indexed {
 public:
  explicit Indexed(OrderedStore& store) : store_(store) {
    std::vector<ShardId> shards = ShardSet::all().ids();
    const auto epochs = store_.claim(shards);
    REQUIRE(epochs.ok());
    for (std::size_t i = 0; i < shards.size(); ++i) fences_.push_back({shards[i], (*epochs)[i]});
    crash();
    REQUIRE(index().reload().ok());
  }

  void crash() {
    parts_.reset();
    parts_.emplace(store_, fences_);
  }

  HistoryIndex& index() { return parts_->index; }
  HistoryChanges& changes() { return parts_->changes; }
  Outcome commit(WriteBatch batch) { return parts_->commits.commit_and_wait(std::move(batch)); }

  /// As a run does that is at this point.
  void put(const ExecutionSummary& summary) {
    WriteBatch batch;
    batch.require(fences_[static_cast<std::size_t>(summary.id.shard())]);
    ExecutionTable::put_summary(batch, summary);
    REQUIRE(commit(std::move(batch)).ok());
  }
  void erase(const ExecutionSummary& summary) {
    WriteBatch batch;
    batch.require(fences_[static_cast<std::size_t>(summary.id.shard())]);
    ExecutionTable::erase(batch, summary);
    REQUIRE(commit(std::move(batch)).ok());
  }
  void catch_up() {
    for (;;) {
      const auto ready = index().catch_up(project);
      REQUIRE(ready.ok());
      if (*ready) return;
    }
  }
  ExecutionTable::HistoryPage page(const Query& query) {
    const auto held = index().hold(project);
    REQUIRE(held.ok());
    REQUIRE(held->has_value());
    auto page = indexed_history(store_, query);
    REQUIRE(page.ok());
    return std::move(*page);
  }

  OrderedStore& store() { return store_; }

 private:
  struct Parts {
    Parts(OrderedStore& store, const std::vector<Fence>& fences)
        : commits(store, {.linger = Millis(0), .followers = {&changes}}),
          index(
              store, changes,
              [&fences](ShardId shard) {
                return Result<Fence>(fences[static_cast<std::size_t>(shard)]);
              },
              [this](const ProjectId& project, WriteBatch batch) {
                return commits.commit_and_wait(std::move(batch), project);
              }) {}
    HistoryChanges changes;
    GroupCommit commits;
    HistoryIndex index;
  };

  OrderedStore& store_;
  std::vector<Fence> fences_;
  std::optional<Parts> parts_;
};

bool matches(const Query& query, const ExecutionSummary& row) {
  return row.project == query.project && (!query.user || row.user == *query.user) &&
         (!query.workflow || row.workflow == *query.workflow) &&
         (!query.integration || row.integration == *query.integration) &&
         (!query.status || row.status == *query.status) &&
         (!query.after || row.started >= *query.after) &&
         (!query.before || row.started < *query.before);
}

/// Runs as a model has them: a sorted map, looked through.
class Model {
 public:
  explicit Model(std::uint32_t seed) : random_(seed) {}

  std::uint32_t draw(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }

  ExecutionSummary& begin() {
    const std::string user = "user " + std::to_string(draw(20) * draw(20) % 17);
    // Mostly later than all others, some in the same millisecond, some long before.
    now_ += draw(3);
    const Instant started = at(draw(20) == 0 ? draw(static_cast<std::uint32_t>(now_)) : now_);
    auto summary = summary_for(project.text, user, started, ids_);
    summary.workflow = WorkflowId("workflow " + std::to_string(draw(6) * draw(6) % 7));
    if (draw(3) == 0) summary.integration = "crm";
    summary.tasks = ++count_;
    return runs_[{summary.started, summary.id}] = summary;
  }
  /// Any run that has not ended; null if there is none.
  ExecutionSummary* open_run() {
    std::vector<ExecutionSummary*> open;
    for (auto& [place, run] : runs_) {
      if (!is_final(run.status)) open.push_back(&run);
    }
    return open.empty() ? nullptr : open[draw(static_cast<std::uint32_t>(open.size()))];
  }
  ExecutionSummary& any() {
    auto at = runs_.begin();
    std::advance(at, draw(static_cast<std::uint32_t>(runs_.size())));
    return at->second;
  }
  void erase(const ExecutionSummary& run) { runs_.erase({run.started, run.id}); }

  void end(ExecutionSummary& run) {
    run.status = static_cast<ExecutionStatus>(3 + draw(3));
    run.ended = run.started + Millis(draw(5'000));
  }

  Query query() {
    Query query;
    query.project = project;
    query.direction = draw(2) == 0 ? Direction::forward : Direction::backward;
    if (draw(3) == 0) query.user = UserId("user " + std::to_string(draw(18)));
    if (draw(3) == 0) query.workflow = WorkflowId("workflow " + std::to_string(draw(8)));
    if (draw(3) == 0) query.integration = draw(2) == 0 ? "crm" : "";
    if (draw(3) == 0) query.status = static_cast<ExecutionStatus>(1 + draw(5));
    const auto time = [&] { return at(draw(static_cast<std::uint32_t>(now_ + 2))); };
    if (draw(3) == 0) query.after = time();
    if (draw(3) == 0) query.before = time();
    return query;
  }

  std::vector<std::uint32_t> expected(const Query& query) const {
    std::vector<std::uint32_t> out;
    for (const auto& [place, run] : runs_) {
      if (matches(query, run)) out.push_back(run.tasks);
    }
    if (query.direction == Direction::backward) std::reverse(out.begin(), out.end());
    return out;
  }

  std::size_t size() const { return runs_.size(); }
  std::int64_t now() const { return now_; }
  auto runs() const {
    std::vector<ExecutionSummary> all;
    for (const auto& [place, run] : runs_) all.push_back(run);
    return all;
  }

 private:
  std::mt19937 random_;
  CountingRandom ids_;
  std::map<std::pair<Instant, ExecutionId>, ExecutionSummary> runs_;
  std::int64_t now_ = 1'000;
  std::uint32_t count_ = 0;
};

std::vector<std::uint32_t> numbers(const ExecutionTable::HistoryPage& page) {
  std::vector<std::uint32_t> out;
  for (const auto& run : page.executions) out.push_back(run.tasks);
  return out;
}

std::vector<std::uint32_t> part(const std::vector<std::uint32_t>& all, std::size_t from,
                                std::size_t count) {
  const std::size_t begin = std::min(from, all.size());
  const std::size_t end = std::min(begin + count, all.size());
  return {all.begin() + static_cast<std::ptrdiff_t>(begin),
          all.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// Pages by offset and by what the last page ended with, of the index and of the walk.
void check_lists(Indexed& indexed, Model& model, int queries) {
  const ExecutionTable table(indexed.store());
  for (int i = 0; i < queries; ++i) {
    Query query = model.query();
    const auto right = model.expected(query);
    query.limit = 1 + model.draw(100);
    query.offset =
        model.draw(4) == 0 ? model.draw(static_cast<std::uint32_t>(right.size() + 3)) : 0;
    std::size_t from = query.offset;
    for (int pages = 0; pages < 4; ++pages) {
      const auto walked = table.history(query);
      REQUIRE(walked.ok());
      const auto found = indexed.page(query);
      REQUIRE(numbers(found) == part(right, from, query.limit));
      REQUIRE(numbers(*walked) == numbers(found));
      REQUIRE(found.total == right.size());
      REQUIRE(walked->total == right.size());
      REQUIRE_FALSE(found.is_total_cut);
      REQUIRE(found.has_more == (from + query.limit < right.size()));
      REQUIRE(walked->has_more == found.has_more);
      if (!found.last) break;
      from += found.executions.size();
      query.behind = found.last;
      query.offset = 7;  // for people
    }
  }
}

void check_statistics(Indexed& indexed, Model& model) {
  StatisticsQuery query;
  query.project = project;
  if (model.draw(2) == 0) query.workflow = WorkflowId("workflow " + std::to_string(model.draw(7)));
  query.from = at(model.draw(static_cast<std::uint32_t>(model.now())));
  query.to = query.from + Millis(1 + model.draw(static_cast<std::uint32_t>(model.now())));
  query.bucket = Millis(1 + (query.to - query.from).count() / (1 + model.draw(50)));
  const auto held = indexed.index().hold(project);
  REQUIRE(held.ok());
  const auto buckets = indexed_statistics(indexed.store(), query);
  REQUIRE(buckets.ok());
  Instant begin = query.from;
  for (const auto& bucket : *buckets) {
    REQUIRE(bucket.at == begin);
    const Instant end = std::min(begin + query.bucket, query.to);
    std::size_t of[6] = {};
    DurationHistogram durations;
    for (const auto& run : model.runs()) {
      if (run.started < begin || run.started >= end || !is_final(run.status)) continue;
      if (query.workflow && run.workflow != *query.workflow) continue;
      ++of[static_cast<std::size_t>(run.status)];
      durations.add(static_cast<std::uint32_t>((*run.ended - run.started).count()));
    }
    REQUIRE(bucket.succeeded == of[3]);
    REQUIRE(bucket.failed == of[4]);
    REQUIRE(bucket.cancelled == of[5]);
    REQUIRE(bucket.durations.quantile(0.95) == durations.quantile(0.95));
    begin = end;
  }
  REQUIRE(begin == query.to);
}

/// Lets runs begin, go on, end and be erased.
void live(Indexed& indexed, Model& model, int moments) {
  for (int i = 0; i < moments; ++i) {
    switch (model.draw(8)) {
      case 0:
      case 1:
      case 2:
      case 3:
        indexed.put(model.begin());
        break;
      case 4:
        if (auto* run = model.open_run()) {
          run->status = run->status == ExecutionStatus::delayed ? ExecutionStatus::executing
                                                                : ExecutionStatus::delayed;
          indexed.put(*run);
        }
        break;
      case 5:
      case 6:
        if (auto* run = model.open_run()) {
          model.end(*run);
          indexed.put(*run);
        }
        break;
      default:
        if (model.size() > 10 && model.draw(3) == 0) {
          const auto run = model.any();
          indexed.erase(run);
          model.erase(run);
        }
    }
  }
}

}  // namespace

TEST_CASE("indexed lists are what a sort and filter of the runs gives, while they live",
          "[history_index]") {
  const auto store = any_store();
  Indexed indexed(**store);
  Model model(GENERATE(1u, 2u));
  for (int round = 0; round < 6; ++round) {
    live(indexed, model, 300);
    if (round % 2 == 1) indexed.crash();
    REQUIRE(indexed.index().reload().ok());
    indexed.catch_up();
    CHECK(indexed.changes().waiting() == 0);
    check_lists(indexed, model, 25);
    for (int i = 0; i < 5; ++i) check_statistics(indexed, model);
  }
}

TEST_CASE("runs that were stored before there was an index are filled into it in steps",
          "[history_index]") {
  const auto store = any_store();
  Model model(4);
  constexpr std::size_t old_runs = limits::history_fill_step + 700;
  WriteBatch batch;
  for (std::size_t i = 0; i < old_runs; ++i) {
    auto& run = model.begin();
    if (i % 3 != 0) model.end(run);
    ExecutionTable::put_summary(batch, run);
  }
  must_commit(**store, batch);
  Indexed indexed(**store);
  // What happens meanwhile, before and behind what is filled already.
  const auto first = indexed.index().catch_up(project);
  REQUIRE(first.ok());
  CHECK_FALSE(*first);
  REQUIRE(indexed.index().waiting().size() == 1);
  CHECK(indexed.index().waiting().front().project == project);
  CHECK(indexed.index().waiting().front().is_unfilled);
  live(indexed, model, 50);
  indexed.crash();
  REQUIRE(indexed.index().reload().ok());
  indexed.catch_up();
  CHECK(indexed.index().waiting().empty());
  check_lists(indexed, model, 10);
}

TEST_CASE("an index that is behind knows it after a crash, and no change row outlives its fold",
          "[history_index]") {
  const auto store = any_store();
  const auto change_rows = [&] {
    std::size_t count = 0;
    for (const ShardId shard : ShardSet::all()) {
      count += rows_of(**store, keys::history_changes(shard)).size();
    }
    return count;
  };
  Indexed indexed(**store);
  Model model(5);
  live(indexed, model, 20);
  CHECK(change_rows() > 0);
  indexed.crash();
  const auto ready = indexed.index().catch_up(project);
  REQUIRE(ready.ok());
  CHECK_FALSE(*ready);  // until the rows are read, nothing is known
  REQUIRE(indexed.index().reload().ok());
  indexed.catch_up();
  CHECK(change_rows() == 0);
  check_lists(indexed, model, 5);
}

TEST_CASE("changes all over a long history are folded into their blocks", "[history_index]") {
  const auto store = any_store();
  Indexed indexed(**store);
  Model model(6);
  std::vector<ExecutionSummary> runs;
  WriteBatch batch;
  for (std::size_t i = 0; i < 5'000; ++i) {
    auto& run = model.begin();
    run.status = ExecutionStatus::delayed;
    ExecutionTable::put_summary(batch, run);
  }
  REQUIRE(indexed.commit(std::move(batch)).ok());
  indexed.catch_up();
  WriteBatch ends;
  for (int i = 0; i < 400; ++i) {
    auto* run = model.open_run();
    model.end(*run);
    ExecutionTable::put_summary(ends, *run);
  }
  REQUIRE(indexed.commit(std::move(ends)).ok());
  indexed.catch_up();
  check_lists(indexed, model, 20);
}

TEST_CASE("a damaged index is dropped and filled anew", "[history_index]") {
  const auto store = any_store();
  Indexed indexed(**store);
  Model model(7);
  live(indexed, model, 300);
  indexed.catch_up();
  const std::string heads = keys::history_blocks(project, keys::HistoryPart::head);
  const auto rows = rows_of(**store, heads);
  REQUIRE_FALSE(rows.empty());
  WriteBatch damage;
  damage.put(rows.front().first, "\x01nonsense");
  must_commit(**store, damage);
  Query query;
  query.project = project;
  {
    const auto held = indexed.index().hold(project);
    REQUIRE(held.ok());
    const auto page = indexed_history(**store, query);
    REQUIRE_FALSE(page.ok());
    CHECK(page.error().code == ErrorCode::corrupt_data);
  }
  SECTION("when a reader meets it") { REQUIRE(indexed.index().forget(project).ok()); }
  SECTION("when a change is folded into it") { live(indexed, model, 5); }
  while (!indexed.index().waiting().empty()) {
    REQUIRE(indexed.index().fold(project).ok());
  }
  indexed.catch_up();
  check_lists(indexed, model, 10);
}

TEST_CASE("each project's changes wait for themselves", "[history_index]") {
  const auto store = any_store();
  Indexed indexed(**store);
  CountingRandom ids;
  WriteBatch batch;
  const std::string odd("a\0b", 3);
  for (const auto& id : {std::string("one"), std::string("two"), odd}) {
    for (int i = 0; i < 3; ++i) {
      ExecutionTable::put_summary(batch, summary_for(id, "user " + std::to_string(i), at(i), ids));
    }
  }
  REQUIRE(indexed.commit(std::move(batch)).ok());
  CHECK(indexed.changes().waiting() == 9);
  CHECK(indexed.changes().waiting(ProjectId(odd)) == 3);
  REQUIRE(indexed.index().catch_up(ProjectId("two")).ok());
  CHECK(indexed.changes().waiting() == 6);
  const std::vector<std::pair<ProjectId, std::size_t>> rest{{ProjectId(odd), 3},
                                                            {ProjectId("one"), 3}};
  CHECK(indexed.changes().projects() == rest);
}

}  // namespace millrace::tests
