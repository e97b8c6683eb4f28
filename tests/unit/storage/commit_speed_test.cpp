// How fast synced commits are on this machine. Hidden: run `storage_tests "[.bench]"`.

#include "storage/group_commit.h"
#include "storage/rocks/rocks_store.h"
#include "storage/tables/execution_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"

#include <chrono>
#include <iostream>

namespace millrace::tests {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using storage::ExecutionTable;
using storage::WriteBatch;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::unique_ptr<storage::RocksStore> open(const std::string& directory) {
  storage::RocksOptions options;
  options.directory = directory;
  auto opened = storage::RocksStore::open(options);
  REQUIRE(opened.ok());
  return std::move(*opened);
}

/// About 600 bytes: a page of events of one execution, fenced.
WriteBatch batch_for(const ExecutionId& id, std::uint64_t sequence, Epoch epoch) {
  WriteBatch batch;
  ExecutionTable::put_page(batch, id, BranchPath(), {sequence, std::string(550, 'e'), 1});
  batch.require({id.shard(), epoch});
  return batch;
}

/// Keeps `waiting` batches on their way for a while; prints commits and batches per second.
void measure(std::size_t waiting) {
  const TemporaryDirectory directory;
  const auto store = open(directory.path());
  const auto epochs = *store->claim_all_shards();
  storage::GroupCommit commit(*store, {});
  CountingRandom random;
  std::mutex mutex;
  std::condition_variable answered;
  std::size_t on_the_way = 0;
  std::uint64_t failures = 0;
  const auto begin = Clock::now();
  for (std::uint64_t i = 1; seconds_since(begin) < 5; ++i) {
    const auto id = id_for("project", std::to_string(i), at(0), random);
    {
      std::unique_lock lock(mutex);
      answered.wait(lock, [&] { return on_the_way < waiting; });
      ++on_the_way;
    }
    commit.submit(batch_for(id, 1, epochs[static_cast<std::size_t>(id.shard())]),
                  storage::Urgency::urgent, [&](const Outcome& outcome) {
                    const std::lock_guard lock(mutex);
                    if (!outcome.ok()) ++failures;
                    --on_the_way;
                    answered.notify_one();
                  });
  }
  {
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return on_the_way == 0; });
  }
  const double seconds = seconds_since(begin);
  const auto stats = commit.stats();
  CHECK(failures == 0);
  std::cout << waiting << " waiting: " << static_cast<double>(stats.commits) / seconds
            << " synced commits/s, " << static_cast<double>(stats.batches) / seconds
            << " batches/s\n";
}

TEST_CASE("speed of synced commits with one and many waiting batches", "[.bench]") {
  for (const std::size_t waiting : {1u, 64u, 1'000u}) measure(waiting);
}

TEST_CASE("speed of recovery and history with a hundred thousand executions", "[.bench]") {
  const TemporaryDirectory directory;
  CountingRandom random;
  constexpr int executions = 100'000;
  {
    const auto store = open(directory.path());
    for (int i = 0; i < executions;) {
      WriteBatch batch;
      for (int j = 0; j < 1'000; ++j, ++i) {
        const auto summary = summary_for("project", std::to_string(i), at(i), random);
        ExecutionTable::put_summary(batch, summary);
        ExecutionTable::put_page(batch, summary.id, BranchPath(), {1, std::string(550, 'e'), 1});
      }
      must_commit(*store, batch);
    }
  }
  auto begin = Clock::now();
  const auto store = open(directory.path());
  std::cout << "open: " << seconds_since(begin) << " s\n";
  const ExecutionTable table(*store);

  begin = Clock::now();
  int seen = 0;
  REQUIRE(table.unfinished([&](const ExecutionSummary&) { return ++seen > 0; }).ok());
  std::cout << seen << " unfinished: " << seconds_since(begin) << " s\n";

  begin = Clock::now();
  seen = 0;
  REQUIRE(table
              .unfinished([&](const ExecutionSummary& summary) {
                return table.pages(summary.id, BranchPath())->size() == 1 && ++seen > 0;
              })
              .ok());
  std::cout << seen << " unfinished with journals: " << seconds_since(begin) << " s\n";

  for (const bool is_filtered : {false, true}) {
    ExecutionTable::HistoryQuery query;
    query.project = ProjectId("project");
    if (is_filtered) query.status = ExecutionStatus::executing;
    begin = Clock::now();
    CHECK(table.history(query)->total == executions);
    std::cout << (is_filtered ? "filtered" : "plain") << " history page of " << executions << ": "
              << seconds_since(begin) << " s\n";
  }
}

}  // namespace
}  // namespace millrace::tests
