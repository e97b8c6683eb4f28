// Cancelling a run while it works, while it sleeps, and when it is too late.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

Answer cancel(const TestProject& project, const std::string& run) {
  return project.post(TestProject::execution_path(run) + "/cancel");
}

std::string status_of(const Json& execution) { return string_at(execution, "/status"); }

}  // namespace

TEST_CASE("a sleeping run that is cancelled never wakes") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"},
    {"id": "after", "type": "function", "code": "() => 1"})json");
  const std::string run = project.start("w");
  project.wait_for_status(run, "DELAYED");
  const Answer answer = cancel(project, run);
  CHECK(answer.status == 202);
  CHECK(answer.at("/id") == to_text(Json(run)));
  const Json ended = project.wait_until_ended(run);
  CHECK(status_of(ended) == "CANCELLED");
  CHECK(text_at(ended, "/reason") == R"({"code":"cancelled","message":"cancelled by API key"})");
  CHECK(text_at(ended, "/stepExecutions/1/status") == R"("CANCELLED")");
  CHECK(text_at(ended, "/stepExecutions/1/end") == text_at(ended, "/dateEnded"));
  CHECK(string_at(ended, "/stepExecutions/1/wakesAt") > string_at(ended, "/dateEnded"));
  CHECK(project.get(TestProject::execution_path(run) + "/step-executions/after").status == 404);
}

TEST_CASE("a running run that is cancelled begins no further step") {
  const TestProject project(shared_server());
  // A second of work per step, so that the cancel meets one of the first.
  project.deploy_steps("w", R"json(
    {"id": "each", "type": "fanOut", "items": [1, 2, 3, 4, 5, 6, 7, 8], "concurrency": 1, "steps": [
      {"id": "work", "type": "function",
       "code": "() => new Promise((done) => setTimeout(() => done(1), 500))"}]},
    {"id": "after", "type": "function", "code": "() => 1"})json");
  const std::string run = project.start("w");
  CHECK(status_of(project.execution(run)) == "EXECUTING");
  CHECK(cancel(project, run).status == 202);
  CHECK(status_of(project.wait_until_ended(run)) == "CANCELLED");
  CHECK(project.get(TestProject::execution_path(run) + "/step-executions/after").status == 404);
  CHECK(project.get(TestProject::execution_path(run) + "/step-executions/work.7").status == 404);
}

TEST_CASE("a held response of a run that is cancelled is answered as a failure") {
  const ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("w", R"json(
    {"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"},
    {"id": "r", "type": "response", "body": {}})json");
  Answer held;
  std::thread client([&] { held = project.trigger("w"); });
  std::string run;
  const bool sleeps = poll_until([&] {
    const Answer list = project.get("/task-history/workflow-executions?status=DELAYED");
    if (list.at("/total") != "1") return false;
    run = string_at(list.json, "/workflowExecutions/0/id");
    return true;
  });
  CHECK(sleeps);
  CHECK(cancel(project, run).status == 202);
  client.join();
  CHECK(held.status == 500);
  CHECK(held.at("/error/code") == R"("cancelled")");
  CHECK(held.at("/executionId") == to_text(Json(run)));
}

TEST_CASE("a run that has ended cannot be cancelled any more") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"({"id": "one", "type": "function", "code": "() => 1"})");
  const std::string run = project.start("w");
  project.wait_until_ended(run);
  const Answer answer = cancel(project, run);
  CHECK(answer.status == 409);
  CHECK(answer.at("/code") == R"("conflict")");
  CHECK(status_of(project.execution(run)) == "SUCCEEDED");
  CHECK(cancel(project, "01890000-0000-7000-8000-000000000000").status == 404);
  CHECK(cancel(project, "nonsense").status == 404);
}

TEST_CASE("a run that waits for its retry can be cancelled") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "bad", "type": "function", "retry": {"delays": ["1h"]},
     "code": "() => { throw new Error('later'); }"})json");
  const std::string run = project.start("w");
  CHECK(poll_until(
      [&] { return !text_at(project.step(run, "bad"), "/attempts/0/retryAt").empty(); }));
  CHECK(status_of(project.execution(run)) == "EXECUTING");
  CHECK(cancel(project, run).status == 202);
  CHECK(status_of(project.wait_until_ended(run)) == "CANCELLED");
}

TEST_CASE("a run whose user is disabled ends before its next step, and says why") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "nap", "type": "delay", "value": 1, "unit": "SECONDS"},
    {"id": "after", "type": "function", "code": "() => 1"})json");
  const std::string run = project.start("w");
  const Answer disabled = call_server(project.port(), {"PATCH", project.path("/users/user-1"),
                                                       project.api_key(), R"({"disabled": true})"});
  REQUIRE(disabled.status == 200);
  const Json ended = project.wait_until_ended(run);
  CHECK(status_of(ended) == "CANCELLED");
  CHECK(text_at(ended, "/reason/code") == R"("user_disabled")");
  CHECK(project.get(TestProject::execution_path(run) + "/step-executions/after").status == 404);
}
