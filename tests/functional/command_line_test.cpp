// The command line against a running server: from a new project to the history of a run.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string lead_folder = std::string(MILLRACE_EXAMPLES) + "/lead-to-crm";

/// A project made by the commands alone.
class CommandLineProject {
 public:
  CommandLineProject() {
    const Json created = json_of(run({"projects", "create", "--admin-key", admin_key, "--json"}));
    id = string_at(created, "/id");
    api_key = string_at(created, "/apiKey");
    run({"keys", "--out", keys.path()});
    manage({"signing-keys", "put", "--kid", "dev", "--pem", keys.path() + "/public.pem"});
  }

  /// With the server's address; returns what it prints and fails the test when it fails.
  static std::string run(std::vector<std::string> arguments) {
    if (arguments.front() != "keys") {
      arguments.insert(arguments.end(), {"--url", shared_server().url()});
    }
    const ProgramEnd end = run_millrace(arguments);
    INFO(arguments.front() << ": " << end.errors);
    CHECK(end.exit_code == 0);
    return end.output;
  }
  std::string manage(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--project", id, "--api-key", api_key});
    return run(arguments);
  }
  std::vector<std::string> trigger_of(const std::string& workflow, const std::string& data) const {
    return {"trigger",
            workflow,
            "--project",
            id,
            "--key",
            keys.path() + "/private.pem",
            "--data",
            data,
            "--json",
            "--url",
            shared_server().url()};
  }

  TemporaryDirectory keys;
  std::string id;
  std::string api_key;
};

}  // namespace

TEST_CASE("the example folder is deployed, triggered and found in the history by commands") {
  const CommandLineProject project;
  project.manage({"deploy", lead_folder});
  const ProgramEnd triggered =
      run_millrace(project.trigger_of("follow-up", R"({"company": "Acme", "waitSeconds": 0})"));
  CHECK(triggered.exit_code == 0);
  CHECK_THAT(triggered.output, Catch::Contains("executionId"));

  CHECK(poll_until([&] {
    const std::string listed =
        project.manage({"executions", "list", "--workflow", "follow-up", "--json"});
    return listed.find("SUCCEEDED") != std::string::npos;
  }));
  const Answer list = call_server(
      shared_server().port(),
      {"GET", "/projects/" + project.id + "/task-history/workflow-executions", project.api_key});
  const std::string run = string_at(list.json, "/workflowExecutions/0/id");
  CHECK_THAT(project.manage({"executions", "show", run}), Catch::Contains("compose"));
}

TEST_CASE("a lead goes through the example workflow as its comments promise") {
  const CommandLineProject project;
  project.manage({"deploy", lead_folder});
  const ProgramEnd end = run_millrace(project.trigger_of(
      "lead-to-crm",
      R"({"email": " Ada@Example.COM ", "tags": ["a", "A", "b"], "employees": 500})"));
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.output, Catch::Contains("ada@example.com"));
  const ProgramEnd refused = run_millrace(project.trigger_of("lead-to-crm", R"({"email": 5})"));
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.output + refused.errors, Catch::Contains("email"));
}

TEST_CASE("the commands say by their exit code who is to blame") {
  CHECK(run_millrace({"--help"}).exit_code == 0);
  CHECK(run_millrace({"no-such-command"}).exit_code == 2);
  CHECK(run_millrace({"serve", "--no-such-option"}).exit_code == 2);
  CHECK(run_millrace({"serve", "--listen", "nonsense", "--in-memory"}).exit_code == 2);
  CHECK(run_millrace({"validate", lead_folder}).exit_code == 0);
  CHECK(run_millrace({"validate", "/no/such/folder"}).exit_code != 0);
  // A port of the reserved range, on which nothing listens.
  const ProgramEnd nobody =
      run_millrace({"projects", "create", "--admin-key", admin_key, "--url", "http://127.0.0.1:1"});
  CHECK(nobody.exit_code == 3);
  CHECK_FALSE(nobody.errors.empty());
  const ProgramEnd stranger =
      run_millrace({"projects", "create", "--admin-key", "wrong", "--url", shared_server().url()});
  CHECK(stranger.exit_code == 1);
}

TEST_CASE("a second server on a taken port is refused and says what to do") {
  const std::string taken = "127.0.0.1:" + std::to_string(shared_server().port());
  const ProgramEnd end = run_millrace({"serve", "--in-memory", "--listen", taken});
  CHECK(end.exit_code == 2);
  CHECK_THAT(end.errors, Catch::Contains("another process uses this port"));
  CHECK(is_well(shared_server()));
}

TEST_CASE("the effective configuration hides the admin key") {
  const ProgramEnd end =
      run_millrace({"serve", "--print-config", "--admin-key", "very-secret", "--idle-time", "5s"});
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.output, Catch::Contains("idle-time = 5s"));
  CHECK(end.output.find("very-secret") == std::string::npos);
}
