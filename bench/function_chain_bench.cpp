// A chain has no parallelism: each step waits for the one before. So its time, divided by its
// steps, is the cost of one step on an idle server: the journal's event, the actor's turn, the
// round trip to the function's process, the rendered input and the parsed output.
//
// Every step is a function version of its own. The short chain shows what a step costs while a
// worker has room for the contexts of all of them; the long one, which carries the floor, whether
// that holds for a long workflow too.

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

constexpr std::size_t short_chain = 25;
constexpr std::size_t long_chain = 100;
constexpr LoadBounds warm_up{.duration = 5s, .requests_max = 20};
constexpr LoadBounds measured{.duration = 20s, .requests_max = 100};
constexpr double step_us_floor = 300;

struct Measured {
  std::size_t steps = 0;
  LoadResult load;
  double cpu_us_per_step = 0;

  double us_per_step(double share) const {
    return static_cast<double>(load.latencies.quantile(share).count()) * 1e-3 /
           static_cast<double>(steps);
  }
};

LoadTarget target_of(const ProductServer& server, const std::string& workflow, std::size_t steps) {
  LoadTarget target;
  target.port = server.process().port();
  target.requests = {trigger_request({trigger_path(server.project(), workflow),
                                      user_token(server.project(), "user"), R"({"number":0})"})};
  target.is_right = [body =
                         R"({"number":)" + std::to_string(steps) + "}"](const HttpAnswer& answer) {
    return answer.status == 200 && answer.body == body;
  };
  return target;
}

Measured measure(const ProductServer& server, std::size_t steps) {
  const std::string workflow = "chain-" + std::to_string(steps);
  server.api().deploy(server.project(), workflow, chain_workflow(steps));
  LoadGenerator generator(target_of(server, workflow, steps));
  must(generator.connect());
  generator.run(warm_up);
  const CpuTime begin = cpu_time(server.process().pid());
  Measured result{steps, generator.run(measured), 0};
  const CpuTime end = cpu_time(server.process().pid());
  expect(result.load.is_clean() && result.load.answers > 0,
         workflow + " gave a wrong answer or none: " + result.load.first_wrong);
  result.cpu_us_per_step = (end.total_seconds - begin.total_seconds) * 1e6 /
                           static_cast<double>(result.load.answers * steps);
  progress("function_chain: " + std::to_string(steps) + " steps, " +
           fixed(result.us_per_step(0.5), 1) + " us each");
  return result;
}

JsonObject to_json(const Measured& result) {
  return {{"steps", result.steps},
          {"runs", result.load.answers},
          {"stepUsMedian", result.us_per_step(0.5)},
          {"stepUsP90", result.us_per_step(0.9)},
          {"stepUsP99", result.us_per_step(0.99)},
          {"cpuUsPerStep", result.cpu_us_per_step}};
}

}  // namespace

BenchReport function_chain_bench(const BenchOptions& options) {
  const ProductServer server(options);
  BenchReport report;
  report.name = "function_chain";
  report.title = "function steps in a row and a response, one run after the other";
  report.columns = {"steps",       "runs",        "run median ms", "step median us",
                    "step p90 us", "step p99 us", "CPU us/step"};
  JsonArray points;
  for (const std::size_t steps : {short_chain, long_chain}) {
    const Measured result = measure(server, steps);
    report.rows.push_back({std::to_string(steps), std::to_string(result.load.answers),
                           fixed(result.us_per_step(0.5) * static_cast<double>(steps) / 1'000, 2),
                           fixed(result.us_per_step(0.5), 1), fixed(result.us_per_step(0.9), 1),
                           fixed(result.us_per_step(0.99), 1), fixed(result.cpu_us_per_step, 1)});
    points.push_back(to_json(result));
    if (steps == long_chain) {
      report.floors.push_back({"us per step of the long chain, median", Floor::Kind::at_most,
                               step_us_floor, result.us_per_step(0.5)});
    }
  }
  report.json = {{"points", std::move(points)}};
  return report;
}

}  // namespace millrace::bench
