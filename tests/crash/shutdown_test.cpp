// SIGTERM: what is held is answered, what is not finished goes on after the next start.
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/test_project.h"

#include <thread>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

std::string runs_with(const TestProject& project, const std::string& status) {
  return project.get("/task-history/workflow-executions?status=" + status).at("/total");
}

/// Triggers a workflow `count` times at once and keeps the answers.
class HeldClients {
 public:
  HeldClients(const TestProject& project, const std::string& workflow, std::size_t count)
      : answers(count) {
    for (auto& answer : answers) {
      threads_.emplace_back([&project, &answer, workflow] { answer = project.trigger(workflow); });
    }
  }
  ~HeldClients() { wait(); }

  void wait() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  std::vector<Answer> answers;

 private:
  std::vector<std::thread> threads_;
};

std::string hold_steps(const std::string& seconds) {
  return R"({"id": "wait", "type": "delay", "value": )" + seconds +
         R"(, "unit": "SECONDS"}, {"id": "r", "type": "response", "body": {"held": true}})";
}

}  // namespace

TEST_CASE("a terminated server answers what it holds and exits with zero") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("hold", hold_steps("1"));
  HeldClients clients(project, "hold", 10);
  REQUIRE(poll_until([&] { return runs_with(project, "DELAYED") == "10"; }));
  server.terminate();
  clients.wait();
  for (const Answer& answer : clients.answers) {
    CHECK(answer.status == 200);
    CHECK(answer.text == R"({"held":true})");
  }
  CHECK(server.wait_for_exit(20s) == 0);
  CHECK(call_server(server.port(), {"GET", "/healthz"}).status == 0);
}

TEST_CASE("a held request that outlasts the drain is told so and its run goes on later") {
  ServerProcess server({"--drain-time", "300ms"});
  const TestProject project(server);
  project.deploy_steps("hold", hold_steps("2"));
  HeldClients clients(project, "hold", 3);
  REQUIRE(poll_until([&] { return runs_with(project, "DELAYED") == "3"; }));
  server.terminate();
  clients.wait();
  for (const Answer& answer : clients.answers) {
    CHECK(answer.status == 503);
    CHECK(answer.at("/code") == R"("shutting_down")");
  }
  CHECK(server.wait_for_exit(20s) == 0);
  server.start();
  CHECK(poll_until([&] { return runs_with(project, "SUCCEEDED") == "3"; }));
}

TEST_CASE("an idle server ends at once when it is told to") {
  ServerProcess server;
  const auto begin = std::chrono::steady_clock::now();
  server.terminate();
  CHECK(server.wait_for_exit(20s) == 0);
  // Far below the time that a drain may take.
  CHECK(std::chrono::steady_clock::now() - begin < 8s);
}

TEST_CASE("runs that work in the background survive an orderly end") {
  ServerProcess server;
  const TestProject project(server);
  project.deploy_steps("busy", R"json(
    {"id": "each", "type": "fanOut", "items": [1, 2, 3, 4, 5, 6, 7, 8], "steps": [
      {"id": "f", "type": "function", "parameters": {"n": "{{each.instance}}"},
       "code": "({ n }) => new Promise((done) => setTimeout(() => done(n), 200))"}]},
    {"id": "all", "type": "function", "parameters": {"all": "{{f.result}}"},
     "code": "({ all }) => all"})json");
  const std::string run = project.start("busy");
  server.terminate();
  CHECK(server.wait_for_exit(20s) == 0);
  server.start();
  CHECK(string_at(project.wait_until_ended(run), "/status") == "SUCCEEDED");
  CHECK(text_at(project.step(run, "all"), "/output/result") == "[1,2,3,4,5,6,7,8]");
}
