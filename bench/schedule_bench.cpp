// One tick of a schedule for 100,000 accounts: how soon do all of them have their runs, what does the server
// keep in memory meanwhile, and what does another project notice?
//
// Accounts are written from inside while the server is down, as in the `tenants` benchmark. The quiet project
// sends one request after the other over one connection, first alone, then while the tick is served.

#include "bench/account_filler.h"
#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"

#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t accounts = 100'000;
constexpr auto quiet_time = 15s;
/// From the deploy to the tick: the load of the quiet project has begun by then.
constexpr auto until_tick = 3s;
constexpr double mebibyte = 1u << 20;

constexpr std::string_view crm =
    R"({"name":"CRM","baseUrl":"https://crm.example/v1","auth":{"type":"none"}})";
constexpr std::string_view quiet =
    R"({"name":"Quiet","trigger":{"type":"request"},
        "steps":[{"id":"reply","type":"response","body":{"ok":true}}]})";

/// A workflow that ticks once, at this second.
Json report_at(Instant tick) {
  const std::string at = to_text(tick);  // 2026-01-31T09:00:00.000Z
  const std::string cron = at.substr(17, 2) + ' ' + at.substr(14, 2) + ' ' + at.substr(11, 2) +
                           ' ' + at.substr(8, 2) + ' ' + at.substr(5, 2) + " ?";
  return JsonObject{{"name", "Report"},
                    {"integration", "crm"},
                    {"trigger", JsonObject{{"type", "scheduler"}, {"cron", cron}}},
                    {"steps", JsonArray{JsonObject{{"id", "report"},
                                                   {"type", "function"},
                                                   {"code", "() => 'done'"},
                                                   {"parameters", JsonObject{}}}}}};
}

LoadTarget quiet_load(const ProductServer& server, const BenchProject& project) {
  LoadTarget target;
  target.port = server.process().port();
  target.requests.push_back(
      trigger_request({trigger_path(project, "quiet"), user_token(project, "somebody"), "{}"}));
  target.is_right = [](const HttpAnswer& answer) { return answer.status == 200; };
  return target;
}

LoadResult run_quiet(LoadGenerator& generator) {
  LoadResult result = generator.run({.duration = quiet_time});
  expect(result.is_clean(), "the quiet project was not answered: " + result.first_wrong);
  return result;
}

/// Seconds from the tick until every account has its run.
double until_all_started(const ProductServer& server, Instant tick) {
  const SystemClock clock;
  const ApiClient api = server.api();
  while (api.count_runs(server.project(), {"report", {}}) < accounts) {
    expect(clock.now() - tick < 120s, "not every account has a run after two minutes");
    std::this_thread::sleep_for(500ms);  // counting them takes its time, too
  }
  return static_cast<double>((clock.now() - tick).count()) / 1'000;
}

std::string milliseconds(const LoadResult& result, double share) {
  return fixed(static_cast<double>(result.latencies.quantile(share).count()) * 1e-6, 2);
}

}  // namespace

BenchReport schedule_bench(const BenchOptions& options) {
  ProductServer server(options);
  server.api().put(server.project(), "/integrations/crm", must(parse_json(crm)));
  const BenchProject other = server.api().create_project();
  server.api().deploy(other, "quiet", must(parse_json(quiet)));
  server.stop();
  {
    const auto store = open_directory(server.data_directory());
    put_accounts(*store, server.data_directory(),
                 {ProjectId(server.project().id), "crm", WorkflowId("report"), accounts});
  }
  progress("schedule: " + std::to_string(accounts) + " accounts are written");
  server.restart();
  LoadGenerator generator(quiet_load(server, other));
  must(generator.connect());
  const LoadResult alone = run_quiet(generator);
  const double mib_before =
      static_cast<double>(memory_peak(server.process().pid()).root_bytes) / mebibyte;

  const Instant tick = std::chrono::ceil<std::chrono::seconds>(SystemClock().now() + until_tick);
  server.api().deploy(server.project(), "report", report_at(tick));
  LoadResult beside;
  std::jthread load([&] { beside = run_quiet(generator); });
  const double seconds = until_all_started(server, tick);
  load.join();
  const double mib_after =
      static_cast<double>(memory_peak(server.process().pid()).root_bytes) / mebibyte;

  const double factor = static_cast<double>(beside.latencies.quantile(0.99).count()) /
                        static_cast<double>(alone.latencies.quantile(0.99).count());
  BenchReport report;
  report.name = "schedule";
  report.title = "one tick for " + std::to_string(accounts) + " accounts, beside a quiet project";
  report.columns = {"", "alone", "with the tick"};
  report.rows = {
      {"all runs started after, s", "", fixed(seconds, 1)},
      {"server peak MiB", fixed(mib_before, 0), fixed(mib_after, 0)},
      {"quiet project, ms p50", milliseconds(alone, 0.5), milliseconds(beside, 0.5)},
      {"quiet project, ms p99", milliseconds(alone, 0.99), milliseconds(beside, 0.99)},
  };
  report.floors = {
      {"all runs started, s", Floor::Kind::at_most, 15, seconds},
      {"p99 of the quiet project, times", Floor::Kind::at_most, 2, factor},
  };
  report.json = {{"startedSeconds", seconds}, {"peakMib", mib_after}, {"quietP99Factor", factor}};
  return report;
}

}  // namespace millrace::bench
