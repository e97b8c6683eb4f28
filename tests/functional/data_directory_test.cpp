// Who may read what a server stores.
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <filesystem>
#include <sys/stat.h>

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("what a server stores is open to its own user alone, and a wider directory is told of") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": {"ok": true}})");
  CHECK(project.trigger("w").status == 200);
  const auto mode_of = [](const std::filesystem::path& path) {
    return static_cast<unsigned>(std::filesystem::status(path).permissions());
  };
  CHECK(mode_of(server.data_directory()) == 0700);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.data_directory())) {
    INFO(entry.path());
    CHECK(mode_of(entry.path()) == (entry.is_directory() ? 0700u : 0600u));
  }
  CHECK_THAT(server.log_end(), Catch::Contains("millrace 0."));
  CHECK_THAT(server.log_end(), !Catch::Contains("open to other users"));
  server.kill_now();
  REQUIRE(::chmod(server.data_directory().c_str(), 0755) == 0);
  server.start();
  // Log lines are written a moment later.
  CHECK(poll_until(
      [&] { return server.log_end().find("open to other users") != std::string::npos; }));
  CHECK_THAT(server.log_end(), Catch::Contains("0755"));
}
