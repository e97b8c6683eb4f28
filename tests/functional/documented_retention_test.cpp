// The commands of docs/retention.md, as a reader pastes them, against the real server.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/documented_commands.h"
#include "tests/support/poll_until.h"

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("the commands of docs/retention.md answer what the page says") {
  const TestProject project(shared_server());
  const auto output = [&](const std::string& name) {
    return output_of(project, commands_of(MILLRACE_RETENTION_PAGE, name));
  };
  project.deploy_steps("w", R"({"id": "f", "type": "function", "code": "() => 1"})");
  project.wait_until_ended(project.start("w", "{}", "ada"));
  CHECK(text_at(json_of(output("settings")), "/retentionDays") == "30");
  CHECK(project.get("").at("/retentionDays") == "30");
  const std::string lines = output("export");
  CHECK_THAT(lines, Catch::Contains(R"("userId":"ada")"));
  CHECK_THAT(lines, Catch::EndsWith("{\"complete\":true,\"next\":null}\n"));
  CHECK_THAT(output("erase"), Catch::Contains("\"status\":\"eras"));
  CHECK(poll_until([&] { return project.remove("/users/ada").status == 404; }));
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "0");
}
