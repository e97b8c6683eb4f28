// The lead flow beside the least that this stack could do for the same requests.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/lead_load.h"
#include "bench/load_slot.h"
#include "bench/product_server.h"

namespace millrace::bench {
namespace {

constexpr int rounds = 3;
constexpr std::size_t connections_max = 256;
constexpr std::size_t connections_of_floor = 64;
constexpr double ratio_floor = 0.25;
/// About what one run of the lead flow appends to the log (2,097 bytes, seen with strace).
constexpr std::size_t record_bytes = 2'048;

bool is_put_answer(const HttpAnswer& answer) {
  return answer.status == 200 && answer.body == R"({"stored":true})";
}

/// The same requests, tokens included, on another path.
Peer baseline_peer(const ServerProcess& server, const ProductServer& product) {
  Peer peer{"synced put", server.pid(), {}};
  peer.target.port = server.port();
  peer.target.is_right = is_put_answer;
  peer.target.requests = lead_requests(product.project(), "/put");
  return peer;
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

}  // namespace

BenchReport http_trigger_bench(const BenchOptions& options) {
  ProductServer product(options);
  const ScratchDirectory directory(options.scratch_parent);
  auto baseline = must(
      ServerProcess::start({{options.program("millrace-bench-baseline"), directory.path() + "/data",
                             std::to_string(connections_max), std::to_string(record_bytes)},
                            directory.path() + "/baseline.log"}));
  const Peer a = Peer{"millrace", product.process().pid(), lead_target(product)};
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
      measure_slot(a, connections, options, of_a);
      measure_slot(b, connections, options, of_b);
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
