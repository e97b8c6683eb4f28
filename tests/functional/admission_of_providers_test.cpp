// What providers bring to workflows that hold their triggers back: deliveries of webhooks, records of polls.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <algorithm>
#include <mutex>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// A provider that lists what a test says.
class Shop {
 public:
  void show(const std::string& items) {
    const std::lock_guard lock(mutex_);
    items_ = items;
  }
  std::size_t looks() const {
    const std::lock_guard lock(mutex_);
    return looks_;
  }
  std::string url() const { return peer_.url(""); }

 private:
  void reply(PeerConnection& connection) {
    const std::lock_guard lock(mutex_);
    ++looks_;
    connection.answer(200, R"({"items": [)" + items_ + "]}", "Content-Type: application/json\r\n");
  }

  mutable std::mutex mutex_;
  std::string items_;
  std::size_t looks_ = 0;
  // Last: its threads use what is above.
  MisbehavingPeer peer_{MisbehavingPeer::serving(
      [this](PeerConnection& connection, const PeerRequest&) { reply(connection); })};
};

/// An integration with a webhook of many changes, and one whose call makes a poll look.
void put_shop(const TestProject& project, const std::string& base_url = "https://shop.example") {
  const Answer put = project.put("/integrations/shop",
                                 R"({"baseUrl": ")" + base_url + R"(", "auth": {"type": "bearer"},
    "webhooks": {
      "changes": {"scope": "user", "events": "body[*]", "deliveryId": "event.id"},
      "look": {"scope": "user"}},
    "triggers": {"orderChanged": {"wake": "look", "poll": {
      "request": {"method": "GET", "path": "/orders"}, "items": "response.body.items",
      "itemId": "id", "cursor": "at", "start": "beginning", "interval": "1h"}}}})");
  INFO(put.text);
  REQUIRE(put.status == 201);
}

const std::string on_changes = R"({"type": "webhook", "webhook": "changes"})";
const std::string on_orders = R"({"type": "integration", "trigger": "orderChanged"})";

void deploy(const TestProject& project, const std::string& trigger, const std::string& admission) {
  project.deploy(
      "w", R"({"name": "w", "integration": "shop", "defaultEnabled": true, "trigger": )" + trigger +
               R"(, "admission": )" + admission +
               R"(, "steps": [{"id": "echo", "type": "function",
                               "parameters": {"t": "{{trigger}}"}, "code": "({ t }) => t"}]})");
}

/// The path of the user's own URL of that webhook.
std::string connect(const TestProject& project, const std::string& webhook) {
  const Answer answer = call_server(
      project.port(), {"POST", project.path("/sdk/integrations/shop/connect"), project.token(),
                       R"({"credentials": {"token": "t"}, "providerId": "p-1"})"});
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  const std::string url = string_at(answer.json, "/webhooks/" + webhook + "/url");
  return url.substr(url.find("/hooks/"));
}

Answer deliver(const TestProject& project, const std::string& hook, const std::string& changes) {
  return call_server(project.port(), {"POST", hook, {}, '[' + changes + ']'});
}

std::string change(int id, const std::string& contact, int n) {
  return R"({"id": "e-)" + std::to_string(id) + R"(", "contact": ")" + contact + R"(", "n": )" +
         std::to_string(n) + '}';
}

/// So many changes of one contact, with ids from that one on.
std::string changes(int first, int count) {
  std::string all;
  for (int id = first; id < first + count; ++id) {
    all += (all.empty() ? "" : ",") + change(id, "c", id);
  }
  return all;
}

std::string waiting(const TestProject& project) {
  return project.get("/workflows/w/admission").at("/lines/0/waiting");
}

/// The runs of the project, when so many have ended well.
Json runs(const TestProject& project, const std::string& count) {
  Answer answer;
  REQUIRE(poll_until([&] {
    answer = project.get("/task-history/workflow-executions?status=SUCCEEDED");
    return answer.at("/total") == count;
  }));
  return answer.json.at("workflowExecutions");
}

Json seen_by(const TestProject& project, const Json& run) {
  return project.step(string_at(run, "/id"), "echo").at("output").at("result");
}

}  // namespace

TEST_CASE("changes of one contact that a webhook brings are debounced into one run of the last") {
  const TestProject project(open_server());
  put_shop(project);
  deploy(project, on_changes,
         R"({"debounce": {"wait": "500ms", "key": "{{trigger.result.body.contact}}"}})");
  const std::string hook = connect(project, "changes");
  const std::string body = change(1, "a", 1) + ',' + change(2, "b", 2) + ',' + change(3, "a", 3);
  const Answer first = deliver(project, hook, body);
  CHECK(first.status == 200);
  CHECK(first.at("/executionIds") == "[]");
  const Json all = runs(project, "2");
  for (const Json& run : all.as_array()) {
    const Json seen = seen_by(project, run).at("result").at("body");
    const bool is_a = string_at(seen, "/contact") == "a";
    CHECK(text_at(seen, "/n") == (is_a ? "3" : "2"));
    const Json shown = project.execution(string_at(run, "/id"));
    CHECK(text_at(shown, "/admission/triggers") == (is_a ? "2" : "1"));
    CHECK(text_at(shown, "/admission/waitedFor") == R"(["debounce"])");
  }
  // What has waited is known, as what has started is, and nothing is said of it.
  CHECK(deliver(project, hook, body).at("/executionIds") == "[]");
  CHECK(project.get("/workflows/w/admission").at("/lines") == "[]");
  REQUIRE(project.post("/workflows/w/undeploy").status < 300);
  CHECK(deliver(project, hook, change(4, "a", 4)).at("/executionIds") == "[]");
  Answer log;
  REQUIRE(poll_until([&] {
    log = project.get("/event-logs?type=webhook");
    return !log.at("/eventLogs/0").empty();
  }));
  CHECK(log.json.at("eventLogs").as_array().size() == 1);
}

TEST_CASE("a batch gathers what several deliveries bring, and a repeated one brings nothing new") {
  const TestProject project(open_server());
  put_shop(project);
  deploy(project, on_changes, R"({"batch": {"size": 3, "wait": "1h"}})");
  const std::string hook = connect(project, "changes");
  for (int i = 0; i < 3; ++i) {
    const Answer held = deliver(project, hook, changes(1, 2));
    CHECK(held.status == 200);
    CHECK(held.at("/executionIds") == "[]");
    CHECK(waiting(project) == "2");
  }
  const Answer last = deliver(project, hook, changes(3, 1));
  REQUIRE(last.json.at("executionIds").as_array().size() == 1);
  // Who brings it again is told of the run that it has completed.
  CHECK(deliver(project, hook, changes(3, 1)).at("/executionIds") == last.at("/executionIds"));
  const Json run = runs(project, "1").at(0);
  CHECK(last.at("/executionIds/0") == text_at(run, "/id"));
  const Json items = seen_by(project, run).at("items");
  REQUIRE(items.as_array().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(text_at(items.at(i), "/result/body/n") == std::to_string(i + 1));
  }
}

TEST_CASE("each record of a poll waits once, however often it is listed meanwhile") {
  const TestProject project(open_server());
  Shop shop;
  put_shop(project, shop.url());
  deploy(project, on_orders, R"({"batch": {"size": 3, "wait": "1h"}})");
  const std::string two =
      R"({"id": 1, "at": "2026-01-01T09:00:00Z"}, {"id": 2, "at": "2026-01-01T09:00:00Z"})";
  shop.show(two);
  const std::string hook = connect(project, "look");
  const auto look = [&] {
    CHECK(call_server(project.port(), {"POST", hook}).at("/executionIds") == "[]");
  };
  REQUIRE(poll_until([&] {
    look();
    return waiting(project) == "2";
  }));
  const std::size_t before = shop.looks();
  REQUIRE(poll_until([&] {
    look();
    return shop.looks() >= before + 3;
  }));
  CHECK(waiting(project) == "2");
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "0");
  shop.show(two + R"(, {"id": 3, "at": "2026-01-01T10:00:00Z"})");
  REQUIRE(poll_until([&] {
    look();
    return project.get("/task-history/workflow-executions").at("/total") == "1";
  }));
  const Json items = seen_by(project, runs(project, "1").at(0)).at("items");
  std::vector<std::string> ids;
  for (const Json& item : items.as_array()) ids.push_back(text_at(item, "/result/id"));
  std::sort(ids.begin(), ids.end());
  CHECK(ids == std::vector<std::string>{"1", "2", "3"});
  CHECK(project.get("/workflows/w/admission").at("/lines") == "[]");
}

TEST_CASE(
    "a full line refuses a delivery as a whole and says when to come again, and loses nothing") {
  ServerProcess server(open_server_options());
  const TestProject project(server);
  put_shop(project);
  deploy(project, on_changes, R"({"throttle": {"limit": 1, "per": "2h"}})");
  const std::string hook = connect(project, "changes");
  // One begins at once; 10,000 may wait.
  for (int part = 0; part < 10; ++part) {
    const Answer taken = deliver(project, hook, changes(1'000 * part, 1'000));
    INFO(taken.text);
    REQUIRE(taken.status == 200);
  }
  CHECK(waiting(project) == "9999");
  const Answer refused = deliver(project, hook, changes(10'000, 2));
  CHECK(refused.status == 429);
  CHECK(refused.at("/code") == R"("admission_full")");
  const std::string retry_after = refused.header("retry-after");
  REQUIRE_FALSE(retry_after.empty());
  CHECK(std::stoi(retry_after) == 3'600);
  CHECK(waiting(project) == "9999");
  // There is room for one, which the refusal has not made known.
  CHECK(deliver(project, hook, changes(10'000, 1)).status == 200);
  CHECK(waiting(project) == "10000");
  CHECK(deliver(project, hook, changes(10'001, 1)).status == 429);
  // What waits is known already, though there is no room.
  CHECK(deliver(project, hook, changes(9'000, 1'000)).status == 200);

  server.kill_now();
  server.start();
  CHECK(waiting(project) == "10000");
  CHECK(deliver(project, hook, changes(10'001, 1)).status == 429);
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "1");
}
