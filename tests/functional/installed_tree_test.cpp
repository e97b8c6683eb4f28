// What is installed: a tree that may lie anywhere, and a man page that tells of every command.
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"

#include <filesystem>
#include <regex>
#include <sstream>

using namespace millrace::tests;
using Catch::Contains;

TEST_CASE("an installed tree that is moved runs JavaScript from where it lies") {
  const TemporaryDirectory directory;
  const std::string first = directory.path() + "/first", second = directory.path() + "/second";
  const ProgramEnd installed = run_program(
      {CMAKE_PROGRAM, "--install", MILLRACE_BUILD, "--prefix", first, "--component", "programs"});
  INFO(installed.errors);
  REQUIRE(installed.exit_code == 0);
  std::filesystem::rename(first, second);
  const ProgramEnd checked =
      run_program({second + "/bin/millrace", "validate",
                   second + "/share/doc/millrace/examples/lead-to-crm", "--json"});
  INFO(checked.errors);
  CHECK(checked.exit_code == 0);
  // The worker compiled it: found beside nothing but its own tree.
  CHECK_THAT(checked.output, Contains("\"javascriptChecked\":true"));
}

TEST_CASE("the man page names every command of the help") {
  std::istringstream help(run_millrace({"--help"}).output);
  const std::string page = read_file(MILLRACE_MAN_PAGE);
  const std::regex entry(R"(^  ([a-z][a-z-]*) {2,}\S.*)");
  int commands = 0;
  for (std::string line; std::getline(help, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, entry)) continue;
    ++commands;
    INFO(match[1]);
    CHECK(page.find("\n.B " + match[1].str() + "\n") != std::string::npos);
  }
  CHECK(commands > 10);
}
