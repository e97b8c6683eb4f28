// A server whose store is PostgreSQL, and the way there and back.
#include "tests/contracts/temporary_directory.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/postgres_server.h"
#include "tests/support/test_project.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string answer_step = R"({"id": "r", "type": "response", "body": {"ok": true}})";
const std::string wait_step =
    R"({"id": "wait", "type": "delay", "value": 3600, "unit": "SECONDS"})";

/// The servers' schemas are gone with this object, as every test begins with none.
struct NoTables {
  NoTables() { drop(); }
  ~NoTables() { drop(); }
  static void drop() {
    PostgresServer::instance().run("DROP SCHEMA IF EXISTS millrace, second CASCADE");
  }
  std::string url() const { return PostgresServer::instance().url(); }
};

ProgramEnd run_move(const std::string& from, const std::string& to,
                    const std::string& schema = "millrace") {
  return run_millrace({"move", "--from", from, "--to", to, "--postgres-schema", schema, "--json"});
}

ProgramEnd executions(const ServerProcess& server, const TestProject& project,
                      const std::string& id) {
  return run_millrace({"executions", "show", id, "--json", "--url", server.url(), "--project",
                       project.id(), "--api-key", project.api_key()});
}

void stop(ServerProcess& server) {
  server.terminate();
  REQUIRE(server.wait_for_exit(poll_patience) == 0);
}

}  // namespace

TEST_CASE("a server over PostgreSQL runs workflows and has after a kill what it acknowledged") {
  const NoTables tables;
  ServerProcess server({"--postgres", tables.url()});
  const TestProject project(server);
  project.deploy_steps("answer", answer_step);
  project.deploy_steps("sleep", wait_step);
  CHECK(project.trigger("answer").status == 200);
  const std::string sleeper = project.start("sleep");
  server.kill_now();
  server.start();
  CHECK(project.trigger("answer").status == 200);
  project.wait_for_status(sleeper, "DELAYED");
  CHECK(project.get("/task-history/workflow-executions").status == 200);
  stop(server);
}

TEST_CASE(
    "the later of two servers over one PostgreSQL has it, and the earlier one says that it is not "
    "ready") {
  const NoTables tables;
  ServerProcess first({"--postgres", tables.url()});
  const TestProject project(first);
  project.deploy_steps("answer", answer_step);
  const ServerProcess second(
      {"--postgres", tables.url(), "--secrets-key-file", first.data_directory() + "/secrets-key"});
  CHECK(project.trigger("answer").status == 503);
  CHECK(call_server(first.port(), {"GET", "/readyz"}).status == 503);
  CHECK(call_server(second.port(), {"GET", "/readyz"}).status == 200);
}

TEST_CASE("a server whose commits wait for a standby that is gone says that it is not ready") {
  const NoTables tables;
  const ServerProcess server({"--postgres", tables.url()});
  const TestProject project(server);
  project.deploy_steps("answer", answer_step);
  const auto readiness = [&] { return call_server(server.port(), {"GET", "/readyz"}); };
  CHECK(readiness().status == 200);
  std::atomic<bool> is_told{false};
  std::thread triggers;
  std::string told;
  {
    const PostgresServer::Setting setting(PostgresServer::instance(), "synchronous_standby_names",
                                          "nobody");
    triggers = std::thread([&] {
      while (!is_told) project.trigger("answer");
    });
    CHECK(poll_until([&] {
      const auto answer = readiness();
      told = answer.text;
      return answer.status == 503;
    }));
    is_told = true;
  }
  triggers.join();
  CHECK_THAT(told, Catch::Contains("A commit has been waiting for PostgreSQL"));
  CHECK(poll_until([&] { return readiness().status == 200; }));
}

TEST_CASE("what a directory keeps is moved to PostgreSQL, served from there, and moved back") {
  const NoTables tables;
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("answer", answer_step);
  project.deploy_steps("sleep", wait_step);
  CHECK(project.trigger("answer").status == 200);
  const std::string sleeper = project.start("sleep");

  // The server has it.
  CHECK(run_move(server.data_directory(), tables.url()).exit_code == 1);
  stop(server);
  const ProgramEnd there = run_move(server.data_directory(), tables.url());
  INFO(there.errors);
  REQUIRE(there.exit_code == 0);
  CHECK_THAT(there.output, Catch::Contains("\"digest\":"));
  CHECK(run_move(server.data_directory(), tables.url()).exit_code == 1);

  ServerProcess moved(
      {"--postgres", tables.url(), "--secrets-key-file", server.data_directory() + "/secrets-key"});
  CHECK_THAT(executions(moved, project, sleeper).output, Catch::Contains("DELAYED"));
  const TemporaryDirectory folder;
  const std::string back = folder.path() + "/data";
  CHECK(run_move(tables.url(), back).exit_code == 1);
  stop(moved);
  // No directory can be made below a file.
  std::ofstream(folder.path() + "/file") << "text";
  CHECK(run_move(tables.url(), folder.path() + "/file/data").exit_code == 1);
  const ProgramEnd returned = run_move(tables.url(), back);
  INFO(returned.errors);
  REQUIRE(returned.exit_code == 0);

  std::filesystem::rename(server.data_directory(), server.data_directory() + "-moved");
  std::filesystem::rename(back, server.data_directory());
  std::filesystem::copy(server.data_directory() + "-moved/secrets-key", server.data_directory());
  server.start();
  CHECK(project.trigger("answer").status == 200);
  project.wait_for_status(sleeper, "DELAYED");
}

TEST_CASE("two servers share a database when each has a schema of its own") {
  const NoTables tables;
  const ServerProcess first({"--postgres", tables.url()});
  ServerProcess second({"--postgres", tables.url(), "--postgres-schema", "second"});
  const TestProject of_first(first);
  const TestProject of_second(second);
  of_first.deploy_steps("answer", answer_step);
  of_second.deploy_steps("answer", answer_step);
  CHECK(of_first.trigger("answer").status == 200);
  CHECK(of_second.trigger("answer").status == 200);
  REQUIRE(of_second.put("/secrets/KEY", to_text(JsonObject{{"value", "hidden"}})).status == 201);

  stop(second);
  const TemporaryDirectory folder;
  CHECK(run_move(tables.url(), folder.path() + "/first").exit_code == 1);  // a server has it
  const ProgramEnd moved = run_move(tables.url(), folder.path() + "/second", "second");
  INFO(moved.errors);
  CHECK(moved.exit_code == 0);
  const std::string new_key = folder.path() + "/new";
  std::ofstream(new_key) << std::string(64, 'b') << "\n";
  const ProgramEnd rotated =
      run_millrace({"rotate-secrets-key", "--postgres", tables.url(), "--postgres-schema", "second",
                    "--data-dir", second.data_directory(), "--new-key-file", new_key, "--json"});
  INFO(rotated.errors);
  CHECK(rotated.exit_code == 0);
  second.start();
  CHECK(of_second.get("/secrets").at("/secrets/0/isLocked") == "false");
  CHECK(of_second.trigger("answer").status == 200);
  CHECK(of_first.trigger("answer").status == 200);
}

TEST_CASE("the secrets that a server keeps in PostgreSQL are sealed anew while it is stopped") {
  const NoTables tables;
  ServerProcess server({"--postgres", tables.url()});
  const TestProject project(server);
  REQUIRE(project.put("/secrets/KEY", to_text(JsonObject{{"value", "hidden"}})).status == 201);
  const TemporaryDirectory keys;
  const std::string new_key = keys.path() + "/new";
  std::ofstream(new_key) << std::string(64, 'b') << "\n";
  const std::vector<std::string> rotate{
      "rotate-secrets-key",    "--postgres",     tables.url(), "--data-dir",
      server.data_directory(), "--new-key-file", new_key,      "--json"};
  CHECK_THAT(run_millrace(rotate).errors, Catch::Contains("directory_in_use"));
  stop(server);
  const ProgramEnd rotated = run_millrace(rotate);
  INFO(rotated.errors);
  REQUIRE(rotated.exit_code == 0);
  CHECK_THAT(rotated.output, !Catch::Contains("\"resealed\":0,"));
  server.start();
  CHECK(project.get("/secrets").at("/secrets/0/isLocked") == "false");
  // The metrics of a store in PostgreSQL are there.
  CHECK_THAT(call_server(server.port(), {"GET", "/metrics"}).text,
             Catch::Contains("millrace_postgres_unknown_outcomes_total{was=\"in\"} 0"));
}

TEST_CASE("a move names what is wrong with its ends") {
  const TemporaryDirectory folder;
  CHECK(run_move(folder.path(), "postgresq://millrace:hidden@host/db").exit_code == 2);
  CHECK_THAT(run_move("postgres://millrace:hidden@here@host/db", folder.path() + "/data").errors,
             !Catch::Contains("hidden") && Catch::Contains("cannot be read"));
  CHECK(run_move(folder.path() + "/none", PostgresServer::instance().url()).exit_code == 2);
  CHECK(run_move(folder.path(), folder.path() + "/other").exit_code == 2);
  const ProgramEnd away =
      run_move("postgres://millrace@/none?host=" + folder.path(), folder.path() + "/data");
  CHECK(away.exit_code == 3);
  CHECK_THAT(away.errors, Catch::Contains("Connecting to PostgreSQL failed"));
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/data"));
}
