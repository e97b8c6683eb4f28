// What a project keeps is counted to the byte, whenever the server is killed.
#include "storage/maintenance/check_stored_bytes.h"
#include "storage/rocks/rocks_store.h"
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/test_project.h"

#include <atomic>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// What is left behind, looked at by nobody's program but this one.
void check_counts(const std::string& directory) {
  const auto store = storage::RocksStore::open({.directory = directory});
  REQUIRE(store.ok());
  const auto miscounts = storage::check_stored_bytes(**store);
  REQUIRE(miscounts.ok());
  for (const auto& each : *miscounts) {
    FAIL_CHECK(each.what << " has " << each.stored << " bytes, counted are " << each.counted);
  }
}

}  // namespace

TEST_CASE("after each kill the counts of stored bytes are those of the rows") {
  ServerProcess server({"--egress-allow", "127.0.0.1/32"});
  const TestProject project(server);
  project.deploy_steps("quick", R"({"id": "one", "type": "function", "code": "() => 1"})");
  project.deploy_steps("slow", R"({"id": "one", "type": "delay", "value": 3, "unit": "SECONDS"})");
  project.deploy_steps("wide", R"json(
      {"id": "each", "type": "fanOut", "items": [1, 2, 3, 4, 5, 6, 7, 8], "steps": [
        {"id": "one", "type": "function", "code": "() => 'x'.repeat(3000)"}]})json");
  for (int kills = 0; kills < 4; ++kills) {
    std::atomic<bool> is_killed = false;
    std::thread client([&] {
      for (int i = 0; !is_killed; ++i) {
        const char* const workflow = i % 5 == 0 ? "wide" : i % 3 == 0 ? "slow" : "quick";
        try {
          project.trigger(workflow, "{}", "user-" + std::to_string(i % 9));
          project.put("/events/E" + std::to_string(i % 3),
                      R"({"schema": {"n": ")" +
                          std::string(static_cast<std::size_t>(i) % 700, 'n') + R"("}})");
        } catch (const std::exception&) {
          // Nobody answers any more.
        }
      }
    });
    for (int runs = 0; runs < 30; ++runs) project.start("quick", "{}", "other-user");
    server.kill_now();
    is_killed = true;
    client.join();
    check_counts(server.data_directory());
    server.start();
    CHECK(project.get("/usage").at("/storedBytes/isExact") == "true");
  }
}
