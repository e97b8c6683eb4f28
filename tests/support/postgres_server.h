#pragma once
// A PostgreSQL of the test's own: made and started when it is first asked for, in a temporary directory, for this process
// alone. It listens to a socket in that directory and to no port, runs as another user when the tests run as root (it refuses
// root), syncs as a real one does, and ends with the process, however that ends.
//
// Started by the main thread; asked by any, one at a time.

#include "tests/contracts/temporary_directory.h"
#include "tests/support/child_process.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::tests {

class PostgresServer {
 public:
  /// The one of this process.
  static PostgresServer& instance();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  /// For libpq.
  std::string url() const;
  /// Stops it as an operator does (sessions are ended), or as a crash does, and starts it again; returns when it serves.
  void restart();
  void crash_and_restart();
  void stop();
  void start();

  /// Runs one statement as superuser; the first column of its rows.
  std::vector<std::string> run(const std::string& statement) const;
  /// Sets a parameter of the server for as long as the returned object lives.
  class Setting {
   public:
    Setting(const PostgresServer& server, std::string name, const std::string& value);
    ~Setting();
    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

   private:
    const PostgresServer& server_;
    const std::string name_;
  };

 private:
  PostgresServer();
  ChildProcess::Command command(std::vector<std::string> arguments) const;
  bool is_ready() const;

  TemporaryDirectory directory_;
  std::optional<uid_t> user_;
  std::unique_ptr<ChildProcess> process_;
};

/// An empty schema, gone with this object; its name is unique in the process.
class PostgresSchema {
 public:
  PostgresSchema();
  ~PostgresSchema();
  PostgresSchema(const PostgresSchema&) = delete;
  PostgresSchema& operator=(const PostgresSchema&) = delete;

  const std::string& name() const { return name_; }
  /// Runs a statement with this schema on the path.
  std::vector<std::string> run(const std::string& statement) const;

 private:
  const std::string name_;
};

}  // namespace millrace::tests
