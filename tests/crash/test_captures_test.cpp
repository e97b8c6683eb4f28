// Whenever the process is killed, a capture URL has caught a request and is worth nothing, or has caught none and
// still waits: what was acknowledged is there, and nothing is caught twice.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/test_project.h"

#include <string>
#include <thread>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

struct Caught {
  std::string path;
  std::string acknowledged;  // what was answered 200; empty: nothing was
};

/// Sends numbers until one is acknowledged, is caught without an answer, or the server is gone.
void send(const TestProject& project, Caught& caught) {
  for (int i = 1;; ++i) {
    const Answer answer = call_server(
        project.port(), {"POST", caught.path, {}, R"({"n": )" + std::to_string(i) + "}"});
    if (answer.status == 200) caught.acknowledged = std::to_string(i);
    if (answer.status != 503) return;
  }
}

}  // namespace

TEST_CASE("a capture URL has caught its request or waits for it, whenever the process is killed") {
  CrashingServer server;
  const TestProject project(server.process());
  constexpr int workflows = 40;
  for (int i = 0; i < workflows; ++i) {
    project.deploy("w" + std::to_string(i), R"({"name": "w", "trigger": {"type": "request"},
      "steps": [{"id": "f", "type": "function", "code": "() => 1"}]})");
  }
  for (const int milliseconds : {2, 5, 10, 20}) {
    std::vector<Caught> captures(workflows);
    for (int i = 0; i < workflows; ++i) {
      const Answer begun = project.post("/workflows/w" + std::to_string(i) + "/test-capture");
      REQUIRE(begun.status == 201);
      const std::string url = string_at(begun.json, "/url");
      captures[static_cast<std::size_t>(i)].path = url.substr(url.find("/captures/"));
    }
    std::jthread client([&] {
      for (Caught& each : captures) send(project, each);
    });
    CHECK_FALSE(
        server.process().wait_for_exit(std::chrono::milliseconds(milliseconds)).has_value());
    server.kill_and_start();
    client.join();
    for (int i = 0; i < workflows; ++i) {
      const Caught& capture = captures[static_cast<std::size_t>(i)];
      const std::string workflow = "/workflows/w" + std::to_string(i);
      const Answer state = project.get(workflow + "/test-capture");
      const bool is_captured = state.at("/state") == R"("captured")";
      INFO(state.text);
      CHECK((state.at("/request") != "null") == is_captured);
      if (!capture.acknowledged.empty()) {
        CHECK(state.at("/request/body/n") == capture.acknowledged);
      }
      const Answer late = call_server(project.port(), {"POST", capture.path, {}, R"({"n": 0})"});
      CHECK(late.status == (is_captured ? 404 : 200));
    }
  }
}
