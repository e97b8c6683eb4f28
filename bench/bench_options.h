#pragma once
// The driver's command line. Every duration and number of a benchmark that is not here is a
// constant in that benchmark's file, next to the reason for it.

#include "runtime/base/result.h"

#include <chrono>
#include <set>
#include <string>

namespace millrace::bench {

struct BenchOptions {
  std::set<std::string> only;      // names of benchmarks; empty: all
  std::chrono::seconds slot{3};    // how long each measured slot of http_trigger and journal takes
  std::string json_file;           // empty: none is written
  std::string scratch_parent;      // where data directories are made; one disk for all runs
  std::string programs_directory;  // where millrace, its function worker and the baseline lie
  std::string against;  // where another build's programs lie: compare with it, nothing else
  bool is_help_wanted = false;

  bool wants(const std::string& name) const { return only.empty() || only.contains(name); }
  std::string program(const std::string& name) const { return programs_directory + "/" + name; }
};

/// Errors: invalid_request with a sentence for the terminal.
Result<BenchOptions> read_options(int count, char** arguments);
std::string usage();

}  // namespace millrace::bench
