// Lists of many runs and their statistics, as a client pages through them.
#include "runtime/base/clock.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/child_process.h"

#include <sstream>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string list_path = "/task-history/workflow-executions";

/// Behind the project's path; empty behind the last page.
std::string next_of(const Json& page) {
  if (page.at("nextLink").is_null()) return {};
  const std::string link = string_at(page, "/nextLink");
  return link.substr(link.find("/task-history"));
}

std::vector<std::string> ids_of(const Json& page) {
  std::vector<std::string> ids;
  for (const Json& run : page.at("workflowExecutions").as_array()) {
    ids.push_back(string_at(run, "/id"));
  }
  return ids;
}

struct ManyRuns {
  explicit ManyRuns(std::size_t count) : project(shared_server()) {
    project.deploy_steps("ok", R"({"id": "one", "type": "function", "code": "() => 1"})");
    project.deploy_steps("bad",
                         R"({"id": "one", "type": "function", "code": "() => { throw 1 }"})");
    for (std::size_t i = 0; i < count; ++i) start(i % 10 == 0 ? "bad" : "ok");
    for (const auto& run : runs) project.wait_until_ended(run);
  }
  /// Each in a millisecond of its own, so that lists have them in the order in which they were started.
  void start(const std::string& workflow) {
    runs.push_back(project.start(workflow, "{}", runs.size() % 2 == 0 ? "ada" : "bob"));
    const Instant answered = SystemClock().now();
    while (SystemClock().now() <= answered) std::this_thread::yield();
  }

  TestProject project;
  std::vector<std::string> runs;
};

}  // namespace

TEST_CASE("pages that follow their links show each run once, while further ones start") {
  ManyRuns many(230);
  std::vector<std::string> met;
  std::string target = list_path + "?status=SUCCEEDED&workflowId=ok";
  for (int pages = 0; !target.empty() && pages < 5; ++pages) {
    const Answer page = many.project.get(target);
    REQUIRE(page.status == 200);
    CHECK(page.json.at("total").to_number<std::size_t>() >= 207);
    for (auto& id : ids_of(page.json)) met.push_back(std::move(id));
    target = next_of(page.json);
    for (int i = 0; i < 5; ++i) many.start("ok");
  }
  std::vector<std::string> right;
  for (std::size_t i = 230; i-- > 0;) {
    if (i % 10 != 0) right.push_back(many.runs[i]);
  }
  CHECK(met == right);
}

TEST_CASE("any page is found by its offset, and the total is exact") {
  ManyRuns many(130);
  const Answer page = many.project.get(list_path + "?sortBy=ASC&offset=125");
  CHECK(ids_of(page.json) == std::vector<std::string>(many.runs.end() - 5, many.runs.end()));
  CHECK(page.json.at("total") == Json(130));
  CHECK(page.json.at("nextLink").is_null());
  CHECK(ids_of(many.project.get(list_path + "?offset=900000").json).empty());
}

TEST_CASE("a run is in the list as soon as it was acknowledged, with the status that it has") {
  const ManyRuns many(1);
  const std::string run = many.project.start("bad");
  CHECK(ids_of(many.project.get(list_path).json).front() == run);
  many.project.wait_until_ended(run);
  CHECK(ids_of(many.project.get(list_path + "?status=EXECUTING").json).empty());
  CHECK(ids_of(many.project.get(list_path + "?status=FAILED").json).front() == run);
}

TEST_CASE("statistics count runs by when they started and how they ended") {
  const ManyRuns many(20);
  const std::string path = "/task-history/statistics";
  const auto sum = [&](const std::string& query, const char* of) {
    const Answer answer = many.project.get(path + query);
    REQUIRE(answer.status == 200);
    std::int64_t count = 0;
    for (const Json& bucket : answer.json.at("buckets").as_array()) {
      count += bucket.at(of).to_number<std::int64_t>();
    }
    return count;
  };
  CHECK(sum("", "succeeded") == 18);
  CHECK(sum("", "failed") == 2);
  CHECK(sum("?bucket=5m", "succeeded") == 18);
  CHECK(sum("?workflowId=bad", "succeeded") == 0);
  CHECK(sum("?workflowId=bad", "failed") == 2);
  CHECK(sum("?to=2020-01-01", "succeeded") == 0);
  const Json buckets = many.project.get(path).json.at("buckets");
  REQUIRE(buckets.as_array().size() == 24);
  CHECK(buckets.as_array().front().at("p50").is_null());
  CHECK(buckets.as_array().back().at("p95").is_int64());
}

TEST_CASE("users list their own runs with their own tokens") {
  const ManyRuns many(6);
  const auto list = [&](const std::string& user) {
    return call_server(
        many.project.port(),
        {"GET", many.project.path("/sdk/executions?workflowId=ok"), many.project.token(user), {}});
  };
  CHECK(ids_of(list("ada").json) == std::vector<std::string>{many.runs[4], many.runs[2]});
  CHECK(list("bob").json.at("total") == Json(3));
  CHECK(list("carol").json.at("total") == Json(0));
}

TEST_CASE("every request that the page of lists and statistics shows is answered") {
  const ManyRuns many(1);
  std::istringstream page(read_file(MILLRACE_TASK_HISTORY_PAGE));
  std::string section;
  std::size_t asked = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if ((section != "Lists" && section != "Statistics") || !line.starts_with("GET ")) continue;
    ++asked;
    INFO(line);
    const std::string begin = "GET …";
    if (line.starts_with(begin)) {
      CHECK(many.project.get("/task-history" + line.substr(begin.size())).status == 200);
    } else {
      const std::string path = many.project.path(line.substr(line.find("/sdk/")));
      CHECK(call_server(many.project.port(), {"GET", path, many.project.token(), {}}).status ==
            200);
    }
  }
  CHECK(asked == 7);
}
