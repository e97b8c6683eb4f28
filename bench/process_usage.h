#pragma once
// What a process and everything it started has used, from /proc: the server and its function
// workers are one thing to whoever pays for the machine.

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace millrace::bench {

/// The process and all its living descendants; the process itself comes first.
std::vector<pid_t> process_tree(pid_t root);

struct CpuTime {
  double root_seconds = 0;   // the process alone
  double total_seconds = 0;  // with its descendants, also those that have ended and were waited for
};
/// User and system time so far, in steps of 10 ms.
CpuTime cpu_time(pid_t root);

struct MemoryPeak {
  std::uint64_t root_bytes = 0;
  std::uint64_t descendants_bytes = 0;  // the sum of their own peaks: an upper bound
};
/// The largest resident size (VmHWM) since the start or the last `reset_memory_peak`.
MemoryPeak memory_peak(pid_t root);
void reset_memory_peak(pid_t root);

/// Bytes that the process has sent to the disk so far (`write_bytes` of /proc/PID/io).
std::uint64_t written_bytes(pid_t root);

}  // namespace millrace::bench
