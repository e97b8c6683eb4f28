// What an account's requests have in common, whoever sends them: steps, polls, subscriptions and the Connect API. The
// integration's headers, its limit and pauses; and its configurations, each of which is polled for itself.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <map>
#include <mutex>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// A provider that keeps what it was asked, and refuses for an hour when it is told to.
class Shop {
 public:
  std::string url() const { return peer_.url(""); }
  void refuse() {
    const std::lock_guard lock(mutex_);
    is_refusing_ = true;
  }
  /// Of that method, to targets that begin so.
  std::vector<PeerRequest> requests(std::string_view method, std::string_view target) const {
    const std::lock_guard lock(mutex_);
    std::vector<PeerRequest> found;
    for (const PeerRequest& each : requests_) {
      if (each.method == method && each.target.starts_with(target)) found.push_back(each);
    }
    return found;
  }

 private:
  void reply(PeerConnection& connection, const PeerRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    const std::string type = "Content-Type: application/json\r\n";
    if (is_refusing_) {
      connection.answer(429, "{}", type + "Retry-After: 3600\r\n");
    } else {
      connection.answer(200, R"({"id": "h-1", "items": [{"id": 1}]})", type);
    }
  }

  mutable std::mutex mutex_;
  bool is_refusing_ = false;
  std::vector<PeerRequest> requests_;
  MisbehavingPeer peer_{
      MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
        reply(connection, request);
      })};
};

std::string workflow_on(const std::string& trigger, const std::string& steps) {
  return R"({"integration": "shop", "defaultEnabled": true, "trigger": )" + trigger +
         R"(, "steps": [)" + steps + "]}";
}

const std::string show_place =
    R"({"id": "f", "type": "function", "parameters": {"p": "{{settings.place}}"}, "code": "({ p }) => p"})";
const std::string on_orders = R"({"type": "integration", "trigger": "ordered"})";

/// An integration with a poll that a webhook wakes, and a webhook that is subscribed to.
class Shopping {
 public:
  explicit Shopping(const std::string& more = {}) : project_(open_server()) {
    REQUIRE(project_.put("/secrets/APP", R"({"value": "a-p-p-1"})").status < 300);
    const Answer put = project_.put("/integrations/shop", R"({"baseUrl": ")" + shop_.url() + R"(",
      "auth": {"type": "bearer"}, "settings": [{"id": "place", "type": "text"}],
      "headers": {"X-Version": "7", "X-App": "{{secrets.APP}}"},
      "webhooks": {"changed": {"scope": "user"},
        "hook": {"scope": "user", "subscribe": {"request": {"method": "POST", "path": "/hooks",
          "body": {"url": "{{subscription.url}}"}}, "keep": {"id": "response.body.id"}}}},
      "triggers": {"ordered": {"wake": "changed", "poll": {
        "request": {"method": "GET", "path": "/orders", "params": {"place": "{{settings.place}}"}},
        "items": "response.body.items", "itemId": "id", "start": "beginning", "interval": "1d"}}})" +
                                                              more + "}");
    INFO(put.text);
    REQUIRE(put.status == 201);
  }

  const TestProject& project() const { return project_; }
  Shop& shop() { return shop_; }
  Answer ask(const std::string& method, const std::string& rest, const std::string& body = {},
             const std::string& user = "user-1",
             std::vector<std::pair<std::string, std::string>> headers = {}) const {
    return call_server(project_.port(), {method, project_.path("/sdk" + rest), project_.token(user),
                                         body, "application/json", std::move(headers)});
  }
  Json connect(const std::string& user = "user-1") const {
    const Answer answer =
        ask("POST", "/integrations/shop/connect", R"({"credentials": {"token": "t"}})", user);
    INFO(answer.text);
    REQUIRE(answer.status == 201);
    return answer.json;
  }
  /// Has the account's polls look now, once they are there to be woken.
  void wake(const Json& account, std::size_t polls = 1) const {
    const std::string url = string_at(account, "/webhooks/changed/url");
    REQUIRE(poll_until([&] {
      const Answer woken =
          call_server(project_.port(), {"POST", url.substr(url.find("/hooks/")), {}, "{}"});
      REQUIRE(woken.status == 200);
      return shop_.requests("GET", "/orders").size() >= polls;
    }));
  }
  Answer proxy(const std::string& user = "user-1") const {
    return ask("GET", "/proxy/shop/things", {}, user);
  }

 private:
  Shop shop_;
  const TestProject project_;
};

}  // namespace

TEST_CASE("an integration's headers go along with its polls, subscriptions and the Connect API") {
  Shopping shopping;
  shopping.project().deploy("orders", workflow_on(on_orders, show_place));
  shopping.project().deploy("hooked",
                            workflow_on(R"({"type": "webhook", "webhook": "hook"})", show_place));
  const Json account = shopping.connect();
  shopping.wake(account);
  CHECK(shopping.proxy().status == 200);
  Shop& shop = shopping.shop();
  REQUIRE(poll_until([&] { return !shop.requests("POST", "/hooks").empty(); }));
  for (const auto& sent : {shop.requests("GET", "/orders"), shop.requests("POST", "/hooks"),
                           shop.requests("GET", "/things")}) {
    REQUIRE_FALSE(sent.empty());
    CAPTURE(sent.front().target);
    CHECK(sent.front().header("x-version") == "7");
    CHECK(sent.front().header("x-app") == "a-p-p-1");
    CHECK(sent.front().header("authorization") == "Bearer t");
  }
}

TEST_CASE("a pause that a poll runs into holds steps and the Connect API of its account alone") {
  Shopping shopping(R"(, "rateLimit": {"requests": 1000, "interval": "1s",
      "pause": {"until": ["headers.retry-after"]}})");
  const TestProject& project = shopping.project();
  project.deploy("orders", workflow_on(on_orders, show_place));
  project.deploy("asks", workflow_on(R"({"type": "request"})",
                                     R"({"id": "ask", "type": "request", "integration": "shop",
                                         "method": "GET", "path": "/step"})"));
  const Json account = shopping.connect();
  shopping.shop().refuse();
  shopping.wake(account);
  REQUIRE(poll_until([&] {
    return shopping.ask("GET", "/credentials/" + string_at(account, "/id"))
               .at("/polls/orders/state") == R"("failing")";
  }));
  const Answer refused = shopping.proxy();
  CHECK(refused.status == 429);
  CHECK(refused.at("/code") == R"("rate_limited")");
  CHECK(shopping.shop().requests("GET", "/things").empty());
  const std::string run = project.start("asks");
  REQUIRE(poll_until([&] {
    return project.get("/task-history/workflow-executions/" + run + "/explain")
               .at("/waitingFor/0/kind") == R"("rateLimit")";
  }));
  CHECK(shopping.shop().requests("GET", "/step").empty());
  // Another account is asked for, and has its own answer.
  shopping.connect("user-2");
  CHECK(shopping.proxy("user-2").status == 429);
  CHECK(shopping.shop().requests("GET", "/things").size() == 1);
}

TEST_CASE("what a poll has asked for counts against the limit of its account") {
  Shopping shopping(R"(, "rateLimit": {"requests": 1, "interval": "1h"})");
  shopping.project().deploy("orders", workflow_on(on_orders, show_place));
  const Json account = shopping.connect();
  shopping.wake(account);
  CHECK(shopping.proxy().at("/code") == R"("rate_limited")");
  CHECK(shopping.shop().requests("GET", "/things").empty());
  shopping.connect("user-2");
  CHECK(shopping.proxy("user-2").status == 200);
}

TEST_CASE(
    "each configuration of an account is polled with its settings, and runs each record once") {
  Shopping shopping;
  const TestProject& project = shopping.project();
  project.deploy("orders", workflow_on(on_orders, show_place));
  const Json account = shopping.connect();
  const std::string path = "/credentials/" + string_at(account, "/id");
  // Nobody looks until everything is set up.
  REQUIRE(project.post("/workflows/orders/undeploy").status == 200);
  REQUIRE(shopping.ask("POST", path + "/configurations", R"({"externalId": "two"})").status == 201);
  const std::vector<std::pair<std::string, std::string>> second{
      {"X-Paragon-Configuration-Id", "two"}};
  const auto set_place = [&](const std::string& place,
                             std::vector<std::pair<std::string, std::string>> headers) {
    const Answer set = shopping.ask(
        "PATCH", path, R"({"config": {"sharedSettings": {"place": ")" + place + R"("}}})", "user-1",
        std::move(headers));
    INFO(set.text);
    REQUIRE(set.status == 200);
  };
  set_place("one", {});
  set_place("other", second);
  REQUIRE(project.post("/workflows/orders/deploy").status == 200);
  shopping.wake(account, 2);
  const auto runs = [&] {
    return project.get("/task-history/workflow-executions").json.at("workflowExecutions");
  };
  REQUIRE(poll_until([&] { return runs().as_array().size() >= 2; }));
  std::map<std::string, int> places;
  const Json list = runs();
  for (const Json& run : list.as_array()) {
    const std::string id = string_at(run, "/id");
    project.wait_for_status(id, "SUCCEEDED");
    ++places[text_at(project.step(id, "f"), "/output/result")];
  }
  CHECK(places == std::map<std::string, int>{{R"("one")", 1}, {R"("other")", 1}});
  CHECK_FALSE(shopping.shop().requests("GET", "/orders?place=one").empty());
  CHECK_FALSE(shopping.shop().requests("GET", "/orders?place=other").empty());

  // Disabled in one of them, the other one goes on.
  REQUIRE(shopping.ask("DELETE", "/workflows/orders", {}, "user-1", second).status < 300);
  const auto of_other = shopping.shop().requests("GET", "/orders?place=other").size();
  shopping.wake(account, shopping.shop().requests("GET", "/orders").size() + 2);
  CHECK(shopping.shop().requests("GET", "/orders?place=other").size() == of_other);
  CHECK(runs().as_array().size() == 2);
}
