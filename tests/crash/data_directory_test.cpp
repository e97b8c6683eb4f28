// Which data directories a server refuses, and in which words.
#include "storage/keys.h"
#include "storage/rocks/format_version.h"
#include "tests/support/catch.h"
#include "tests/support/test_project.h"

#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

ProgramEnd serve_on(const std::string& directory) {
  return run_millrace({"serve", "--data-dir", directory, "--listen", "127.0.0.1:0"});
}

void write_format_version(const std::string& directory, std::uint32_t version) {
  rocksdb::DB* opened = nullptr;
  REQUIRE(rocksdb::DB::Open(rocksdb::Options(), directory, &opened).ok());
  const std::unique_ptr<rocksdb::DB> database(opened);
  REQUIRE(database
              ->Put(rocksdb::WriteOptions(), storage::keys::format_version(),
                    storage::encode_format_version(version))
              .ok());
}

}  // namespace

TEST_CASE("a second process on a directory is refused while the first goes on") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": {"ok": true}})");
  const ProgramEnd second = serve_on(server.data_directory());
  CHECK(second.exit_code == 2);
  CHECK(second.output.empty());
  CHECK_THAT(second.errors,
             Catch::Contains("is in use by process " + std::to_string(server.pid())));
  CHECK(project.trigger("w").text == R"({"ok":true})");
  // The lock goes with its holder, however that ends.
  server.kill_now();
  server.start();
  CHECK(project.trigger("w").text == R"({"ok":true})");
}

TEST_CASE("a directory of a newer format is refused and left as it is") {
  ServerProcess server;
  const TestProject project(server);
  server.terminate();
  REQUIRE(server.wait_for_exit(20s) == 0);
  write_format_version(server.data_directory(), storage::format_version_current + 1);
  const ProgramEnd refused = serve_on(server.data_directory());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, Catch::Contains("Start a newer program on it."));
  write_format_version(server.data_directory(), storage::format_version_current);
  server.start();
  CHECK(project.get("/workflows").status == 200);
}

TEST_CASE("a path that cannot be a data directory is refused in one sentence") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  std::ofstream(file) << "not a directory";
  for (const std::string& path : {file, file + "/below", std::string("/proc/nowhere")}) {
    INFO(path);
    const ProgramEnd end = serve_on(path);
    CHECK(end.exit_code == 2);
    CHECK_THAT(end.errors, Catch::Contains(path));
  }
}

TEST_CASE("a torn end of the log does not keep a server from starting") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": {"ok": true}})");
  server.kill_now();
  // A power failure may leave the beginning of a record that was never acknowledged.
  std::string log;
  for (const auto& entry : std::filesystem::directory_iterator(server.data_directory())) {
    const std::string path = entry.path();
    if (path.ends_with(".log") && path > log) log = path;
  }
  REQUIRE_FALSE(log.empty());
  std::ofstream(log, std::ios::app | std::ios::binary)
      << std::string("\x12\x34\x56\x78\x40\x00\x01half", 11);
  server.start();
  CHECK(project.trigger("w").text == R"({"ok":true})");
}
