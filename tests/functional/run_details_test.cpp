// One run of some thousand elements, as clients see it: its graph, its steps by pages, values by levels; and
// docs/task-history.md, every request of which is asked here as it stands.
#include "tests/functional/open_server.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <httplib.h>

#include <atomic>
#include <set>
#include <sstream>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// {"items": [0, 1, ...]}
std::string items(int count) {
  std::string text = "{\"items\": [";
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + std::to_string(i);
  return text + "]}";
}

/// Every hundredth element fails; the others go on to a conditional.
const char* const with_failures = R"json(
  {"id": "each", "type": "fanOut", "items": "{{trigger.request.body.items}}", "onError": "continue", "steps": [
    {"id": "work", "type": "function", "parameters": {"n": "{{each.instance}}"},
     "code": "({ n }) => { if (n % 100 === 42) throw new Error('no ' + n); return { n, text: 'x'.repeat(50) } }"},
    {"id": "odd", "type": "conditional",
     "if": [[{"variable": "{{each.index}}", "operator": "NumberLessThan", "argument": 10}]],
     "then": [{"id": "early", "type": "function", "code": "() => 1"}]}]},
  {"id": "choose", "type": "conditional",
   "if": [[{"variable": "{{trigger.request.body.items}}", "operator": "ArrayIsEmpty"}]],
   "then": [{"id": "never", "type": "function", "code": "() => 1"}]})json";

class LargeRun {
 public:
  static constexpr int elements = 3'000;

  LargeRun() : project(shared_server()) {
    project.deploy_steps("w", with_failures);
    run = project.start("w", items(elements));
    ended = project.wait_until_ended(run);
  }
  Answer ask(const std::string& rest) const {
    return project.get(TestProject::execution_path(run) + rest);
  }
  std::set<std::string> page_through(const std::string& query) const {
    std::set<std::string> ids;
    std::string after;
    for (int pages = 0; pages < 1'000; ++pages) {
      const Answer page = ask("/step-executions?" + query + after);
      REQUIRE(page.status == 200);
      for (const Json& step : page.json.at("stepExecutions").as_array()) {
        CHECK(ids.insert(string_at(step, "/id")).second);
      }
      const Json& next = page.json.at("next");
      if (next.is_null()) return ids;
      after = "&after=" + std::string(next.as_string());
    }
    FAIL("the pages have no end");
    return ids;
  }

  TestProject project;
  std::string run;
  Json ended;
};

const Json& step_in(const Json& graph, std::string_view id) {
  for (const Json& step : graph.at("steps").as_array()) {
    if (string_at(step, "/stepId") == id) return step;
  }
  throw std::runtime_error("the graph has no step " + std::string(id));
}

/// Every member that the page shows is there, and is of the same kind; arrays show their first element.
void check_shape(const Json& shown, const Json& got, const std::string& place) {
  INFO(place);
  if (shown.is_null() || got.is_null()) return;
  REQUIRE(kind_name(shown) == kind_name(got));
  if (const auto* const object = shown.if_object()) {
    for (const auto& member : *object) {
      const Json* const found = got.get_object().if_contains(member.key());
      INFO(place + "/" + std::string(member.key()));
      REQUIRE(found != nullptr);
      check_shape(member.value(), *found, place + "/" + std::string(member.key()));
    }
  } else if (const auto* const array = shown.if_array()) {
    if (array->empty()) return;
    REQUIRE_FALSE(got.get_array().empty());
    check_shape(array->front(), got.get_array().front(), place + "/0");
  }
}

}  // namespace

TEST_CASE("the graph of a run of thousands is as large as its workflow") {
  const LargeRun large;
  const Answer graph = large.ask("/graph");
  REQUIRE(graph.status == 200);
  CHECK(graph.text.size() < 8'000);
  CHECK(graph.at("/status") == R"("SUCCEEDED")");
  CHECK(graph.at("/definition/steps/0/id") == R"("each")");
  CHECK(step_in(graph.json, "work").at("counts") ==
        json_of(R"({"SUCCEEDED": 2970, "FAILED": 30})"));
  CHECK(step_in(graph.json, "odd").at("counts") == json_of(R"({"SUCCEEDED": 2970})"));
  CHECK(step_in(graph.json, "early").at("counts") == json_of(R"({"SUCCEEDED": 10})"));
  CHECK(step_in(graph.json, "each").at("elements") == 3'000);
  CHECK(step_in(graph.json, "choose").at("selectedChoice") == "No");
  CHECK(step_in(graph.json, "never").at("counts") == JsonObject());
  CHECK(step_in(graph.json, "never").at("start").is_null());
  CHECK(step_in(graph.json, "trigger").at("type") == "TRIGGER/ENDPOINT");
  CHECK(string_at(step_in(graph.json, "work"), "/start") <=
        string_at(step_in(graph.json, "work"), "/end"));
  CHECK_FALSE(graph.json.as_object().contains("isPartial"));
}

TEST_CASE("the cause of a failed run of thousands is two requests away") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "each", "type": "fanOut", "items": "{{trigger.request.body.items}}", "steps": [
      {"id": "work", "type": "function", "parameters": {"n": "{{each.instance}}"},
       "code": "({ n }) => { if (n === 4321) throw new Error('customer 4321 has no address'); return n }"}]})json");
  const std::string run = project.start("w", items(10'000));
  const Json shown = project.wait_until_ended(run);
  CHECK(text_at(shown, "/status") == R"("FAILED")");
  CHECK(text_at(shown, "/error/stepId") == R"("each")");
  CHECK_THAT(string_at(shown, "/error/message"), Catch::Contains("element 4321"));
  CHECK(shown.at("stepExecutions").as_array().size() <= 1'000);
  CHECK(shown.at("stepExecutionsTotal").to_number<int>() > 4'000);
  const Answer failed =
      project.get(TestProject::execution_path(run) + "/step-executions?status=FAILED&stepId=work");
  REQUIRE(failed.status == 200);
  CHECK(failed.at("/total") == "1");
  CHECK(failed.at("/stepExecutions/0/id") == R"("work.4321")");
  CHECK_THAT(failed.at("/stepExecutions/0/error/message"), Catch::Contains("has no address"));
  CHECK(failed.at("/next") == "null");
}

TEST_CASE("all steps of a run are paged through, each once, whatever is asked for") {
  const LargeRun large;
  // "never" has not run, and has its place.
  CHECK(large.ended.at("stepExecutions").as_array().size() == 999);
  CHECK(text_at(large.ended, "/stepExecutionsTotal") == std::to_string(3 + 3'000 + 2'970 + 10));
  CHECK(large.page_through("limit=1000").size() == 3 + 3'000 + 2'970 + 10);
  CHECK(large.page_through("limit=700&stepId=work").size() == 3'000);
  CHECK(large.page_through("limit=7&status=FAILED").size() == 30);
  CHECK(large.page_through("stepId=early&limit=3").size() == 10);
  CHECK(large.page_through("indexes=2999") == std::set<std::string>{"work.2999", "odd.2999"});
  CHECK(large.page_through("status=CANCELLED").empty());
  const Answer page = large.ask("/step-executions?status=FAILED&limit=2");
  CHECK(page.at("/total") == "30");
  CHECK(page.at("/stepExecutions/1/indexes") == "[142]");
  CHECK(page.at("/stepExecutions/1/index") == "142");
  CHECK_THAT(page.at("/stepExecutions/1/error/message"), Catch::Contains("no 142"));
  CHECK(large.ask("/step-executions?stepId=odd&indexes=3").at("/stepExecutions/0/selectedChoice") ==
        R"("Yes")");
}

TEST_CASE("questions about a run that make no sense are refused") {
  const LargeRun large;
  for (const char* const query :
       {"status=SLEEPING", "limit=0", "limit=1001", "limit=x", "indexes=", "indexes=a",
        "indexes=1,,2", "indexes=-1", "after=x", "after=", "after=1.2"}) {
    INFO(query);
    const Answer answer = large.ask(std::string("/step-executions?") + query);
    CHECK(answer.status == 400);
    CHECK(answer.at("/code") == R"("invalid_request")");
  }
  for (const char* const query : {"part=both", "offset=-1", "limit=0", "limit=1001"}) {
    INFO(query);
    const Answer answer = large.ask(std::string("/step-executions/work.1/value?") + query);
    CHECK(answer.status == 400);
    CHECK(answer.at("/code") == R"("invalid_request")");
  }
  // Positions that no page gives lead somewhere or nowhere, never further.
  for (const char* const after : {"99999-", "0.999999-1", "0.5-", "7.7-7.7-7", "4000000000"}) {
    INFO(after);
    CHECK(large.ask(std::string("/step-executions?after=") + after).status != 500);
  }
  CHECK(large.ask("/step-executions/work.3000").status == 404);
  CHECK(large.ask("/step-executions/work.1/value?path=/x").status == 404);
  const std::string nobody =
      "/task-history/workflow-executions/01890000-0000-7000-8000-000000000000";
  for (const char* const rest : {"/graph", "/step-executions", "/step-executions/work.1/value"}) {
    CHECK(large.project.get(nobody + rest).status == 404);
    const TestProject other(shared_server());
    CHECK(other.get(TestProject::execution_path(large.run) + rest).status == 404);
  }
}

TEST_CASE("a value is read level by level") {
  const LargeRun large;
  const Answer top = large.ask("/step-executions/trigger/value");
  CHECK(top.at("/type") == R"("object")");
  CHECK(top.at("/items/0/key") == R"("request")");
  CHECK(top.at("/items/0/type") == R"("object")");
  const Answer list =
      large.ask("/step-executions/each/value?part=input&path=/items&limit=2&offset=2998");
  INFO(list.text);
  CHECK(list.at("/length") == "3000");
  CHECK(list.at("/items/1/value") == "2999");
  CHECK(list.at("/next") == "null");
  const Answer text = large.ask("/step-executions/work.7/value?path=/result/text&offset=40");
  CHECK(text.at("/length") == "50");
  CHECK(text.at("/text") == R"("xxxxxxxxxx")");
  CHECK(large.ask("/step-executions/work.42/value?path=/error/code").at("/value").empty());
  CHECK(large.ask("/step-executions/work.42/value?path=/error/code").at("/text") ==
        R"("function_threw")");
}

TEST_CASE("requests that have left are listed as running, with their elements") {
  httplib::Server peer;
  std::atomic<bool> may_answer{false};
  peer.Get("/held", [&](const httplib::Request&, httplib::Response& answer) {
    poll_until([&] { return may_answer.load(); });
    answer.set_content("{}", "application/json");
  });
  const int port = peer.bind_to_any_port("127.0.0.1");
  std::thread serving([&] { peer.listen_after_bind(); });
  const TestProject project(open_server());
  project.deploy_steps("w", R"json({"id": "each", "type": "fanOut", "items": [1, 2, 3], "steps": [
    {"id": "ask", "type": "request", "method": "GET", "url": "http://127.0.0.1:)json" +
                                std::to_string(port) + R"json(/held"}]})json");
  const std::string run = project.start("w");
  const std::string path = TestProject::execution_path(run);
  Answer page;
  CHECK(poll_until([&] {
    page = project.get(path + "/step-executions?stepId=ask&status=EXECUTING");
    return page.json.at("stepExecutions").as_array().size() == 3;
  }));
  CHECK(page.at("/stepExecutions/2/id") == R"("ask.2")");
  CHECK(page.at("/stepExecutions/2/status") == R"("EXECUTING")");
  CHECK(page.at("/total") == "3");
  CHECK(step_in(project.get(path + "/graph").json, "ask").at("counts") ==
        json_of(R"({"EXECUTING": 3})"));
  CHECK(text_at(project.execution(run), "/stepExecutions/1/status") == R"("EXECUTING")");
  CHECK_THAT(project.get(path + "/explain").text, Catch::Contains("\"ask.2\""));
  may_answer = true;
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("SUCCEEDED")");
  CHECK(step_in(project.get(path + "/graph").json, "ask").at("counts") ==
        json_of(R"({"SUCCEEDED": 3})"));
  peer.stop();
  serving.join();
}

TEST_CASE("a run that is cancelled shows the requests that had left, with their elements") {
  httplib::Server peer;
  std::atomic<bool> may_answer{false};
  std::atomic<int> asked{0};
  peer.Get("/held", [&](const httplib::Request&, httplib::Response& answer) {
    ++asked;
    poll_until([&] { return may_answer.load(); });
    answer.set_content("{}", "application/json");
  });
  const int port = peer.bind_to_any_port("127.0.0.1");
  std::thread serving([&] { peer.listen_after_bind(); });
  const TestProject project(open_server());
  project.deploy_steps("w", R"json({"id": "each", "type": "fanOut", "items": [1, 2, 3, 4],
    "concurrency": 2, "steps": [
    {"id": "ask", "type": "request", "method": "GET", "url": "http://127.0.0.1:)json" +
                                std::to_string(port) + R"json(/held"}]})json");
  const std::string run = project.start("w");
  const std::string path = TestProject::execution_path(run);
  CHECK(poll_until([&] { return asked == 2; }));
  CHECK(project.post(path + "/cancel").status == 202);
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("CANCELLED")");
  const Answer page = project.get(path + "/step-executions?stepId=ask");
  INFO(page.text);
  CHECK(page.at("/total") == "2");
  CHECK(page.at("/stepExecutions/1/id") == R"("ask.1")");
  CHECK(page.at("/stepExecutions/1/status") == R"("CANCELLED")");
  CHECK(page.at("/stepExecutions/2").empty());
  CHECK(step_in(project.get(path + "/graph").json, "ask").at("counts") ==
        json_of(R"({"CANCELLED": 2})"));
  CHECK(project.get(path + "/step-executions/ask.0").status == 200);
  CHECK(project.get(path + "/step-executions/ask.2").status == 404);
  may_answer = true;
  peer.stop();
  serving.join();
}

TEST_CASE("every request that docs/task-history.md shows of one run is answered as it says") {
  std::istringstream in(read_file(MILLRACE_TASK_HISTORY_PAGE));
  std::string section;
  std::string block;
  std::string workflow;
  std::vector<std::pair<std::string, Json>> asked;
  bool is_inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (section != "One run") continue;
    if (!line.starts_with("```")) {
      if (is_inside) block += line + '\n';
      continue;
    }
    if (is_inside && block.starts_with("GET ")) {
      const auto end = block.find('\n');
      asked.emplace_back(block.substr(4, end - 4), json_of(block.substr(end)));
    } else if (is_inside) {
      workflow = block;
    }
    block.clear();
    is_inside = !is_inside;
  }
  REQUIRE(asked.size() >= 4);
  const TestProject project(shared_server());
  project.deploy("sync", workflow);
  const std::string run =
      project.start("sync", R"({"customers": [{"id": 1}, {"id": 2}, {"name": "Bob"}]})");
  project.wait_until_ended(run);
  for (const auto& [target, shown] : asked) {
    INFO(target);
    REQUIRE(target.starts_with("…/{id}"));
    const Answer answer =
        project.get(TestProject::execution_path(run) + target.substr(std::string("…/{id}").size()));
    INFO(answer.text);
    REQUIRE(answer.status == 200);
    check_shape(shown, answer.json, "");
  }
}
