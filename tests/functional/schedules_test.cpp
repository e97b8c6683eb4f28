// Workflows with a schedule: they run at each tick, for every user who has them enabled.
#include "runtime/base/clock.h"
#include "runtime/text/time_text.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string echo =
    R"({"id": "echo", "type": "function", "parameters": {"at": "{{trigger.scheduledAt}}"},
        "code": "({ at }) => at"})";

std::string on_schedule(const std::string& schedule, const std::string& more = {}) {
  return R"({"name": "w", "trigger": {"type": "scheduler", )" + schedule + R"(}, "steps": [)" +
         echo + "]" + more + "}";
}

const std::string each_second = R"("every": {"seconds": 1})";
const std::string each_day = R"("every": {"days": 1, "at": "09:00"}, "timezone": "Europe/Berlin")";

void add_user(const TestProject& project, const std::string& user, const std::string& meta = "{}") {
  REQUIRE(call_server(project.port(), {"PATCH", project.path("/users/" + user), project.api_key(),
                                       R"({"meta": )" + meta + "}"})
              .status == 200);
}

std::vector<Json> runs(const TestProject& project, const std::string& query = {}) {
  const Answer answer = project.get("/task-history/workflow-executions?sortBy=ASC" + query);
  REQUIRE(answer.status == 200);
  std::vector<Json> all;
  for (const Json& run : answer.json.at("workflowExecutions").as_array()) all.push_back(run);
  return all;
}

bool has_runs(const TestProject& project, std::size_t count, const std::string& query = {}) {
  return poll_until([&] { return runs(project, query).size() >= count; });
}

Answer ticks(const TestProject& project, const std::string& query = {}) {
  return project.get("/workflows/w/schedule" + query);
}

}  // namespace

TEST_CASE("a workflow runs at each tick of its schedule for every user, and sees when that was") {
  const TestProject project(open_server());
  add_user(project, "ada");
  add_user(project, "bob");
  project.deploy("w", on_schedule(each_second));
  for (const std::string user : {"ada", "bob"}) {
    REQUIRE(has_runs(project, 2, "&userId=" + user));
    std::set<std::string> seen;
    const auto first_two = runs(project, "&userId=" + user);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string id = string_at(first_two[i], "/id");
      const Json run = project.wait_for_status(id, "SUCCEEDED");
      CHECK(text_at(run, "/stepExecutions/0/type") == R"("TRIGGER/CRON")");
      const auto at = parse_time(string_at(project.step(id, "echo"), "/output/result"));
      REQUIRE(at.has_value());
      CHECK(at->time_since_epoch().count() % 1'000 == 0);
      CHECK(seen.insert(to_text(*at)).second);
    }
  }
  REQUIRE(project.post("/workflows/w/undeploy").status == 200);
}

TEST_CASE("a schedule shows its next ticks") {
  const TestProject project(open_server());
  project.deploy("w", on_schedule(each_day));
  const Answer ten = ticks(project);
  INFO(ten.text);
  REQUIRE(ten.status == 200);
  const auto& list = ten.json.at("ticks").as_array();
  REQUIRE(list.size() == 10);
  Instant before = SystemClock().now();
  for (const Json& tick : list) {
    const auto at = parse_time(std::string(tick.as_string()));
    REQUIRE(at.has_value());
    CHECK(*at > before);
    before = *at;
  }
  CHECK(ticks(project, "?count=3").json.at("ticks").as_array().size() == 3);
  for (const std::string count : {"0", "101", "-1", "x", ""}) {
    CHECK(ticks(project, "?count=" + count).status == 400);
  }
}

TEST_CASE("what has no schedule shows no ticks, and says why") {
  const TestProject project(open_server());
  CHECK(ticks(project).status == 404);
  REQUIRE(project.put("/workflows/w", on_schedule(each_day)).status == 200);
  CHECK(ticks(project).at("/code") == R"("workflow_not_deployed")");
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": 1})");
  const Answer none = ticks(project);
  CHECK(none.status == 400);
  CHECK_THAT(none.text, Catch::Contains("started by requests"));
}

TEST_CASE("where each user has a zone, the ticks are those of a user") {
  const TestProject project(open_server());
  add_user(project, "ada", R"({"zone": "Asia/Tokyo"})");
  add_user(project, "bob", R"({"zone": "Europe/Berln"})");
  project.deploy(
      "w", on_schedule(R"("every": {"days": 1, "at": "09:00"}, "timezone": "{{user.meta.zone}}")"));
  CHECK(ticks(project).status == 400);
  CHECK_THAT(ticks(project, "?user=ada&count=1").text, Catch::Contains("T00:00:00.000Z"));
  CHECK_THAT(ticks(project, "?user=bob").text, Catch::Contains("Europe/Berlin"));
  CHECK(ticks(project, "?user=nobody").status == 404);
}

TEST_CASE("a schedule that cannot be is refused at deploy with what was expected") {
  const TestProject project(open_server());
  REQUIRE(project.put("/workflows/w", on_schedule(R"("cron": "0 0 0 31 2 *")")).status == 200);
  const Answer never = project.post("/workflows/w/deploy");
  CHECK(never.status == 400);
  CHECK(never.at("/details/0/path") == R"("/trigger/cron")");
  REQUIRE(project
              .put("/workflows/w",
                   on_schedule(R"("every": {"seconds": 5}, "timezone": "Europe/Berln")"))
              .status == 200);
  const Answer zone = project.post("/workflows/w/deploy");
  CHECK(zone.at("/details/0/path") == R"("/trigger/timezone")");
  CHECK(zone.at("/details/0/nearest") == R"("Europe/Berlin")");
}

TEST_CASE("a tick that starts nothing for a user is in the event log once, with the reason") {
  const TestProject project(open_server());
  REQUIRE(project
              .put("/integrations/crm",
                   R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
    "settings": [{"id": "place", "type": "text", "required": true}]})")
              .status == 201);
  project.deploy("w",
                 on_schedule(each_second, R"(, "integration": "crm", "defaultEnabled": true)"));
  const Answer connected =
      call_server(project.port(), {"POST", project.path("/sdk/integrations/crm/connect"),
                                   project.token("ada"), R"({"credentials": {"token": "t"}})"});
  REQUIRE(connected.status == 201);
  Answer log;
  REQUIRE(poll_until([&] {
    log = project.get("/event-logs?type=scheduler");
    return !log.at("/eventLogs/0").empty();
  }));
  CHECK(log.at("/eventLogs/0/code") == R"("settings_missing")");
  CHECK(log.at("/eventLogs/0/userId") == R"("ada")");
  // Once the setting is there, the next tick runs; no tick before it has added an entry.
  REQUIRE(
      call_server(project.port(),
                  {"PATCH", project.path("/sdk/credentials/" + string_at(connected.json, "/id")),
                   project.token("ada"), R"({"config": {"sharedSettings": {"place": "x"}}})"})
          .status == 200);
  REQUIRE(has_runs(project, 1));
  CHECK(project.get("/event-logs?type=scheduler").json.at("eventLogs").as_array().size() == 1);
  REQUIRE(project.post("/workflows/w/undeploy").status == 200);
}

TEST_CASE("each tick that a run in the way leaves out has its own entry in the event log") {
  const TestProject project(open_server());
  add_user(project, "ada");
  project.deploy("w", R"({"name": "w", "trigger": {"type": "scheduler", "every": {"seconds": 1},
    "overlap": "skip"}, "steps": [{"id": "nap", "type": "delay", "value": 4, "unit": "SECONDS"}]})");
  std::set<std::string> told;
  REQUIRE(poll_until([&] {
    const Answer log = project.get("/event-logs?type=scheduler&workflowId=w");
    for (const Json& entry : log.json.at("eventLogs").as_array()) {
      told.insert(string_at(entry, "/message"));
    }
    return told.size() >= 2;
  }));
  for (const std::string& message : told) {
    INFO(message);
    CHECK(message.starts_with("the tick of 20"));
  }
}

TEST_CASE("a scheduled workflow is tested as at a tick now, and refuses requests") {
  const TestProject project(open_server());
  project.deploy("w", on_schedule(each_day));
  const Answer tested = project.post("/workflows/w/test", "{}");
  INFO(tested.text);
  REQUIRE(tested.status == 200);
  const auto at = parse_time(string_at(tested.json, "/steps/1/output/result"));
  REQUIRE(at.has_value());
  CHECK(SystemClock().now() - *at < std::chrono::minutes(10));
  CHECK(project.post("/workflows/w/test", R"({"payload": {"scheduledAt": "2026-01-01T00:00:00Z"}})")
            .at("/steps/1/output/result") == R"("2026-01-01T00:00:00Z")");
  CHECK(project.post("/workflows/w/test", R"({"request": {}})").status == 400);
  const Answer triggered = project.trigger("w");
  CHECK(triggered.status == 400);
  CHECK_THAT(triggered.text, Catch::Contains("started by its schedule"));
}

TEST_CASE("a compiled form on a schedule is deployed and ticks") {
  const TestProject project(open_server());
  add_user(project, "ada");
  const Answer saved = project.put("/workflows/w", R"json({"name": "w", "steps": [
    {"id": "t", "type": "TRIGGER/CRON", "next": ["a"], "parameters": {"schedule":
      {"cron": "* * * * * *", "timezone": "Europe/Berlin"}}},
    {"id": "a", "type": "ACTION/FUNCTION", "parameters": {"code": "() => 1", "parameters": []}}]})json");
  INFO(saved.text);
  REQUIRE(saved.status == 200);
  CHECK(saved.at("/definition/trigger/cron") == R"("* * * * * *")");
  REQUIRE(project.post("/workflows/w/deploy").status == 200);
  REQUIRE(has_runs(project, 2));
  REQUIRE(project.post("/workflows/w/undeploy").status == 200);
}
