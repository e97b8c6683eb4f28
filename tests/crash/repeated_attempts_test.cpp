// A request that is in the air when the server is killed: sent again, and both times are told of.
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/server_process.h"
#include "tests/support/test_project.h"

#include <httplib.h>

#include <atomic>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("a request that a kill cut off is an attempt of its own in the history") {
  std::atomic<int> asked{0};
  std::atomic<bool> is_over{false};
  httplib::Server peer;
  // The first two are never answered: whoever asked is gone.
  peer.Get("/slow", [&](const httplib::Request&, httplib::Response& answer) {
    if (++asked <= 2) poll_until([&] { return is_over.load(); });
    answer.set_content("{}", "application/json");
  });
  const int port = peer.bind_to_any_port("127.0.0.1");
  std::thread serving([&] { peer.listen_after_bind(); });
  ServerProcess server({"--history-requests-max", "0", "--egress-allow", "127.0.0.1/32"});
  const TestProject project(server);
  project.deploy_steps("w", R"json({"id": "ask", "type": "request", "method": "GET",
    "url": "http://127.0.0.1:)json" +
                                std::to_string(port) + R"json(/slow"})json");
  const std::string run = project.start("w");
  for (int kill = 1; kill <= 2; ++kill) {
    REQUIRE(poll_until([&] { return asked >= kill; }));
    server.kill_now();
    server.start();
    CHECK(poll_until([&] { return asked > kill; }));
    // In flight again, with what was cut off.
    const Json open = project.step(run, "ask");
    if (text_at(open, "/output") == "null") {
      CHECK(open.at("attempts").as_array().size() == static_cast<std::size_t>(kill));
      CHECK(text_at(open, "/attempts/0/cutOff") == "true");
    }
  }
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("SUCCEEDED")");
  const Json step = project.step(run, "ask");
  REQUIRE(step.at("attempts").as_array().size() == 3);
  CHECK(text_at(step, "/attempts/1/cutOff") == "true");
  CHECK(text_at(step, "/attempts/2/cutOff").empty());
  CHECK(string_at(step, "/attempts/0/end") == string_at(step, "/attempts/1/start"));
  CHECK(string_at(step, "/attempts/1/end") <= string_at(step, "/attempts/2/start"));
  is_over = true;
  peer.stop();
  serving.join();
}
