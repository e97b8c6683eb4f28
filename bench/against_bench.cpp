// This build beside another one. Both servers run all the time and are measured in turn (a, b, b, a,
// ...), so that a drift of the machine meets both; the medians are compared. `wake` needs a restart, so
// there a server of each build is started for each round.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/lead_load.h"
#include "bench/load_slot.h"
#include "bench/process_usage.h"
#include "bench/progress.h"
#include "bench/workflows.h"

#include <array>
#include <functional>
#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr int rounds = 4;
/// Below this share of the other build's speed something has become worse; noise is about 5 %.
constexpr double no_worse = 0.9;

constexpr std::uint64_t sleepers = 10'000;
constexpr auto sleep = 20s;
constexpr int wake_rounds = 2;
constexpr auto patience = 120s;

struct Case {
  std::string group;  // as --only takes it
  std::string name;
  std::size_t connections;
  std::function<LoadTarget(const ProductServer&)> target;
};

bool is_right_sum(const HttpAnswer& answer, std::uint64_t elements) {
  return answer.status == 200 &&
         answer.body == R"({"sum":)" + std::to_string(elements * (elements - 1)) + "}";
}

LoadTarget fan_out_target(const ProductServer& server, std::uint64_t elements) {
  server.api().deploy(server.project(), "fan", fan_out_workflow());
  LoadTarget target;
  target.port = server.process().port();
  target.requests = {
      trigger_request({trigger_path(server.project(), "fan"), user_token(server.project(), "user"),
                       R"({"elements":)" + std::to_string(elements) + "}"})};
  target.is_right = [elements](const HttpAnswer& answer) { return is_right_sum(answer, elements); };
  return target;
}

LoadTarget chain_target(const ProductServer& server, std::size_t steps) {
  server.api().deploy(server.project(), "chain", chain_workflow(steps));
  LoadTarget target;
  target.port = server.process().port();
  target.requests = {trigger_request({trigger_path(server.project(), "chain"),
                                      user_token(server.project(), "user"), R"({"number":0})"})};
  target.is_right = [](const HttpAnswer& answer) { return answer.status == 200; };
  return target;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"lead", "lead flow", 1, &lead_target},
      {"lead", "lead flow", 16, &lead_target},
      {"lead", "lead flow", 64, &lead_target},
      {"lead", "lead flow", 256, &lead_target},
      {"fan_out", "fan-out of 100", 4,
       [](const auto& server) { return fan_out_target(server, 100); }},
      {"fan_out", "fan-out of 20,000", 1,
       [](const auto& server) { return fan_out_target(server, 20'000); }},
      {"chain", "chain of 100", 1, [](const auto& server) { return chain_target(server, 100); }}};
  return all;
}

struct Pair {
  double ours = 0;
  double theirs = 0;
  double ratio() const { return theirs > 0 ? ours / theirs : 0; }
};

void add(BenchReport& report, JsonArray& points, const std::string& what,
         const std::string& measure, const Pair& pair, int digits) {
  report.rows.push_back({what, measure, fixed(pair.ours, digits), fixed(pair.theirs, digits),
                         fixed(pair.ratio(), 2)});
  points.push_back(JsonObject{{"what", what},
                              {"measure", measure},
                              {"ours", pair.ours},
                              {"theirs", pair.theirs},
                              {"ratio", pair.ratio()}});
}

void compare_load(const Case& each, const ProductServer& ours, const ProductServer& theirs,
                  const BenchOptions& options, BenchReport& report, JsonArray& points) {
  const std::array<Peer, 2> peers{Peer{"this build", ours.process().pid(), each.target(ours)},
                                  Peer{"the other", theirs.process().pid(), each.target(theirs)}};
  std::array<PeerSamples, 2> samples;
  for (int round = 0; round < rounds; ++round) {
    for (const int turn : {0, 1}) {
      const auto peer = static_cast<std::size_t>((round + turn) % 2);
      measure_slot(peers[peer], each.connections, options, samples[peer]);
    }
  }
  const std::string what = each.name + ", " + std::to_string(each.connections) + " connections";
  const auto pair = [&](Sample PeerSamples::*member) {
    return Pair{(samples[0].*member).median(), (samples[1].*member).median()};
  };
  const Pair speed = pair(&PeerSamples::requests_per_second);
  add(report, points, what, "requests/s", speed, 0);
  add(report, points, what, "CPU s/1000", pair(&PeerSamples::cpu_per_thousand), 3);
  add(report, points, what, "p50 ms", pair(&PeerSamples::p50_ms), 2);
  add(report, points, what, "p99 ms", pair(&PeerSamples::p99_ms), 2);
  report.floors.push_back({"requests/s over those of the other build: " + what,
                           Floor::Kind::at_least, no_worse, speed.ratio()});
}

struct Waking {
  double seconds = 0;  // from the start of the process until all have ended
  double cpu = 0;
};

/// All are due while the server is down, so all at once when it starts.
Waking wake(const BenchOptions& options) {
  ProductServer server(options);
  server.api().deploy(server.project(), "sleep", sleep_workflow(sleep));
  LoadTarget target;
  target.port = server.process().port();
  target.connections = 32;
  target.is_right = [](const HttpAnswer& answer) { return answer.status == 202; };
  for (int user = 0; user < 100; ++user) {
    target.requests.push_back(trigger_request(
        {trigger_path(server.project(), "sleep"),
         user_token(server.project(), "user-" + std::to_string(user)), R"({"number":1})"}));
  }
  {
    LoadGenerator generator(std::move(target));
    must(generator.connect());
    const LoadResult created = generator.run({.duration = 60s, .requests_max = sleepers});
    expect(created.is_clean() && created.answers == sleepers,
           "a sleeper was not accepted: " + created.first_wrong);
  }
  const auto due = Steady::now() + sleep + 1s;
  const auto until = [&](const std::string& what, const auto& holds) {
    for (const auto begin = Steady::now(); !holds();) {
      expect(Steady::now() - begin < patience, "waited in vain until " + what);
      std::this_thread::sleep_for(20ms);
    }
  };
  until("all of them sleep", [&] {
    return server.api().count_runs(server.project(), {"", "DELAYED"}) == sleepers;
  });
  server.crash();
  std::this_thread::sleep_until(due);
  const auto begin = Steady::now();
  server.restart();
  until("all have ended", [&] {
    return server.api().metric(R"(millrace_runs_ended_total{outcome="succeeded"})") >=
           static_cast<double>(sleepers);
  });
  return {std::chrono::duration<double>(Steady::now() - begin).count(),
          cpu_time(server.process().pid()).total_seconds};
}

void compare_waking(const BenchOptions& options, const BenchOptions& other, BenchReport& report,
                    JsonArray& points) {
  std::array<Sample, 2> seconds;
  std::array<Sample, 2> cpu;
  for (int round = 0; round < wake_rounds; ++round) {
    for (const int turn : {0, 1}) {
      const auto peer = static_cast<std::size_t>((round + turn) % 2);
      const Waking measured = wake(peer == 0 ? options : other);
      seconds[peer].add(measured.seconds);
      cpu[peer].add(measured.cpu);
      progress((peer == 0 ? "this build" : "the other") + std::string(": ") +
               std::to_string(sleepers) + " sleepers in " + fixed(measured.seconds, 2) + " s");
    }
  }
  const std::string what = "waking " + std::to_string(sleepers) + " sleepers";
  const auto rate = [](const Sample& sample) {
    return static_cast<double>(sleepers) / sample.median();
  };
  const Pair speed{rate(seconds[0]), rate(seconds[1])};
  add(report, points, what, "runs/s from the start", speed, 0);
  add(report, points, what, "CPU s", {cpu[0].median(), cpu[1].median()}, 2);
  report.floors.push_back({"runs/s over those of the other build: " + what, Floor::Kind::at_least,
                           no_worse, speed.ratio()});
}

}  // namespace

BenchReport against_bench(const BenchOptions& options) {
  BenchOptions other = options;
  other.programs_directory = options.against;
  BenchReport report;
  report.name = "against";
  report.title = "this build beside the one in " + options.against + "; medians of " +
                 std::to_string(rounds) + " slots of each, in turn; the ratio is ours over theirs";
  report.columns = {"what", "measure", "this build", "the other", "ratio"};
  JsonArray points;
  {
    const ProductServer ours(options);
    const ProductServer theirs(other);
    for (const Case& each : cases()) {
      if (!options.wants(each.group)) continue;
      compare_load(each, ours, theirs, options, report, points);
    }
  }
  if (options.wants("wake")) compare_waking(options, other, report, points);
  report.json = {{"rounds", rounds}, {"slotSeconds", options.slot.count()}, {"points", points}};
  return report;
}

}  // namespace millrace::bench
