// Polls: a provider that calls nobody is asked, and each record that is new starts one run.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <mutex>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

/// A provider that shows what a test says.
class Shop {
 public:
  void show(const std::string& items, int status = 200) {
    const std::lock_guard lock(mutex_);
    items_ = items;
    status_ = status;
  }
  std::vector<PeerRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string url() const { return peer_.url(""); }

 private:
  void reply(PeerConnection& connection, const PeerRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    connection.answer(status_, R"({"items": [)" + items_ + "]}",
                      "Content-Type: application/json\r\n");
  }

  mutable std::mutex mutex_;
  std::string items_;
  int status_ = 200;
  std::vector<PeerRequest> requests_;
  MisbehavingPeer peer_{
      MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
        reply(connection, request);
      })};
};

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body = {}) {
  return call_server(project.port(), {method, project.path("/sdk" + rest), project.token(), body});
}

void put_shop(const TestProject& project, const Shop& shop) {
  const Answer put =
      project.put("/integrations/shop",
                  R"({"baseUrl": ")" + shop.url() +
                      R"(", "auth": {"type": "bearer"}, "webhooks": {"changed": {"scope": "user"}},
      "triggers": {"orderChanged": {"poll": {"request": {"method": "GET", "path": "/orders",
        "params": {"since": "{{self.cursor}}", "kind": "{{parameters.kind}}"}},
        "items": "response.body.items", "itemId": "id", "cursor": "at", "start": "beginning",
        "interval": "1h"}, "wake": "changed"}}})");
  INFO(put.text);
  REQUIRE(put.status == 201);
}

std::string workflow_on(const std::string& trigger) {
  return R"({"name": "w", "integration": "shop", "defaultEnabled": true, "trigger": )" + trigger +
         R"(, "steps": [{"id": "f", "type": "function", "parameters": {"r": "{{trigger.result.name}}"},
           "code": "({ r }) => r"}]})";
}

const std::string own_poll = R"({"type": "poll", "request": {"method": "GET", "path": "/orders",
  "params": {"since": "{{self.cursor}}"}}, "items": "response.body.items", "itemId": "id",
  "cursor": "at", "start": "beginning", "interval": "5s"})";

Json connect(const TestProject& project) {
  const Answer answer = as_user(project, "POST", "/integrations/shop/connect",
                                R"({"credentials": {"token": "shop-token"}, "providerId": "p-1"})");
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return answer.json;
}

std::size_t runs(const TestProject& project) {
  return project.get("/task-history/workflow-executions")
      .json.at("workflowExecutions")
      .as_array()
      .size();
}

}  // namespace

TEST_CASE(
    "each new record of a poll is one run, with the record, and the poll is shown with its "
    "account") {
  const TestProject project(open_server());
  Shop shop;
  put_shop(project, shop);
  project.deploy("w", workflow_on(own_poll));
  shop.show(R"({"id": 1, "at": "2026-01-01T09:00:00Z", "name": "ada"})");
  const Json account = connect(project);
  REQUIRE(poll_until([&] { return runs(project) == 1; }));
  const Answer list = project.get("/task-history/workflow-executions");
  const std::string run = string_at(list.json, "/workflowExecutions/0/id");
  project.wait_for_status(run, "SUCCEEDED");
  CHECK(string_at(project.step(run, "f"), "/output/result") == "ada");
  CHECK(string_at(project.execution(run), "/stepExecutions/0/type") == "TRIGGER/ACTION");
  shop.show(
      R"({"id": 2, "at": "2026-01-01T10:00:00Z", "name": "bob"}, {"id": 1, "at": "2026-01-01T09:00:00Z"})");
  REQUIRE(poll_until([&] { return runs(project) == 2; }));
  REQUIRE(shop.requests().size() >= 2);
  CHECK(shop.requests().at(1).target == "/orders?since=2026-01-01T09%3A00%3A00Z");
  CHECK(shop.requests().at(1).header("authorization") == "Bearer shop-token");
  const Answer shown = as_user(project, "GET", "/credentials/" + string_at(account, "/id"));
  INFO(shown.text);
  CHECK(shown.at("/polls/w/state") == R"("ok")");
  CHECK(shown.at("/polls/w/lastAt") != "null");
  CHECK(shown.at("/polls/w/nextAt") != "null");
}

TEST_CASE(
    "a poll that fails says so on its account and in the event log, and goes on when it can") {
  const TestProject project(open_server());
  Shop shop;
  put_shop(project, shop);
  project.deploy("w", workflow_on(own_poll));
  shop.show(R"({"name": "no id"})");
  const std::string account = string_at(connect(project), "/id");
  REQUIRE(poll_until([&] {
    return as_user(project, "GET", "/credentials/" + account).at("/polls/w/state") ==
           R"("failing")";
  }));
  const Answer shown = as_user(project, "GET", "/credentials/" + account);
  CHECK(shown.at("/polls/w/error/code") == R"("type_mismatch")");
  REQUIRE(poll_until([&] {
    return project.get("/event-logs?level=error").json.at("eventLogs").as_array().size() == 1;
  }));
  const Answer log = project.get("/event-logs?level=error&type=poll");
  CHECK(log.at("/eventLogs/0/workflowId") == R"("w")");
  shop.show(R"({"id": 1, "at": "2026-01-01T09:00:00Z", "name": "ada"})");
  REQUIRE(poll_until([&] { return runs(project) == 1; }));
  CHECK(as_user(project, "GET", "/credentials/" + account).at("/polls/w/state") == R"("ok")");
}

TEST_CASE("a poll whose project has no room for what it finds waits, says so, and runs it later") {
  const TestProject project(open_server());
  const auto put_limits = [&](const std::string& limits) {
    return call_server(project.port(), {"PUT", project.path("/limits"), admin_key, limits}).status;
  };
  Shop shop;
  put_shop(project, shop);
  project.deploy("w", workflow_on(own_poll));
  shop.show("");
  const std::string account = string_at(connect(project), "/id");
  REQUIRE(put_limits(R"({"storedBytes": 1})") == 200);
  shop.show(R"({"id": 1, "at": "2026-01-01T09:00:00Z", "name": "ada"})");
  const auto state = [&] {
    const Answer shown = as_user(project, "GET", "/credentials/" + account);
    return shown.at("/polls/w/state");
  };
  REQUIRE(poll_until([&] { return state() == R"("waiting")"; }));
  const Answer shown = as_user(project, "GET", "/credentials/" + account);
  CHECK(shown.at("/polls/w/error/code") == R"("stored_bytes_exceeded")");
  CHECK(shown.at("/polls/w/nextAt") != "null");
  CHECK(runs(project) == 0);
  REQUIRE(put_limits("{}") == 200);
  REQUIRE(poll_until([&] { return runs(project) == 1; }));
  REQUIRE(poll_until([&] { return state() == R"("ok")"; }));
}

TEST_CASE("an empty hook makes the polls of its account look now, and starts nothing itself") {
  const TestProject project(open_server());
  Shop shop;
  put_shop(project, shop);
  project.deploy("w", workflow_on(R"({"type": "integration", "trigger": "orderChanged",
    "parameters": {"kind": "paid"}})"));
  shop.show(R"({"id": 1, "at": 5, "name": "ada"})");
  const Json account = connect(project);
  const std::string url = string_at(account, "/webhooks/changed/url");
  const Answer woken =
      call_server(project.port(), {"POST", url.substr(url.find("/hooks/")), {}, {}});
  INFO(woken.text);
  REQUIRE(woken.status == 200);
  CHECK(woken.at("/executionIds") == "[]");
  REQUIRE(poll_until([&] { return runs(project) == 1; }));
  CHECK(shop.requests().at(0).target.find("kind=paid") != std::string::npos);
}

TEST_CASE("a poll that is offered by name is in the event log as a poll when it fails") {
  const TestProject project(open_server());
  Shop shop;
  put_shop(project, shop);
  project.deploy("w", workflow_on(R"({"type": "integration", "trigger": "orderChanged",
    "parameters": {"kind": "paid"}})"));
  shop.show("", 500);
  const std::string url = string_at(connect(project), "/webhooks/changed/url");
  REQUIRE(call_server(project.port(), {"POST", url.substr(url.find("/hooks/")), {}, {}}).status ==
          200);
  REQUIRE(poll_until([&] {
    const Answer log = project.get("/event-logs?level=error&type=poll&workflowId=w");
    return log.json.at("eventLogs").as_array().size() == 1;
  }));
}

TEST_CASE("a polled workflow is tested with a record") {
  const TestProject project(open_server());
  Shop shop;
  put_shop(project, shop);
  project.deploy("w", workflow_on(own_poll));
  const Answer tested =
      project.post("/workflows/w/test", R"({"payload": {"id": 1, "name": "ada"}})");
  INFO(tested.text);
  CHECK(tested.status == 200);
  CHECK(tested.text.find("SUCCEEDED") != std::string::npos);
  CHECK(project.post("/workflows/w/test", "{}").status == 400);
  CHECK(runs(project) == 0);
}

TEST_CASE("a poll whose provider says by a code that the account must reconnect makes it invalid") {
  const TestProject project(open_server());
  Shop shop;
  shop.show(R"({"id": 1}], "error": "token_revoked", "rest": [)");
  REQUIRE(project
              .put("/integrations/shop", R"({"baseUrl": ")" + shop.url() +
                                             R"(", "auth": {"type": "bearer"},
        "success": [[{"variable": "{{response.body.error}}", "operator": "IsNull"}]],
        "errors": {"code": "response.body.error", "reconnect": ["token_revoked"]}})")
              .status == 201);
  project.deploy("w", workflow_on(own_poll));
  const std::string account = string_at(connect(project), "/id");
  const auto shown = [&] { return as_user(project, "GET", "/credentials/" + account); };
  REQUIRE(poll_until([&] { return shown().at("/status") == R"("INVALID")"; }));
  CHECK_THAT(shown().at("/statusReason"), Catch::Contains("token_revoked"));
  CHECK(runs(project) == 0);
  shop.show(R"({"id": 1, "at": "2026-01-01T09:00:00Z", "name": "ada"})");
  CHECK(string_at(connect(project), "/id") == account);
  CHECK(poll_until([&] { return runs(project) == 1; }));
}
