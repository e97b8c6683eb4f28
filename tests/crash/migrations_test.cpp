// Runs are moved to another version while the process is killed: each is on one version, whole, and sleeps on.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <thread>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

TEST_CASE(
    "a migration that crashes meet again and again moves each run once, and leaves none between "
    "two") {
  CrashingServer server;
  const TestProject project(server.process());
  const auto steps = [](const std::string& code) {
    return R"({"id": "a", "type": "function", "code": "() => 1"},
              {"id": "nap", "type": "delay", "value": 1, "unit": "HOURS"},
              {"id": "z", "type": "function", "parameters": {"a": "{{a.result}}"}, "code": ")" +
           code + R"("})";
  };
  project.deploy_steps("w", steps("() => 1"));
  std::vector<std::string> runs;
  for (int i = 0; i < 300; ++i)
    runs.push_back(project.start("w", "{}", "user-" + std::to_string(i % 5)));
  for (const auto& run : runs) project.wait_for_status(run, "DELAYED");
  project.deploy_steps("w", steps("({ a }) => a + 41"));
  const auto ask = [&] {
    return call_server(server.process().port(), {"POST",
                                                 project.path("/workflows/w/migrate"),
                                                 project.api_key(),
                                                 R"({"from": 1, "to": 2, "filter": {}})",
                                                 "application/json",
                                                 {{"Idempotency-Key", "all"}}});
  };
  std::thread client([&] { (void)ask(); });
  for (int kill = 0; kill < 4; ++kill) {
    REQUIRE_FALSE(server.process().wait_for_exit(std::chrono::milliseconds(150)).has_value());
    server.kill_and_start();
  }
  client.join();
  server.stays_as_it_is();
  const Answer again = ask();
  INFO(again.text);
  REQUIRE((again.status == 200 || again.status == 202));
  const std::string job = "/task-history/bulk-jobs/" + string_at(again.json, "/id");
  REQUIRE(poll_until([&] { return project.get(job).at("/status") == R"("DONE")"; }));
  CHECK(project.get(job).at("/accepted") == std::to_string(runs.size()));
  for (const auto& run : runs) {
    const Json shown = project.wait_for_status(run, "DELAYED");
    CHECK(text_at(shown, "/workflowVersion") == "2");
    CHECK(shown.at("migrations").as_array().size() == 1);
    CHECK(text_at(project.step(run, "a"), "/output/result") == "1");
  }
}
