#include "bench/load_slot.h"

#include "bench/bench_failure.h"
#include "bench/bench_report.h"
#include "bench/process_usage.h"
#include "bench/progress.h"

#include <thread>
#include <utility>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto warm_up = 1s;
/// For the other server's background work to end before the next slot.
constexpr auto pause = 300ms;

double milliseconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) * 1e-6;
}

}  // namespace

void measure_slot(const Peer& peer, std::size_t connections, const BenchOptions& options,
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
  progress(peer.name + ", " + std::to_string(connections) +
           " connections: " + fixed(result.requests_per_second(), 0) + " requests/s");
  std::this_thread::sleep_for(pause);
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

}  // namespace millrace::bench
