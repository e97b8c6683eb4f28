// The function pool without anything around it: the round trip of one call to a worker process and
// back, the same when each call is for another one of 100 functions (as the steps of a long
// workflow are), and what remains of it when 20,000 calls wait at once, as in a fan-out.

#include "actors/functions/function_pool.h"
#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/latency_histogram.h"
#include "bench/progress.h"
#include "bench/sample.h"

#include <condition_variable>
#include <mutex>

namespace millrace::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int warm_ups = 500;
constexpr int round_trips = 5'000;
constexpr int functions = 100;
constexpr int rounds_of_functions = 5;
constexpr int pipelined_calls = 20'000;
constexpr int pipelined_rounds = 5;
const std::string right_answer = "42";

/// Counts answers; the last one wakes whoever waits.
class Answers {
 public:
  void expect_more(int count) {
    const std::lock_guard lock(mutex_);
    missing_ += count;
  }
  void take(const FunctionOutcome& outcome) {
    const std::lock_guard lock(mutex_);
    if (!outcome.result.ok() || *outcome.result != right_answer) ++wrong_;
    if (--missing_ == 0) complete_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    complete_.wait(lock, [this] { return missing_ == 0; });
    expect(wrong_ == 0, std::to_string(wrong_) + " function calls gave a wrong answer");
  }

 private:
  std::mutex mutex_;
  std::condition_variable complete_;
  int missing_ = 0;
  int wrong_ = 0;
};

using SharedSource = std::shared_ptr<const FunctionSource>;

SharedSource source(const std::string& name) {
  FunctionSource function;
  function.project = ProjectId("bench");
  function.identity = "bench@1/" + name;
  function.code = "({ number }) => number * 2";
  return std::make_shared<const FunctionSource>(std::move(function));
}

void call(FunctionPool& pool, const SharedSource& function, int times, Answers& answers) {
  answers.expect_more(times);
  for (int i = 0; i < times; ++i) {
    pool.run({function, R"({"number":21})"},
             [&answers](const FunctionOutcome& outcome) { answers.take(outcome); });
  }
  answers.wait();
}

LatencyHistogram round_trips_of(FunctionPool& pool, const std::vector<SharedSource>& sources,
                                int times, Answers& answers) {
  LatencyHistogram latencies;
  for (int i = 0; i < times; ++i) {
    const auto begin = Steady::now();
    call(pool, sources[static_cast<std::size_t>(i) % sources.size()], 1, answers);
    latencies.record(Steady::now() - begin);
  }
  return latencies;
}

double microseconds(const LatencyHistogram& latencies, double share) {
  return static_cast<double>(latencies.quantile(share).count()) * 1e-3;
}

}  // namespace

BenchReport function_pool_bench(const BenchOptions& options) {
  FunctionPoolOptions pool_options;
  pool_options.worker_binary = options.program("millrace-function-worker");
  FunctionPool pool(pool_options);
  Answers answers;
  const std::vector<SharedSource> one{source("double")};
  std::vector<SharedSource> many;
  for (int i = 0; i < functions; ++i) many.push_back(source("double-" + std::to_string(i)));

  round_trips_of(pool, one, warm_ups, answers);
  const LatencyHistogram alone = round_trips_of(pool, one, round_trips, answers);
  round_trips_of(pool, many, functions, answers);
  const LatencyHistogram mixed =
      round_trips_of(pool, many, functions * rounds_of_functions, answers);
  Sample pipelined_us;
  for (int round = 0; round < pipelined_rounds; ++round) {
    const auto begin = Steady::now();
    call(pool, one.front(), pipelined_calls, answers);
    const std::chrono::duration<double, std::micro> took = Steady::now() - begin;
    pipelined_us.add(took.count() / pipelined_calls);
  }
  progress("function_pool: round trip " + fixed(microseconds(alone, 0.5), 1) + " us, over " +
           std::to_string(functions) + " functions " + fixed(microseconds(mixed, 0.5), 1) +
           " us, pipelined " + fixed(pipelined_us.median(), 2) + " us a call");

  BenchReport report;
  report.name = "function_pool";
  report.title = "calls of a small function in worker processes";
  report.columns = {"", "median us/call", "p90 us/call"};
  report.rows = {
      {"one at a time", fixed(microseconds(alone, 0.5), 1), fixed(microseconds(alone, 0.9), 1)},
      {"one at a time, " + std::to_string(functions) + " functions in turn",
       fixed(microseconds(mixed, 0.5), 1), fixed(microseconds(mixed, 0.9), 1)},
      {std::to_string(pipelined_calls) + " at once", fixed(pipelined_us.median(), 2),
       fixed(pipelined_us.p90(), 2)}};
  report.json = {{"roundTripUsMedian", microseconds(alone, 0.5)},
                 {"roundTripUsP90", microseconds(alone, 0.9)},
                 {"functionsInTurn", functions},
                 {"functionsInTurnUsMedian", microseconds(mixed, 0.5)},
                 {"functionsInTurnUsP90", microseconds(mixed, 0.9)},
                 {"pipelinedUsPerCallMedian", pipelined_us.median()},
                 {"pipelinedUsPerCallP90", pipelined_us.p90()}};
  return report;
}

}  // namespace millrace::bench
