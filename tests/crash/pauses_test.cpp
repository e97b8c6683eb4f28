// An account that its provider holds while the server is killed.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/misbehaving_peer.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <chrono>
#include <mutex>
#include <vector>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds held_for{4};

/// Says once that it is not to be asked for some seconds, and knows when it was asked.
class LimitingPeer {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  LimitingPeer()
      : peer_(MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest&) {
          const std::lock_guard lock(mutex_);
          asked_.push_back(std::chrono::steady_clock::now());
          const bool is_first = asked_.size() == 1;
          connection.answer(is_first ? 429 : 200, "{}",
                            is_first ? "Retry-After: " + std::to_string(held_for.count()) + "\r\n"
                                     : std::string());
        })) {}

  std::string url() const { return peer_.url("/api"); }
  std::vector<Moment> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Moment> asked_;
  MisbehavingPeer peer_;
};

}  // namespace

TEST_CASE(
    "a pause outlives the server: no request of the account leaves before its end, and each once") {
  LimitingPeer peer;
  CrashingServer server;
  const TestProject project(server.process());
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": ")" + peer.url() + R"(",
                "auth": {"type": "bearer"}, "rateLimit": {"pause": {"until": ["headers.retry-after"]}}})")
              .status == 201);
  project.deploy("ask", R"({"integration": "crm", "defaultEnabled": true,
    "trigger": {"type": "request"}, "steps": [
    {"id": "ask", "type": "request", "integration": "crm", "method": "GET", "path": "/x"}]})");
  REQUIRE(call_server(project.port(), {"POST", project.path("/sdk/integrations/crm/connect"),
                                       project.token(), R"({"credentials": {"token": "t"}})"})
              .status == 201);
  const std::string first = project.start("ask");
  REQUIRE(poll_until([&] {
    const Json step = project.step(first, "ask");
    return !step.at("attempts").get_array().empty();
  }));
  server.kill_and_start();
  const std::string second = project.start("ask");
  server.kill_and_start();
  project.wait_for_status(first, "SUCCEEDED");
  project.wait_for_status(second, "SUCCEEDED");
  const auto asked = peer.asked();
  REQUIRE(asked.size() == 3);
  // The peer's clock began a moment before the server's.
  for (std::size_t i = 1; i < asked.size(); ++i) CHECK(asked[i] - asked[0] > held_for - 100ms);
}
