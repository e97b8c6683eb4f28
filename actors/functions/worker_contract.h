#pragma once
// What the pool and a worker share besides frames: the settings that come with the order to fork,
// the page that tells which call is running, and the exit code for memory. No V8, no CAF.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace millrace {

/// Sent to the zygote as one packet, with two descriptors: the worker's socket and the memory file
/// of its WorkerProgress.
struct WorkerSettings {
  std::uint64_t memory_bytes_max = 0;  // largest limit of any function; the hard limits follow
  std::uint32_t contexts_max = 0;      // contexts that one worker keeps
};

/// One page that a worker and the pool both map. Replies leave the worker in batches, so when it
/// dies the last reply does not tell which call killed it; this does. A worker that was taken over
/// can only blame another call of the same project.
struct WorkerProgress {
  std::atomic<std::uint64_t> running_call{0};  // 0: between calls
  /// What that call has computed in vain, in nanoseconds: collections of garbage after which its memory
  /// was nearly full still.
  std::atomic<std::int64_t> starved{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// Of a call whose time is over: whether memory is what it lacked. Near its limit V8 collects again and
/// again before it gives up, and how often and how long depends on its own clocks and on the machine.
inline bool is_short_of_memory(std::int64_t starved_ns, std::chrono::nanoseconds time_limit) {
  return 2 * starved_ns >= time_limit.count();
}

/// What the author of a call is told that had too little memory.
inline std::string out_of_memory_text(std::size_t limit_bytes) {
  return "the function used more than " + std::to_string(limit_bytes >> 20) + " MB of memory";
}

/// The worker ended itself because it could get no more memory.
inline constexpr int exit_code_out_of_memory = 70;
/// The worker could not start: no snapshot, no sandbox.
inline constexpr int exit_code_not_started = 71;

/// Where a zygote finds its control socket and a worker its frames.
inline constexpr int worker_socket = 3;

}  // namespace millrace
