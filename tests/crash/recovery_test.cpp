// Starting on what a crash left: also when the start itself is cut off.
#include "runtime/base/clock.h"
#include "tests/crash/load_workflows.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/seeded_random.h"

#include <iostream>
#include <random>

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("starts that are killed during recovery lose and repeat nothing") {
  const std::uint64_t seed = std::random_device()();
  std::cout << "start-up crash test with seed " << seed << std::endl;
  SeededRandom random(seed);
  ServerProcess server({"--history-requests-max", "0"});
  const TestProject project(server);
  const LoadPeer peer;
  deploy_load_workflows(project, peer);
  std::vector<AcknowledgedRun> runs;
  for (std::int64_t i = 0; i < 60; ++i) {
    const std::string workflow = i % 2 == 0 ? "sleep" : "fan";
    runs.push_back({project.start(workflow, load_body(i)), workflow, i, {}});
  }
  for (int i = 0; i < 8; ++i) {
    server.kill_now();
    server.begin_start();
    // Somewhere between the first system call and the first runs that go on.
    REQUIRE_FALSE(server.wait_for_exit(std::chrono::milliseconds(random.below(200))).has_value());
  }
  server.kill_now();
  server.start();
  for (const AcknowledgedRun& run : runs) {
    project.wait_until_ended(run.id);
    const std::string problem = problem_of(project, peer, run);
    if (!problem.empty()) FAIL_CHECK(run.workflow << ' ' << run.id << ": " << problem);
  }
}

TEST_CASE("two kills in a row leave an acknowledged run as it was") {
  ServerProcess server;
  const TestProject project(server);
  const LoadPeer peer;
  deploy_load_workflows(project, peer);
  const AcknowledgedRun run{project.start("sleep", load_body(7)), "sleep", 7, {}};
  for (int i = 0; i < 2; ++i) {
    server.kill_now();
    server.start();
  }
  project.wait_until_ended(run.id);
  CHECK(problem_of(project, peer, run) == "");
}

TEST_CASE("projects, keys and workflows are there after a kill") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": {"version": 1}})");
  const std::string draft = R"({"name": "changed"})";
  project.put("/workflows/w", draft);
  server.kill_now();
  server.start();
  CHECK(project.trigger("w").text == R"({"version":1})");
  CHECK(project.get("/workflows/w").at("/definition") == R"({"name":"changed"})");
  CHECK(project.get("/workflows/w").at("/deployedVersion") == "1");
  CHECK(call_server(server.port(), {"GET", "/projects", admin_key}).status == 200);
}

TEST_CASE("a run that slept through the server's absence wakes at once after the start") {
  ServerProcess server;
  const TestProject project(server);
  const LoadPeer peer;
  deploy_load_workflows(project, peer);
  const AcknowledgedRun run{project.start("sleep", load_body(3)), "sleep", 3, {}};
  project.wait_for_status(run.id, "DELAYED");
  server.kill_now();
  const Instant due = SystemClock().now() + Millis(1'000);
  REQUIRE(poll_until([&] { return SystemClock().now() > due; }));
  server.start();
  project.wait_until_ended(run.id);
  CHECK(problem_of(project, peer, run) == "");
}

TEST_CASE("a cancelled run stays cancelled and a retry goes on after a kill") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("sleep",
                       R"({"id": "wait", "type": "delay", "value": 1, "unit": "SECONDS"})");
  project.deploy_steps("retry", R"json(
    {"id": "bad", "type": "function", "retry": {"delays": ["100ms", "2s"]},
     "code": "() => { throw new Error('never'); }"})json");
  const std::string cancelled = project.start("sleep");
  const std::string retried = project.start("retry");
  CHECK(project.post(TestProject::execution_path(cancelled) + "/cancel").status == 202);
  CHECK(poll_until(
      [&] { return project.step(retried, "bad").at("attempts").as_array().size() == 2; }));
  server.kill_now();
  server.start();
  CHECK(string_at(project.wait_until_ended(cancelled), "/status") == "CANCELLED");
  CHECK(string_at(project.wait_until_ended(retried), "/status") == "FAILED");
  const Json detail = project.step(retried, "bad");
  REQUIRE(detail.at("attempts").as_array().size() == 3);
  CHECK(string_at(detail, "/attempts/1/retryAt") <= string_at(detail, "/attempts/2/start"));
}
