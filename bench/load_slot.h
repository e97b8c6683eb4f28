#pragma once
// One measured slot of load on one server: a second of warm-up, then `BenchOptions::slot`. Servers that
// are compared are measured in turn, a slot each, because the machine's speed drifts while a benchmark
// runs: neighbours, the disk, the clock. All servers stay up; the one that is not asked idles.

#include "bench/bench_options.h"
#include "bench/load_generator.h"
#include "bench/sample.h"
#include "runtime/base/json.h"

#include <string>
#include <sys/types.h>

namespace millrace::bench {

/// A server and what it is asked.
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

/// Adds one slot to `samples`; BenchFailure when an answer is wrong.
void measure_slot(const Peer& peer, std::size_t connections, const BenchOptions& options,
                  PeerSamples& samples);

JsonObject to_json(const PeerSamples& samples);

}  // namespace millrace::bench
