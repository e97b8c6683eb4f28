// Runs that sleep are moved to another version over HTTP, and the history says so. With the page that tells of it.
#include "tests/functional/open_server.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/documented_commands.h"
#include "tests/support/poll_until.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string first = R"({"id": "a", "type": "function", "code": "() => 20"})";

std::string nap(const std::string& id, const std::string& value, const std::string& unit) {
  return R"({"id": ")" + id + R"(", "type": "delay", "value": )" + value + R"(, "unit": ")" + unit +
         R"("})";
}

std::string last(const std::string& code) {
  return R"({"id": "z", "type": "function", "parameters": {"a": "{{a.result}}"}, "code": ")" +
         code + R"("})";
}

Answer migrate(const TestProject& project, const std::string& body) {
  return project.post("/workflows/w/migrate", body);
}

Json finished(const TestProject& project, const Answer& answer) {
  INFO(answer.text);
  REQUIRE((answer.status == 200 || answer.status == 202));
  Json job;
  REQUIRE(poll_until([&] {
    job = project.get("/task-history/bulk-jobs/" + string_at(answer.json, "/id")).json;
    return string_at(job, "/status") == "DONE";
  }));
  return job;
}

}  // namespace

TEST_CASE("a run that sleeps is moved, wakes and ends on the other version") {
  const TestProject project(open_server());
  project.deploy_steps("w", first + "," + nap("nap", "15", "SECONDS") + "," + last("() => 1"));
  const std::string run = project.start("w");
  project.wait_for_status(run, "DELAYED");
  project.deploy_steps("w", R"({"id": "new", "type": "function", "code": "() => 0"},)" + first +
                                "," + nap("nap", "1", "HOURS") + "," + last("({ a }) => a + 22"));
  const std::string named = R"("from": 1, "to": 2, "ids": [")" + run + R"("])";
  const Answer would = migrate(project, "{" + named + R"(, "dryRun": true})");
  INFO(would.text);
  REQUIRE(would.status == 200);
  CHECK(would.at("/wouldMove") == "1");
  CHECK(would.at("/executions/0/toStepId") == R"("nap")");
  CHECK(text_at(project.execution(run), "/workflowVersion") == "1");
  const auto is_audited = [&] {
    return project.get("/audit?operation=migrateExecutions").at("/audit/0/operation") ==
           R"("migrateExecutions")";
  };
  CHECK_FALSE(is_audited());
  const Json job = finished(project, migrate(project, "{" + named + "}"));
  CHECK(is_audited());
  CHECK(text_at(job, "/accepted") == "1");
  CHECK(text_at(job, "/kind") == R"("migrate")");
  CHECK(text_at(project.execution(run), "/status") == R"("DELAYED")");
  const Json shown = project.wait_for_status(run, "SUCCEEDED");
  CHECK(text_at(shown, "/workflowVersion") == "2");
  CHECK(text_at(shown, "/migrations/0/from") == "1");
  CHECK(text_at(shown, "/migrations/0/to") == "2");
  CHECK(text_at(shown, "/migrations/0/stepId") == R"("nap")");
  CHECK(text_at(shown, "/stepExecutions/1/stepId") == R"("a")");
  CHECK(text_at(shown, "/stepExecutions/1/workflowVersion") == "1");
  CHECK(text_at(shown, "/stepExecutions/3/workflowVersion") == "2");
  CHECK(text_at(project.step(run, "z"), "/output/result") == "42");
  CHECK(text_at(project.step(run, "a"), "/output/result") == "20");
  const Answer graph = project.get(TestProject::execution_path(run) + "/graph");
  CHECK(graph.at("/definition/steps/0/id") == R"("new")");
  CHECK(graph.at("/steps/1/counts") == "{}");
  CHECK(graph.at("/steps/2/counts/SUCCEEDED") == "1");
  // It has never run what stands before its place only in the version that it is on now.
  const Answer again = project.post(TestProject::execution_path(run) + "/replay?fromStep=z",
                                    R"({"outputs": {"new": {"result": 0}}})");
  INFO(again.text);
  REQUIRE(again.status == 201);
  CHECK(again.at("/workflowVersion") == "2");
  project.wait_for_status(string_at(again.json, "/id"), "SUCCEEDED");
}

TEST_CASE("elements that sleep in an open fan-out move with their run") {
  const TestProject project(open_server());
  const std::string each =
      R"({"id": "each", "type": "fanOut", "items": [1, 2, 3], "steps": [)" +
      nap("nap", "1", "HOURS") +
      R"(, {"id": "f", "type": "function", "parameters": {"n": "{{each.instance}}"}, "code": "({ n }) => n"}]})";
  project.deploy_steps("w", each);
  const std::string run = project.start("w");
  project.wait_for_status(run, "DELAYED");
  project.deploy_steps("w", each + R"(, {"id": "sum", "type": "function",
    "parameters": {"all": "{{f.result}}"}, "code": "({ all }) => all.length"})");
  const Json job = finished(project, migrate(project, R"({"from": 1, "to": 2, "filter": {}})"));
  INFO(to_text(job));
  CHECK(text_at(job, "/accepted") == "1");
  const Json shown = project.execution(run);
  CHECK(text_at(shown, "/status") == R"("DELAYED")");
  CHECK(text_at(shown, "/workflowVersion") == "2");
  const Answer graph = project.get(TestProject::execution_path(run) + "/graph");
  CHECK(graph.at("/steps/1/elements") == "3");
  CHECK(graph.at("/steps/2/counts/DELAYED") == "3");
  CHECK(graph.at("/steps/4/stepId") == R"("sum")");
  const Answer naps =
      project.get(TestProject::execution_path(run) + "/step-executions?stepId=nap&status=DELAYED");
  CHECK(naps.at("/total") == "3");
  CHECK(naps.at("/stepExecutions/2/id") == R"("nap.2")");
}

TEST_CASE("a run that cannot move is refused with a reason and its step, and is as it was") {
  const TestProject project(open_server());
  project.deploy_steps("w", first + "," + nap("nap", "1", "HOURS"));
  const std::string run = project.start("w");
  project.wait_for_status(run, "DELAYED");
  project.deploy_steps("w", first);
  const Json job =
      finished(project, migrate(project, R"({"from": 1, "to": 2, "ids": [")" + run + R"("]})"));
  CHECK(text_at(job, "/accepted") == "0");
  CHECK(text_at(job, "/refused/0/code") == R"("step_missing")");
  CHECK(text_at(job, "/refused/0/stepId") == R"("nap")");
  CHECK(text_at(project.execution(run), "/workflowVersion") == "1");
  CHECK(text_at(project.execution(run), "/status") == R"("DELAYED")");
  CHECK(migrate(project, R"({"from": 1, "to": 9, "filter": {}})").status == 404);
  for (const char* const bad :
       {R"({"from": 1, "to": 1, "filter": {}})", R"({"from": 1, "to": 2})",
        R"({"from": "1", "to": 2, "filter": {}})", R"({"from": 1, "to": 2.5, "filter": {}})",
        R"({"from": 1, "to": 2, "filter": {}, "map": {"x": "a"}})",
        R"({"from": 1, "to": 2, "filter": {}, "dryRun": 1})", "[]"}) {
    const Answer answer = migrate(project, bad);
    INFO(bad << answer.text);
    CHECK(answer.status == 400);
  }
}

TEST_CASE("the commands of the page about migrations do as it says") {
  const TestProject project(shared_server());
  const auto answers = answers_in(output_of(project, commands_of(MILLRACE_MIGRATION_PAGE)));
  REQUIRE(answers.size() == 9);
  for (const Json& each : answers) CHECK(text_at(each, "/code").empty());
  CHECK(text_at(answers[0], "/id") == R"("remind")");
  CHECK(to_text(answers[1]) == R"({"version":1})");
  CHECK(text_at(answers[2], "/workflowId") == R"("remind")");
  CHECK(text_at(answers[3], "/id") == R"("remind")");
  CHECK(to_text(answers[4]) == R"({"version":2})");
  CHECK(text_at(answers[5], "/reasons/step_missing") == "1");
  CHECK(text_at(answers[6], "/executions/0/toStepId") == R"("pause")");
  CHECK(text_at(answers[7], "/accepted") == "1");
  CHECK(text_at(answers[8], "/workflowVersion") == "2");
  CHECK(text_at(answers[8], "/migrations/0/stepId") == R"("pause")");
}
