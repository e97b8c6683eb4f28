// Deliveries that an independent implementation has signed, in the ways of many providers (tests/signatures).
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"

#include <sstream>

using namespace millrace;
using namespace millrace::tests;

TEST_CASE(
    "deliveries that others have signed start their runs, and with one bit turned around nothing") {
  const std::string public_url = "https://flows.example/eu";
  std::vector<std::string> options = open_server_options();
  options.insert(options.end(), {"--public-url", public_url});
  ServerProcess server(options);
  const TestProject project(server);
  const ProgramEnd end =
      run_program({MILLRACE_NODE, MILLRACE_SIGNATURES "/drive.mjs", server.url(), public_url,
                   project.id(), project.api_key(), project.token()});
  INFO(end.output << end.errors);
  CHECK(end.exit_code == 0);
  std::istringstream lines(end.output);
  std::size_t providers = 0;
  for (std::string ok; lines >> ok;) {
    std::string rest;
    std::getline(lines, rest);
    const int changed = std::stoi(rest.substr(rest.rfind(' ') + 1));
    INFO(ok << rest);
    CHECK(changed >= 15);
    ++providers;
  }
  CHECK(providers == 16);
  // Refusals are told to the project, without what they were compared with.
  const std::string log = project.get("/event-logs?type=webhook").text;
  CHECK(log.find("\"unauthorized\"") != std::string::npos);
  CHECK(log.find("k3y-of-the-provider") == std::string::npos);
}
