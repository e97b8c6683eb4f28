// Peers are measured in turn (a, b, a, b, ...) at each number of connections and their medians
// compared, because the machine's speed drifts while a benchmark runs: neighbours, the disk, the
// clock. Both servers stay up all the time; the one that is not asked idles.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "bench/sample.h"
#include "bench/workflows.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;

constexpr int rounds = 3;
constexpr std::size_t users = 64;
constexpr std::size_t connections_max = 256;
constexpr std::size_t connections_of_floor = 64;
constexpr double ratio_floor = 0.25;
constexpr auto warm_up = 1s;
/// For the other server's background work to end before the next slot.
constexpr auto pause = 300ms;
/// About what one run of the lead flow appends to the log (2,097 bytes, seen with strace).
constexpr std::size_t record_bytes = 2'048;

struct Peer {
  std::string name;
  pid_t pid = -1;
  LoadTarget target;
};

struct PeerSamples {
  Sample requests_per_second;
  Sample p50_ms;
  Sample p99_ms;
  Sample cpu_per_thousand;     // seconds, with the function workers
  Sample workers_share;        // of that CPU
  Sample generator_cores;      // what the generator took of the machine meanwhile
  Sample written_per_request;  // bytes to disk, compactions included
};

std::string lead_body(std::size_t number) {
  return R"({"email":"Lead.)" + std::to_string(number) +
         R"(@Example.COM","name":"Ada Byron","company":"Analytical Engines Ltd","phone":)"
         R"("+44 20 7946 0958","source":"web","tags":[" warm","fair ","spring"],"notes":)"
         R"("Asked for a call back on Tuesday; knows the product from a colleague."})";
}

bool is_lead_answer(const HttpAnswer& answer) {
  return answer.status == 200 && answer.body.find(R"(@example.com")") != std::string_view::npos &&
         answer.body.find(R"("tags":["warm","fair","spring"])") != std::string_view::npos;
}

bool is_put_answer(const HttpAnswer& answer) {
  return answer.status == 200 && answer.body == R"({"stored":true})";
}

Peer product_peer(const ProductServer& server) {
  Peer peer{"millrace", server.process().pid(), {}};
  peer.target.port = server.process().port();
  peer.target.is_right = is_lead_answer;
  for (std::size_t i = 0; i < users; ++i) {
    const std::string token = user_token(server.project(), "user-" + std::to_string(i));
    peer.target.requests.push_back(
        trigger_request({trigger_path(server.project(), "lead"), token, lead_body(i)}));
  }
  return peer;
}

/// The same requests, tokens included, on another path.
Peer baseline_peer(const ServerProcess& server, const ProductServer& product) {
  Peer peer{"synced put", server.pid(), {}};
  peer.target.port = server.port();
  peer.target.is_right = is_put_answer;
  for (std::size_t i = 0; i < users; ++i) {
    const std::string token = user_token(product.project(), "user-" + std::to_string(i));
    peer.target.requests.push_back(trigger_request({"/put", token, lead_body(i)}));
  }
  return peer;
}

double milliseconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) * 1e-6;
}

void measure(const Peer& peer, std::size_t connections, const BenchOptions& options,
             PeerSamples& samples) {
  LoadTarget target = peer.target;
  target.connections = connections;
  LoadGenerator generator(std::move(target));
  must(generator.connect());
  generator.run({.duration = warm_up});

  const CpuTime cpu_begin = cpu_time(peer.pid);
  const std::uint64_t written_begin = written_bytes(peer.pid);
  const LoadResult result = generator.run({.duration = options.slot});
  const CpuTime cpu_end = cpu_time(peer.pid);
  expect(result.is_clean() && result.answers > 0,
         peer.name + " at " + std::to_string(connections) +
             " connections: " + std::to_string(result.wrong) + " wrong answers, " +
             std::to_string(result.broken) + " broken connections, " +
             std::to_string(result.unanswered) + " unanswered; first wrong: " + result.first_wrong);

  const double answers = static_cast<double>(result.answers);
  const double cpu = cpu_end.total_seconds - cpu_begin.total_seconds;
  const double root_cpu = cpu_end.root_seconds - cpu_begin.root_seconds;
  samples.requests_per_second.add(result.requests_per_second());
  samples.p50_ms.add(milliseconds(result.latencies.quantile(0.5)));
  samples.p99_ms.add(milliseconds(result.latencies.quantile(0.99)));
  samples.cpu_per_thousand.add(cpu / answers * 1'000);
  samples.workers_share.add(cpu > 0 ? 1 - root_cpu / cpu : 0);
  samples.generator_cores.add(result.cpu_seconds / result.seconds);
  samples.written_per_request.add(static_cast<double>(written_bytes(peer.pid) - written_begin) /
                                  answers);
  progress("http_trigger: " + peer.name + ", " + std::to_string(connections) +
           " connections: " + fixed(result.requests_per_second(), 0) + " requests/s");
  std::this_thread::sleep_for(pause);
}

void add_row(BenchReport& report, const std::string& name, std::size_t connections,
             const PeerSamples& samples, const std::string& ratio) {
  report.rows.push_back({name, std::to_string(connections),
                         fixed(samples.requests_per_second.median(), 0),
                         fixed(samples.p50_ms.median(), 2), fixed(samples.p99_ms.median(), 2),
                         fixed(samples.cpu_per_thousand.median(), 3),
                         fixed(100 * samples.workers_share.median(), 0) + " %",
                         fixed(samples.generator_cores.median(), 2),
                         fixed(samples.written_per_request.median(), 0), ratio});
}

JsonObject to_json(const PeerSamples& samples) {
  return {{"requestsPerSecond", samples.requests_per_second.median()},
          {"requestsPerSecondSmallest", samples.requests_per_second.smallest()},
          {"requestsPerSecondLargest", samples.requests_per_second.largest()},
          {"p50Ms", samples.p50_ms.median()},
          {"p99Ms", samples.p99_ms.median()},
          {"cpuSecondsPerThousand", samples.cpu_per_thousand.median()},
          {"functionWorkersShareOfCpu", samples.workers_share.median()},
          {"generatorCores", samples.generator_cores.median()},
          {"bytesWrittenPerRequest", samples.written_per_request.median()}};
}

}  // namespace

BenchReport http_trigger_bench(const BenchOptions& options) {
  ProductServer product(options);
  product.api().deploy(product.project(), "lead", lead_workflow());
  const ScratchDirectory directory(options.scratch_parent);
  auto baseline = must(
      ServerProcess::start({{options.program("millrace-bench-baseline"), directory.path() + "/data",
                             std::to_string(connections_max), std::to_string(record_bytes)},
                            directory.path() + "/baseline.log"}));
  const Peer a = product_peer(product);
  const Peer b = baseline_peer(baseline, product);

  BenchReport report;
  report.name = "http_trigger";
  report.title =
      "the lead flow (3 functions, 1 conditional, 1 response) beside one synced put of " +
      std::to_string(record_bytes) + " bytes; medians of " + std::to_string(rounds) +
      " slots of each, in turn";
  report.columns = {"server",     "connections", "requests/s",      "p50 ms",     "p99 ms",
                    "CPU s/1000", "in workers",  "generator cores", "disk bytes", "ratio"};
  JsonArray points;
  for (const std::size_t connections :
       {std::size_t{1}, std::size_t{16}, connections_of_floor, connections_max}) {
    PeerSamples of_a;
    PeerSamples of_b;
    for (int round = 0; round < rounds; ++round) {
      measure(a, connections, options, of_a);
      measure(b, connections, options, of_b);
    }
    const double ratio = of_a.requests_per_second.median() / of_b.requests_per_second.median();
    add_row(report, a.name, connections, of_a, fixed(ratio, 3));
    add_row(report, b.name, connections, of_b, "");
    points.push_back(JsonObject{{"connections", connections},
                                {"millrace", to_json(of_a)},
                                {"syncedPut", to_json(of_b)},
                                {"ratio", ratio}});
    if (connections == connections_of_floor) {
      report.floors.push_back({"requests/s over those of the synced put, at " +
                                   std::to_string(connections) + " connections",
                               Floor::Kind::at_least, ratio_floor, ratio});
    }
  }
  report.json = {{"rounds", rounds},
                 {"slotSeconds", options.slot.count()},
                 {"recordBytes", record_bytes},
                 {"points", std::move(points)}};
  return report;
}

}  // namespace millrace::bench
