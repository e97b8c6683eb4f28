#pragma once
// SIGTERM and SIGINT as something a thread can wait for. SIGHUP means nothing meanwhile: there is nothing to
// read anew, and a terminal that goes away does not end the server. The handler only writes to an event
// descriptor: signals stay unblocked, so child processes inherit nothing unusual. One per process.

namespace millrace {

class ShutdownSignal {
 public:
  ShutdownSignal();
  ~ShutdownSignal();
  ShutdownSignal(const ShutdownSignal&) = delete;
  ShutdownSignal& operator=(const ShutdownSignal&) = delete;

  /// Waits for the first signal. A second one ends the process at once, as a way out for a person.
  void wait() const;
};

}  // namespace millrace
