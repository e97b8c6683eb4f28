// A server with 10,000 unfinished runs is killed without warning and started again:
//
//   3,000  sleep for an hour   must still sleep afterwards
//   5,000  sleep for `nap`     all due while the server is down, so all at once at the start
//   2,000  are at work         accepted (202); half of them, the project's limit of live runs,
//                              are in memory between two steps, the others are queued
//
// The kill comes from within the load generator at the 2,000th acknowledgement, while requests are
// outstanding; runs that were not acknowledged may exist or not, the others must. A run at work
// waits `breath` in its middle, so that it cannot end before the kill; the queued ones do so after
// the restart, which is therefore the least that `finished` can be.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "bench/workflows.h"

#include <algorithm>
#include <set>
#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::uint64_t sleepers = 3'000;
constexpr std::uint64_t nappers = 5'000;
constexpr std::uint64_t workers = 2'000;
constexpr std::uint64_t workers_sent_max = workers + 256;
constexpr std::size_t users = 100;
constexpr std::size_t connections = 32;
constexpr auto nap = 25s;
/// Not longer than the server keeps a waiting run in memory.
constexpr auto breath = 2s;
constexpr auto patience = 120s;
/// Each look reads the history and so competes with the recovery that it watches.
constexpr auto between_looks = 200ms;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

/// The id in `{"executionId":"...",...}`; empty if the answer is another one.
std::string accepted_id(const HttpAnswer& answer) {
  constexpr std::string_view before = R"("executionId":")";
  const auto begin = answer.body.find(before);
  if (answer.status != 202 || begin == std::string_view::npos) return {};
  const auto text = answer.body.substr(begin + before.size());
  return std::string(text.substr(0, text.find('"')));
}

class Acknowledged {
 public:
  /// Sends `count` triggers of a workflow and keeps the ids; all must be accepted.
  void start_all(const ProductServer& server, const std::string& workflow, std::uint64_t count) {
    LoadTarget target = target_of(server, workflow);
    target.is_right = [this](const HttpAnswer& answer) { return keep(answer); };
    LoadGenerator generator(std::move(target));
    must(generator.connect());
    const LoadResult result = generator.run({.duration = 60s, .requests_max = count});
    expect(result.is_clean() && result.answers == count,
           workflow + " was not accepted: " + result.first_wrong);
  }

  /// Sends triggers until `count` are acknowledged and kills the server at that moment.
  void start_and_kill(const ProductServer& server, const std::string& workflow,
                      std::uint64_t count) {
    LoadTarget target = target_of(server, workflow);
    target.is_right = [this, &server, end = ids_.size() + count](const HttpAnswer& answer) {
      const bool is_kept = keep(answer);
      if (ids_.size() == end) server.process().send_kill();
      return is_kept;
    };
    LoadGenerator generator(std::move(target));
    must(generator.connect());
    const LoadResult result =
        generator.run({.duration = 60s, .requests_max = workers_sent_max, .patience = 5s});
    expect(result.wrong == 0 && result.answers >= count,
           workflow + " was not accepted: " + result.first_wrong);
  }

  const std::set<std::string>& ids() const { return ids_; }

 private:
  static LoadTarget target_of(const ProductServer& server, const std::string& workflow) {
    LoadTarget target;
    target.port = server.process().port();
    target.connections = connections;
    for (std::size_t i = 0; i < users; ++i) {
      const std::string token = user_token(server.project(), "user-" + std::to_string(i));
      target.requests.push_back(
          trigger_request({trigger_path(server.project(), workflow), token, R"({"number":1})"}));
    }
    return target;
  }

  bool keep(const HttpAnswer& answer) {
    std::string id = accepted_id(answer);
    return !id.empty() && ids_.insert(std::move(id)).second;
  }

  std::set<std::string> ids_;
};

/// Looks until `holds`, or fails after `patience`; returns the seconds it took.
template <class Condition>
double wait_until(const std::string& what, std::chrono::milliseconds pause, Condition holds) {
  const auto begin = Steady::now();
  while (!holds()) {
    expect(Steady::now() - begin < patience, "waited in vain until " + what);
    std::this_thread::sleep_for(pause);
  }
  return seconds_since(begin);
}

struct Recovered {
  double create_seconds = 0;
  double listening_seconds = 0;  // from the start of the process to its line
  double ready_seconds = 0;      // to the first 200 of /readyz
  double finished_seconds = 0;   // until every run that is due has ended
  double rebuilt = 0;            // runs loaded from their journals
  std::size_t acknowledged = 0;
  std::size_t found = 0;      // runs in the history, unacknowledged ones included
  std::size_t lost = 0;       // acknowledged and not in the history
  std::size_t asleep = 0;     // of the sleepers
  std::size_t succeeded = 0;  // of all others
  std::size_t failed = 0;
  MemoryPeak peak;
};

void create_runs(ProductServer& server, Acknowledged& acknowledged) {
  const ApiClient api = server.api();
  api.deploy(server.project(), "sleep", sleep_workflow(3'600s));
  api.deploy(server.project(), "nap", sleep_workflow(nap));
  api.deploy(server.project(), "work", background_workflow(breath));
  acknowledged.start_all(server, "sleep", sleepers);
  acknowledged.start_all(server, "nap", nappers);
  progress("recovery: " + std::to_string(sleepers + nappers) + " runs are accepted");
  wait_until("all of them sleep", between_looks, [&] {
    return api.count_runs(server.project(), {"", "DELAYED"}) == sleepers + nappers;
  });
}

void restart_and_watch(ProductServer& server, Recovered& recovered) {
  const auto begin = Steady::now();
  server.restart();
  const ApiClient api = server.api();
  recovered.listening_seconds = server.process().start_time().count();
  wait_until("the server is ready", 2ms, [&] { return api.is_ready(); });
  recovered.ready_seconds = seconds_since(begin);
  progress("recovery: ready after " + fixed(recovered.ready_seconds, 3) + " s");
  wait_until("all due runs have ended", between_looks, [&] {
    return api.count_runs(server.project(), {"", "EXECUTING"}) == 0 &&
           api.count_runs(server.project(), {"nap", "DELAYED"}) == 0;
  });
  recovered.finished_seconds = seconds_since(begin);
  recovered.rebuilt = api.metric("millrace_runs_loaded_total");
  recovered.peak = memory_peak(server.process().pid());
  progress("recovery: all due runs have ended after " + fixed(recovered.finished_seconds, 3) +
           " s");
}

void count(const ProductServer& server, const Acknowledged& acknowledged, Recovered& recovered) {
  const ApiClient api = server.api();
  const std::set<std::string> found = api.list_runs(server.project(), {});
  recovered.acknowledged = acknowledged.ids().size();
  recovered.found = found.size();
  recovered.lost = static_cast<std::size_t>(
      std::count_if(acknowledged.ids().begin(), acknowledged.ids().end(),
                    [&](const std::string& id) { return !found.contains(id); }));
  recovered.asleep = api.count_runs(server.project(), {"sleep", "DELAYED"});
  recovered.succeeded = api.count_runs(server.project(), {"", "SUCCEEDED"});
  recovered.failed = api.count_runs(server.project(), {"", "FAILED"});
}

Recovered recover(const BenchOptions& options) {
  Recovered recovered;
  ProductServer server(options);
  Acknowledged acknowledged;
  const auto begin = Steady::now();
  create_runs(server, acknowledged);
  const auto naps_are_due = Steady::now() + nap;
  expect(
      seconds_since(begin) < std::chrono::duration<double>(nap).count(),
      "creating the runs took longer than their nap: the machine is too slow for this benchmark");
  acknowledged.start_and_kill(server, "work", workers);
  server.crash();
  recovered.create_seconds = seconds_since(begin);
  progress("recovery: killed with " + std::to_string(acknowledged.ids().size()) +
           " acknowledged runs; waiting until the naps are over");
  std::this_thread::sleep_until(naps_are_due);
  restart_and_watch(server, recovered);
  count(server, acknowledged, recovered);
  return recovered;
}

}  // namespace

BenchReport recovery_bench(const BenchOptions& options) {
  const Recovered recovered = recover(options);
  const double peak_mib = static_cast<double>(recovered.peak.root_bytes) / (1u << 20);
  BenchReport report;
  report.name = "recovery";
  report.title = "kill -9 with " + std::to_string(sleepers + nappers + workers) +
                 " unfinished runs: " + std::to_string(sleepers) + " asleep for an hour, " +
                 std::to_string(nappers) + " due while down, " + std::to_string(workers) +
                 " at work (in memory or queued)";
  report.columns = {"", ""};
  report.rows = {
      {"listening after, s", fixed(recovered.listening_seconds, 3)},
      {"ready (/readyz 200) after, s", fixed(recovered.ready_seconds, 3)},
      {"all due runs ended after, s", fixed(recovered.finished_seconds, 3)},
      {"runs rebuilt from journals", fixed(recovered.rebuilt, 0)},
      {"runs acknowledged", std::to_string(recovered.acknowledged)},
      {"of these lost", std::to_string(recovered.lost)},
      {"runs found", std::to_string(recovered.found)},
      {"still asleep", std::to_string(recovered.asleep)},
      {"succeeded", std::to_string(recovered.succeeded)},
      {"failed", std::to_string(recovered.failed)},
      {"server peak MiB", fixed(peak_mib, 0)},
  };
  report.floors = {
      {"unfinished runs found at the restart", Floor::Kind::at_least,
       static_cast<double>(sleepers + nappers + workers),
       recovered.rebuilt + static_cast<double>(recovered.asleep)},
      {"acknowledged runs lost", Floor::Kind::at_most, 0, static_cast<double>(recovered.lost)},
      {"runs failed", Floor::Kind::at_most, 0, static_cast<double>(recovered.failed)},
      {"sleepers still asleep", Floor::Kind::at_least, static_cast<double>(sleepers),
       static_cast<double>(recovered.asleep)},
  };
  report.json = {{"createSeconds", recovered.create_seconds},
                 {"listeningSeconds", recovered.listening_seconds},
                 {"readySeconds", recovered.ready_seconds},
                 {"finishedSeconds", recovered.finished_seconds},
                 {"rebuilt", recovered.rebuilt},
                 {"acknowledged", recovered.acknowledged},
                 {"found", recovered.found},
                 {"lost", recovered.lost},
                 {"asleep", recovered.asleep},
                 {"succeeded", recovered.succeeded},
                 {"failed", recovered.failed},
                 {"serverPeakMib", peak_mib}};
  return report;
}

}  // namespace millrace::bench
