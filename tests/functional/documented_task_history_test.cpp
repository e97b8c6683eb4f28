// The commands of docs/task-history.md, as a reader pastes them, against the real server.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/documented_commands.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

/// What the commands of the page answer.
Json answer_to(const TestProject& project, const std::string& name, const std::string& run) {
  return json_of(output_of(project, commands_of(MILLRACE_TASK_HISTORY_PAGE, name), "RUN=" + run));
}

/// Steps "lead" and "notify"; the second one does as its code says.
std::string steps(const std::string& code) {
  return R"json({"id": "lead", "type": "function", "parameters": {"b": "{{trigger.request.body}}"},
      "code": "({ b }) => b"},
    {"id": "notify", "type": "function", "parameters": {"email": "{{lead.result.email}}"}, "code": ")json" +
         code + "\"}";
}

}  // namespace

TEST_CASE("the commands of the replay's page do what it says") {
  const TestProject project(shared_server());
  project.deploy_steps("w", steps("() => { throw new Error('not yet'); }"));
  const std::string run = project.start("w", R"({"email": "ada@example.org"})");
  project.wait_for_status(run, "FAILED");
  const auto replayed = [&](const std::string& name) {
    const Json answer = answer_to(project, name, run);
    CHECK(string_at(answer, "/replayOf") == run);
    return string_at(answer, "/id");
  };
  project.wait_for_status(replayed("replay"), "FAILED");
  project.deploy_steps("w", steps("({ email }) => `to ${email}`"));
  const std::string from_step = replayed("from a step");
  project.wait_for_status(from_step, "SUCCEEDED");
  CHECK(text_at(project.step(from_step, "notify"), "/output/result") == R"("to ada@example.org")");
  const std::string other = replayed("other outputs");
  project.wait_until_ended(other);
  CHECK(text_at(project.step(other, "notify"), "/input/email") == R"("bob@example.org")");
  const Json job = answer_to(project, "many", run);
  CHECK(string_at(job, "/kind") == "replay");
  CHECK(text_at(job, "/refusedTotal") == "0");
}
