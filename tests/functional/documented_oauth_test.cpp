// The commands of docs/oauth.md, as a reader pastes them, against the real server and the peer of the examples.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"

#include <sstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// All fences "```sh NAME" in their order, of a project of this test.
std::string commands_of_the_page(const std::string& project) {
  std::istringstream in(read_file(MILLRACE_OAUTH_PAGE));
  std::string text;
  bool is_inside = false;
  const std::string demo = "projects/demo";
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      is_inside = line.starts_with("```sh ");
    } else if (is_inside) {
      if (const auto at = line.find(demo); at != std::string::npos) {
        line.replace(at, demo.size(), "projects/" + project);
      }
      text += line + '\n';
    }
  }
  return text;
}

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
  const ProgramEnd end =
      run_program({"/bin/bash", "-c",
                   "URL=" + open_server().url() + "\nPEER=" + example_peer().url() +
                       "\nKEY=" + project.api_key() + "\nTOKEN=" + project.token() + '\n' +
                       commands_of_the_page(project.id()) +
                       "curl -sS -o /dev/null -w '%{http_code}\\n' \"$page\"\n"});
  INFO(end.output << end.errors);
  REQUIRE(end.exit_code == 0);
  CHECK_THAT(end.output, Catch::Contains("data-status=\"connected\""));
  const Json accounts = json_of(line_with(end.output, "{\"credentials\":["));
  CHECK(text_at(accounts, "/credentials/0/providerId") == R"("ada-1")");
  CHECK(text_at(accounts, "/credentials/0/providerData") == R"({"name":"Ada"})");
  CHECK(text_at(accounts, "/credentials/0/status") == R"("VALID")");
  const Json runs = json_of(line_with(end.output, "\"workflowExecutions\""));
  const std::string run = string_at(runs, "/workflowExecutions/0/id");
  project.wait_for_status(run, "SUCCEEDED");
  CHECK(text_at(project.step(run, "me"), "/output/response/body") ==
        R"({"id":"ada-1","name":"Ada"})");
  // The ticket was for one use.
  CHECK_THAT(end.output, Catch::EndsWith("404\n"));
}
