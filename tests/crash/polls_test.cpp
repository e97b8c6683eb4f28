// Records of a poll while the server is killed: each is run once, whether the crash comes between the provider's
// answer and the commit, or behind it.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/misbehaving_peer.h"
#include "tests/support/poll_until.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_project.h"

#include <atomic>
#include <iostream>
#include <map>
#include <random>

using namespace millrace;
using namespace millrace::tests;

namespace {

constexpr int users = 20;
constexpr int kills = 5;

/// Shows the latest records, one more with each request: so each look finds something, and some of it again.
class Provider {
 public:
  std::string url() const { return peer_.url(""); }
  int shown() const { return shown_; }
  void end() { is_ended_ = true; }

 private:
  void reply(PeerConnection& connection) {
    const int last = is_ended_ ? shown_.load() : ++shown_;
    std::string items;
    for (int i = 1; i <= last; ++i) {
      items += (items.empty() ? "" : ",") + (R"({"id": )" + std::to_string(i) + "}");
    }
    connection.answer(200, "[" + items + "]", "Content-Type: application/json\r\n");
  }

  std::atomic<int> shown_{0};
  std::atomic<bool> is_ended_{false};
  MisbehavingPeer peer_{MisbehavingPeer::serving(
      [this](PeerConnection& connection, const PeerRequest&) { reply(connection); })};
};

/// How often each record has run for each user.
std::map<std::string, std::map<std::string, int>> runs_by_user(const TestProject& project) {
  std::map<std::string, std::map<std::string, int>> runs;
  for (std::size_t offset = 0;; offset += 100) {
    const Answer page = project.get("/task-history/workflow-executions?sortBy=ASC&offset=" +
                                    std::to_string(offset));
    REQUIRE(page.status == 200);
    const auto& list = page.json.at("workflowExecutions").as_array();
    for (const Json& run : list) {
      const std::string id = string_at(run, "/id");
      project.wait_for_status(id, "SUCCEEDED");
      ++runs[string_at(run, "/userId")]
            [to_text(project.step(id, "f").at_pointer("/output/result"))];
    }
    if (list.size() < 100) return runs;
  }
}

}  // namespace

TEST_CASE(
    "a server that is killed again and again runs each record of a poll once for each account") {
  const std::uint64_t seed = std::random_device()();
  std::cout << "poll crash test with seed " << seed << std::endl;
  SeededRandom random(seed);
  Provider provider;
  ServerProcess server({"--history-requests-max", "0", "--egress-allow", "127.0.0.0/8"});
  const TestProject project(server);
  REQUIRE(project.put("/integrations/shop", R"({"baseUrl": ")" + provider.url() + "\"}").status ==
          201);
  project.deploy("w", R"json({"name": "w", "integration": "shop", "defaultEnabled": true,
    "trigger": {"type": "poll", "request": {"method": "GET", "path": "/orders"}, "items": "response.body",
      "itemId": "id", "start": "beginning", "interval": "5s"},
    "steps": [{"id": "f", "type": "function", "parameters": {"id": "{{trigger.result.id}}"},
      "code": "({ id }) => id"}]})json");
  for (int i = 0; i < users; ++i) {
    const Answer connected = call_server(
        project.port(), {"POST", project.path("/sdk/integrations/shop/connect"),
                         project.token("u" + std::to_string(i)), R"({"credentials": {}})"});
    INFO(connected.text);
    REQUIRE(connected.status == 201);
  }
  for (int i = 0; i < kills; ++i) {
    // Somewhere among looks; what it stands for is that the kill comes anywhere.
    REQUIRE_FALSE(
        poll_until([] { return false; }, std::chrono::milliseconds(300 + random.below(2'000))));
    server.kill_now();
    server.start();
  }
  provider.end();
  const int shown = provider.shown();
  REQUIRE(shown > users);
  // Everybody has looked once more.
  const auto count = [&] {
    return project.get("/task-history/workflow-executions").json.at("total").to_number<int>();
  };
  REQUIRE(poll_until([&] { return count() >= shown * users; }, std::chrono::seconds(60)));
  const auto runs = runs_by_user(project);
  CHECK(runs.size() == users);
  for (const auto& [user, records] : runs) {
    INFO(user);
    CHECK(records.size() == static_cast<std::size_t>(shown));
    for (const auto& [record, times] : records) CHECK(times == 1);
  }
}
