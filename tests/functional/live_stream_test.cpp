// The live stream over HTTP: what a page that looks on sees, over a crash and at the end of the server.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/raw_client.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

RawClient look_on(const TestProject& project, const std::string& query = {},
                  const std::string& last_event = {}) {
  RawClient client(project.port());
  REQUIRE(client.connected());
  REQUIRE(client.send(
      "GET " + project.path("/task-history/stream") + query + " HTTP/1.1\r\nHost: x\r\n" +
      "Authorization: Bearer " + project.api_key() + "\r\n" +
      (last_event.empty() ? std::string() : "Last-Event-ID: " + last_event + "\r\n") + "\r\n"));
  return client;
}

/// The id behind the last of the messages.
std::string last_id(const std::string& text) {
  const auto at = text.rfind("id: ");
  REQUIRE(at != std::string::npos);
  return text.substr(at + 4, text.find('\n', at) - at - 4);
}

constexpr const char* steps = R"json({"id": "one", "type": "function", "code": "() => 1"})json";

}  // namespace

TEST_CASE("whoever looks on sees a run begin and end, and goes on behind what was seen") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("w", steps);
  RawClient first = look_on(project, "?workflowId=w");
  std::string text = first.read_until("retry: 1000");
  CHECK(text.find("text/event-stream") != std::string::npos);
  CHECK(text.find("X-Accel-Buffering: no") != std::string::npos);
  const std::string run = project.start("w");
  text = first.read_until("SUCCEEDED");
  // A round is one piece: its id comes with it.
  CHECK(text.find("event: execution") != std::string::npos);
  CHECK(text.find(run) != std::string::npos);
  const std::string seen = last_id(text);
  // What comes while nobody looks on is there for whoever comes back.
  const std::string second_run = project.start("w");
  project.wait_for_status(second_run, "SUCCEEDED");
  RawClient second = look_on(project, "?workflowId=w", seen);
  text = second.read_until(second_run);
  CHECK(text.find(second_run) != std::string::npos);
  CHECK(text.find(run) == std::string::npos);
  // Another process knows nothing of it.
  server.kill_now();
  server.start();
  RawClient third = look_on(project, {}, seen);
  CHECK(third.read_until("event: gap").find("event: gap") != std::string::npos);
  server.terminate();
  CHECK(third.read_all().find("0\r\n\r\n") != std::string::npos);
}

TEST_CASE(
    "runs stand in the stream as they do in the list: when all elements sleep, when it moves") {
  const TestProject project(shared_server());
  const std::string each = R"json({"id": "each", "type": "fanOut", "items": [1, 2], "steps": [
    {"id": "nap", "type": "delay", "value": 1, "unit": "HOURS"}]})json";
  project.deploy_steps("w", each);
  RawClient client = look_on(project, "?workflowId=w");
  client.read_until("retry: 1000");
  const std::string run = project.start("w");
  const std::string stands =
      "\"id\":\"" + run + R"(","workflowId":"w","userId":"user-1","status":"DELAYED")";
  CHECK(client.read_until(stands).find(stands) != std::string::npos);
  project.deploy_steps("w", each + "," + steps);
  REQUIRE(project.post("/workflows/w/migrate", R"({"from": 1, "to": 2, "filter": {}})").status <
          300);
  CHECK(client.read_until(stands).find(stands) != std::string::npos);
}

TEST_CASE("whoever looks on one run sees its steps") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"},
    {"id": "one", "type": "function", "code": "() => 1"})json");
  const std::string run = project.start("w");
  project.wait_for_status(run, "DELAYED");
  RawClient client = look_on(project, "?executionId=" + run);
  client.read_until("retry: 1000");
  REQUIRE(project.post(TestProject::execution_path(run) + "/cancel").status == 202);
  CHECK(client.read_until("CANCELLED").find(run) != std::string::npos);
}

TEST_CASE("a stream is the project's own, and there are so many of them") {
  const TestProject project(shared_server());
  const TestProject other(shared_server());
  const std::string path = project.path("/task-history/stream");
  CHECK(call_server(project.port(), {"GET", path, {}, {}}).status == 401);
  CHECK(call_server(project.port(), {"GET", path, other.api_key(), {}}).status == 404);
  CHECK(call_server(project.port(), {"GET", path, project.token(), {}}).status == 401);
  CHECK(project.get("/task-history/stream?executionId=x").status == 400);
  std::vector<RawClient> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(look_on(project));
    clients.back().read_until("retry: 1000");
  }
  const Answer refused = project.get("/task-history/stream");
  CHECK(refused.status == 429);
  CHECK_FALSE(refused.header("Retry-After").empty());
}
