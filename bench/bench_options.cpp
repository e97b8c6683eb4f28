#include "bench/bench_options.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <vector>

namespace millrace::bench {
namespace {

constexpr int seconds_max = 60;

BenchOptions defaults() {
  BenchOptions options;
  // The programs of one build lie side by side.
  options.programs_directory = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  options.scratch_parent = std::filesystem::temp_directory_path();
  return options;
}

Result<std::chrono::seconds> read_seconds(const std::string& text) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (is_number && number >= 1 && number <= seconds_max) return std::chrono::seconds(number);
  return Error(ErrorCode::invalid_request,
               "--seconds needs a number from 1 to " + std::to_string(seconds_max));
}

}  // namespace

Result<BenchOptions> read_options(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  BenchOptions options = defaults();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& flag = words[i];
    if (flag == "--help") {
      options.is_help_wanted = true;
      continue;
    }
    if (i + 1 == words.size()) {
      return Error(ErrorCode::invalid_request, "unknown option, or no value behind it: " + flag);
    }
    const std::string& value = words[++i];
    if (flag == "--only") {
      options.only.insert(value);
    } else if (flag == "--seconds") {
      const auto seconds = read_seconds(value);
      if (!seconds) return seconds.error();
      options.slot = *seconds;
    } else if (flag == "--json") {
      options.json_file = value;
    } else if (flag == "--scratch") {
      options.scratch_parent = value;
    } else if (flag == "--programs") {
      options.programs_directory = value;
    } else if (flag == "--against") {
      options.against = value;
    } else {
      return Error(ErrorCode::invalid_request, "there is no option " + flag);
    }
  }
  return options;
}

std::string usage() {
  return "usage: millrace-bench [--only NAME]... [--seconds N] [--json FILE] [--scratch "
         "DIRECTORY]\n"
         "                      [--programs DIRECTORY] [--against DIRECTORY]\n"
         "  --only      a benchmark to run (repeatable); all of them without it:\n"
         "              http_trigger function_chain fan_out request recovery tenants schedule "
         "neighbours retention\n"
         "              idle_polls trigger_kinds history history_run journal template "
         "function_pool\n"
         "  --seconds   of each measured slot, 1 to 60 (3)\n"
         "  --json      also write the results here\n"
         "  --scratch   where the data directories are made (the system's temporary directory)\n"
         "  --programs  where millrace and its companions lie (beside this program)\n"
         "  --against   where those of another build lie: measures both in turn, and nothing "
         "else;\n"
         "              --only lead, fan_out, chain or wake chooses\n"
         "Exit status: 0 all floors hold, 1 one does not, 2 something could not be measured.\n";
}

}  // namespace millrace::bench
