// storage/usage over every store: what it counts is what a model adds up that keeps every row, while runs begin, go
// on and are erased, definitions and accounts change size, ranges are removed, commits fail, and the process
// crashes; and so for a store that was not counted from its beginning.

#include "storage/keys.h"
#include "storage/maintenance/check_stored_bytes.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/step_rows.h"
#include "storage/usage/stored_bytes.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/failing_store.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

#include <map>
#include <random>

namespace millrace::tests {
namespace {

using namespace storage;

/// The project whose id has a NUL tells keys from ids.
const std::vector<ProjectId> projects{ProjectId("p"), ProjectId("project-two"),
                                      ProjectId(std::string("a\0b", 3))};

/// A server's way to commit, which may crash.
class Counted {
 public:
  explicit Counted(StoreUnderTest& store, StoredBytesOptions options = {})
      : under_test_(store), store_(store), options_(options) {}

  void start() {
    parts_.reset();
    const std::vector<ShardId> shards = ShardSet::all().ids();
    const auto epochs = store_.claim(shards);
    REQUIRE(epochs.ok());
    fences_.clear();
    for (std::size_t i = 0; i < shards.size(); ++i) fences_.push_back({shards[i], (*epochs)[i]});
    parts_.emplace(store_, options_);
    REQUIRE(parts_->bytes.open(store_, fences_).ok());
  }
  /// The process is gone, and another one opens what is stored.
  void crash() {
    parts_.reset();
    under_test_.reopen();
    start();
  }

  StoredBytes& bytes() { return parts_->bytes; }
  FailingStore& store() { return store_; }
  Outcome commit(WriteBatch batch) {
    for (const auto& operation : std::vector(batch.operations())) {
      batch.require(fences_[static_cast<std::size_t>(keys::shard_in(operation.key))]);
    }
    return parts_->commits.commit_and_wait(std::move(batch));
  }
  void count_on() {
    WriteBatch batch;
    for (const ShardId shard : bytes().uncounted(shard_count)) StoredBytes::count_on(batch, shard);
    if (!batch.empty()) REQUIRE(commit(std::move(batch)).ok());
  }
  void count_all() {
    while (!bytes().is_counted()) count_on();
  }
  std::uint64_t total(const ProjectId& project) {
    const auto total = parts_->bytes.total(project, parts_->commits);
    REQUIRE(total.ok());
    return *total;
  }

 private:
  struct Parts {
    Parts(FailingStore& store, StoredBytesOptions options)
        : bytes(store, options), commits(store, {.linger = Millis(0), .followers = {&bytes}}) {}
    StoredBytes bytes;
    GroupCommit commits;
  };

  StoreUnderTest& under_test_;
  FailingStore store_;
  const StoredBytesOptions options_;
  std::vector<Fence> fences_;
  std::optional<Parts> parts_;
};

/// Every row that a batch leaves, with whose it is: known by who writes it, not by its key.
class Model {
 public:
  explicit Model(std::uint32_t seed) : random_(seed) {}

  std::uint32_t draw(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }
  std::string value() { return std::string(draw(4) == 0 ? draw(3'000) : draw(60), 'v'); }

  /// What somebody does at this point: one to three things in one commit.
  WriteBatch next() {
    WriteBatch batch;
    for (std::uint32_t i = 0, things = 1 + draw(3); i < things; ++i) do_something(batch);
    return batch;
  }
  /// The batch is durable.
  void apply(const WriteBatch& batch) {
    using Kind = WriteBatch::Operation::Kind;
    for (const auto& each : batch.operations()) {
      if (each.kind == Kind::put) rows_[each.key] = each.key.size() + each.value.size();
      if (each.kind == Kind::remove) rows_.erase(each.key);
      if (each.kind != Kind::remove_prefix) continue;
      std::erase_if(rows_, [&](const auto& row) { return row.first.starts_with(each.key); });
    }
  }
  std::uint64_t total(const ProjectId& project) const {
    std::uint64_t total = 0;
    for (const auto& [key, bytes] : rows_) {
      const auto owner = owners_.find(key);
      if (owner != owners_.end() && owner->second == project) total += bytes;
    }
    return total;
  }

 private:
  struct Run {
    ExecutionSummary summary;
    std::uint64_t events = 0;
  };

  void put(WriteBatch& batch, const ProjectId& project, std::string key) {
    owners_[key] = project;
    batch.put(std::move(key), value());
  }
  /// What was added to the batch by a table belongs to the project, but for the queues.
  void own(const WriteBatch& batch, std::size_t from, const ProjectId& project) {
    for (std::size_t i = from; i < batch.operations().size(); ++i) {
      const std::string& key = batch.operations()[i].key;
      const bool is_queue = static_cast<keys::Kind>(key[2]) == keys::Kind::unfinished;
      if (!is_queue) owners_[key] = project;
    }
  }
  const ProjectId& any_project() { return projects[draw(3)]; }

  void do_something(WriteBatch& batch) {
    switch (draw(runs_.size() < 30 ? 9 : 11)) {
      case 0:
      case 1:
      case 2:
        return begin_run(batch);
      case 3:
      case 4:
        return define(batch);
      case 5:
        return log(batch);
      case 6:
        return change_index(batch);
      default:
        return go_on(batch);
    }
  }
  void begin_run(WriteBatch& batch) {
    Run run;
    run.summary =
        summary_for(any_project().text, "user " + std::to_string(draw(9)), at(++now_), ids_);
    put_page(batch, run, BranchPath{});
    for (std::uint32_t i = draw(3); i > 0; --i) put_file(batch, run);
    put_summary(batch, run, draw(2) == 0 ? ExecutionStatus::succeeded : ExecutionStatus::delayed);
    runs_.push_back(run);
  }
  void go_on(WriteBatch& batch) {
    if (runs_.empty()) return;
    const std::size_t which = draw(static_cast<std::uint32_t>(runs_.size()));
    Run& run = runs_[which];
    const std::size_t from = batch.operations().size();
    switch (draw(7)) {
      case 0:
        return put_page(batch, run, BranchPath{});
      case 1:
        return put_page(batch, run, BranchPath{}.child(1, draw(5)));
      case 2:
        ExecutionTable::put_snapshot(batch, run.summary.id, BranchPath{}, {run.events, value()});
        return own(batch, from, run.summary.project);
      case 3:
        return put_file(batch, run);
      case 4:
        StepRows::put_failed(batch, run.summary.id, {1, BranchPath{}.child(1, draw(4))});
        return own(batch, from, run.summary.project);
      case 5:
        return put_summary(batch, run, ExecutionStatus::executing);
      default:
        ExecutionTable::erase(batch, run.summary);
        runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  void put_page(WriteBatch& batch, Run& run, const BranchPath& branch) {
    const std::size_t from = batch.operations().size();
    ExecutionTable::put_page(batch, run.summary.id, branch, {++run.events, value(), 1});
    own(batch, from, run.summary.project);
  }
  /// The same content may come twice.
  void put_file(WriteBatch& batch, const Run& run) {
    const auto content = static_cast<std::uint8_t>(draw(3));
    std::string key = keys::file_chunk(run.summary.id, {content}, 0);
    owners_[key] = run.summary.project;
    batch.put(std::move(key), std::string(1'000u + content, 'f'));
  }
  void put_summary(WriteBatch& batch, Run& run, ExecutionStatus status) {
    const std::size_t from = batch.operations().size();
    run.summary.status = status;
    run.summary.tasks = draw(100'000);
    ExecutionTable::put_summary(batch, run.summary);
    own(batch, from, run.summary.project);
  }
  void define(WriteBatch& batch) {
    const ProjectId& project = any_project();
    const std::string name = std::to_string(draw(6));
    const UserId user("user " + name);
    std::string key;
    switch (draw(8)) {
      case 0:
        key = keys::workflow(project, WorkflowId(name));
        break;
      case 1:
        key = keys::secret(project, name);
        break;
      case 2:
        key = keys::credential(project, user, name);
        break;
      case 3:
        key = keys::enabled_workflow(project, WorkflowId("w"), user, name);
        break;
      case 4:
        key = keys::received_row(project, user, std::string(32, name[0]));
        break;
      case 5:
        key = keys::hook_place(project, user, "crm", name, "w");
        break;
      case 6:
        key = keys::scheduled_account(project, user, WorkflowId("w"), name);
        break;
      default:
        key = keys::test_capture_of(project, WorkflowId(name));
        break;
    }
    if (draw(3) == 0) {
      batch.remove(std::move(key));
    } else {
      put(batch, project, std::move(key));
    }
    // What leads to it, or is due, is nobody's.
    if (draw(4) == 0) batch.put(keys::api_key(name), value());
    if (draw(4) == 0) batch.put(keys::hook(shard_of(project), name), value());
    if (draw(4) == 0) batch.put(keys::wake(shard_of(project), at(1), 1, name), value());
  }
  void log(WriteBatch& batch) {
    const ProjectId& project = any_project();
    const ShardId shard = shard_of(project);
    const std::int64_t stretch = draw(3);
    const Instant when(Millis((stretch << keys::event_log_stretch_bits) + draw(1'000)));
    if (draw(5) == 0) batch.remove_prefix(keys::event_log_stretch(shard, project, stretch));
    if (draw(5) > 0) put(batch, project, keys::event_log_row(shard, project, when, ++number_));
    if (draw(9) == 0) batch.remove_prefix(keys::event_log_stretch(shard, project, stretch));
    put(batch, project, keys::audit_row(project, when, ++number_));
  }
  void change_index(WriteBatch& batch) {
    const ProjectId& project = any_project();
    const auto row = [&] {
      return keys::history_blocks(project, keys::HistoryPart::users) + std::to_string(draw(9));
    };
    put(batch, project, row());
    if (draw(6) == 0) batch.remove_prefix(keys::history_index(project));
    if (draw(2) == 0) put(batch, project, row());
  }

  std::mt19937 random_;
  CountingRandom ids_;
  std::int64_t now_ = 1'000;
  std::uint64_t number_ = 0;
  std::vector<Run> runs_;
  std::map<std::string, std::uint64_t> rows_;
  std::map<std::string, ProjectId> owners_;
};

void check_counts(Counted& counted, const Model& model) {
  const auto miscounts = check_stored_bytes(counted.store());
  REQUIRE(miscounts.ok());
  for (const Miscount& each : *miscounts) {
    FAIL_CHECK(each.what << " has " << each.stored << " bytes, counted are " << each.counted);
  }
  for (const ProjectId& project : projects) REQUIRE(counted.total(project) == model.total(project));
}

/// The model's next commit, which may be told to fail. Nobody goes on from what was not written.
void do_next(Counted& counted, Model& model) {
  using Failure = FailingStore::Failure;
  const Model before = model;
  const WriteBatch batch = model.next();
  const auto failure =
      model.draw(15) == 0 ? static_cast<Failure>(1 + model.draw(2)) : Failure::none;
  counted.store().fail_next_commit(failure);
  REQUIRE(counted.commit(batch).ok() == (failure == Failure::none || batch.empty()));
  if (failure == Failure::nothing_written) {
    model = before;
    return;
  }
  model.apply(batch);
}

/// As a program has that does not count.
void do_next_uncounted(OrderedStore& store, Model& model) {
  const WriteBatch batch = model.next();
  must_commit(store, batch);
  model.apply(batch);
}

TEST_CASE(
    "what a project keeps is counted exactly, whatever its rows do and whenever the process "
    "crashes",
    "[usage]") {
  const auto store = any_store();
  Model model(GENERATE(1u, 2u, 3u));
  Counted counted(*store);
  counted.start();
  REQUIRE(counted.bytes().is_counted());
  for (int i = 0; i < 800; ++i) {
    do_next(counted, model);
    if (i % 50 == 7) counted.crash();
    if (i % 97 == 0) check_counts(counted, model);
  }
  check_counts(counted, model);
}

TEST_CASE("a store that was not counted is counted in steps, while it goes on and crashes",
          "[usage]") {
  const auto store = any_store();
  Model model(GENERATE(4u, 5u));
  for (int i = 0; i < 200; ++i) do_next_uncounted(**store, model);
  Counted counted(*store, {.step_rows = 7, .first_steps = 2});
  counted.start();
  REQUIRE_FALSE(counted.bytes().is_counted());
  for (int i = 0; i < 200; ++i) {
    do_next(counted, model);
    if (i % 3 == 0) counted.count_on();
    if (i % 40 == 7) counted.crash();
    for (const ProjectId& project : projects)
      REQUIRE(counted.total(project) <= model.total(project));
  }
  counted.count_all();
  check_counts(counted, model);
}

TEST_CASE("what a program that does not count has written to is counted anew", "[usage]") {
  const auto store = any_store();
  Model model(6);
  Counted counted(*store);
  counted.start();
  for (int i = 0; i < 50; ++i) do_next(counted, model);
  REQUIRE((*store)->claim(ShardSet::all().ids()).ok());
  for (int i = 0; i < 50; ++i) do_next_uncounted(**store, model);
  counted.crash();
  counted.count_all();
  check_counts(counted, model);
}

TEST_CASE("counts of a shard of which a row could not be read are given up and made anew",
          "[usage]") {
  const auto store = any_store();
  Model model(7);
  Counted counted(*store, {.step_rows = 20, .first_steps = 64});
  counted.start();
  for (int i = 0; i < 200; ++i) {
    if (i % 7 == 0) counted.store().fail_next_get();
    do_next(counted, model);
    if (i % 40 == 7) counted.crash();
  }
  counted.count_all();
  check_counts(counted, model);
}

TEST_CASE("a run that begins and ends in one commit is counted without reading", "[usage]") {
  const auto store = any_store();
  Counted counted(*store);
  counted.start();
  CountingRandom ids;
  const auto run = [&] {
    auto summary = summary_for("p", "u", at(5), ids);
    summary.status = ExecutionStatus::succeeded;
    WriteBatch batch;
    ExecutionTable::put_page(batch, summary.id, BranchPath{}, {1, "events", 1});
    ExecutionTable::put_summary(batch, summary, ExecutionTable::Marker::never_set);
    REQUIRE(counted.commit(std::move(batch)).ok());
  };
  run();  // the project's count on this shard is read once
  const auto before = counted.bytes().stats().reads;
  run();
  run();
  CHECK(counted.bytes().stats().reads == before);
}

}  // namespace
}  // namespace millrace::tests
