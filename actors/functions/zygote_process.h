#pragma once
// The pool's side of the zygote: starts the worker binary once and orders workers from it. Workers
// are children of the calling thread's process and belong to the zygote's process group.
//
// Used by the I/O thread only: workers die with the thread that called `start`.

#include "actors/functions/descriptor.h"
#include "actors/functions/worker_contract.h"
#include "runtime/base/result.h"

#include <string>
#include <sys/types.h>

namespace millrace {

class ZygoteProcess {
 public:
  /// What remains in the pool's hands of a worker that was ordered.
  struct Ordered {
    Descriptor socket;    // non-blocking
    Descriptor progress;  // memory file of its WorkerProgress
  };

  /// `error_descriptor`: where stderr goes; -1 for /dev/null.
  ZygoteProcess(std::string binary, int error_descriptor)
      : binary_(std::move(binary)), error_descriptor_(error_descriptor) {}
  /// Kills and reaps the zygote and every worker of it.
  ~ZygoteProcess();
  ZygoteProcess(const ZygoteProcess&) = delete;
  ZygoteProcess& operator=(const ZygoteProcess&) = delete;

  Outcome start();
  bool is_running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  /// Readable means: it is gone.
  int control() const { return control_.get(); }

  /// Asks for a fork. The worker announces itself on its socket; a failed fork closes it.
  Result<Ordered> order_worker(const WorkerSettings& settings);

  /// After its death: reaps it and forgets it. Its workers live on.
  void bury();

 private:
  const std::string binary_;
  const int error_descriptor_;
  pid_t pid_ = -1;
  Descriptor control_;
};

}  // namespace millrace
