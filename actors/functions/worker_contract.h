#pragma once
// What the pool and a worker share besides frames: the settings that come with the order to fork,
// the page that tells which call is running, and the exit code for memory. No V8, no CAF.

#include <atomic>
#include <cstdint>

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
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// The worker ended itself because it could get no more memory.
inline constexpr int exit_code_out_of_memory = 70;
/// The worker could not start: no snapshot, no sandbox.
inline constexpr int exit_code_not_started = 71;

/// Where a zygote finds its control socket and a worker its frames.
inline constexpr int worker_socket = 3;

}  // namespace millrace
