// Subscriptions that are made and ended while the server is killed: none is there twice, and none is lost.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/hook_provider.h"
#include "tests/support/poll_until.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_project.h"

#include <iostream>
#include <random>
#include <set>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

SeededRandom random_of_run() {
  const std::uint64_t seed = std::random_device()();
  std::cout << "subscriptions crash test with seed " << seed << std::endl;
  return SeededRandom(seed);
}

void put_all(const TestProject& project, const HookProvider& provider, const std::string& rest,
             const std::string& more) {
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": ")" + provider.url() +
                                            R"(", "auth": {"type": "bearer"}, "webhooks": {"hook":
    {"scope": "user", "subscribe": {"request": {"method": "POST", "path": "/hooks",
       "body": {"url": "{{subscription.url}}"}}, "keep": {"id": "response.body.id"})" +
                                            more + R"(},
     "unsubscribe": {"request": {"method": "DELETE", "path": "/hooks/{{subscription.id}}"}})" +
                                            rest + "}}}")
              .status == 201);
  project.deploy("w", R"({"integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "webhook", "webhook": "hook"}, "steps": [{"id": "f", "type": "function", "code": "() => 1"}]})");
}

std::string user_of(int number) { return "user-" + std::to_string(number); }

/// Until it is acknowledged.
void connect(CrashingServer& server, const TestProject& project, const std::string& user) {
  for (;;) {
    const auto starts = server.starts();
    const Answer answer = call_server(
        project.port(), {"POST", project.path("/sdk/integrations/crm/connect"), project.token(user),
                         R"({"credentials": {"token": "t0k3n"}, "providerId": "p"})"});
    if (answer.status == 201 || !server.wait_for_start_after(starts)) return;
  }
}

std::string state_of(const TestProject& project, const std::string& user) {
  const Answer answer =
      call_server(project.port(), {"GET", project.path("/sdk/credentials"), project.token(user)});
  return answer.at("/credentials/0/subscriptions/hook/state");
}

void one_each_while_killed(const std::string& rest, const std::string& more,
                           HookProvider::Habits habits) {
  SeededRandom random = random_of_run();
  HookProvider provider;
  provider.take_up(std::move(habits));
  CrashingServer server;
  const TestProject project(server.process());
  put_all(project, provider, rest, more);
  constexpr int users = 40;
  std::jthread client([&] {
    for (int i = 0; i < users; ++i) connect(server, project, user_of(i));
  });
  for (int i = 0; i < 6; ++i) {
    const std::chrono::milliseconds wait(random.below(250));
    CHECK_FALSE(server.process().wait_for_exit(wait).has_value());
    server.kill_and_start();
  }
  server.stays_as_it_is();
  client.join();
  for (int i = 0; i < users; ++i) {
    CAPTURE(i);
    CHECK(poll_until(
        [&] { return state_of(project, user_of(i)).find("active") != std::string::npos; },
        std::chrono::seconds(60)));
  }
  std::set<std::string> urls;
  for (const auto& hook : provider.hooks()) CHECK(urls.insert(hook.url).second);
  CHECK(urls.size() == users);

  // And ended, while it is killed.
  std::jthread leaving([&] {
    for (int i = 0; i < users; ++i) {
      call_server(project.port(),
                  {"DELETE", project.path("/sdk/workflows/w"), project.token(user_of(i))});
    }
  });
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(
        server.process().wait_for_exit(std::chrono::milliseconds(random.below(200))).has_value());
    server.kill_and_start();
  }
  leaving.join();
  for (int i = 0; i < users; ++i) {
    call_server(project.port(),
                {"DELETE", project.path("/sdk/workflows/w"), project.token(user_of(i))});
  }
  CHECK(poll_until([&] { return provider.hooks().empty(); }, std::chrono::seconds(60)));
}

}  // namespace

TEST_CASE("no subscription is there twice after kills, where the provider can be asked for them") {
  one_each_while_killed(R"(, "find": {"request": {"method": "GET", "path": "/hooks"},
    "items": "response.body.items", "url": "url"})",
                        "", {});
}

TEST_CASE("no subscription is there twice after kills, where the provider minds keys") {
  one_each_while_killed("", R"(, "idempotent": true)", {.minds_keys = true});
}

TEST_CASE("what an erased user has subscribed to is ended, whenever the server is killed") {
  SeededRandom random = random_of_run();
  HookProvider provider;
  CrashingServer server;
  const TestProject project(server.process());
  put_all(project, provider, "", "");
  constexpr int users = 10;
  for (int i = 0; i < users; ++i) connect(server, project, user_of(i));
  REQUIRE(poll_until([&] { return provider.hooks().size() == users; }));
  for (int i = 0; i < users; ++i) {
    CAPTURE(i);
    REQUIRE(poll_until(
        [&] { return state_of(project, user_of(i)).find("active") != std::string::npos; }));
  }
  provider.take_up({.unsubscribe_status = 503});
  std::jthread erasing([&] {
    for (int i = 0; i < users; ++i) project.remove("/users/" + user_of(i));
  });
  for (int i = 0; i < 4; ++i) {
    CHECK_FALSE(
        server.process().wait_for_exit(std::chrono::milliseconds(random.below(200))).has_value());
    server.kill_and_start();
  }
  server.stays_as_it_is();
  erasing.join();
  for (int i = 0; i < users; ++i) {
    CAPTURE(i);
    CHECK(poll_until([&] { return project.remove("/users/" + user_of(i)).status == 404; }));
  }
  provider.take_up({});
  CHECK(poll_until([&] { return provider.hooks().empty(); }, std::chrono::seconds(90)));
}
