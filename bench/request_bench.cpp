// 1,000 request steps at once, to a peer that answers each after 100 ms. Three kinds of runs in
// turn, on one server:
//
//   requests of one run   a fan-out of 1,000 elements with a request step each: what users write,
//   and
//                         what carries the floor
//   requests of 1,000 runs  a request step and a response each, started by 1,000 connections at
//   once functions of one run  the first with a function in place of the request: what a request
//   step costs
//                         beyond another step
//
// The least that is possible is 100 ms. The rest is ours: planning, one synced commit before each
// request (group commit makes few of many), libcurl's one thread, and the events with the
// responses. The first round opens all connections to the peer and is dropped.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "bench/sample.h"
#include "bench/slow_peer.h"
#include "bench/workflows.h"

#include <algorithm>
#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto answers_after = 100ms;
constexpr std::uint64_t requests = 1'000;
constexpr std::uint64_t rounds = 20;
constexpr double seconds_floor = 0.6;
constexpr double mebibyte = 1u << 20;

struct Kind {
  std::string name;
  LoadTarget target;
  std::uint64_t triggers = 1;       // of one round
  std::uint64_t peer_requests = 0;  // that one round makes
};

struct Measured {
  Sample seconds;
  Sample commits;
  // Of all rounds together: the CPU's clock has steps of 10 ms.
  double cpu_seconds = 0;         // of server and workers
  double server_cpu_seconds = 0;  // without the workers
  double peer_cpu_seconds = 0;
  std::size_t waiting_most = 0;
  std::chrono::microseconds peer_latest{0};
  double server_peak_mib = 0;
};

LoadTarget target_of(const ProductServer& server, const std::string& workflow,
                     const std::string& body, const std::string& answer) {
  LoadTarget target;
  target.port = server.process().port();
  target.requests = {trigger_request(
      {trigger_path(server.project(), workflow), user_token(server.project(), "user"), body})};
  target.is_right = [answer](const HttpAnswer& got) {
    return got.status == 200 && got.body == answer;
  };
  return target;
}

std::vector<Kind> kinds_of(const ProductServer& server, const SlowPeer& peer) {
  const std::string url = "http://127.0.0.1:" + std::to_string(peer.port()) + "/";
  const ApiClient api = server.api();
  api.deploy(server.project(), "ask-each", fan_out_requests_workflow(url));
  api.deploy(server.project(), "ask", request_workflow(url));
  api.deploy(server.project(), "fan", fan_out_workflow());
  const std::string elements = R"({"elements":)" + std::to_string(requests) + "}";
  const std::uint64_t sum = requests * (requests - 1) / 2;
  const auto sum_is = [](std::uint64_t number) {
    return R"({"sum":)" + std::to_string(number) + "}";
  };
  std::vector<Kind> kinds{
      {"requests of one run", target_of(server, "ask-each", elements, sum_is(sum)), 1, requests},
      {"requests of 1,000 runs", target_of(server, "ask", R"({"number":7})", R"({"number":7})"),
       requests, requests},
      {"functions of one run", target_of(server, "fan", elements, sum_is(2 * sum)), 1, 0}};
  kinds[1].target.connections = requests;
  return kinds;
}

/// Runs that have answered still count against the project's limit until they have left memory; one
/// that found it reached would be answered 202.
void wait_until_idle(const ApiClient& api) {
  const auto give_up = Steady::now() + 30s;
  while (api.metric("millrace_runs_live") > 0) {
    expect(Steady::now() < give_up, "runs that have answered do not end");
    std::this_thread::sleep_for(10ms);
  }
}

void run_once(const ProductServer& server, SlowPeer& peer, const Kind& kind,
              LoadGenerator& generator, Measured& measured) {
  const ApiClient api = server.api();
  wait_until_idle(api);
  peer.take_seen();
  const pid_t pid = server.process().pid();
  reset_memory_peak(pid);
  const double commits_begin = api.metric("millrace_storage_commits_total");
  const CpuTime begin = cpu_time(pid);
  const LoadResult result = generator.run({.duration = 60s, .requests_max = kind.triggers});
  const CpuTime end = cpu_time(pid);
  const SlowPeer::Seen seen = peer.take_seen();
  expect(result.is_clean() && result.answers == kind.triggers,
         kind.name + ": a wrong answer or none: " + result.first_wrong);
  expect(seen.requests == kind.peer_requests,
         kind.name + ": the peer saw " + std::to_string(seen.requests) + " requests");
  measured.seconds.add(result.seconds);
  measured.cpu_seconds += end.total_seconds - begin.total_seconds;
  measured.server_cpu_seconds += end.root_seconds - begin.root_seconds;
  measured.commits.add(api.metric("millrace_storage_commits_total") - commits_begin);
  measured.peer_cpu_seconds += seen.cpu_seconds;
  measured.waiting_most = std::max(measured.waiting_most, seen.waiting_most);
  measured.peer_latest = std::max(measured.peer_latest, seen.latest);
  measured.server_peak_mib = std::max(measured.server_peak_mib,
                                      static_cast<double>(memory_peak(pid).root_bytes) / mebibyte);
}

double us_each(double seconds) { return seconds * 1e6 / static_cast<double>(requests * rounds); }

JsonObject to_json(const Kind& kind, const Measured& measured) {
  return {{"kind", kind.name},
          {"rounds", rounds},
          {"secondsLeast", measured.seconds.smallest()},
          {"secondsMedian", measured.seconds.median()},
          {"secondsP90", measured.seconds.p90()},
          {"cpuUsEach", us_each(measured.cpu_seconds)},
          {"serverCpuUsEach", us_each(measured.server_cpu_seconds)},
          {"peerCpuUsEach", us_each(measured.peer_cpu_seconds)},
          {"commitsMedian", measured.commits.median()},
          {"waitingAtThePeerMost", measured.waiting_most},
          {"peerLatestUs", measured.peer_latest.count()},
          {"serverPeakMib", measured.server_peak_mib}};
}

void add_row(BenchReport& report, const Kind& kind, const Measured& measured) {
  report.rows.push_back(
      {kind.name, fixed(measured.seconds.smallest(), 3), fixed(measured.seconds.median(), 3),
       fixed(measured.seconds.p90(), 3), fixed(us_each(measured.cpu_seconds), 0),
       fixed(us_each(measured.server_cpu_seconds), 0), fixed(us_each(measured.peer_cpu_seconds), 0),
       fixed(measured.commits.median(), 0), std::to_string(measured.waiting_most),
       fixed(measured.server_peak_mib, 0)});
}

}  // namespace

BenchReport request_bench(const BenchOptions& options) {
  SlowPeer peer(answers_after);
  const ProductServer server(options);
  const std::vector<Kind> kinds = kinds_of(server, peer);
  std::vector<Measured> measured(kinds.size());
  for (std::uint64_t round = 0; round <= rounds; ++round) {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      LoadGenerator generator(kinds[i].target);
      must(generator.connect());
      Measured first;
      run_once(server, peer, kinds[i], generator, round == 0 ? first : measured[i]);
    }
  }

  BenchReport report;
  report.name = "request";
  report.title = "1,000 request steps at once to a peer that answers after " +
                 std::to_string(answers_after.count()) + " ms, " + std::to_string(rounds) +
                 " rounds of each kind in turn";
  report.columns = {"1,000",           "least s",        "median s",  "p90 s",
                    "CPU us each",     "in the server",  "peer's us", "synced commits",
                    "waiting at peer", "server peak MiB"};
  JsonArray points;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    progress("request: " + kinds[i].name + " in " + fixed(measured[i].seconds.median(), 3) + " s");
    add_row(report, kinds[i], measured[i]);
    points.push_back(to_json(kinds[i], measured[i]));
  }
  report.floors.push_back({"seconds for 1,000 request steps of one run, median",
                           Floor::Kind::at_most, seconds_floor, measured[0].seconds.median()});
  report.json = {{"answersAfterMs", answers_after.count()}, {"points", std::move(points)}};
  return report;
}

}  // namespace millrace::bench
