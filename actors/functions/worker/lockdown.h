#pragma once
// Takes everything away from a worker that JavaScript does not need. V8 is a large target and the
// code it runs is hostile, so the worker counts as taken over from the first call on: what remains
// is to compute, to read and write one socket, and to die.
//
//   limits      memory, files, processes, core dumps (setrlimit)
//   Landlock    no path of any file system, when the kernel has it
//   seccomp     an allow list of system calls for all threads; anything else kills the process
//
// No privilege is needed. Order matters: the thread of the watchdog must exist before `apply`.

#include <cstdint>

namespace millrace::worker {

/// Prepares the filter once, in the zygote, and applies it in each worker.
class Lockdown {
 public:
  Lockdown();
  ~Lockdown();
  Lockdown(const Lockdown&) = delete;
  Lockdown& operator=(const Lockdown&) = delete;

  /// Before any thread is started: limits and Landlock, which threads inherit.
  bool limit(std::uint64_t data_bytes_max) const;
  /// Afterwards: the filter, on all threads. False: the worker must not serve.
  bool seal() const;

 private:
  void* filter_ = nullptr;
};

}  // namespace millrace::worker
