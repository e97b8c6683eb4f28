// Triggers that their workflow's `admission` holds back, as clients see them.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string echo = R"({"id": "echo", "type": "function", "parameters": {"t": "{{trigger}}"},
                             "code": "({ t }) => t"})";

std::string workflow(const std::string& admission, const std::string& steps = echo,
                     const std::string& trigger = R"({"type": "request"})") {
  return R"({"name": "w", "trigger": )" + trigger + R"(, "admission": )" + admission +
         R"(, "steps": [)" + steps + "]}";
}

/// The runs of the project, when there are so many.
Json runs(const TestProject& project, const std::string& count) {
  Answer answer;
  REQUIRE(poll_until([&] {
    answer = project.get("/task-history/workflow-executions?status=SUCCEEDED&sortBy=ASC");
    return answer.at("/total") == count;
  }));
  return answer.json.at("workflowExecutions");
}

}  // namespace

TEST_CASE(
    "a trigger that waits for its debounce is acknowledged without an execution, and the last one "
    "runs") {
  const TestProject project(open_server());
  project.deploy(
      "w", workflow(R"({"debounce": {"wait": "700ms", "key": "{{trigger.request.body.id}}"}})",
                    echo + R"(, {"id": "ok", "type": "response", "body": {"a": 1}})"));
  const Answer first = project.trigger("w", R"({"id": 1, "n": 1})");
  CHECK(first.status == 202);
  CHECK(first.at("/executionId") == "null");
  CHECK(first.at("/status") == R"("WAITING")");
  CHECK(first.at("/admission") == R"("debounce")");
  CHECK(first.at("/waitsUntil") != "null");
  CHECK_FALSE(first.headers.contains("millrace-execution-id"));
  CHECK(project.trigger("w", R"({"id": 1, "n": 2})").status == 202);
  const Answer waiting = project.get("/workflows/w/admission?user=user-1");
  CHECK(waiting.status == 200);
  CHECK(waiting.at("/lines/0/stage") == R"("debounce")");
  CHECK(waiting.at("/lines/0/waiting") == "1");
  CHECK(waiting.at("/lines/0/key") == "1");
  CHECK(project.get("/workflows/w/admission?user=nobody").at("/lines") == "[]");

  const Json run = runs(project, "1").at(0);
  const std::string id = string_at(run, "/id");
  const Json step = project.step(id, "echo");
  CHECK(step.at("output").at("result").at("request").at("body").at("n") == 2);
  const Json shown = project.execution(id);
  CHECK(shown.at("admission").at("triggers") == 2);
  CHECK(shown.at("admission").at("waitedFor").at(0) == "debounce");
  CHECK(project.get("/workflows/w/admission").at("/lines") == "[]");
}

TEST_CASE("a batch is one run of the items of many events") {
  const TestProject project(open_server());
  REQUIRE(project.put("/events/e", R"({"schema": {}})").status == 201);
  project.deploy("w", workflow(R"({"batch": {"size": 3, "wait": "60s"}})", echo,
                               R"({"type": "event", "event": "e"})"));
  const auto send = [&](int n) {
    return call_server(project.port(),
                       {"POST", project.path("/sdk/events/trigger"), project.token(),
                        R"({"name": "e", "payload": {"n": )" + std::to_string(n) + "}}"});
  };
  for (int n = 1; n <= 2; ++n) {
    const Answer sent = send(n);
    CHECK(sent.status == 201);
    CHECK(sent.at("/executionIds") == "[]");
    CHECK(sent.at("/heldBack/0/workflowId") == R"("w")");
    CHECK(sent.at("/heldBack/0/admission") == R"("batch")");
  }
  const Answer last = send(3);
  CHECK(last.at("/executionIds/0") != "");
  const Json run = runs(project, "1").at(0);
  const Json items =
      project.step(string_at(run, "/id"), "echo").at("output").at("result").at("items");
  REQUIRE(items.as_array().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(items.at(i).at("n") == i + 1);
}

TEST_CASE("a file that waits is there when its trigger runs") {
  const TestProject project(open_server());
  project.deploy("w", workflow(R"({"debounce": {"wait": "200ms"}})"));
  const std::string file =
      R"({"file": {"name": "f", "data": "00ff", "mimeType": "x/y", "dataType": "FILE"}})";
  CHECK(project.trigger("w", file).status == 202);
  const Json run = runs(project, "1").at(0);
  const Json step = project.step(string_at(run, "/id"), "echo");
  CHECK(step.at("output").at("result").at("request").at("body").at("file").at("data") == "00ff");
}

TEST_CASE(
    "a singleton that skips says which execution goes on, and the event log why nothing ran") {
  const TestProject project(open_server());
  project.deploy("w", workflow(R"({"singleton": {"onConflict": "skip"}})",
                               R"({"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"})"));
  const std::string first = project.start("w");
  const Answer second = project.trigger("w");
  CHECK(second.status == 202);
  CHECK(second.at("/status") == R"("SKIPPED")");
  CHECK(second.at("/waitsFor") == '"' + first + '"');
  CHECK(poll_until([&] {
    return project.get("/event-logs?workflowId=w").at("/eventLogs/0/code") == R"("conflict")";
  }));
  REQUIRE(project.post(TestProject::execution_path(first) + "/cancel").status < 300);
  CHECK(poll_until([&] { return project.trigger("w").at("/status") == R"("EXECUTING")"; }));
}

TEST_CASE("what waits of a user goes with the user") {
  const TestProject project(open_server());
  project.deploy("w", workflow(R"({"debounce": {"wait": "1h"}})"));
  CHECK(project.trigger("w").status == 202);
  CHECK(project.trigger("w", "{}", "user-2").status == 202);
  REQUIRE(project.remove("/users/user-1").status < 300);
  CHECK(poll_until(
      [&] { return project.get("/workflows/w/admission?user=user-1").at("/lines") == "[]"; }));
  CHECK(project.get("/workflows/w/admission").at("/lines/0/userId") == R"("user-2")");
}

TEST_CASE("an admission that makes no sense is refused at deploy, with its place") {
  const TestProject project(open_server());
  REQUIRE(project
              .put("/workflows/w",
                   workflow(R"({"throttle": {"limit": 10, "per": "0s"}, "sngleton": {}})"))
              .status < 300);
  const Answer refused = project.post("/workflows/w/deploy");
  CHECK(refused.status == 400);
  CHECK_THAT(refused.text,
             Catch::Contains("/admission/throttle/per") && Catch::Contains("/admission/sngleton"));
}
