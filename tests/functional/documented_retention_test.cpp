// The commands of docs/retention.md, as a reader pastes them, against the real server.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <sstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// The fence "```sh NAME", of a project of this test.
std::string commands(const std::string& name, const std::string& project) {
  std::istringstream in(read_file(MILLRACE_RETENTION_PAGE));
  std::string text;
  bool is_inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```sh " + name) {
      is_inside = true;
    } else if (line == "```") {
      is_inside = false;
    } else if (is_inside) {
      const auto at = line.find("projects/demo");
      if (at != std::string::npos) line.replace(at, 13, "projects/" + project);
      text += line + '\n';
    }
  }
  if (text.empty()) throw std::runtime_error("no commands of " + name);
  return text;
}

std::string output_of(const TestProject& project, const std::string& name) {
  const ProgramEnd end =
      run_program({"/bin/bash", "-c",
                   "URL=" + shared_server().url() + "\nKEY=" + project.api_key() + '\n' +
                       commands(name, project.id())});
  INFO(end.output << end.errors);
  CHECK(end.exit_code == 0);
  return end.output;
}

}  // namespace

TEST_CASE("the commands of docs/retention.md answer what the page says") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"({"id": "f", "type": "function", "code": "() => 1"})");
  project.wait_until_ended(project.start("w", "{}", "ada"));
  CHECK(text_at(json_of(output_of(project, "settings")), "/retentionDays") == "30");
  CHECK(project.get("").at("/retentionDays") == "30");
  const std::string lines = output_of(project, "export");
  CHECK_THAT(lines, Catch::Contains(R"("userId":"ada")"));
  CHECK_THAT(lines, Catch::EndsWith("{\"complete\":true,\"next\":null}\n"));
  CHECK_THAT(output_of(project, "erase"), Catch::Contains("\"status\":\"eras"));
  CHECK(poll_until([&] { return project.remove("/users/ada").status == 404; }));
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "0");
}
