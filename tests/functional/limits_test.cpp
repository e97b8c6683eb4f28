// What a project keeps and may keep, on the real server; and the commands of docs/limits.md.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/documented_commands.h"
#include "tests/support/poll_until.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

Answer put_limits(const TestProject& project, const std::string& limits) {
  return call_server(project.port(), {"PUT", project.path("/limits"), admin_key, limits});
}

std::int64_t used_bytes(const TestProject& project) {
  return project.get("/usage").json.at("storedBytes").at("used").to_number<std::int64_t>();
}

}  // namespace

TEST_CASE("the commands of the limits page do as it says") {
  const TestProject project(shared_server());
  const auto answers =
      answers_in(output_of(project, commands_of(MILLRACE_LIMITS_PAGE), "ADMIN_KEY=" + admin_key));
  REQUIRE(answers.size() == 8);
  CHECK(text_at(answers[0], "/storedBytes") == "20000");
  CHECK(to_text(answers[1]) == to_text(answers[0]));
  CHECK(text_at(answers[2], "/storedBytes/limit") == "20000");
  CHECK(text_at(answers[2], "/storedBytes/isExact") == "true");
  CHECK(text_at(answers[2], "/triggersPerMinute/used") == "0");
  CHECK(text_at(answers[2], "/tasks/used") == "0");
  CHECK(to_text(answers[3]) == "201");
  CHECK(text_at(answers[4], "/code") == "\"stored_bytes_exceeded\"");
  CHECK(to_text(answers[5]) == "204");
  CHECK(to_text(answers[6]) == "201");
  CHECK(text_at(answers[7], "/storedBytes") == "null");
}

TEST_CASE(
    "a project that keeps as much as it may starts nothing new, ends what it has begun, and is "
    "alone in it") {
  const TestProject project(shared_server());
  const TestProject other(shared_server());
  for (const TestProject* each : {&project, &other}) each->deploy_steps("w", doubling_steps);
  project.deploy_steps("slow", R"({"id": "wait", "type": "delay", "value": 3, "unit": "SECONDS"})");
  const std::string sleeping = project.start("slow");
  project.wait_for_status(sleeping, "DELAYED");
  CHECK(project.get("/usage").at("/executions/delayed") == "1");

  const auto used = used_bytes(project);
  CHECK(used > 1'000);
  REQUIRE(put_limits(project, R"({"storedBytes": 1})").status == 200);
  const Answer refused = project.trigger("w", R"({"n": 2})");
  CHECK(refused.status == 507);
  CHECK(refused.at("/code") == "\"stored_bytes_exceeded\"");
  CHECK_THAT(refused.text, Catch::Contains("bytes of the 1 that it may"));
  CHECK(project.put("/events/E", R"({"schema": {}})").status == 507);
  CHECK(project.put("/secrets/S", R"({"value": "v"})").status == 507);
  CHECK(project.post("/workflows/w/deploy").status == 507);
  CHECK(project.get("/workflows/w").status == 200);
  CHECK(other.trigger("w", R"({"n": 2})").at("/twice") == "4");
  CHECK(poll_until([&] {
    return project.get("/event-logs").text.find("stored_bytes_exceeded") != std::string::npos;
  }));
  // What was accepted goes on, and stores what it has to.
  project.wait_for_status(sleeping, "SUCCEEDED");

  CHECK(project.remove("/workflows/slow").status == 204);
  REQUIRE(put_limits(project, "{}").status == 200);
  CHECK(project.trigger("w", R"({"n": 2})").at("/twice") == "4");
}

TEST_CASE(
    "a trigger that was accepted and waits begins, though its project keeps too much by then") {
  const TestProject project(shared_server());
  project.deploy("w", R"({"name": "w", "trigger": {"type": "request"},
                          "admission": {"debounce": {"wait": "2s"}}, "steps": [)" +
                          std::string(doubling_steps) + "]}");
  REQUIRE(project.trigger("w", R"({"n": 2})").at("/status") == R"("WAITING")");
  REQUIRE(put_limits(project, R"({"storedBytes": 1})").status == 200);
  CHECK(project.trigger("w", R"({"n": 3})").status == 507);
  Answer runs;
  CHECK(poll_until([&] {
    runs = project.get("/task-history/workflow-executions?status=SUCCEEDED");
    return runs.at("/total") == "1";
  }));
  CHECK(project.get("/workflows/w/admission").at("/lines") == "[]");
}

TEST_CASE(
    "a project that keeps as much as it may takes no more meta of its users, and switches them "
    "off") {
  const TestProject project(shared_server());
  const auto change = [&](const std::string& path, const std::string& key,
                          const std::string& body) {
    return call_server(project.port(), {"PATCH", project.path(path), key, body}).status;
  };
  REQUIRE(change("/users/user-1", project.api_key(), R"({"meta": {"a": 1}})") == 200);
  REQUIRE(put_limits(project, R"({"storedBytes": 1})").status == 200);
  CHECK(change("/users/user-1", project.api_key(), R"({"meta": {"b": 1}})") == 507);
  CHECK(change("/users/user-2", project.api_key(), R"({"meta": {"b": 1}})") == 507);
  CHECK(change("/sdk/me", project.token(), R"({"meta": {"b": 1}})") == 507);
  CHECK(change("/sdk/me", project.token(), R"({"meta": {"a": null}})") == 200);
  CHECK(change("/users/user-1", project.api_key(), R"({"disabled": true})") == 200);
}

TEST_CASE("what a project keeps grows with what it stores and shrinks with what it removes") {
  const TestProject project(shared_server());
  const auto before = used_bytes(project);
  REQUIRE(project.put("/events/E", R"({"schema": {"text": ")" + std::string(5'000, 'x') + R"("}})")
              .status == 201);
  const auto with_event = used_bytes(project);
  CHECK(with_event > before + 5'000);
  REQUIRE(project.put("/events/E", R"({"schema": {"text": "x"}})").status == 200);
  CHECK(used_bytes(project) < with_event - 4'500);  // its entry in the audit log has come
}

TEST_CASE("usage shows the tasks that a project has done this month, and none of its test runs") {
  const TestProject project(shared_server());
  const TestProject other(shared_server());
  project.deploy_steps("w", doubling_steps);
  const auto tasks = [](const TestProject& of) { return of.get("/usage").at("/tasks/used"); };
  CHECK(tasks(project) == "0");
  CHECK(project.trigger("w", R"({"n": 2})").at("/twice") == "4");
  CHECK(tasks(project) == "1");
  CHECK(project.post("/workflows/w/test", R"({"request": {"body": {"n": 2}}})").status == 200);
  CHECK(tasks(project) == "1");
  CHECK(tasks(other) == "0");
  const Answer usage = project.get("/usage");
  CHECK_THAT(usage.at("/tasks/month"), Catch::Matches("\"2[0-9]{3}-[0-9]{2}\""));
  CHECK(usage.at("/tasks/earlier") == "[]");
  // Removing the user removes what they did, not that it was done.
  CHECK(poll_until([&] { return project.remove("/users/user-1").status != 202; }));
  CHECK(tasks(project) == "1");
}

TEST_CASE("usage is for the project's own key and the admin key") {
  const TestProject project(shared_server());
  const TestProject other(shared_server());
  const auto usage = [&](const std::string& key) {
    return call_server(project.port(), {"GET", project.path("/usage"), key}).status;
  };
  CHECK(usage(project.api_key()) == 200);
  CHECK(usage(admin_key) == 200);
  CHECK(usage(other.api_key()) == 404);
  CHECK(usage(project.token()) == 401);
}
