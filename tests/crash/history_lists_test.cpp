// Lists of runs while the server is killed: what was acknowledged is in them, once, and as it is.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <algorithm>
#include <set>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string list_path = "/task-history/workflow-executions";

std::vector<std::string> all_pages(const TestProject& project) {
  std::vector<std::string> ids;
  for (std::string target = list_path; !target.empty();) {
    const Answer page = project.get(target);
    REQUIRE(page.status == 200);
    for (const Json& run : page.json.at("workflowExecutions").as_array()) {
      ids.push_back(string_at(run, "/id"));
    }
    const Json& link = page.json.at("nextLink");
    if (link.is_null()) {
      CHECK(page.json.at("total") == Json(ids.size()));
      return ids;
    }
    const std::string text(link.as_string());
    target = text.substr(text.find("/task-history"));
  }
  return ids;
}

std::size_t total(const TestProject& project, const std::string& query) {
  return project.get(list_path + query).json.at("total").to_number<std::size_t>();
}

}  // namespace

TEST_CASE("after each kill the lists show every acknowledged run once, with the status it has") {
  CrashingServer server;
  const TestProject project(server.process());
  project.deploy_steps("quick", R"({"id": "one", "type": "function", "code": "() => 1"})");
  project.deploy_steps("slow", R"({"id": "one", "type": "delay", "value": 1, "unit": "HOURS"})");
  std::vector<std::string> quick;
  std::vector<std::string> slow;
  std::set<std::string> acknowledged;
  for (int kills = 0; kills < 4; ++kills) {
    for (int i = 0; i < 40; ++i) {
      const std::string user = "user-" + std::to_string(i % 7);
      auto& runs = i % 4 == 0 ? slow : quick;
      runs.push_back(project.start(i % 4 == 0 ? "slow" : "quick", "{}", user));
      acknowledged.insert(runs.back());
      if (i == 20) total(project, "");  // folds what there is so far
    }
    server.kill_and_start();
    auto listed = all_pages(project);
    CHECK(listed.size() == acknowledged.size());
    CHECK(std::set<std::string>(listed.begin(), listed.end()) == acknowledged);
    for (const auto& run : quick) project.wait_until_ended(run);
    CHECK(total(project, "?status=SUCCEEDED&workflowId=quick") == quick.size());
    CHECK(total(project, "?status=EXECUTING&workflowId=quick") == 0);
    CHECK(poll_until([&] { return total(project, "?status=DELAYED") == slow.size(); }));
    std::size_t counted = 0;
    const Answer statistics = project.get("/task-history/statistics");
    for (const Json& bucket : statistics.json.at("buckets").as_array()) {
      counted += bucket.at("succeeded").to_number<std::size_t>();
    }
    CHECK(counted == quick.size());
  }
}
