// What a hundred small projects notice of a large one: each of them starts one run a second, alone, and then while
// another project's 100,000 queued runs are worked off. Half of the small runs have a response that their caller
// waits for, so that their latency is that of the whole run; of the others only the acknowledgement is timed.
//
// The queue is made by a project that may have a single run at work, until that limit is lifted. The small ones are an
// open loop (load_generator.h): a server that stalls is asked all the same.

#include "bench/bench_failure.h"
#include "bench/benchmarks.h"
#include "bench/load_generator.h"
#include "bench/process_usage.h"
#include "bench/product_server.h"
#include "bench/progress.h"
#include "bench/workflows.h"

#include <thread>

namespace millrace::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t small_projects = 100;
/// A run a second of each project, in turn one that is waited for and one that is not.
constexpr auto interval = 2'000ms;
constexpr auto slot = 12s;
constexpr int rounds = 2;
constexpr std::uint64_t queued = 100'000;
/// Beside these, what is worked off while the queue is made.
constexpr std::uint64_t queued_besides = 10'000;
constexpr std::size_t users = 100;
constexpr std::size_t steps_of_large = 3;
constexpr auto patience = 180s;

/// What the small projects saw.
struct Seen {
  LatencyHistogram accepted;
  LatencyHistogram responded;
  double cpu_seconds = 0;
  double large_runs = 0;
  double seconds = 0;

  void add(const Seen& other) {
    accepted.add(other.accepted);
    responded.add(other.responded);
    cpu_seconds += other.cpu_seconds;
    large_runs += other.large_runs;
    seconds += other.seconds;
  }
};

double ended_runs(const ApiClient& api) {
  return api.metric("millrace_runs_ended_total{outcome=\"succeeded\"}");
}

LoadTarget target_of(const ProductServer& server, std::vector<std::string> requests, int status) {
  LoadTarget target;
  target.port = server.process().port();
  target.connections = requests.size();
  target.requests = std::move(requests);
  target.is_right = [status](const HttpAnswer& answer) { return answer.status == status; };
  return target;
}

/// A hundred projects and their load.
class SmallOnes {
 public:
  explicit SmallOnes(const ProductServer& server)
      : server_(server),
        projects_(create(server)),
        accepted_(target_of(server, requests_to("accept"), 202)),
        responded_(target_of(server, requests_to("respond"), 200)) {
    must(accepted_.connect());
    must(responded_.connect());
  }

  Seen run(std::chrono::milliseconds duration) {
    const ApiClient api = server_.api();
    const double cpu_begin = cpu_time(server_.process().pid()).total_seconds;
    const double ended_begin = ended_runs(api);
    const auto begin = Steady::now();
    LoadResult accepted;
    LoadResult responded;
    {
      const std::jthread beside([&] { accepted = run(accepted_, duration); });
      responded = run(responded_, duration);
    }
    Seen seen{accepted.latencies, responded.latencies};
    seen.seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    seen.cpu_seconds = cpu_time(server_.process().pid()).total_seconds - cpu_begin;
    seen.large_runs =
        ended_runs(api) - ended_begin - static_cast<double>(accepted.answers + responded.answers);
    expect(accepted.is_clean() && responded.is_clean(),
           "a small project was not answered: " + accepted.first_wrong + responded.first_wrong);
    return seen;
  }

 private:
  static LoadResult run(LoadGenerator& generator, std::chrono::milliseconds duration) {
    return generator.run({.duration = duration, .interval = interval});
  }

  static std::vector<BenchProject> create(const ProductServer& server) {
    const ApiClient api = server.api();
    const RsaKeyPair keys = generate_key_pair();
    std::vector<BenchProject> projects;
    for (std::size_t i = 0; i < small_projects; ++i) {
      projects.push_back(api.create_project(keys));
      api.deploy(projects.back(), "accept", unheld_chain_workflow(1));
      api.deploy(projects.back(), "respond", chain_workflow(1));
    }
    return projects;
  }

  std::vector<std::string> requests_to(const std::string& workflow) const {
    std::vector<std::string> requests;
    for (const BenchProject& project : projects_) {
      requests.push_back(trigger_request(
          {trigger_path(project, workflow), user_token(project, "somebody"), R"({"number":1})"}));
    }
    return requests;
  }

  const ProductServer& server_;
  const std::vector<BenchProject> projects_;
  LoadGenerator accepted_;
  LoadGenerator responded_;
};

template <class Holds>
void wait_until(const std::string& what, Holds holds) {
  const auto give_up = Steady::now() + patience;
  while (!holds()) {
    expect(Steady::now() < give_up, "waited in vain until " + what);
    std::this_thread::sleep_for(100ms);
  }
}

/// Leaves the large project with so many queued runs, and one place to run them in.
void fill_queue(const ProductServer& server) {
  const ApiClient api = server.api();
  api.limit_runs(server.project(), 1);
  std::vector<std::string> requests;
  for (std::size_t user = 0; user < users; ++user) {
    const std::string token = user_token(server.project(), "user-" + std::to_string(user));
    requests.push_back(
        trigger_request({trigger_path(server.project(), "work"), token, R"({"number":1})"}));
  }
  LoadGenerator generator(target_of(server, std::move(requests), 202));
  must(generator.connect());
  const LoadResult sent =
      generator.run({.duration = patience, .requests_max = queued + queued_besides});
  expect(sent.is_clean(), "the large project was not answered: " + sent.first_wrong);
  const double waiting = api.metric("millrace_runs_queued");
  progress("neighbours: " + fixed(waiting, 0) + " runs are queued after " + fixed(sent.seconds, 1) +
           " s");
  expect(waiting >= static_cast<double>(queued), "too few runs are queued");
}

void wait_until_worked_off(const ApiClient& api) {
  wait_until("the queue is worked off", [&] {
    return api.metric("millrace_runs_queued") == 0 && api.metric("millrace_runs_live") == 0;
  });
}

std::string milliseconds(const LatencyHistogram& latencies, double share) {
  return fixed(static_cast<double>(latencies.quantile(share).count()) * 1e-6, 2);
}

double ratio(const LatencyHistogram& loaded, const LatencyHistogram& alone, double share) {
  return static_cast<double>(loaded.quantile(share).count()) /
         static_cast<double>(alone.quantile(share).count());
}

BenchReport report_of(const Seen& alone, const Seen& beside) {
  BenchReport report;
  report.name = "neighbours";
  report.title = std::to_string(small_projects) + " projects with one run a second each, beside " +
                 "another one's " + std::to_string(queued) + " queued runs";
  report.columns = {"", "alone", "beside", "times"};
  const auto row = [&](const std::string& what, const LatencyHistogram& quiet,
                       const LatencyHistogram& loaded, double share) {
    report.rows.push_back({what, milliseconds(quiet, share), milliseconds(loaded, share),
                           fixed(ratio(loaded, quiet, share), 2)});
  };
  row("acknowledged, ms p50", alone.accepted, beside.accepted, 0.5);
  row("acknowledged, ms p99", alone.accepted, beside.accepted, 0.99);
  row("responded, ms p50", alone.responded, beside.responded, 0.5);
  row("responded, ms p99", alone.responded, beside.responded, 0.99);
  report.rows.push_back({"CPU, cores", fixed(alone.cpu_seconds / alone.seconds, 2),
                         fixed(beside.cpu_seconds / beside.seconds, 2), ""});
  report.rows.push_back(
      {"the large one's runs/s", "", fixed(beside.large_runs / beside.seconds, 0), ""});
  const double accepted = ratio(beside.accepted, alone.accepted, 0.99);
  const double responded = ratio(beside.responded, alone.responded, 0.99);
  report.floors = {
      {"p99 of the small ones' acknowledgements, times", Floor::Kind::at_most, 2, accepted},
      {"p99 of the small ones' runs, times", Floor::Kind::at_most, 2, responded},
  };
  report.json = {{"acceptedP99Factor", accepted},
                 {"respondedP99Factor", responded},
                 {"largeRunsPerSecond", beside.large_runs / beside.seconds}};
  return report;
}

}  // namespace

BenchReport neighbours_bench(const BenchOptions& options) {
  const ProductServer server(options);
  const ApiClient api = server.api();
  api.deploy(server.project(), "work", unheld_chain_workflow(steps_of_large));
  SmallOnes small(server);
  small.run(interval);  // warm-up
  Seen alone;
  Seen beside;
  for (int round = 0; round < rounds; ++round) {
    alone.add(small.run(slot));
    fill_queue(server);
    api.limit_runs(server.project(), 1'000);
    beside.add(small.run(slot));
    progress("neighbours: " + fixed(api.metric("millrace_runs_queued"), 0) +
             " runs are queued at the end");
    expect(api.metric("millrace_runs_queued") > 0,
           "the queue was worked off before the slot ended");
    wait_until_worked_off(api);
  }
  alone.add(small.run(slot));
  return report_of(alone, beside);
}

}  // namespace millrace::bench
