// The commands of docs/admission.md, as a reader pastes them, against the real server; the CRM is the example peer.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/documented_commands.h"
#include "tests/support/poll_until.h"

#include <map>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// What they print for this project, this build, and the test's peer.
std::string printed_by(const TestProject& project, const std::string& name) {
  std::string script = commands_of(MILLRACE_ADMISSION_PAGE, name);
  script = replaced(script, "MILLRACE_PROJECT=demo", "MILLRACE_PROJECT=" + project.id());
  script = replaced(script, "build/millrace", MILLRACE_BUILD "/millrace");
  script = replaced(script, "examples/", MILLRACE_EXAMPLES "/");
  script = replaced(script, "127.0.0.1:9000", "127.0.0.1:" + std::to_string(example_peer().port()));
  return output_of(project, script, "set -e");
}

bool nothing_waits(const TestProject& project) {
  for (const Json& answer : answers_in(printed_by(project, "waiting"))) {
    if (!answer.at("lines").as_array().empty()) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("the commands of docs/admission.md make six triggers two runs, of the last and of all") {
  const TestProject project(open_server());
  printed_by(project, "deploy");
  CHECK(project.get("/workflows/settle-contact").at("/deployedVersion") == "1");
  const auto held = answers_in(printed_by(project, "events"));
  REQUIRE(held.size() == 6);
  for (std::size_t i = 0; i < held.size(); ++i) {
    CHECK(text_at(held[i], "/executionIds") == "[]");
    CHECK(text_at(held[i], "/heldBack/0/status") == R"("WAITING")");
    CHECK(text_at(held[i], "/heldBack/0/admission") == (i < 3 ? R"("debounce")" : R"("batch")"));
  }
  REQUIRE(poll_until([&] { return nothing_waits(project); }));
  // A machine that takes seconds between two commands makes it more runs; each trigger is in one all the same.
  std::map<std::string, std::int64_t> triggers;
  const Json runs = answers_in(printed_by(project, "runs")).at(0).at("workflowExecutions");
  for (const Json& run : runs.as_array()) {
    const std::string id = string_at(run, "/id");
    project.wait_for_status(id, "SUCCEEDED");
    triggers[string_at(run, "/workflowId")] +=
        project.execution(id).at("admission").at("triggers").to_number<std::int64_t>();
  }
  CHECK(triggers ==
        std::map<std::string, std::int64_t>{{"import-contacts", 3}, {"settle-contact", 3}});
  const auto synced = example_peer().requests("/echo?contact=c-7");
  REQUIRE_FALSE(synced.empty());
  CHECK_THAT(synced.back().body, Catch::Contains(R"("name":"Ada")"));
  const auto imported = example_peer().requests("/echo?contacts=many");
  REQUIRE_FALSE(imported.empty());
  CHECK_THAT(imported.back().body, Catch::Contains(R"("id":"c-3")"));
}
