#include "bench/server_process.h"

#include "actors/functions/descriptor.h"

#include <charconv>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace millrace::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds stop_patience{30};
constexpr std::string_view ready_line = "listening on http://127.0.0.1:";

/// Between fork and exec: system calls only.
[[noreturn]] void become(const std::vector<char*>& arguments, int output, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);  // the parent died before the line above
  ::dup2(output, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

pid_t spawn(const ServerCommand& command, int output) {
  const Descriptor log(
      ::open(command.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  std::vector<char*> arguments;
  for (const auto& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(arguments, output, log.get(), parent);
  return child;
}

/// Reads the port from the output so far, once its line is complete.
bool read_port(const std::string& text, std::uint16_t& port) {
  const auto begin = text.find(ready_line);
  if (begin == std::string::npos || text.find('\n', begin) == std::string::npos) return false;
  const char* digits = text.data() + begin + ready_line.size();
  return std::from_chars(digits, text.data() + text.size(), port).ec == std::errc();
}

}  // namespace

Result<ServerProcess> ServerProcess::start(const ServerCommand& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error(ErrorCode::overloaded, "no pipe can be made");
  const Descriptor output(ends[0]);
  Descriptor input(ends[1]);
  const auto begin = Steady::now();
  const pid_t child = spawn(command, input.get());
  input.close();
  if (child < 0) return Error(ErrorCode::overloaded, "no process can be made");
  ServerProcess server(child);
  if (const auto ready = server.wait_until_ready(output.get(), command); !ready) {
    return ready.error();
  }
  server.start_time_ = Steady::now() - begin;
  return server;
}

Outcome ServerProcess::wait_until_ready(int output, const ServerCommand& command) {
  const auto deadline = Steady::now() + start_patience;
  std::string text;
  while (!read_port(text, port_)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
    pollfd wait{output, POLLIN, 0};
    char bytes[512];
    const bool has_output =
        left.count() > 0 && ::poll(&wait, 1, static_cast<int>(left.count())) > 0;
    const ssize_t count = has_output ? ::read(output, bytes, sizeof bytes) : 0;
    if (count <= 0) {
      return Error(ErrorCode::overloaded,
                   command.arguments[0] + " did not become ready; its log is " + command.log_file);
    }
    text.append(bytes, static_cast<std::size_t>(count));
  }
  return Done{};
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), port_(other.port_), start_time_(other.start_time_) {}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(port_, other.port_);
  std::swap(start_time_, other.start_time_);
  return *this;
}

ServerProcess::~ServerProcess() { kill_at_once(); }

int ServerProcess::stop() {
  if (pid_ < 0) return -1;
  ::kill(pid_, SIGTERM);
  const auto deadline = Steady::now() + stop_patience;
  while (Steady::now() < deadline) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill_at_once();
  return -1;
}

void ServerProcess::send_kill() const {
  if (pid_ >= 0) ::kill(pid_, SIGKILL);
}

void ServerProcess::kill_at_once() {
  if (pid_ < 0) return;
  send_kill();
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace millrace::bench
