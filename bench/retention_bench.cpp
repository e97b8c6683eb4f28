// 20,000 old runs are removed: how soon are they gone and is the disk given back, and what do live triggers notice?
//
// The runs are written from inside, through the tables, while the server is down: over HTTP they would not be old.
// They are of 32 users, of noise that nothing compresses, one in twenty large enough for a blob file. A first start
// counts and indexes them; then the project is told to keep runs for 30 days, and the server starts anew, so that its
// first round comes ten seconds later. From the start on, live triggers are an open loop (load_generator.h): what they
// see until the first old run is gone is compared with what they see from then until the disk has been given back.

#include "bench/account_filler.h"
#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/random.h"
#include "storage/keys.h"
#include "storage/tables/execution_table.h"
#include "storage/tables/stored_bytes_table.h"

#include <filesystem>
#include <optional>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t runs = 20'000;
constexpr std::size_t runs_per_commit = 500;
static_assert(runs % runs_per_commit == 0);
constexpr std::size_t old_users = 32;
constexpr std::size_t bytes_each = 12u << 10;
constexpr std::size_t blob_bytes_each = 64u << 10;
constexpr std::size_t blob_of = 20;
constexpr Millis age = 24h * 100;

constexpr std::size_t connections = 32;
constexpr auto interval = 100ms;  // of one connection
constexpr auto slot = 500ms;
constexpr auto patience = 60s;
/// From the last run's removal on: beyond, the disk is what it is.
constexpr auto reclaim_patience = 15s;
constexpr double disk_share_floor = 0.15;
constexpr double p99_floor = 1.5;
constexpr double mebibyte = 1u << 20;

constexpr std::string_view live =
    R"({"name":"Live","trigger":{"type":"request"},
        "steps":[{"id":"reply","type":"response","body":{"ok":true}}]})";

class Filling {
 public:
  explicit Filling(ProjectId project) : project_(std::move(project)) {}

  void fill(storage::OrderedStore& store) {
    // What is written here is counted at the next start.
    for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
      storage::StoredBytesTable::forget(batch_, ShardId{shard});
    }
    for (std::size_t number = 0; number < runs; ++number) {
      put(number);
      if ((number + 1) % runs_per_commit == 0) must(store.commit(std::exchange(batch_, {})));
    }
  }

 private:
  std::string noise(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (char& each : text) each = static_cast<char>(random_());
    return text;
  }

  void put(std::size_t number) {
    ExecutionSummary run;
    run.project = project_;
    run.user = UserId("old-" + std::to_string(number % old_users));
    run.workflow = WorkflowId("live");
    run.version = 1;
    run.status = ExecutionStatus::succeeded;
    run.tasks = 1;
    run.started = begin_ + Millis(static_cast<std::int64_t>(number));
    run.ended = run.started + 1s;
    run.id = ExecutionId::make(shard_of(run.project, run.user), run.started, ids_);
    storage::ExecutionTable::put_summary(batch_, run, storage::ExecutionTable::Marker::never_set);
    const std::size_t bytes = number % blob_of == 0 ? blob_bytes_each : bytes_each;
    storage::ExecutionTable::put_page(batch_, run.id, BranchPath{}, {1, noise(bytes), 1});
  }

  const ProjectId project_;
  const Instant begin_ = SystemClock().now() - age;
  std::minstd_rand random_{7};
  SystemRandom ids_;
  storage::WriteBatch batch_;
};

std::uintmax_t bytes_below(const std::string& directory) {
  std::uintmax_t bytes = 0;
  std::error_code gone;  // files come and go while a server is at work
  for (std::filesystem::recursive_directory_iterator at(directory, gone), end; at != end;
       at.increment(gone)) {
    const auto size = at->file_size(gone);  // an error for directories, too
    if (!gone) bytes += size;
  }
  return bytes;
}

double seconds_since(Steady::time_point begun) {
  return std::chrono::duration<double>(Steady::now() - begun).count();
}

/// Ends with the store as a server leaves it that has been up for a while.
void count_and_index(ProductServer& server) {
  server.restart();
  const ApiClient api = server.api();
  const auto begun = Steady::now();
  while (api.metric("millrace_stored_bytes_uncounted_shards") > 0 ||
         api.count_runs(server.project(), {}) < runs) {
    expect(Steady::now() - begun < patience, "the old runs are not counted after a minute");
    std::this_thread::sleep_for(200ms);
  }
}

LoadTarget live_load(const ProductServer& server) {
  LoadTarget target;
  target.port = server.process().port();
  target.connections = connections;
  for (std::size_t i = 0; i < connections; ++i) {
    const std::string token = user_token(server.project(), "live-" + std::to_string(i));
    target.requests.push_back(
        trigger_request({trigger_path(server.project(), "live"), token, "{}"}));
  }
  target.is_right = [](const HttpAnswer& answer) { return answer.status == 200; };
  return target;
}

struct Measured {
  LatencyHistogram alone;
  LatencyHistogram beside;
  double removed_after = 0;          // seconds from the first run's removal on
  std::optional<double> back_after;  // nothing: too much was still there
  std::uintmax_t bytes_after = 0;
};

class Removal {
 public:
  Removal(const ProductServer& server, std::uintmax_t bytes_enough)
      : api_(server.api()),
        directory_(server.data_directory()),
        bytes_enough_(bytes_enough),
        generator_(live_load(server)) {}

  Measured watch() {
    must(generator_.connect());
    load();  // warm-up
    Measured measured;
    const auto started = Steady::now();
    while (true) {
      const LatencyHistogram seen = load();
      if (removed() > 0) break;
      measured.alone.add(seen);
      expect(Steady::now() - started < patience, "nothing is removed within a minute");
    }
    const auto begun = Steady::now();
    while (removed() < runs) {
      measured.beside.add(load());
      expect(Steady::now() - begun < patience, "the old runs are not removed within a minute");
    }
    measured.removed_after = seconds_since(begun);
    const auto all_removed = Steady::now();
    do {
      measured.beside.add(load());
      measured.bytes_after = bytes_below(directory_);
      if (measured.bytes_after <= bytes_enough_) measured.back_after = seconds_since(begun);
    } while (!measured.back_after && Steady::now() - all_removed < reclaim_patience);
    return measured;
  }

 private:
  double removed() const { return api_.metric("millrace_retention_runs_removed_total"); }
  LatencyHistogram load() {
    const LoadResult result = generator_.run({.duration = slot, .interval = interval});
    expect(result.is_clean(), "a live trigger was not answered: " + result.first_wrong);
    return result.latencies;
  }

  const ApiClient api_;
  const std::string directory_;
  const std::uintmax_t bytes_enough_;
  LoadGenerator generator_;
};

std::string milliseconds(const LatencyHistogram& latencies, double share) {
  return fixed(static_cast<double>(latencies.quantile(share).count()) * 1e-6, 2);
}

BenchReport report_of(const Measured& measured, std::uintmax_t before) {
  const auto mib = [](std::uintmax_t bytes) { return static_cast<double>(bytes) / mebibyte; };
  const double share = static_cast<double>(measured.bytes_after) / static_cast<double>(before);
  const double factor = static_cast<double>(measured.beside.quantile(0.99).count()) /
                        static_cast<double>(measured.alone.quantile(0.99).count());
  BenchReport report;
  report.name = "retention";
  report.title = std::to_string(runs) + " old runs are removed beside live triggers";
  report.columns = {"", "before", "during", "after"};
  report.rows = {
      {"disk, MiB", fixed(mib(before), 0), "", fixed(mib(measured.bytes_after), 0)},
      {"all removed after, s", "", fixed(measured.removed_after, 1), ""},
      {"disk given back after, s", "",
       measured.back_after ? fixed(*measured.back_after, 1) : "not yet", ""},
      {"live triggers, ms p50", milliseconds(measured.alone, 0.5),
       milliseconds(measured.beside, 0.5), ""},
      {"live triggers, ms p99", milliseconds(measured.alone, 0.99),
       milliseconds(measured.beside, 0.99), ""},
  };
  report.floors = {
      {"disk afterwards, of before", Floor::Kind::at_most, disk_share_floor, share},
      {"p99 of live triggers, times", Floor::Kind::at_most, p99_floor, factor},
  };
  report.json = {{"runs", runs},
                 {"removedSeconds", measured.removed_after},
                 {"diskBeforeMib", mib(before)},
                 {"diskAfterMib", mib(measured.bytes_after)},
                 {"liveP99Factor", factor}};
  if (measured.back_after) report.json["diskBackSeconds"] = *measured.back_after;
  return report;
}

}  // namespace

BenchReport retention_bench(const BenchOptions& options) {
  ProductServer server(options);
  server.api().deploy(server.project(), "live", must(parse_json(live)));
  server.api().keep_runs(server.project(), 0);
  server.stop();
  {
    const auto store = open_directory(server.data_directory());
    Filling(ProjectId(server.project().id)).fill(*store);
  }
  progress("retention: " + std::to_string(runs) + " old runs are written");
  count_and_index(server);
  server.api().keep_runs(server.project(), 30);
  server.stop();
  const std::uintmax_t before = bytes_below(server.data_directory());
  server.restart();
  const auto enough = static_cast<std::uintmax_t>(static_cast<double>(before) * disk_share_floor);
  const Measured measured = Removal(server, enough).watch();
  return report_of(measured, before);
}

}  // namespace millrace::bench
