// From the request to the response: a function makes the elements, each is one branch with one
// function, the reduced array goes through a last function that sums it, so that a lost or swapped
// element would be a wrong answer. The memory peak is reset before each size and includes what the
// allocator has kept from earlier runs.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "bench/workflows.h"

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;

struct Size {
  std::uint64_t elements;
  std::uint64_t repetitions;
  double seconds_floor;              // 0: none was promised
  double elements_per_second_floor;  // likewise
};
constexpr Size sizes[] = {{1'000, 50, 0, 20'000}, {20'000, 7, 3, 0}, {100'000, 3, 0, 0}};
constexpr double mebibyte = 1u << 20;

struct Measured {
  double smallest_seconds = 0;
  double median_seconds = 0;
  double p90_seconds = 0;
  double cpu_seconds = 0;  // per run
  MemoryPeak peak;
};

LoadTarget target_of(const ProductServer& server, std::uint64_t elements) {
  LoadTarget target;
  target.port = server.process().port();
  target.requests = {
      trigger_request({trigger_path(server.project(), "fan"), user_token(server.project(), "user"),
                       R"({"elements":)" + std::to_string(elements) + "}"})};
  target.is_right = [sum = elements * (elements - 1)](const HttpAnswer& answer) {
    return answer.status == 200 && answer.body == R"({"sum":)" + std::to_string(sum) + "}";
  };
  return target;
}

LoadResult run_fan_outs(LoadGenerator& generator, std::uint64_t times) {
  LoadResult result = generator.run({.duration = 120s, .requests_max = times});
  expect(result.is_clean() && result.answers == times,
         "the fan-out gave a wrong answer or none: " + result.first_wrong);
  return result;
}

Measured measure(const ProductServer& server, const Size& size) {
  const pid_t pid = server.process().pid();
  LoadGenerator generator(target_of(server, size.elements));
  must(generator.connect());
  reset_memory_peak(pid);
  const CpuTime cpu_begin = cpu_time(pid);
  const LoadResult result = run_fan_outs(generator, size.repetitions);
  const CpuTime cpu_end = cpu_time(pid);
  Measured measured;
  measured.smallest_seconds = static_cast<double>(result.latencies.quantile(0).count()) * 1e-9;
  measured.median_seconds = static_cast<double>(result.latencies.quantile(0.5).count()) * 1e-9;
  measured.p90_seconds = static_cast<double>(result.latencies.quantile(0.9).count()) * 1e-9;
  measured.cpu_seconds =
      (cpu_end.total_seconds - cpu_begin.total_seconds) / static_cast<double>(size.repetitions);
  measured.peak = memory_peak(pid);
  progress("fan_out: " + std::to_string(size.elements) + " elements in " +
           fixed(measured.median_seconds, 3) + " s");
  return measured;
}

}  // namespace

BenchReport fan_out_bench(const BenchOptions& options) {
  ProductServer server(options);
  server.api().deploy(server.project(), "fan", fan_out_workflow());
  LoadGenerator first(target_of(server, sizes[0].elements));
  must(first.connect());
  run_fan_outs(first, 2);  // starts the workers, compiles the functions

  BenchReport report;
  report.name = "fan_out";
  report.title = "one function for each element, from the request to the response with the sum";
  report.columns = {"elements",         "least s",    "median s",       "p90 s",
                    "elements/s",       "us/element", "CPU us/element", "server peak MiB",
                    "workers peak MiB", "runs"};
  JsonArray points;
  for (const Size& size : sizes) {
    const Measured measured = measure(server, size);
    const double elements = static_cast<double>(size.elements);
    const double server_mib = static_cast<double>(measured.peak.root_bytes) / mebibyte;
    const double workers_mib = static_cast<double>(measured.peak.descendants_bytes) / mebibyte;
    const double per_second = elements / measured.median_seconds;
    report.rows.push_back({std::to_string(size.elements), fixed(measured.smallest_seconds, 4),
                           fixed(measured.median_seconds, 4), fixed(measured.p90_seconds, 4),
                           fixed(per_second, 0), fixed(measured.median_seconds * 1e6 / elements, 1),
                           fixed(measured.cpu_seconds * 1e6 / elements, 1), fixed(server_mib, 0),
                           fixed(workers_mib, 0), std::to_string(size.repetitions)});
    points.push_back(JsonObject{{"elements", size.elements},
                                {"repetitions", size.repetitions},
                                {"secondsLeast", measured.smallest_seconds},
                                {"secondsMedian", measured.median_seconds},
                                {"secondsP90", measured.p90_seconds},
                                {"elementsPerSecond", per_second},
                                {"cpuSecondsPerRun", measured.cpu_seconds},
                                {"serverPeakMib", server_mib},
                                {"workersPeakMib", workers_mib}});
    if (size.seconds_floor > 0) {
      report.floors.push_back({"seconds for " + std::to_string(size.elements) + " elements, median",
                               Floor::Kind::at_most, size.seconds_floor, measured.median_seconds});
    }
    if (size.elements_per_second_floor > 0) {
      report.floors.push_back({"elements/s of " + std::to_string(size.elements) + ", median",
                               Floor::Kind::at_least, size.elements_per_second_floor, per_second});
    }
  }
  report.json = {{"points", std::move(points)}};
  return report;
}

}  // namespace millrace::bench
