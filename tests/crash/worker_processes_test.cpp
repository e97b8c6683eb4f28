// The processes that run users' functions: they never outlive the server, leave no zombies, and are
// replaced when they die.
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <algorithm>
#include <signal.h>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Every process that the server has started, directly or not.
std::vector<pid_t> descendants_of(pid_t process) {
  std::vector<pid_t> all = children_of(process);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto below = children_of(all[i]);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

bool none_runs(const std::vector<pid_t>& processes) {
  return std::none_of(processes.begin(), processes.end(),
                      [](pid_t pid) { return is_running(pid); });
}

/// Starts a run whose function loops, and waits until workers are there.
void keep_a_worker_busy(const TestProject& project, const ServerProcess& server) {
  project.deploy_steps("loop", R"json(
    {"id": "f", "type": "function", "timeout": "1m", "code": "() => { while (true) {} }"})json");
  project.start("loop");
  REQUIRE(poll_until([&] { return descendants_of(server.pid()).size() >= 2; }));
}

}  // namespace

TEST_CASE("function workers are gone shortly after the server was killed") {
  ServerProcess server;
  const TestProject project(server);
  keep_a_worker_busy(project, server);
  const auto workers = descendants_of(server.pid());
  CHECK_FALSE(none_runs(workers));
  server.kill_now();
  CHECK(poll_until([&] { return none_runs(workers); }, std::chrono::seconds(5)));
}

TEST_CASE("function workers are gone when the server has ended in order") {
  ServerProcess server({"--drain-time", "100ms"});
  const TestProject project(server);
  keep_a_worker_busy(project, server);
  const auto workers = descendants_of(server.pid());
  server.terminate();
  CHECK(server.wait_for_exit(std::chrono::seconds(20)) == 0);
  CHECK(poll_until([&] { return none_runs(workers); }, std::chrono::seconds(5)));
}

TEST_CASE("workers that had to be killed leave no zombies behind") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("loop", R"json(
    {"id": "f", "type": "function", "timeout": "100ms",
     "code": "() => new Array(2 ** 32 - 1).map(x => x)"},
    {"id": "r", "type": "response"})json");
  for (int i = 0; i < 3; ++i) CHECK(project.trigger("loop").status == 500);
  CHECK(poll_until(
      [&] {
        const auto children = children_of(server.pid());
        return std::none_of(children.begin(), children.end(), is_zombie);
      },
      std::chrono::seconds(5)));
}

TEST_CASE("workers that die from outside are replaced and their steps run again") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("slow", R"json(
    {"id": "f", "type": "function", "retry": {"max": 5, "initial": "50ms"},
     "code": "() => new Promise((done) => setTimeout(() => done('done'), 300))"})json");
  const std::string run = project.start("slow");
  REQUIRE(poll_until([&] { return descendants_of(server.pid()).size() >= 2; }));
  // The zygote, from which workers are forked, dies with them.
  for (const pid_t worker : descendants_of(server.pid())) ::kill(worker, SIGKILL);
  CHECK(string_at(project.wait_until_ended(run), "/status") == "SUCCEEDED");
  CHECK(text_at(project.step(run, "f"), "/output/result") == R"("done")");
  project.deploy_steps("after", R"json({"id": "f", "type": "function", "code": "() => 1"},
                                       {"id": "r", "type": "response", "body": {"ok": true}})json");
  CHECK(project.trigger("after").text == R"({"ok":true})");
}
