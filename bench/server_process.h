#pragma once
// A server as its users get it: the real binary, its own process, its own data directory. Started
// with a command line, ready when it has printed `listening on http://127.0.0.1:PORT`.
//
// Ended in three ways: `stop` (SIGTERM and a wait, as an operator would), `kill_at_once` (SIGKILL,
// as a power failure would; the data directory stays and another process may open it), or with the
// driver: the kernel sends it SIGKILL should the driver die. Only ever signals its own child.

#include "runtime/base/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace millrace::bench {

struct ServerCommand {
  std::vector<std::string> arguments;  // the program's path first
  std::string log_file;                // gets standard error; appended to
};

class ServerProcess {
 public:
  static constexpr std::chrono::seconds start_patience{60};

  /// Starts and waits for the line. Error: it ended, or said nothing in time; names the log.
  static Result<ServerProcess> start(const ServerCommand& command);
  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&& other) noexcept;
  ~ServerProcess();

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  /// From the start of the process to its line.
  std::chrono::duration<double> start_time() const { return start_time_; }

  /// Drains and ends; returns its exit status, or -1 if it had to be killed.
  int stop();
  void kill_at_once();
  /// Only sends SIGKILL: for callers that may not wait. `kill_at_once` or the destructor reaps it.
  void send_kill() const;

 private:
  explicit ServerProcess(pid_t pid) : pid_(pid) {}
  Outcome wait_until_ready(int output, const ServerCommand& command);

  pid_t pid_ = -1;  // -1: ended and reaped
  std::uint16_t port_ = 0;
  std::chrono::duration<double> start_time_{0};
};

}  // namespace millrace::bench
