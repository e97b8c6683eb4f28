// Group commit over RocksDB without anything around it: how many journal pages a second become
// durable when one or 64 of them are on their way at a time.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/progress.h"
#include "bench/sample.h"
#include "bench/scratch_directory.h"
#include "runtime/base/clock.h"
#include "runtime/base/random.h"
#include "runtime/base/shard_set.h"
#include "storage/group_commit.h"
#include "storage/rocks/rocks_store.h"
#include "storage/tables/execution_table.h"

#include <condition_variable>
#include <mutex>

namespace millrace::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t page_bytes = 550;  // with its key about 600 bytes, a short run's events

storage::WriteBatch page_of_new_run(Random& random, const std::vector<Epoch>& epochs) {
  std::array<std::uint8_t, 1> bits{};
  random.fill(bits);
  const ShardId shard{bits[0]};
  const auto id = ExecutionId::make(shard, SystemClock().now(), random);
  storage::WriteBatch batch;
  storage::ExecutionTable::put_page(batch, id, BranchPath(), {1, std::string(page_bytes, 'e'), 1});
  batch.require({shard, epochs[static_cast<std::size_t>(shard)]});
  return batch;
}

/// Lets at most `limit` batches be on their way.
class OnTheWay {
 public:
  explicit OnTheWay(std::size_t limit) : limit_(limit) {}
  void enter() { wait_until_below(limit_); }
  void wait_for_all() {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return count_ == 0; });
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    --count_;
    left_.notify_one();
  }

 private:
  void wait_until_below(std::size_t limit) {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [&] { return count_ < limit; });
    ++count_;
  }

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t count_ = 0;
};

struct Speed {
  double pages_per_second = 0;
  double commits_per_second = 0;
};

Speed measure(const BenchOptions& options, std::size_t writers) {
  const ScratchDirectory directory(options.scratch_parent);
  storage::RocksOptions rocks;
  rocks.directory = directory.path() + "/data";
  const auto store = must(storage::RocksStore::open(rocks));
  const auto epochs = must(store->claim(ShardSet::all().ids()));
  storage::GroupCommit commits(*store, {});
  SystemRandom random;
  OnTheWay on_the_way(writers);
  const auto begin = Steady::now();
  while (Steady::now() - begin < options.slot) {
    on_the_way.enter();
    commits.submit(page_of_new_run(random, epochs), storage::Urgency::urgent,
                   [&on_the_way](const Outcome&) { on_the_way.leave(); });
  }
  on_the_way.wait_for_all();
  const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  const auto stats = commits.stats();
  expect(stats.failures == 0, "a commit failed");
  return {static_cast<double>(stats.batches) / seconds,
          static_cast<double>(stats.commits) / seconds};
}

}  // namespace

BenchReport journal_bench(const BenchOptions& options) {
  BenchReport report;
  report.name = "journal";
  report.title = "synced journal pages of about 600 bytes through group commit";
  report.columns = {"on their way", "pages/s", "commits/s", "pages/commit"};
  JsonArray points;
  for (const std::size_t writers : {1, 64}) {
    const Speed speed = measure(options, writers);
    progress("journal: " + std::to_string(writers) + " on their way, " +
             fixed(speed.pages_per_second, 0) + " pages/s");
    report.rows.push_back({std::to_string(writers), fixed(speed.pages_per_second, 0),
                           fixed(speed.commits_per_second, 0),
                           fixed(speed.pages_per_second / speed.commits_per_second, 1)});
    points.push_back(JsonObject{{"onTheWay", writers},
                                {"pagesPerSecond", speed.pages_per_second},
                                {"commitsPerSecond", speed.commits_per_second}});
  }
  report.json = {{"points", std::move(points)}};
  return report;
}

}  // namespace millrace::bench
