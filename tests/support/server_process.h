#pragma once
// The product as its users get it: the real binary, with a data directory of its own that exists as
// long as this object. Ended by `kill_now` (as a power failure would) or `terminate` (as an
// operator would), and started again on the same directory by `start`.
//
// Started and ended by one thread; `port` may be asked by any.

#include "tests/contracts/temporary_directory.h"
#include "tests/support/child_process.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::tests {

/// Good for servers on loopback that live for a minute.
inline const std::string admin_key = "admin-key-of-the-tests-0123456789";

class ServerProcess {
 public:
  /// Starts and waits until it serves. `options` are those of `millrace serve`.
  explicit ServerProcess(std::vector<std::string> options = {});

  /// Starts a process on the same directory and waits until it serves. Throws, with the log's end,
  /// when it does not.
  void start();
  /// The same in two halves, for tests that kill it in between.
  void begin_start();
  void wait_until_ready();

  void kill_now() { process_->kill_now(); }
  /// What a terminal that goes away says.
  void hang_up() { process_->send_signal(SIGHUP); }
  void terminate();
  /// See ChildProcess.
  std::optional<int> wait_for_exit(std::chrono::milliseconds patience) {
    return process_->wait_for_exit(patience);
  }

  bool is_running() { return process_->is_running(); }
  /// Of the present start; 0 before it is ready.
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  pid_t pid() const { return process_->pid(); }
  std::string data_directory() const { return directory_.path() + "/data"; }
  /// The end of what all starts have logged.
  std::string log_end() const;

 private:
  std::string output_file() const { return directory_.path() + "/output"; }
  std::string log_file() const { return directory_.path() + "/log"; }
  std::uint16_t port_in_output() const;

  TemporaryDirectory directory_;
  std::vector<std::string> options_;
  std::unique_ptr<ChildProcess> process_;
  std::atomic<std::uint16_t> port_{0};
};

struct ProgramEnd {
  int exit_code = -1;
  std::string output;
  std::string errors;
};
/// Runs a program to its end; its path is the first argument.
ProgramEnd run_program(const std::vector<std::string>& command);
/// The same with the product's binary, which `arguments` do not name.
ProgramEnd run_millrace(const std::vector<std::string>& arguments);

}  // namespace millrace::tests
