// millrace-bench: runs the benchmarks one after the other, prints a table for each as it is
// measured and, if asked, writes all of them as one JSON document.

#include "bench/bench_failure.h"
#include "bench/bench_options.h"
#include "bench/bench_report.h"
#include "bench/benchmarks.h"
#include "bench/machine_facts.h"
#include "bench/progress.h"

#include <fstream>
#include <iostream>

namespace millrace::bench {
namespace {

struct Benchmark {
  std::string name;
  BenchReport (*run)(const BenchOptions&);
};

const std::vector<Benchmark>& comparison() {
  static const std::vector<Benchmark> only{{"against", &against_bench}};
  return only;
}

const std::vector<Benchmark>& all_benchmarks() {
  static const std::vector<Benchmark> all{{"http_trigger", &http_trigger_bench},
                                          {"function_chain", &function_chain_bench},
                                          {"fan_out", &fan_out_bench},
                                          {"request", &request_bench},
                                          {"recovery", &recovery_bench},
                                          {"tenants", &tenants_bench},
                                          {"schedule", &schedule_bench},
                                          {"neighbours", &neighbours_bench},
                                          {"retention", &retention_bench},
                                          {"idle_polls", &idle_polls_bench},
                                          {"trigger_kinds", &trigger_kinds_bench},
                                          {"history", &history_bench},
                                          {"history_run", &history_run_bench},
                                          {"journal", &journal_bench},
                                          {"template", &template_bench},
                                          {"function_pool", &function_pool_bench}};
  return all;
}

enum ExitStatus : int { floors_hold = 0, floor_missed = 1, not_measured = 2 };

Outcome check_names(const BenchOptions& options) {
  if (!options.against.empty()) return Done{};  // it has parts of its own
  for (const auto& name : options.only) {
    bool is_known = false;
    for (const auto& benchmark : all_benchmarks()) is_known = is_known || benchmark.name == name;
    if (!is_known) return Error(ErrorCode::invalid_request, "there is no benchmark " + name);
  }
  return Done{};
}

bool write_json(const std::string& path, const MachineFacts& machine,
                const std::vector<BenchReport>& reports) {
  JsonObject document{{"machine", to_json(machine)}};
  for (const auto& report : reports) document[report.name] = to_json(report);
  std::ofstream file(path);
  file << millrace::to_text(Json(std::move(document))) << "\n";
  return static_cast<bool>(file.flush());
}

int run_all(const BenchOptions& options) {
  const MachineFacts machine = read_machine_facts(options.scratch_parent);
  std::cout << to_text(machine) << std::endl;
  std::vector<BenchReport> reports;
  bool is_all_measured = true;
  const bool compares = !options.against.empty();
  for (const auto& benchmark : compares ? comparison() : all_benchmarks()) {
    if (!compares && !options.wants(benchmark.name)) continue;
    progress(benchmark.name + " ...");
    try {
      reports.push_back(benchmark.run(options));
      print(std::cout, reports.back());
      std::cout << std::flush;
    } catch (const std::exception& failure) {
      std::cout << "\n" << benchmark.name << ": NOT MEASURED: " << failure.what() << std::endl;
      is_all_measured = false;
    }
  }
  if (!options.json_file.empty() && !write_json(options.json_file, machine, reports)) {
    std::cerr << "cannot write " << options.json_file << "\n";
    return not_measured;
  }
  if (!is_all_measured) return not_measured;
  return all_floors_hold(reports) ? floors_hold : floor_missed;
}

}  // namespace
}  // namespace millrace::bench

int main(int count, char** arguments) {
  using namespace millrace::bench;
  const auto options = read_options(count, arguments);
  if (options.ok() && options->is_help_wanted) {
    std::cout << usage();
    return floors_hold;
  }
  const auto names = options.ok() ? check_names(*options) : millrace::Outcome(options.error());
  if (!names.ok()) {
    std::cerr << names.error().message << "\n" << usage();
    return not_measured;
  }
  return run_all(*options);
}
