// The list of runs: filters, order, pages.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string list_path = "/task-history/workflow-executions";

/// Seven runs: four of "ok" (three by ada, one by bob), two of "bad" by ada, one of "sleep" by bob.
class SevenRuns {
 public:
  SevenRuns() : project(shared_server()) {
    project.deploy_steps("ok", R"({"id": "one", "type": "function", "code": "() => 1"})");
    project.deploy_steps("bad",
                         R"({"id": "one", "type": "function", "code": "() => { throw 1 }"})");
    project.deploy_steps("sleep", R"({"id": "one", "type": "delay", "value": 1, "unit": "HOURS"})");
    for (const auto& [workflow, user] :
         std::vector<std::pair<std::string, std::string>>{{"ok", "ada"},
                                                          {"ok", "ada"},
                                                          {"bad", "ada"},
                                                          {"ok", "bob"},
                                                          {"bad", "ada"},
                                                          {"ok", "ada"}}) {
      runs.push_back(project.start(workflow, "{}", user));
      project.wait_until_ended(runs.back());
    }
    runs.push_back(project.start("sleep", "{}", "bob"));
    project.wait_for_status(runs.back(), "DELAYED");
  }

  /// The numbers of the runs that a query lists, in its order: "6 5 4".
  std::string numbers(const std::string& query) const {
    const Answer answer = project.get(list_path + query);
    if (answer.status != 200) return answer.text;
    std::string text;
    for (const Json& run : answer.json.at("workflowExecutions").as_array()) {
      const auto found = std::find(runs.begin(), runs.end(), string_at(run, "/id"));
      text += (text.empty() ? "" : " ") + std::to_string(found - runs.begin());
    }
    return text;
  }

  TestProject project;
  std::vector<std::string> runs;
};

}  // namespace

TEST_CASE("the task history filters by user, workflow, status and date") {
  const SevenRuns seven;
  CHECK(seven.numbers("") == "6 5 4 3 2 1 0");
  CHECK(seven.numbers("?sortBy=DESC") == "6 5 4 3 2 1 0");
  CHECK(seven.numbers("?sortBy=ASC") == "0 1 2 3 4 5 6");
  CHECK(seven.numbers("?userId=bob") == "6 3");
  CHECK(seven.numbers("?workflowId=bad") == "4 2");
  CHECK(seven.numbers("?status=FAILED") == "4 2");
  CHECK(seven.numbers("?status=SUCCEEDED&sortBy=ASC") == "0 1 3 5");
  CHECK(seven.numbers("?status=DELAYED") == "6");
  CHECK(seven.numbers("?status=EXECUTING").empty());
  CHECK(seven.numbers("?status=CANCELLED").empty());
  CHECK(seven.numbers("?userId=ada&workflowId=ok&sortBy=ASC") == "0 1 5");
  CHECK(seven.numbers("?userId=nobody").empty());
  CHECK(seven.numbers("?offset=2&sortBy=ASC") == "2 3 4 5 6");
  CHECK(seven.numbers("?offset=7").empty());

  // Both bounds may name the instant of a run itself; runs before or after it are clear.
  const std::string third = string_at(seven.project.execution(seven.runs[3]), "/dateStarted");
  const std::string before = seven.numbers("?sortBy=ASC&beforeDate=" + third);
  const std::string after = seven.numbers("?sortBy=ASC&afterDate=" + third);
  CHECK(before.starts_with("0 1 2"));
  CHECK(before.find('4') == std::string::npos);
  CHECK(after.ends_with("4 5 6"));
  CHECK(after.find('2') == std::string::npos);
  CHECK(seven.numbers("?afterDate=2999-01-01").empty());
}

TEST_CASE("an entry of the task history says who ran what and how it went") {
  const SevenRuns seven;
  const Json entry =
      seven.project.get(list_path + "?offset=1&sortBy=ASC").json.at("workflowExecutions").at(0);
  CHECK(text_at(entry, "/userId") == R"("ada")");
  CHECK(text_at(entry, "/workflowId") == R"("ok")");
  CHECK(text_at(entry, "/status") == R"("SUCCEEDED")");
  CHECK(text_at(entry, "/taskCount") == "1");
  CHECK(entry.at("runDuration").is_number());
  CHECK(string_at(entry, "/dateStarted") <= string_at(entry, "/dateEnded"));

  const Json asleep = seven.project.execution(seven.runs[6]);
  CHECK(text_at(asleep, "/dateEnded") == "null");
  CHECK(text_at(asleep, "/runDuration") == "null");
  CHECK(text_at(asleep, "/taskCount") == "0");
}

TEST_CASE("questions that the task history cannot understand are refused") {
  const TestProject project(shared_server());
  for (const char* const query :
       {"?status=SLEEPING", "?status=succeeded", "?sortBy=asc", "?offset=-1", "?offset=x",
        "?offset=99999999999999999999", "?beforeDate=yesterday", "?afterDate=2026-13-01",
        "?userId=%ff", "?userId=%zz", "?stauts=FAILED", "?status=FAILED&limit=10"}) {
    INFO(query);
    const Answer answer = project.get(list_path + query);
    CHECK(answer.status == 400);
    CHECK(answer.at("/code") == R"("invalid_request")");
  }
  CHECK(project.get(list_path + "/not-an-id").status == 404);
  CHECK(project.get(list_path + "/01890000-0000-7000-8000-000000000000").status == 404);
}

TEST_CASE("following the next links meets every run once") {
  const TestProject project(shared_server());
  project.deploy_steps("ok", R"({"id": "one", "type": "function", "code": "() => 1"})");
  constexpr std::size_t count = 205;
  std::set<std::string> started;
  for (std::size_t i = 0; i < count; ++i) started.insert(project.start("ok"));
  std::set<std::string> listed;
  std::size_t pages = 0;
  std::string next = project.path(list_path + "?workflowId=ok&sortBy=ASC");
  while (!next.empty()) {
    const Answer page = call_server(project.port(), {"GET", next, project.api_key()});
    REQUIRE(page.status == 200);
    CHECK(page.at("/total") == std::to_string(count));
    for (const Json& run : page.json.at("workflowExecutions").as_array()) {
      CHECK(listed.insert(string_at(run, "/id")).second);
    }
    ++pages;
    const Json& link = page.json.at("nextLink");
    next = link.is_null() ? std::string() : std::string(link.as_string());
    // An absolute link to the host that we asked.
    if (!next.empty()) {
      REQUIRE(next.starts_with(shared_server().url() + "/projects/"));
      next = next.substr(shared_server().url().size());
    }
  }
  CHECK(pages == 3);
  CHECK(listed == started);
}

TEST_CASE("a project that asks its history too often is told when to come again") {
  const ServerProcess server({"--history-requests-max", "3"});
  const TestProject project(server);
  const TestProject other(server);
  for (int i = 0; i < 3; ++i) CHECK(project.get(list_path).status == 200);
  const Answer limited = project.get(list_path);
  CHECK(limited.status == 429);
  CHECK(limited.at("/code") == R"("rate_limited")");
  CHECK_FALSE(limited.header("Retry-After").empty());
  CHECK(other.get(list_path).status == 200);
  CHECK(project.get("/workflows").status == 200);
}
