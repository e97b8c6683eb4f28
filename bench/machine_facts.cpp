#include "bench/machine_facts.h"

#include "actors/functions/descriptor.h"
#include "bench/bench_failure.h"
#include "bench/bench_report.h"
#include "bench/sample.h"
#include "bench/scratch_directory.h"

#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace millrace::bench {
namespace {

constexpr int syncs = 300;

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

Sample sync_latencies_us(const std::string& parent) {
  const ScratchDirectory directory(parent);
  const Descriptor file(::open((directory.path() + "/sync").c_str(),
                               O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  expect(file.is_open(), "no file can be made in " + directory.path());
  const std::string block(4'096, 's');
  Sample sample;
  for (int i = 0; i < syncs; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    expect(::write(file.get(), block.data(), block.size()) > 0 && ::fdatasync(file.get()) == 0,
           "the disk refuses a synced write");
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    sample.add(took.count());
  }
  return sample;
}

}  // namespace

MachineFacts read_machine_facts(const std::string& scratch_parent) {
  MachineFacts facts;
  facts.cores = std::thread::hardware_concurrency();
  facts.cpu = cpu_model();
  utsname name{};
  if (::uname(&name) == 0) facts.kernel = name.release;
  struct sysinfo system {};
  if (::sysinfo(&system) == 0) {
    facts.memory_gib = static_cast<double>(system.totalram) * system.mem_unit / (1u << 30);
  }
  std::ifstream("/proc/loadavg") >> facts.load_average;
  const Sample sync = sync_latencies_us(scratch_parent);
  facts.sync_median_us = sync.median();
  facts.sync_p99_us = sync.quantile(0.99);
  return facts;
}

JsonObject to_json(const MachineFacts& facts) {
  return {{"cores", facts.cores},
          {"cpu", facts.cpu},
          {"kernel", facts.kernel},
          {"memoryGib", facts.memory_gib},
          {"loadAverage", facts.load_average},
          {"syncMedianUs", facts.sync_median_us},
          {"syncP99Us", facts.sync_p99_us}};
}

std::string to_text(const MachineFacts& facts) {
  return std::to_string(facts.cores) + " cores (" + facts.cpu + "), " + fixed(facts.memory_gib, 1) +
         " GiB, kernel " + facts.kernel + ", load " + fixed(facts.load_average, 1) +
         ", 4 KiB synced append " + fixed(facts.sync_median_us, 0) + " us (p99 " +
         fixed(facts.sync_p99_us, 0) + " us)";
}

}  // namespace millrace::bench
