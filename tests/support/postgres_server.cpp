#include "tests/support/postgres_server.h"

#include "tests/support/poll_until.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <libpq-fe.h>
#include <sstream>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace millrace::tests {
namespace {

/// `nobody`, on every Linux.
constexpr uid_t other_user = 65'534;
constexpr std::chrono::minutes patience{2};

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

/// Debian keeps each version in a folder of its own, none of which is on the PATH.
std::string program(const std::string& name) {
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    const auto there = version.path() / "bin" / name;
    if (std::filesystem::exists(there)) return there;
  }
  const char* const folders = std::getenv("PATH");
  std::istringstream path(folders == nullptr ? "" : folders);
  for (std::string folder; std::getline(path, folder, ':');) {
    if (std::filesystem::exists(folder + '/' + name)) return folder + '/' + name;
  }
  throw std::runtime_error("PostgreSQL is not installed: ./dev test installs it");
}

}  // namespace

PostgresServer& PostgresServer::instance() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  if (::geteuid() == 0) {
    user_ = other_user;
    if (::chown(directory_.path().c_str(), other_user, other_user) != 0) {
      throw std::runtime_error("the directory of PostgreSQL cannot be given to another user");
    }
  }
  ChildProcess initdb(command({program("initdb"), "--pgdata", directory_.path() + "/data",
                               "--username", "millrace", "--auth", "trust", "--encoding", "UTF8",
                               "--locale", "C", "--no-sync", "--no-instructions"}));
  if (initdb.wait_for_exit(patience) != 0) {
    throw std::runtime_error("initdb failed: " + read_file(directory_.path() + "/log"));
  }
  start();
}

PostgresServer::~PostgresServer() { stop(); }

std::string PostgresServer::url() const {
  return "postgres://millrace@/postgres?host=" + directory_.path();
}

ChildProcess::Command PostgresServer::command(std::vector<std::string> arguments) const {
  return {std::move(arguments), directory_.path() + "/output", directory_.path() + "/log", user_};
}

void PostgresServer::start() {
  process_ = std::make_unique<ChildProcess>(
      command({program("postgres"), "-D", directory_.path() + "/data", "-k", directory_.path(),
               "-c", "listen_addresses=", "-c", "shared_buffers=16MB", "-c", "max_connections=100",
               "-c", "autovacuum=off"}));
  if (!poll_until([this] { return !process_->is_running() || is_ready(); }, patience) ||
      !process_->is_running()) {
    throw std::runtime_error("PostgreSQL does not start: " + read_file(directory_.path() + "/log"));
  }
}

void PostgresServer::stop() {
  if (process_ == nullptr) return;
  process_->send_signal(SIGINT);  // ends all sessions
  process_->wait_for_exit(patience);
  process_.reset();
}

void PostgresServer::restart() {
  stop();
  start();
}

void PostgresServer::crash_and_restart() {
  process_->send_signal(SIGQUIT);  // without a checkpoint: the next start recovers from the log
  process_->wait_for_exit(patience);
  start();
}

bool PostgresServer::is_ready() const { return PQping(url().c_str()) == PQPING_OK; }

std::vector<std::string> PostgresServer::run(const std::string& statement) const {
  const Connection connection(PQconnectdb(url().c_str()), &PQfinish);
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(connection.get(), statement.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(statement + ": " + PQerrorMessage(connection.get()));
  }
  std::vector<std::string> values;
  for (int row = 0; row < PQntuples(result.get()); ++row)
    values.emplace_back(PQgetvalue(result.get(), row, 0));
  return values;
}

PostgresServer::Setting::Setting(const PostgresServer& server, std::string name,
                                 const std::string& value)
    : server_(server), name_(std::move(name)) {
  server_.run("ALTER SYSTEM SET " + name_ + " = '" + value + "'");
  server_.run("SELECT pg_reload_conf()");
  poll_until([&] { return server_.run("SHOW " + name_) == std::vector<std::string>{value}; });
}

PostgresServer::Setting::~Setting() {
  server_.run("ALTER SYSTEM RESET " + name_);
  server_.run("SELECT pg_reload_conf()");
}

PostgresSchema::PostgresSchema()
    : name_([] {
        static std::atomic<int> last{0};
        return "test_" + std::to_string(++last);
      }()) {}

PostgresSchema::~PostgresSchema() { run("DROP SCHEMA IF EXISTS " + name_ + " CASCADE"); }

std::vector<std::string> PostgresSchema::run(const std::string& statement) const {
  return PostgresServer::instance().run("SET search_path = " + name_ + "; " + statement);
}

}  // namespace millrace::tests
