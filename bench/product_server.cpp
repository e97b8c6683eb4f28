#include "bench/product_server.h"

#include "bench/bench_failure.h"

#include <fstream>
#include <utility>

namespace millrace::bench {
namespace {

/// Good for servers on loopback that live for a minute.
const std::string admin_key = "bench-admin-key-0123456789abcdef";

}  // namespace

ProductServer::ProductServer(const BenchOptions& options, std::vector<std::string> further)
    : options_(options), further_(std::move(further)), directory_(options.scratch_parent) {
  restart();
  project_ = api().create_project();
}

ServerCommand ProductServer::command() const {
  ServerCommand command{
      {options_.program("millrace"), "serve", "--data-dir", data_directory(), "--listen",
       "127.0.0.1:0", "--admin-key", admin_key, "--egress-allow", "127.0.0.0/8"},
      directory_.path() + "/server.log"};
  command.arguments.insert(command.arguments.end(), further_.begin(), further_.end());
  return command;
}

void ProductServer::restart() {
  auto started = ServerProcess::start(command());
  if (!started) {
    // The directory goes with this object, so the log's end goes into the message.
    std::ifstream log(command().log_file);
    const std::string text{std::istreambuf_iterator<char>(log), {}};
    throw BenchFailure(started.error().message + "\n" +
                       text.substr(text.size() - std::min<std::size_t>(text.size(), 2'000)));
  }
  process_ = *std::move(started);
}

ApiClient ProductServer::api() const { return {process_->port(), admin_key}; }

}  // namespace millrace::bench
