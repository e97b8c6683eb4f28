#include "tests/functional/shared_server.h"

#include "runtime/base/version.h"

namespace millrace::tests {

ServerProcess& shared_server() {
  // The tests ask the task history more often than a project may.
  static ServerProcess server({"--history-requests-max", "0"});
  if (!server.is_running()) server.start();
  return server;
}

std::string alive_text() {
  return R"({"status":"alive","version":")" + std::string(program_version) + "\"}";
}

bool is_well(const ServerProcess& server) {
  const Answer health = call_server(server.port(), {"GET", "/healthz"});
  if (health.text != alive_text()) return false;
  const TestProject project(server);
  project.deploy_steps("double", doubling_steps);
  return project.trigger("double", R"({"n": 21})").text == R"({"twice":42})";
}

}  // namespace millrace::tests
