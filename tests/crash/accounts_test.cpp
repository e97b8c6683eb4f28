// Accounts that are connected and refreshed while the server is killed.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/misbehaving_peer.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_project.h"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

SeededRandom random_of_run() {
  const std::uint64_t seed = std::random_device()();
  std::cout << "accounts crash test with seed " << seed << std::endl;
  return SeededRandom(seed);
}

void kill_at_random(CrashingServer& server, SeededRandom& random, int times) {
  for (int i = 0; i < times; ++i) {
    const std::chrono::milliseconds wait(random.below(300));
    CHECK_FALSE(server.process().wait_for_exit(wait).has_value());
    server.kill_and_start();
  }
}

/// Gives a new refresh token each time, and knows whether an older one comes after a newer one.
class RotatingPeer {
 public:
  RotatingPeer()
      : peer_(MisbehavingPeer::serving(
            [this](PeerConnection& connection, const PeerRequest& request) {
              if (request.target == "/token") {
                connection.answer(200, tokens(request.body));
              } else {
                connection.answer(200, "{}");
              }
            })) {}

  std::string url(std::string_view path) const { return peer_.url(path); }
  bool has_gone_back() const {
    const std::lock_guard lock(mutex_);
    return has_gone_back_;
  }
  int given() const {
    const std::lock_guard lock(mutex_);
    return given_;
  }

 private:
  std::string tokens(const std::string& body) {
    const std::lock_guard lock(mutex_);
    constexpr std::string_view key = "refresh_token=refresh-";
    const int sent = std::stoi(body.substr(body.find(key) + key.size()));
    if (sent < sent_max_) has_gone_back_ = true;
    sent_max_ = std::max(sent_max_, sent);
    const std::string number = std::to_string(++given_);
    return R"({"access_token": "access-)" + number + R"(", "refresh_token": "refresh-)" + number +
           R"(", "expires_in": 1})";
  }

  mutable std::mutex mutex_;
  int given_ = 0;
  int sent_max_ = 0;
  bool has_gone_back_ = false;
  MisbehavingPeer peer_;  // last: its threads use what is above
};

}  // namespace

TEST_CASE("accounts that are connected while the server is killed start their workflows once") {
  SeededRandom random = random_of_run();
  CrashingServer server;
  const TestProject project(server.process());
  REQUIRE(project
              .put("/integrations/crm",
                   R"({"baseUrl": "https://api.crm.example", "auth": {"type": "bearer"}})")
              .status == 201);
  project.deploy("hello", R"({"integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "integrationEnabled"}, "steps": [
    {"id": "f", "type": "function", "parameters": {"r": "{{trigger.result}}"}, "code": "({ r }) => r"}]})");
  constexpr int accounts = 60;
  const auto user_of = [](int account) { return "user-" + std::to_string(account % 5); };
  std::jthread client([&] {
    for (int i = 0; i < accounts; ++i) {
      const std::string body =
          R"({"credentials": {"token": "t0k3n"}, "providerId": "p)" + std::to_string(i) + R"("})";
      for (;;) {  // until it is acknowledged: a repeat connects the same account
        const auto starts = server.starts();
        const Answer answer =
            call_server(project.port(), {"POST", project.path("/sdk/integrations/crm/connect"),
                                         project.token(user_of(i)), body});
        if (answer.status == 201) break;
        if (!server.wait_for_start_after(starts)) break;
      }
    }
  });
  kill_at_random(server, random, 6);
  server.stays_as_it_is();
  client.join();
  server.kill_and_start();

  std::map<std::string, int> runs;  // by account
  const Answer list = project.get("/task-history/workflow-executions?workflowId=hello");
  REQUIRE(list.status == 200);
  for (const Json& run : list.json.at("workflowExecutions").as_array()) {
    const std::string id = string_at(run, "/id");
    CHECK(text_at(project.wait_until_ended(id), "/status") == R"("SUCCEEDED")");
    ++runs[string_at(project.step(id, "f"), "/output/result/credentialId")];
  }
  std::size_t connected = 0;
  for (int i = 0; i < 5; ++i) {
    const Answer answer = call_server(
        project.port(), {"GET", project.path("/sdk/credentials"), project.token(user_of(i))});
    for (const Json& credential : answer.json.at("credentials").as_array()) {
      CHECK(runs[string_at(credential, "/id")] == 1);
      ++connected;
    }
  }
  CHECK(connected == runs.size());
}

TEST_CASE("a server that is killed while it refreshes never sends an older refresh token again") {
  SeededRandom random = random_of_run();
  RotatingPeer peer;
  CrashingServer server;
  const TestProject project(server.process());
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": ")" + peer.url("/api") +
                                            R"(", "auth": {"type": "oauth2",
    "authorizeUrl": "https://crm.example/authorize", "clientId": "us", "clientSecret": "s",
    "tokenUrl": ")" + peer.url("/token") + R"("}})")
              .status == 201);
  project.deploy("ask", R"({"integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "request"}, "steps": [
    {"id": "ask", "type": "request", "integration": "crm", "method": "GET", "path": "/x"},
    {"id": "reply", "type": "response", "body": "{{ask.response.statusCode}}"}]})");
  REQUIRE(call_server(project.port(),
                      {"POST", project.path("/sdk/integrations/crm/connect"), project.token(),
                       R"({"credentials": {"accessToken": "access-0", "refreshToken": "refresh-0",
                           "expiresAt": "2020-01-01T00:00:00Z"}})"})
              .status == 201);
  std::atomic<bool> is_over{false};
  std::jthread client([&] {
    while (!is_over) {
      const auto starts = server.starts();
      const Answer answer = project.trigger("ask");
      if (answer.status == 0 && !server.wait_for_start_after(starts)) break;
    }
  });
  kill_at_random(server, random, 8);
  is_over = true;
  server.stays_as_it_is();
  client.join();
  CHECK(project.trigger("ask").text == "200");
  CHECK(peer.given() > 0);
  CHECK_FALSE(peer.has_gone_back());
}
