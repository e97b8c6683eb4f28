#pragma once
// A process that a test starts, with its outputs in files. Only ever signals and reaps its own
// child. It does not outlive the test: the destructor kills it, and should the test die first, the
// kernel does. For the latter, start it from a thread that lives as long as it shall.

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace millrace::tests {

class ChildProcess {
 public:
  struct Command {
    std::vector<std::string> arguments;  // the program's path first
    std::string output_file;             // standard output; truncated
    std::string errors_file;             // standard error; appended to
    /// As this user, and his group, instead of our own: only root can.
    std::optional<uid_t> user{};
  };

  explicit ChildProcess(const Command& command);
  ~ChildProcess() { kill_now(); }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool is_running() { return !has_ended(); }

  void send_signal(int signal);
  /// SIGKILL, and waits until it is gone.
  void kill_now();
  /// The exit code, -1 if a signal ended it; nothing while it runs on after `patience`.
  std::optional<int> wait_for_exit(std::chrono::milliseconds patience);

 private:
  bool has_ended();

  pid_t pid_ = -1;
  std::optional<int> exit_code_;  // set once it is reaped
};

/// Processes whose parent is `parent`.
std::vector<pid_t> children_of(pid_t parent);
/// False also for a zombie: it runs no more, and its parent decides when it vanishes.
bool is_running(pid_t process);
bool is_zombie(pid_t process);

std::string read_file(const std::string& path);

}  // namespace millrace::tests
