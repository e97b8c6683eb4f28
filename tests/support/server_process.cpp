#include "tests/support/server_process.h"

#include "tests/support/poll_until.h"

#include <algorithm>
#include <charconv>
#include <signal.h>
#include <stdexcept>

namespace millrace::tests {
namespace {

constexpr std::string_view ready_line = "listening on http://127.0.0.1:";
constexpr std::size_t log_end_bytes = 3'000;

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> options) : options_(std::move(options)) {
  start();
}

void ServerProcess::start() {
  begin_start();
  wait_until_ready();
}

void ServerProcess::begin_start() {
  process_.reset();
  port_ = 0;
  ChildProcess::Command command{{MILLRACE_BINARY, "serve", "--data-dir", data_directory(),
                                 "--listen", "127.0.0.1:0", "--admin-key", admin_key},
                                output_file(),
                                log_file()};
  command.arguments.insert(command.arguments.end(), options_.begin(), options_.end());
  process_ = std::make_unique<ChildProcess>(command);
}

void ServerProcess::wait_until_ready() {
  poll_until([this] { return port_in_output() != 0 || !process_->is_running(); });
  port_ = port_in_output();
  if (port_ != 0) return;
  process_->kill_now();
  throw std::runtime_error("the server did not become ready. Its log ends with:\n" + log_end());
}

std::uint16_t ServerProcess::port_in_output() const {
  const std::string text = read_file(output_file());
  const auto begin = text.find(ready_line);
  if (begin == std::string::npos || text.find('\n', begin) == std::string::npos) return 0;
  std::uint16_t port = 0;
  std::from_chars(text.data() + begin + ready_line.size(), text.data() + text.size(), port);
  return port;
}

void ServerProcess::terminate() { process_->send_signal(SIGTERM); }

std::string ServerProcess::log_end() const {
  const std::string text = read_file(log_file());
  return text.substr(text.size() - std::min(text.size(), log_end_bytes));
}

ProgramEnd run_program(const std::vector<std::string>& arguments) {
  const TemporaryDirectory directory;
  const ChildProcess::Command command{arguments, directory.path() + "/output",
                                      directory.path() + "/errors"};
  ChildProcess process(command);
  const auto exit_code = process.wait_for_exit(poll_patience);
  if (!exit_code) throw std::runtime_error(arguments.front() + " does not end");
  return {*exit_code, read_file(command.output_file), read_file(command.errors_file)};
}

ProgramEnd run_millrace(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {MILLRACE_BINARY};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

}  // namespace millrace::tests
