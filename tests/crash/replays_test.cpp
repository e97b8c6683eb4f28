// Runs are replayed while the process is killed: what was acknowledged is there, and nothing is there twice.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <atomic>
#include <map>
#include <thread>
#include <utility>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string executions = "/task-history/workflow-executions";

/// How often each run was replayed, by the whole list.
std::map<std::string, int> replays_of(const TestProject& project) {
  std::map<std::string, int> count;
  for (std::size_t offset = 0;; offset += 100) {
    const Answer page = project.get(executions + "?offset=" + std::to_string(offset));
    for (const Json& run : page.json.at("workflowExecutions").as_array()) {
      if (run.get_object().contains("replayOf")) ++count[string_at(run, "/replayOf")];
    }
    if (page.at("/nextLink") == "null") return count;
  }
}

std::vector<std::string> started_runs(const TestProject& project, int count) {
  std::vector<std::string> runs(static_cast<std::size_t>(count));
  std::vector<std::thread> clients;
  for (std::size_t client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      for (std::size_t i = client; i < runs.size(); i += 4) {
        runs[i] = project.start("w", "{}", "user-" + std::to_string(i % 5));
      }
    });
  }
  for (auto& client : clients) client.join();
  return runs;
}

bool all_succeed(const TestProject& project, std::size_t count) {
  return poll_until([&] {
    return project.get(executions + "?status=SUCCEEDED").at("/total") == std::to_string(count);
  });
}

void expect_each_once(const TestProject& project, const std::vector<std::string>& runs) {
  const auto count = replays_of(project);
  CHECK(count.size() == runs.size());
  for (const auto& run : runs) {
    const auto found = count.find(run);
    CHECK((found != count.end() && found->second == 1));
  }
}

}  // namespace

TEST_CASE("each replay under its key is done once, whenever the process is killed") {
  CrashingServer server;
  const TestProject project(server.process());
  project.deploy_steps("w", R"({"id": "f", "type": "function", "code": "() => 1"})");
  const auto runs = started_runs(project, 600);
  REQUIRE(all_succeed(project, runs.size()));
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> acknowledged{0};
  std::atomic<bool> is_surprised{false};
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&] {
      for (auto i = next++; i < runs.size(); i = next++) {
        while (true) {
          const auto starts = server.starts();
          const Answer answer = call_server(
              server.process().port(),
              {"POST",
               project.path(TestProject::execution_path(runs[i]) + "/replay?fromStep=f"),
               project.api_key(),
               {},
               "application/json",
               {{"Idempotency-Key", "key-" + runs[i]}}});
          if (answer.status == 201) break;
          if (answer.status != 0 && answer.status != 503) is_surprised = true;
          if (answer.status == 0 && !server.wait_for_start_after(starts)) return;
        }
        ++acknowledged;
      }
    });
  }
  for (std::size_t kill = 1; kill <= 3; ++kill) {
    CHECK(poll_until([&] { return acknowledged >= kill * runs.size() / 4; }));
    server.kill_and_start();
  }
  for (auto& client : clients) client.join();
  server.stays_as_it_is();
  CHECK_FALSE(is_surprised);
  CHECK(acknowledged == runs.size());
  REQUIRE(all_succeed(project, 2 * runs.size()));
  expect_each_once(project, runs);
}

TEST_CASE("a bulk replay that crashes meet again and again replays each run once") {
  CrashingServer server;
  const TestProject project(server.process());
  project.deploy_steps("w", R"({"id": "f", "type": "function", "code": "() => 1"})");
  const auto runs = started_runs(project, 1'200);
  REQUIRE(all_succeed(project, runs.size()));
  Answer answer;
  // It waits for the end of the job, which a crash cuts off.
  std::jthread client([&] {
    answer = call_server(server.process().port(), {"POST",
                                                   project.path(executions + "/replay"),
                                                   project.api_key(),
                                                   R"({"filter": {"workflowId": "w"}})",
                                                   "application/json",
                                                   {{"Idempotency-Key", "all"}}});
  });
  std::size_t in_the_middle = 0;
  for (int kill = 0; kill < 4; ++kill) {
    REQUIRE_FALSE(server.process().wait_for_exit(std::chrono::milliseconds(250)).has_value());
    server.kill_and_start();
    const auto done = replays_of(project).size();
    if (done > 0 && done < runs.size()) ++in_the_middle;
  }
  client.join();
  server.stays_as_it_is();
  CHECK(in_the_middle > 0);
  // The same request finds its job.
  const Answer again = call_server(server.process().port(), {"POST",
                                                             project.path(executions + "/replay"),
                                                             project.api_key(),
                                                             R"({"filter": {"workflowId": "w"}})",
                                                             "application/json",
                                                             {{"Idempotency-Key", "all"}}});
  INFO(again.text);
  REQUIRE((again.status == 200 || again.status == 202));
  CHECK(again.header("idempotency-replayed") == "true");
  const std::string job = "/task-history/bulk-jobs/" + string_at(again.json, "/id");
  REQUIRE(poll_until([&] { return project.get(job).at("/status") == R"("DONE")"; }));
  CHECK(project.get(job).at("/accepted") == std::to_string(runs.size()));
  REQUIRE(all_succeed(project, 2 * runs.size()));
  expect_each_once(project, runs);
}
