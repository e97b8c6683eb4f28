// Ticks of schedules while the server is killed: each runs once for each user, or is caught up on.
#include "runtime/text/time_text.h"
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_project.h"

#include <iostream>
#include <map>
#include <random>
#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace {

constexpr int users = 40;

const std::string each_second = R"json({"name": "w", "trigger": {"type": "scheduler",
  "every": {"seconds": 1}, "catchUp": "all", "spread": "500ms"}, "steps": [
  {"id": "at", "type": "function", "parameters": {"at": "{{trigger.scheduledAt}}"}, "code": "({ at }) => at"}]})json";

/// How often each tick has run for each user.
std::map<std::string, std::map<std::string, int>> runs_by_tick(const TestProject& project) {
  std::map<std::string, std::map<std::string, int>> ticks;
  for (std::size_t offset = 0;; offset += 100) {
    const Answer page = project.get("/task-history/workflow-executions?sortBy=ASC&offset=" +
                                    std::to_string(offset));
    REQUIRE(page.status == 200);
    const auto& list = page.json.at("workflowExecutions").as_array();
    for (const Json& run : list) {
      const std::string id = string_at(run, "/id");
      project.wait_for_status(id, "SUCCEEDED");
      const std::string at = string_at(project.step(id, "at"), "/output/result");
      ++ticks[at][string_at(run, "/userId")];
    }
    if (list.size() < 100) return ticks;
  }
}

}  // namespace

TEST_CASE("a server that is killed again and again runs each tick once for each user") {
  const std::uint64_t seed = std::random_device()();
  std::cout << "schedule crash test with seed " << seed << std::endl;
  SeededRandom random(seed);
  ServerProcess server({"--history-requests-max", "0"});
  const TestProject project(server);
  for (int i = 0; i < users; ++i) {
    REQUIRE(call_server(server.port(), {"PATCH", project.path("/users/u" + std::to_string(i)),
                                        project.api_key(), R"({"meta": {}})"})
                .status == 200);
  }
  project.deploy("w", each_second);
  for (int i = 0; i < 5; ++i) {
    // Somewhere around a tick; what it stands for is that the kill comes anywhere.
    REQUIRE_FALSE(
        poll_until([] { return false; }, std::chrono::milliseconds(200 + random.below(1'500))));
    server.kill_now();
    server.start();
  }
  REQUIRE(project.post("/workflows/w/undeploy").status == 200);
  auto ticks = runs_by_tick(project);
  REQUIRE(ticks.size() >= 2);
  // The tick that the undeploy came upon may have been cut off.
  ticks.erase(std::prev(ticks.end()));
  for (const auto& [tick, by_user] : ticks) {
    INFO("tick " << tick);
    CHECK(by_user.size() == users);
    for (const auto& [user, count] : by_user) CHECK(count == 1);
  }
  // One second after the other, without a hole: what was missed is caught up on.
  const auto first = parse_time(ticks.begin()->first);
  const auto last = parse_time(ticks.rbegin()->first);
  REQUIRE((first && last));
  CHECK((*last - *first).count() / 1'000 + 1 == static_cast<std::int64_t>(ticks.size()));
}
