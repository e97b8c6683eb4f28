// Environment secrets with the real binary: put, listed, kept over restarts, never readable in the
// data directory, and sealed anew under another key.
#include "tests/contracts/temporary_directory.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <filesystem>
#include <fstream>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

const std::string value = "pl41n-text-that-nobody-finds";

std::string body(const std::string& text) { return to_text(JsonObject{{"value", text}}); }

void stop(ServerProcess& server) {
  server.terminate();
  REQUIRE(server.wait_for_exit(20s) == 0);
}

/// Files below `directory` that hold `text`.
std::vector<std::string> files_with(const std::string& directory, const std::string& text) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    if (read_file(entry.path()).find(text) != std::string::npos) found.push_back(entry.path());
  }
  return found;
}

bool is_locked(const TestProject& project) {
  return project.get("/secrets").at("/secrets/0/isLocked") == "true";
}

std::string write_key(const TemporaryDirectory& directory, const std::string& name, char digit) {
  const std::string file = directory.path() + "/" + name;
  std::ofstream(file) << std::string(64, digit) << "\n";
  return file;
}

}  // namespace

TEST_CASE("secrets are managed over the API and their values are never shown") {
  const TestProject project(shared_server());
  CHECK(project.put("/secrets/CRM_KEY", body(value)).status == 201);
  CHECK(project.put("/secrets/CRM_KEY", body(value)).status == 200);
  const Answer list = project.get("/secrets");
  CHECK(list.status == 200);
  CHECK(list.at("/secrets/0/name") == R"("CRM_KEY")");
  CHECK(list.text.find(value) == std::string::npos);
  CHECK(project.get("/secrets/CRM_KEY").status == 405);
  CHECK(project.put("/secrets/9", body(value)).status == 400);
  CHECK(project.remove("/secrets/CRM_KEY").status == 204);
  CHECK(project.remove("/secrets/CRM_KEY").status == 404);
  const TestProject other(shared_server());
  CHECK(call_server(shared_server().port(), {"GET", project.path("/secrets"), other.api_key()})
            .status == 404);
}

TEST_CASE("secrets are managed by commands") {
  const TestProject project(shared_server());
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--url", shared_server().url(), "--project", project.id(),
                                       "--api-key", project.api_key()});
    return run_millrace(arguments);
  };
  CHECK(run({"secrets", "put", "A", "--value", value}).exit_code == 0);
  ::setenv("MILLRACE_TEST_SECRET", value.c_str(), 1);
  CHECK(run({"secrets", "put", "B", "--from-env", "MILLRACE_TEST_SECRET"}).exit_code == 0);
  ::unsetenv("MILLRACE_TEST_SECRET");
  const ProgramEnd unset = run({"secrets", "put", "C", "--from-env", "MILLRACE_TEST_SECRET"});
  CHECK(unset.exit_code == 1);
  CHECK_THAT(unset.errors, Catch::Contains("MILLRACE_TEST_SECRET"));
  CHECK(run({"secrets", "put", "1", "--value", "v"}).exit_code == 1);
  const ProgramEnd listed = run({"secrets", "list"});
  CHECK(listed.exit_code == 0);
  CHECK_THAT(listed.output, Catch::Contains("  A\n") && Catch::Contains("  B\n"));
  CHECK(listed.output.find(value) == std::string::npos);
  CHECK(run({"secrets", "remove", "A"}).exit_code == 0);
  CHECK(run({"secrets", "remove", "A"}).exit_code == 1);
}

TEST_CASE("secrets survive restarts and are readable nowhere on the disk") {
  ServerProcess server;
  const TestProject project(server);
  REQUIRE(project.put("/secrets/KEY", body(value)).status == 201);
  server.kill_now();
  // The log of the store has the name as it is, so a plain value would be found there likewise. (Tables
  // that a compaction has written may be compressed to bits that no search finds.)
  CHECK_FALSE(files_with(server.data_directory(), "KEY").empty());
  CHECK(files_with(server.data_directory(), value).empty());
  server.start();
  CHECK_FALSE(is_locked(project));
  CHECK(project.get("/secrets").at("/secrets/0/name") == R"("KEY")");
  stop(server);
  CHECK(files_with(server.data_directory(), value).empty());
  CHECK(server.log_end().find(value) == std::string::npos);
}

TEST_CASE("a server with another key starts, locked, and opens with the right one") {
  const TemporaryDirectory keys;
  ServerProcess server;
  const TestProject project(server);
  REQUIRE(project.put("/secrets/KEY", body(value)).status == 201);
  stop(server);
  const std::string own_file = server.data_directory() + "/secrets-key";
  const std::string own_key = read_file(own_file);
  std::ofstream(own_file) << std::string(64, '5');
  server.start();
  CHECK(is_locked(project));
  // The log is written by a thread of its own.
  CHECK(poll_until([&] { return server.log_end().find("do not open") != std::string::npos; }));
  stop(server);
  std::ofstream(own_file) << own_key;
  server.start();
  CHECK_FALSE(is_locked(project));
}

TEST_CASE(
    "a server that makes its key anew says so, and that the store was used with another one") {
  const auto says_in_log = [](const ServerProcess& server, const std::string& text) {
    return poll_until([&] { return server.log_end().find(text) != std::string::npos; });
  };
  ServerProcess server;
  CHECK(says_in_log(server, "was made, and is kept in the file"));
  CHECK(server.log_end().find("has been used with the secrets key") == std::string::npos);
  stop(server);
  std::filesystem::remove(server.data_directory() + "/secrets-key");
  server.start();
  CHECK(says_in_log(server, "has been used with the secrets key"));
  CHECK(server.log_end().find("is from the file") == std::string::npos);
  stop(server);
  server.start();
  CHECK(says_in_log(server, "is from the file"));
}

TEST_CASE("rotating the key seals everything anew and replaces the kept key") {
  const TemporaryDirectory keys;
  ServerProcess server;
  const TestProject project(server);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(project.put("/secrets/KEY" + std::to_string(i), body(value)).status == 201);
  }
  const std::vector<std::string> rotate{"rotate-secrets-key",        "--data-dir",
                                        server.data_directory(),     "--new-key-file",
                                        write_key(keys, "new", 'b'), "--json"};
  // A running server holds the directory.
  const ProgramEnd refused = run_millrace(rotate);
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, Catch::Contains("directory_in_use"));
  stop(server);

  const ProgramEnd rotated = run_millrace(rotate);
  INFO(rotated.errors);
  REQUIRE(rotated.exit_code == 0);
  CHECK(text_at(json_of(rotated.output), "/resealed") == "20");
  CHECK(text_at(json_of(rotated.output), "/keyFileReplaced") == "true");
  CHECK(read_file(server.data_directory() + "/secrets-key") == std::string(64, 'b') + "\n");
  // Once more does nothing and does no harm.
  const ProgramEnd again = run_millrace(rotate);
  CHECK(again.exit_code == 0);
  CHECK(text_at(json_of(again.output), "/resealed") == "0");
  CHECK(text_at(json_of(again.output), "/alreadyDone") == "20");
  server.start();
  CHECK_FALSE(is_locked(project));
}

TEST_CASE("a key that the operator keeps is rotated by naming both files") {
  const TemporaryDirectory keys;
  const std::string old_file = write_key(keys, "old", '1');
  const std::string new_file = write_key(keys, "new", '2');
  ServerProcess server({"--secrets-key-file", old_file});
  const TestProject project(server);
  REQUIRE(project.put("/secrets/KEY", body(value)).status == 201);
  stop(server);
  CHECK_FALSE(std::filesystem::exists(server.data_directory() + "/secrets-key"));
  const ProgramEnd without = run_millrace(
      {"rotate-secrets-key", "--data-dir", server.data_directory(), "--new-key-file", new_file});
  CHECK(without.exit_code == 2);
  CHECK_THAT(without.errors, Catch::Contains("--old-key-file"));
  const ProgramEnd wrong =
      run_millrace({"rotate-secrets-key", "--data-dir", server.data_directory(), "--old-key-file",
                    write_key(keys, "wrong", '3'), "--new-key-file", new_file});
  CHECK(wrong.exit_code == 1);
  const ProgramEnd rotated =
      run_millrace({"rotate-secrets-key", "--data-dir", server.data_directory(), "--old-key-file",
                    old_file, "--new-key-file", new_file});
  CHECK(rotated.exit_code == 0);
  // The operator puts the new key where the server looks for it.
  std::filesystem::copy_file(new_file, old_file, std::filesystem::copy_options::overwrite_existing);
  server.start();
  CHECK_FALSE(is_locked(project));
}

TEST_CASE("rotation refuses what is no data directory or no key") {
  const TemporaryDirectory directory;
  const std::string file = write_key(directory, "new", '2');
  const ProgramEnd nowhere = run_millrace(
      {"rotate-secrets-key", "--data-dir", directory.path() + "/data", "--new-key-file", file});
  CHECK(nowhere.exit_code == 2);
  CHECK_THAT(nowhere.errors, Catch::Contains("no data directory"));
  CHECK_FALSE(std::filesystem::exists(directory.path() + "/data"));
  const ProgramEnd no_key = run_millrace({"rotate-secrets-key", "--data-dir", directory.path(),
                                          "--new-key-file", directory.path() + "/missing"});
  CHECK(no_key.exit_code == 2);
}
