// The commands of docs/oauth.md, as a reader pastes them, against the real server and the peer of the examples.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/documented_commands.h"

#include <sstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

std::string line_with(const std::string& output, std::string_view words) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(words) != std::string::npos) return line;
  }
  throw std::runtime_error("no line with " + std::string(words) + " in " + output);
}

}  // namespace

TEST_CASE("who follows docs/oauth.md has signed in at the peer of the examples") {
  const TestProject project(open_server());
  const std::string output = output_of(
      project,
      commands_of(MILLRACE_OAUTH_PAGE) + "curl -sS -o /dev/null -w '%{http_code}\\n' \"$page\"\n",
      "PEER=" + example_peer().url());
  CHECK_THAT(output, Catch::Contains("data-status=\"connected\""));
  const Json accounts = json_of(line_with(output, "{\"credentials\":["));
  CHECK(text_at(accounts, "/credentials/0/providerId") == R"("ada-1")");
  CHECK(text_at(accounts, "/credentials/0/providerData") == R"({"name":"Ada"})");
  CHECK(text_at(accounts, "/credentials/0/status") == R"("VALID")");
  const Json runs = json_of(line_with(output, "\"workflowExecutions\""));
  const std::string run = string_at(runs, "/workflowExecutions/0/id");
  project.wait_for_status(run, "SUCCEEDED");
  CHECK(text_at(project.step(run, "me"), "/output/response/body") ==
        R"({"id":"ada-1","name":"Ada"})");
  // The ticket was for one use.
  CHECK_THAT(output, Catch::EndsWith("404\n"));
}
