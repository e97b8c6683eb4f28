// App events: sent by a user's token, they start every workflow that listens and that the user has enabled.
#include "tests/contracts/temporary_directory.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <filesystem>
#include <fstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

std::string on_event(const std::string& steps, const std::string& more = {}) {
  return R"({"name": "w", "trigger": {"type": "event", "event": "Contact Created"}, "steps": [)" +
         steps + "]" + more + "}";
}

const std::string echo = R"({"id": "echo", "type": "function", "parameters": {"p": "{{trigger}}"},
                             "code": "({ p }) => p"})";

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body,
               std::vector<std::pair<std::string, std::string>> headers = {}) {
  return call_server(project.port(), {method, project.path("/sdk" + rest), project.token(), body,
                                      "application/json", std::move(headers)});
}

Answer send(const TestProject& project, const std::string& body) {
  return as_user(project, "POST", "/events/trigger", body);
}

void put_event(const TestProject& project) {
  REQUIRE(project.put("/events/Contact%20Created", R"({"schema": {"email": "ada@example.org"}})")
              .status == 201);
}

/// Polled: what starts nothing is written down a moment later.
Json first_log(const TestProject& project, const std::string& query) {
  Answer answer;
  const bool found = poll_until([&] {
    answer = project.get("/event-logs" + query);
    return !answer.at("/eventLogs/0").empty();
  });
  INFO(answer.text);
  REQUIRE(found);
  return answer.json.at("eventLogs").at(0);
}

}  // namespace

TEST_CASE("an event runs every workflow that listens, with its payload as the trigger's output") {
  const TestProject project(open_server());
  put_event(project);
  project.deploy("a", on_event(echo));
  project.deploy("b", on_event(echo));
  project.deploy_steps("c", echo);
  const Answer sent = send(project, R"({"name": "Contact Created",
    "payload": {"email": "bob@example.org", "file": {"name": "f", "data": "00ff", "mimeType": "x/y", "dataType": "FILE"}}})");
  INFO(sent.text);
  REQUIRE(sent.status == 201);
  const auto& ids = sent.json.at("executionIds").as_array();
  REQUIRE(ids.size() == 2);
  CHECK(sent.header("millrace-execution-ids") ==
        std::string(ids[0].as_string()) + ", " + std::string(ids[1].as_string()));
  for (const Json& id : ids) {
    const Json run = project.wait_for_status(std::string(id.as_string()), "SUCCEEDED");
    CHECK(text_at(run, "/stepExecutions/0/type") == R"("TRIGGER/EVENT")");
    CHECK(text_at(project.step(std::string(id.as_string()), "echo"), "/output/result/email") ==
          R"("bob@example.org")");
    CHECK(text_at(project.step(std::string(id.as_string()), "echo"), "/output/result/file/data") ==
          R"("00ff")");
  }
}

TEST_CASE("an unknown event is not found, with the name that was meant") {
  const TestProject project(open_server());
  put_event(project);
  const Answer answer = send(project, R"({"name": "Contact Creatd"})");
  CHECK(answer.status == 404);
  CHECK_THAT(answer.text, Catch::Contains("Contact Created"));
  const Json entry = first_log(project, "?type=event");
  CHECK(string_at(entry, "/code") == "not_found");
  CHECK_THAT(string_at(entry, "/message"), Catch::Contains("Contact Creatd"));
  CHECK(send(project, R"({"payload": {}})").status == 400);
  CHECK(send(project, R"({"name": "Contact Created", "data": {}})").status == 400);
}

TEST_CASE("the event log says why an event started nothing") {
  const TestProject project(open_server());
  put_event(project);
  const Answer nobody = send(project, R"({"name": "Contact Created"})");
  CHECK(nobody.status == 201);
  CHECK(nobody.at("/executionIds") == "[]");
  CHECK(string_at(first_log(project, ""), "/code") == "workflow_not_deployed");
  REQUIRE(project
              .put("/integrations/crm",
                   R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"}})")
              .status == 201);
  project.deploy("w", on_event(echo, R"(, "integration": "crm")"));
  CHECK(send(project, R"({"name": "Contact Created"})").at("/executionIds") == "[]");
  const Json entry = first_log(project, "?workflowId=w&type=event&userId=user-1");
  CHECK(string_at(entry, "/code") == "credential_missing");
  CHECK(string_at(entry, "/integration") == "crm");
  CHECK(string_at(entry, "/userId") == "user-1");
}

TEST_CASE("a request that starts nothing is in the event log as well") {
  const TestProject project(open_server());
  CHECK(project.trigger("nothing").status == 404);
  const Json entry = first_log(project, "?type=request");
  CHECK(string_at(entry, "/workflowId") == "nothing");
  CHECK(string_at(entry, "/code") == "not_found");
}

TEST_CASE(
    "an event runs a workflow on each account that has it enabled, or on the one that is named") {
  const TestProject project(open_server());
  put_event(project);
  REQUIRE(project
              .put("/integrations/crm",
                   R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
    "settings": [{"id": "place", "type": "text"}]})")
              .status == 201);
  project.deploy(
      "w", on_event(R"({"id": "echo", "type": "function", "parameters": {"p": "{{settings.place}}"},
                                   "code": "({ p }) => p"})",
                    R"(, "integration": "crm", "defaultEnabled": true)"));
  project.deploy("free", on_event(echo));
  std::vector<std::string> accounts;
  for (const std::string place : {"one", "two"}) {
    const Answer connected = as_user(project, "POST", "/integrations/crm/connect",
                                     R"({"credentials": {"token": "token-)" + place +
                                         R"("}, "settings": {"place": ")" + place + R"("}})");
    REQUIRE(connected.status == 201);
    accounts.push_back(string_at(connected.json, "/id"));
  }
  const Answer both = send(project, R"({"name": "Contact Created"})");
  REQUIRE(both.json.at("executionIds").as_array().size() == 3);
  const Answer one = as_user(project, "POST", "/events/trigger", R"({"name": "Contact Created"})",
                             {{"X-Paragon-Credential", accounts[1]}});
  REQUIRE(one.json.at("executionIds").as_array().size() == 1);
  const std::string id = string_at(one.json, "/executionIds/0");
  project.wait_for_status(id, "SUCCEEDED");
  CHECK(text_at(project.step(id, "echo"), "/output/result") == R"("two")");
}

TEST_CASE("a workflow on an event is tested with the event's example unless a payload is given") {
  const TestProject project(open_server());
  put_event(project);
  REQUIRE(project.put("/workflows/w", on_event(echo)).status == 200);
  const Answer example = project.post("/workflows/w/test", "{}");
  INFO(example.text);
  CHECK(example.at("/steps/1/output/result/email") == R"("ada@example.org")");
  const Answer given = project.post("/workflows/w/test", R"({"payload": {"email": "x"}})");
  CHECK(given.at("/steps/1/output/result/email") == R"("x")");
  CHECK(project.post("/workflows/w/test", R"({"request": {"body": {}}})").status == 400);
}

TEST_CASE("app events are put, listed, shown and removed") {
  const TestProject project(open_server());
  put_event(project);
  CHECK(project.put("/events/Contact%20Created", R"({"schema": {"a": 1}})").status == 200);
  CHECK(project.get("/events").at("/events/0/name") == R"("Contact Created")");
  CHECK(project.get("/events/Contact%20Created").at("/schema") == R"({"a":1})");
  CHECK(project.put("/events/x", R"({"schma": {}})").status == 400);
  CHECK(project.put("/events/" + std::string(200, 'x'), "{}").status == 400);
  CHECK(project.remove("/events/Contact%20Created").status == 204);
  CHECK(project.remove("/events/Contact%20Created").status == 404);
}

TEST_CASE("a folder's app events are deployed with its workflows, and come first") {
  const TestProject project(open_server());
  const TemporaryDirectory folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder.path() + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  };
  write("events/Contact Created.json", R"({"schema": {"email": "ada@example.org"}})");
  write("workflows/w.json", on_event(echo));
  const std::vector<std::string> command{"deploy",     folder.path(),      "--project",
                                         project.id(), "--api-key",        project.api_key(),
                                         "--url",      open_server().url()};
  const ProgramEnd deployed = run_millrace(command);
  INFO(deployed.output << deployed.errors);
  REQUIRE(deployed.exit_code == 0);
  CHECK_THAT(deployed.output, Catch::Contains("+ Contact Created: event added"));
  CHECK(project.get("/events/Contact%20Created").at("/schema/email") == R"("ada@example.org")");
  CHECK(send(project, R"({"name": "Contact Created"})").json.at("executionIds").as_array().size() ==
        1);
  CHECK_THAT(run_millrace(command).output, Catch::Contains("= Contact Created: event unchanged"));

  write("events/Contact Created.json", R"({"shema": {}})");
  const ProgramEnd refused = run_millrace(command);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.errors, Catch::Contains("Contact Created.json:1:2: `shema`"));
}
