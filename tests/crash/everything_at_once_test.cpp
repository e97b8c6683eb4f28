// Everything that starts runs, all at once, while the server is killed: events, deliveries of webhooks, polls and
// schedules, over accounts whose tokens end each second and rotate, and whose subscriptions are being made. What was
// acknowledged runs once, each record and each tick runs once, no subscription is there twice, and no token that was
// replaced is sent again.
#include "runtime/digests/hmac.h"
#include "runtime/text/hex_text.h"
#include "runtime/text/time_text.h"
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/hook_provider.h"
#include "tests/support/poll_until.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_project.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

constexpr int users = 6;
constexpr int late_users = 30;
constexpr int kills = 6;

std::string user_of(int number) { return "u" + std::to_string(number); }

/// Shows one record more with each look, until it is ended, and gives tokens for a second.
class Shop {
 public:
  std::string url() const { return peer_.url(""); }
  int shown() const { return shown_; }
  void end() { is_ended_ = true; }
  int refreshes() const {
    const std::lock_guard lock(mutex_);
    return refreshes_;
  }
  /// Has a token come that was replaced by one that has come already?
  bool has_gone_back() const {
    const std::lock_guard lock(mutex_);
    return has_gone_back_;
  }

 private:
  /// A refresh token is "refresh-USER-NUMBER".
  std::string tokens(const std::string& body) {
    constexpr std::string_view key = "refresh_token=refresh-";
    const std::string sent = body.substr(body.find(key) + key.size());
    const std::string user = sent.substr(0, sent.find('-'));
    const int number = std::stoi(sent.substr(sent.find('-') + 1));
    const std::lock_guard lock(mutex_);
    if (number < sent_max_[user]) has_gone_back_ = true;
    sent_max_[user] = std::max(sent_max_[user], number);
    const std::string next = user + '-' + std::to_string(++refreshes_);
    return R"({"access_token": "access-)" + next + R"(", "refresh_token": "refresh-)" + next +
           R"(", "expires_in": 1})";
  }

  std::string records() {
    const int last = is_ended_ ? shown_.load() : ++shown_;
    std::string items;
    for (int i = 1; i <= last; ++i) {
      items += (items.empty() ? "" : ",") + (R"({"id": )" + std::to_string(i) + "}");
    }
    return "[" + items + "]";
  }

  mutable std::mutex mutex_;
  std::map<std::string, int> sent_max_;
  int refreshes_ = 0;
  bool has_gone_back_ = false;
  std::atomic<int> shown_{0};
  std::atomic<bool> is_ended_{false};
  MisbehavingPeer peer_{
      MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
        const std::string body = request.target == "/token"    ? tokens(request.body)
                                 : request.target == "/orders" ? records()
                                                               : "{}";
        connection.answer(200, body, "Content-Type: application/json\r\n");
      })};
};

/// The answer, once there is one that is no "later". Status 0: no server will come any more.
Answer call_until_answered(CrashingServer& server, const Call& call) {
  while (true) {
    const auto starts = server.starts();
    Answer answer = call_server(server.process().port(), call);
    if (answer.status != 0 && answer.status != 503) return answer;
    if (answer.status == 0 && !server.wait_for_start_after(starts)) return answer;
  }
}

/// Calls one after the other, each until it is acknowledged, and collects the one run that each starts.
class Caller {
 public:
  using MakeCall = std::function<Call(int number)>;
  Caller(CrashingServer& server, MakeCall make)
      : thread_([&server, make = std::move(make), this] {
          for (int i = 0; !poll_until([this] { return stopping_.load(); }, 10ms); ++i) {
            if (!take(call_until_answered(server, make(i)))) return;
          }
        }) {}
  ~Caller() { stop(); }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// After `stop`.
  const std::set<std::string>& runs() const { return runs_; }
  const std::vector<std::string>& surprises() const { return surprises_; }

 private:
  bool take(const Answer& answer) {
    const Json* const ids =
        answer.json.is_object() ? answer.json.get_object().if_contains("executionIds") : nullptr;
    if (answer.status == 0) return false;
    if (ids == nullptr || ids->as_array().size() != 1) {
      surprises_.push_back(std::to_string(answer.status) + ' ' + answer.text);
    } else if (!runs_.insert(std::string(ids->as_array().front().as_string())).second) {
      surprises_.push_back("the run of another one: " + answer.text);
    }
    return surprises_.empty();
  }

  std::atomic<bool> stopping_{false};
  std::set<std::string> runs_;
  std::vector<std::string> surprises_;
  std::thread thread_;  // last: it uses everything above
};

void deploy(const TestProject& project, const std::string& name, const std::string& integration,
            const std::string& trigger, const std::string& steps) {
  project.deploy(name, R"({"integration": ")" + integration +
                           R"(", "defaultEnabled": true, "trigger": )" + trigger +
                           R"(, "steps": [)" + steps + "]}");
}

std::string shows(const std::string& what) {
  return R"({"id": "f", "type": "function", "parameters": {"r": "{{trigger.)" + what +
         R"(}}"}, "code": "({ r }) => r"})";
}

void put_all(const TestProject& project, const HookProvider& crm, const Shop& shop) {
  REQUIRE(project.put("/events/E", R"({"schema": {}})").status == 201);
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": ")" + crm.url() +
                                            R"(", "auth": {"type": "bearer"}, "webhooks": {"hook":
    {"scope": "user", "deliveryId": "body.id",
     "verify": {"type": "hmac", "header": "X-Signature", "secret": "{{subscription.secret}}"},
     "subscribe": {"request": {"method": "POST", "path": "/hooks",
       "body": {"url": "{{subscription.url}}", "secret": "{{subscription.secret}}"}},
       "keep": {"id": "response.body.id"}},
     "find": {"request": {"method": "GET", "path": "/hooks"}, "items": "response.body.items", "url": "url"},
     "unsubscribe": {"request": {"method": "DELETE", "path": "/hooks/{{subscription.id}}"}}}}})")
              .status == 201);
  REQUIRE(project
              .put("/integrations/shop", R"({"baseUrl": ")" + shop.url() +
                                             R"(", "auth": {"type": "oauth2",
    "authorizeUrl": "https://shop.example/authorize", "clientId": "us", "clientSecret": "s",
    "tokenUrl": ")" + shop.url() + R"(/token"}})")
              .status == 201);
  deploy(project, "on-hook", "crm", R"({"type": "webhook", "webhook": "hook"})",
         shows("result.body.id"));
  deploy(project, "on-event", "shop", R"({"type": "event", "event": "E"})",
         R"({"id": "me", "type": "request", "integration": "shop", "method": "GET", "path": "/me",
             "autoRetry": true}, )" +
             shows("n"));
  deploy(
      project, "on-poll", "shop",
      R"({"type": "poll", "request": {"method": "GET", "path": "/orders"}, "items": "response.body",
             "itemId": "id", "start": "beginning", "interval": "5s"})",
      shows("result.id"));
}

/// Before there are accounts, so that they have it enabled, and again when all are there: who comes later is served
/// from the next tick on.
void begin_ticks(const TestProject& project) {
  deploy(project, "on-tick", "shop",
         R"({"type": "scheduler", "every": {"seconds": 1}, "catchUp": "all", "spread": "500ms"})",
         shows("scheduledAt"));
}

Call connecting(const TestProject& project, const std::string& integration, const std::string& user,
                const std::string& credentials) {
  return {"POST", project.path("/sdk/integrations/" + integration + "/connect"),
          project.token(user), R"({"credentials": )" + credentials + R"(, "providerId": "p"})"};
}

Call connecting_crm(const TestProject& project, const std::string& user) {
  return connecting(project, "crm", user, R"({"token": "t0k3n"})");
}

Call connecting_shop(const TestProject& project, const std::string& user) {
  return connecting(project, "shop", user,
                    R"({"accessToken": "access-0", "refreshToken": "refresh-)" + user +
                        R"(-0", "expiresAt": "2020-01-01T00:00:00Z"})");
}

Call event(const TestProject& project, int number) {
  return {"POST",
          project.path("/sdk/events/trigger"),
          project.token(user_of(number % users)),
          R"({"name": "E", "payload": {"n": )" + std::to_string(number) + "}}",
          "application/json",
          {{"Idempotency-Key", "event-" + std::to_string(number)}}};
}

Call delivery(const HookProvider::Hook& hook, int number) {
  const std::string body = R"({"id": "d-)" + std::to_string(number) + "\"}";
  return {"POST",
          hook.url.substr(hook.url.find("/hooks/")),
          {},
          body,
          "application/json",
          {{"X-Signature", to_hex(hmac(HashAlgorithm::sha256, hook.secret, body))}}};
}

std::string runs_of(const TestProject& project, const std::string& query) {
  return project.get("/task-history/workflow-executions?" + query).at("/total");
}

/// How often the step "f" of the workflow's runs had each result, for each user.
std::map<std::string, std::map<std::string, int>> results(const TestProject& project,
                                                          const std::string& workflow) {
  std::map<std::string, std::map<std::string, int>> found;
  for (std::size_t offset = 0;; offset += 100) {
    const Answer page =
        project.get("/task-history/workflow-executions?sortBy=ASC&workflowId=" + workflow +
                    "&offset=" + std::to_string(offset));
    REQUIRE(page.status == 200);
    const auto& list = page.json.at("workflowExecutions").as_array();
    for (const Json& run : list) {
      ++found[text_at(project.step(string_at(run, "/id"), "f"), "/output/result")]
             [string_at(run, "/userId")];
    }
    if (list.size() < 100) return found;
  }
}

/// Ticks are served one behind the other: with a run of one that came after `then`, those before are all through.
bool is_served_up_to(const TestProject& project, Instant then) {
  const Answer newest =
      project.get("/task-history/workflow-executions?sortBy=DESC&workflowId=on-tick");
  if (newest.status != 200) return false;
  const auto& list = newest.json.at("workflowExecutions").as_array();
  if (list.empty()) return false;
  const std::string tick =
      text_at(project.step(string_at(list.front(), "/id"), "f"), "/output/result");
  return tick > '"' + to_text(then);
}

void each_once_for_each_user(const std::map<std::string, std::map<std::string, int>>& found) {
  for (const auto& [result, by_user] : found) {
    std::string whose;
    for (const auto& [user, times] : by_user) whose += user + ' ';
    INFO(result << ": " << whose);
    CHECK(by_user.size() == users);
    for (const auto& [user, times] : by_user) CHECK(times == 1);
  }
}

/// A second apart from each other, without a hole: what was missed is caught up on.
void each_second(const std::map<std::string, std::map<std::string, int>>& ticks) {
  REQUIRE(ticks.size() >= 2);
  const auto time_of = [](const std::string& json) {
    return parse_time(json.substr(1, json.size() - 2));
  };
  const auto first = time_of(ticks.begin()->first);
  const auto last = time_of(ticks.rbegin()->first);
  REQUIRE((first && last));
  CHECK((*last - *first).count() / 1'000 + 1 == static_cast<std::int64_t>(ticks.size()));
}

}  // namespace

TEST_CASE("whatever starts runs does so once for each, all at once and killed again and again") {
  const std::uint64_t seed = std::random_device()();
  std::cout << "crash test of everything with seed " << seed << std::endl;
  SeededRandom random(seed);
  HookProvider crm;
  Shop shop;
  CrashingServer server;
  const TestProject project(server.process());
  put_all(project, crm, shop);
  begin_ticks(project);
  REQUIRE(project.post("/workflows/on-tick/undeploy").status == 200);
  for (int i = 0; i < users; ++i) {
    REQUIRE(call_server(project.port(), connecting_crm(project, user_of(i))).status == 201);
    REQUIRE(call_server(project.port(), connecting_shop(project, user_of(i))).status == 201);
  }
  REQUIRE(poll_until([&] { return crm.hooks().size() == users; }));
  begin_ticks(project);
  const auto hooks = crm.hooks();

  Caller events(server, [&](int number) { return event(project, number); });
  Caller deliveries(server, [&](int number) {
    return delivery(hooks[static_cast<std::size_t>(number) % hooks.size()], number);
  });
  std::jthread late([&] {
    for (int i = users; i < users + late_users; ++i) {
      call_until_answered(server, connecting_crm(project, user_of(i)));
    }
  });
  for (int i = 0; i < kills; ++i) {
    const std::chrono::milliseconds life(500 + random.below(2'000));
    REQUIRE_FALSE(server.process().wait_for_exit(life).has_value());
    server.kill_and_start();
  }
  late.join();
  events.stop();
  deliveries.stop();
  server.stays_as_it_is();
  shop.end();
  // What was missed is caught up on in parts, and an undeploy would cut them off.
  const Instant quiet = SystemClock().now();
  CHECK(poll_until([&] { return is_served_up_to(project, quiet); }, 60s));
  REQUIRE(project.post("/workflows/on-tick/undeploy").status == 200);

  // Everybody has looked once more, and every run has ended well.
  const std::string polled = std::to_string(shop.shown() * users);
  CHECK(poll_until([&] { return runs_of(project, "workflowId=on-poll") == polled; }, 60s));
  CHECK(poll_until(
      [&] {
        return runs_of(project, "status=EXECUTING") == "0" &&
               runs_of(project, "status=DELAYED") == "0";
      },
      60s));
  CHECK(runs_of(project, "status=FAILED") == "0");
  CHECK(runs_of(project, "status=CANCELLED") == "0");

  std::cout << events.runs().size() << " events, " << deliveries.runs().size() << " deliveries, "
            << polled << " records, " << shop.refreshes() << " refreshes" << std::endl;
  CHECK(events.surprises() == std::vector<std::string>());
  CHECK(deliveries.surprises() == std::vector<std::string>());
  CHECK(events.runs().size() > kills);
  CHECK(deliveries.runs().size() > kills);
  // Each was sent until it was acknowledged, so there are no others either.
  CHECK(runs_of(project, "workflowId=on-event") == std::to_string(events.runs().size()));
  CHECK(runs_of(project, "workflowId=on-hook") == std::to_string(deliveries.runs().size()));
  each_once_for_each_user(results(project, "on-poll"));
  auto ticks = results(project, "on-tick");
  // The tick that the undeploy came upon may have been cut off.
  if (!ticks.empty()) ticks.erase(std::prev(ticks.end()));
  std::string all_ticks;
  for (const auto& [tick, by_user] : ticks) all_ticks += tick + ' ';
  INFO(all_ticks << project.get("/event-logs?type=scheduler").text);
  each_once_for_each_user(ticks);
  each_second(ticks);

  CHECK(poll_until([&] { return crm.hooks().size() == users + late_users; }, 60s));
  std::set<std::string> urls;
  for (const auto& hook : crm.hooks()) CHECK(urls.insert(hook.url).second);
  CHECK(shop.refreshes() >= users);
  CHECK_FALSE(shop.has_gone_back());
}
