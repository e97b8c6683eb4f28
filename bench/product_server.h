#pragma once
// One Millrace server under test with a data directory and a project of its own. Its request steps may
// reach loopback. `crash` and
// `restart` keep the directory: what recovery finds is what a kill left.

#include "bench/api_client.h"
#include "bench/bench_options.h"
#include "bench/scratch_directory.h"
#include "bench/server_process.h"

#include <optional>
#include <string>
#include <vector>

namespace millrace::bench {

class ProductServer {
 public:
  /// Starts the server and makes the project; BenchFailure when either does not work. `further`: options of the
  /// server.
  explicit ProductServer(const BenchOptions& options, std::vector<std::string> further = {});

  const ServerProcess& process() const { return *process_; }
  const BenchProject& project() const { return project_; }
  ApiClient api() const;

  /// SIGTERM, and waits for the end: the directory may be opened then.
  void stop() { process_->stop(); }
  std::string data_directory() const { return directory_.path() + "/data"; }
  /// SIGKILL, and waits for the end.
  void crash() { process_->kill_at_once(); }
  void restart();

 private:
  ServerCommand command() const;

  const BenchOptions& options_;
  const std::vector<std::string> further_;
  ScratchDirectory directory_;
  std::optional<ServerProcess> process_;
  BenchProject project_;
};

}  // namespace millrace::bench
