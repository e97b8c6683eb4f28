// The commands of docs/task-history.md, as a reader pastes them, against the real server.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

#include <sstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// The fence "```sh NAME".
std::string commands(const std::string& name) {
  std::istringstream in(read_file(MILLRACE_TASK_HISTORY_PAGE));
  std::string text;
  bool is_inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```sh " + name) {
      is_inside = true;
    } else if (line == "```") {
      is_inside = false;
    } else if (is_inside) {
      text += line + '\n';
    }
  }
  if (text.empty()) throw std::runtime_error("no commands of " + name);
  return text;
}

/// What the commands of the page answer.
Json answer_to(const TestProject& project, const std::string& name, const std::string& run) {
  const std::string script = "URL=" + shared_server().url() + "\nKEY=" + project.api_key() +
                             "\nRUN=" + run + '\n' +
                             replaced(commands(name), "projects/demo", "projects/" + project.id());
  const ProgramEnd end = run_program({"/bin/bash", "-c", script});
  INFO(end.output << end.errors);
  CHECK(end.exit_code == 0);
  return json_of(end.output);
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
