// GET …/task-history/export: all runs of a project, a line each.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

#include <sstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

std::vector<Json> lines_of(const Answer& answer) {
  INFO(answer.text.substr(0, 500));
  REQUIRE(answer.status == 200);
  CHECK(answer.header("content-type") == "application/x-ndjson");
  std::vector<Json> lines;
  std::istringstream in(answer.text);
  for (std::string line; std::getline(in, line);) lines.push_back(json_of(line));
  REQUIRE_FALSE(lines.empty());
  return lines;
}

std::vector<Json> exported(const TestProject& project, const std::string& query = {}) {
  return lines_of(project.get("/task-history/export" + query));
}

}  // namespace

TEST_CASE(
    "an export has every run with what its steps were given and gave, and says that it is whole") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json({"id": "double", "type": "function",
    "parameters": {"n": "{{trigger.request.body.n}}"}, "code": "({ n }) => 2 * n"},
    {"id": "each", "type": "fanOut", "items": "{{trigger.request.body.list}}", "steps": [
      {"id": "f", "type": "function", "parameters": {"i": "{{each.instance}}"}, "code": "({ i }) => i"}]})json");
  std::vector<std::string> runs;
  for (int n = 0; n < 3; ++n) {
    runs.push_back(project.start("w", R"({"n": )" + std::to_string(n) + R"(, "list": [7, 8]})"));
    project.wait_until_ended(runs.back());
  }
  const auto lines = exported(project);
  REQUIRE(lines.size() == 4);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(string_at(lines[i], "/id") == runs[i]);
    CHECK(string_at(lines[i], "/status") == "SUCCEEDED");
    const Json& steps = lines[i].at("stepExecutions");
    CHECK(text_at(lines[i], "/stepExecutionsTotal") == std::to_string(steps.as_array().size()));
    bool has_double = false;
    for (const Json& step : steps.as_array()) {
      if (string_at(step, "/stepId") != "double") continue;
      has_double = true;
      CHECK(text_at(step, "/input/n") == std::to_string(i));
      CHECK(text_at(step, "/output/result") == std::to_string(2 * i));
    }
    CHECK(has_double);
  }
  CHECK(to_text(lines[3]) == R"({"complete":true,"next":null})");

  // Whoever lost the connection goes on behind the last whole line.
  const auto rest = exported(project, "?after=" + string_at(lines[0], "/cursor"));
  REQUIRE(rest.size() == 3);
  CHECK(string_at(rest[0], "/id") == runs[1]);
  CHECK(exported(project, "?userId=nobody").size() == 1);
  CHECK(exported(project, "?userId=user-1&workflowId=w&status=SUCCEEDED").size() == 4);
  CHECK(exported(project, "?to=2020-01-01").size() == 1);
  CHECK(exported(project, "?from=2020-01-01").size() == 4);
  for (const char* const wrong :
       {"?from=tomorrow", "?from=2021-01-01&to=2020-01-01", "?status=DONE", "?after=x"}) {
    INFO(wrong);
    CHECK(project.get("/task-history/export" + std::string(wrong)).status == 400);
  }
}

TEST_CASE("an export says why a run failed, shows one that sleeps, and no secret") {
  const TestProject project(shared_server());
  REQUIRE(project.put("/secrets/KEY", R"({"value": "s3cret-of-export"})").status == 201);
  project.deploy_steps("fails", R"json({"id": "f", "type": "function",
    "parameters": {"k": "{{secrets.KEY}}"}, "code": "({ k }) => { throw new Error('no ' + k) }"})json");
  project.deploy_steps("sleeps", R"({"id": "d", "type": "delay", "value": 1, "unit": "DAYS"})");
  project.wait_until_ended(project.start("fails"));
  project.wait_for_status(project.start("sleeps"), "DELAYED");
  const Answer answer = project.get("/task-history/export");
  const auto lines = lines_of(answer);
  REQUIRE(lines.size() == 3);
  CHECK(string_at(lines[0], "/error/code") == "function_threw");
  CHECK(string_at(lines[1], "/status") == "DELAYED");
  CHECK(answer.text.find("s3cret-of-export") == std::string::npos);
}

TEST_CASE("a value over a mebibyte is left out of an export unless all are wanted") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json({"id": "large", "type": "function",
    "code": "() => 'x'.repeat(1200000)"})json");
  project.wait_until_ended(project.start("w"));
  const auto output = [&](const std::string& query) {
    const auto lines = exported(project, query);
    for (const Json& step : lines[0].at("stepExecutions").as_array()) {
      if (string_at(step, "/stepId") == "large") return step;
    }
    return Json();
  };
  CHECK(text_at(output(""), "/isLargeOutput") == "true");
  CHECK(text_at(output(""), "/output") == "null");
  CHECK(text_at(output("?full=true"), "/output/result").size() > 1'200'000);
}
