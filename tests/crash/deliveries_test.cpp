// A provider sends a delivery until it is acknowledged. Whatever the moment of a crash, each is run once:
// what was acknowledged is never lost, and what was stored before the answer got lost is not doubled.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <atomic>
#include <memory>
#include <set>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Sends deliveries one after the other, each until it is answered.
class Provider {
 public:
  Provider(CrashingServer& server, std::string path, std::string name)
      : server_(server),
        path_(std::move(path)),
        name_(std::move(name)),
        thread_([this] { run(); }) {}
  ~Provider() { stop(); }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::size_t acknowledged() const { return acknowledged_; }
  const std::set<std::string>& runs() const { return runs_; }
  const std::vector<std::string>& surprises() const { return surprises_; }

 private:
  void run() {
    for (int i = 0; !stopping_; ++i) {
      if (!send(name_ + '-' + std::to_string(i))) return;
    }
  }

  /// Two events a delivery. False: no server will come any more.
  bool send(const std::string& id) {
    const std::string body = R"([{"id": ")" + id + R"(a"}, {"id": ")" + id + R"(b"}])";
    while (true) {
      const auto starts = server_.starts();
      const Answer answer = call_server(server_.process().port(), {"POST", path_, {}, body});
      if (answer.status == 200) {
        const auto& ids = answer.json.at("executionIds").as_array();
        if (ids.size() != 2) surprises_.push_back(answer.text);
        for (const Json& each : ids) {
          if (!runs_.insert(std::string(each.as_string())).second) surprises_.push_back("doubled");
        }
        acknowledged_ += 2;
        return true;
      }
      // Nobody there, or not well yet: the same again.
      if (answer.status != 0 && answer.status != 503) {
        surprises_.push_back(answer.text);
        return false;
      }
      if (answer.status == 0 && !server_.wait_for_start_after(starts)) return false;
    }
  }

  CrashingServer& server_;
  const std::string path_;
  const std::string name_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> acknowledged_{0};
  std::set<std::string> runs_;
  std::vector<std::string> surprises_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("each acknowledged delivery runs once, whenever the process is killed") {
  CrashingServer server;
  const TestProject project(server.process());
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": "https://crm.example",
    "webhooks": {"hook": {"scope": "user", "events": "body[*]", "deliveryId": "event.id"}}})")
              .status == 201);
  project.deploy("w", R"({"name": "w", "integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "webhook", "webhook": "hook"},
    "steps": [{"id": "f", "type": "function", "code": "() => 1"}]})");
  const Answer connected =
      call_server(project.port(),
                  {"POST", project.path("/sdk/integrations/crm/connect"), project.token(), "{}"});
  REQUIRE(connected.status == 201);
  const std::string url = string_at(connected.json, "/webhooks/hook/url");
  const std::string path = url.substr(url.find("/hooks/"));

  std::vector<std::unique_ptr<Provider>> providers;
  for (int i = 0; i < 4; ++i) {
    providers.push_back(std::make_unique<Provider>(server, path, "p" + std::to_string(i)));
  }
  for (int i = 0; i < 5; ++i) {
    REQUIRE_FALSE(server.process().wait_for_exit(std::chrono::milliseconds(1'000)).has_value());
    server.kill_and_start();
  }
  std::set<std::string> runs;
  std::size_t acknowledged = 0;
  for (auto& provider : providers) {
    provider->stop();
    CHECK(provider->surprises() == std::vector<std::string>());
    acknowledged += provider->acknowledged();
    runs.insert(provider->runs().begin(), provider->runs().end());
  }
  server.stays_as_it_is();
  REQUIRE(acknowledged > 0);
  CHECK(runs.size() == acknowledged);
  // Each delivery was sent until it was acknowledged, so there are no others either.
  CHECK(poll_until([&] {
    return project.get("/task-history/workflow-executions?status=SUCCEEDED").at("/total") ==
           std::to_string(acknowledged);
  }));
  CHECK(project.get("/task-history/workflow-executions").at("/total") ==
        std::to_string(acknowledged));
}
