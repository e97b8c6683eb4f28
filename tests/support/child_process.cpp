#include "tests/support/child_process.h"

#include "tests/support/poll_until.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <iterator>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace millrace::tests {
namespace {

int open_file(const std::string& path, int how) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0600);
  if (file < 0) throw std::runtime_error("cannot write " + path);
  return file;
}

/// Between fork and exec: system calls only.
[[noreturn]] void become(const std::vector<char*>& arguments, int output, int errors, pid_t parent,
                         std::optional<uid_t> user) {
  if (user && (::setgroups(0, nullptr) != 0 || ::setgid(*user) != 0 || ::setuid(*user) != 0))
    ::_exit(125);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);       // another user forgets it
  if (::getppid() != parent) ::_exit(126);  // the parent died before the line above
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

/// State and parent of a process; a blank state when there is none.
struct ProcessState {
  char state = ' ';
  pid_t parent = -1;
};
ProcessState state_of(const std::string& process) {
  // "PID (NAME) STATE PARENT ..."; the name may hold anything, so look for its end from behind.
  const std::string text = read_file("/proc/" + process + "/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 >= text.size()) return {};
  return {text[name_end + 2], static_cast<pid_t>(std::stol(text.substr(name_end + 4)))};
}

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  std::vector<char*> arguments;
  for (const auto& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const int output = open_file(command.output_file, O_TRUNC);
  const int errors = open_file(command.errors_file, O_APPEND);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(arguments, output, errors, parent, command.user);
  ::close(output);
  ::close(errors);
  if (pid_ < 0) throw std::runtime_error("no process can be made");
}

void ChildProcess::send_signal(int signal) {
  // Once reaped, the number may belong to somebody else.
  if (is_running()) ::kill(pid_, signal);
}

bool ChildProcess::has_ended() {
  if (exit_code_) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return true;
}

void ChildProcess::kill_now() {
  if (has_ended()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  exit_code_ = -1;
}

std::optional<int> ChildProcess::wait_for_exit(std::chrono::milliseconds patience) {
  poll_until([this] { return has_ended(); }, patience);
  return exit_code_;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (state_of(name).parent == parent) children.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return children;
}

bool is_running(pid_t process) {
  const char state = state_of(std::to_string(process)).state;
  return state != ' ' && state != 'Z' && state != 'X';
}

bool is_zombie(pid_t process) { return state_of(std::to_string(process)).state == 'Z'; }

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace millrace::tests
