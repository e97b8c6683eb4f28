#include "bench/process_usage.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <unistd.h>

namespace millrace::bench {
namespace {

std::string proc_path(pid_t process, const std::string& name) {
  return "/proc/" + std::to_string(process) + "/" + name;
}

std::string read_whole(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The value behind `key` in a file of `key: value` lines; 0 when the process is gone.
std::uint64_t line_value(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    std::uint64_t value = 0;
    if (word == key + ":" && file >> value) return value;
  }
  return 0;
}

struct Ticks {
  std::uint64_t own = 0;
  std::uint64_t waited_for = 0;  // of children that have ended
};

Ticks ticks_of(pid_t process) {
  const std::string text = read_whole(proc_path(process, "stat"));
  // The second field is the program's name in parentheses and may hold anything.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::uint64_t user = 0, system = 0, children_user = 0, children_system = 0;
  fields >> user >> system >> children_user >> children_system;
  return {user + system, children_user + children_system};
}

void add_children(pid_t process, std::vector<pid_t>& tree) {
  // Every thread has its own list of the children that it started.
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(proc_path(process, "task"), gone)) {
    std::ifstream children(thread.path() / "children");
    for (pid_t child = 0; children >> child;) {
      tree.push_back(child);
      add_children(child, tree);
    }
  }
}

}  // namespace

std::vector<pid_t> process_tree(pid_t root) {
  std::vector<pid_t> tree{root};
  add_children(root, tree);
  return tree;
}

CpuTime cpu_time(pid_t root) {
  const double per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  CpuTime time;
  for (const pid_t process : process_tree(root)) {
    const Ticks ticks = ticks_of(process);
    if (process == root) time.root_seconds = static_cast<double>(ticks.own) / per_second;
    time.total_seconds += static_cast<double>(ticks.own + ticks.waited_for) / per_second;
  }
  return time;
}

MemoryPeak memory_peak(pid_t root) {
  MemoryPeak peak;
  for (const pid_t process : process_tree(root)) {
    const std::uint64_t bytes = 1024 * line_value(proc_path(process, "status"), "VmHWM");
    (process == root ? peak.root_bytes : peak.descendants_bytes) += bytes;
  }
  return peak;
}

void reset_memory_peak(pid_t root) {
  for (const pid_t process : process_tree(root)) {
    std::ofstream(proc_path(process, "clear_refs")) << "5\n";  // proc(5): resets VmHWM
  }
}

std::uint64_t written_bytes(pid_t root) { return line_value(proc_path(root, "io"), "write_bytes"); }

}  // namespace millrace::bench
