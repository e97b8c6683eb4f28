// What commands say besides their result.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <filesystem>
#include <fstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

struct Folder {
  void write(const std::string& name, const std::string& text) const {
    const std::string path = directory.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  void remove(const std::string& name) const {
    std::filesystem::remove(directory.path() + "/" + name);
  }
  TemporaryDirectory directory;
};

ProgramEnd of_project(const TestProject& project, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--url", shared_server().url(), "--project", project.id(),
                                     "--api-key", project.api_key()});
  return run_millrace(arguments);
}

const std::string uses_secret = R"json({"trigger": {"type": "request"}, "steps": [{"id": "f",
    "type": "function", "code": "() => 1", "parameters": {"k": "{{secrets.CRM_KEY}}"}}]})json";

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("a deploy says where it went, what is missing, and what is live beside the folder") {
  const TestProject project(shared_server());
  const Folder folder;
  folder.write("workflows/kept.json", uses_secret);
  folder.write("workflows/old.json", R"({"trigger": {"type": "request"},
      "steps": [{"id": "r", "type": "response", "body": 1}]})");
  const ProgramEnd first = of_project(project, {"deploy", folder.directory.path()});
  CHECK(first.exit_code == 0);
  CHECK_THAT(first.output,
             says("deployed to project " + project.id() + " at " + shared_server().url()));
  CHECK_THAT(first.errors, says("kept uses the secret CRM_KEY") && says("millrace secrets put"));
  folder.remove("workflows/old.json");
  const ProgramEnd second = of_project(project, {"deploy", folder.directory.path()});
  CHECK_THAT(second.errors, says("old is live, version 1") && says("workflows undeploy old"));
  CHECK(of_project(project, {"workflows", "undeploy", "old"}).exit_code == 0);
  CHECK(of_project(project, {"deploy", folder.directory.path()}).errors.find("old is live") ==
        std::string::npos);
}

TEST_CASE("a deploy beside many live workflows names the first of them and counts the others") {
  const TestProject project(shared_server());
  const Folder folder;
  const auto file_of = [](int number) { return "workflows/w" + std::to_string(number) + ".json"; };
  for (int i = 1; i <= 8; ++i) {
    folder.write(file_of(i), R"({"trigger": {"type": "request"},
        "steps": [{"id": "r", "type": "response", "body": 1}]})");
  }
  REQUIRE(of_project(project, {"deploy", folder.directory.path()}).exit_code == 0);
  for (int i = 1; i <= 7; ++i) folder.remove(file_of(i));
  CHECK_THAT(of_project(project, {"deploy", folder.directory.path()}).errors,
             says("note: 7 workflows are live and not in the folder: w1, w2, w3, w4, w5 and 2 "
                  "others; millrace workflows undeploy ID"));
}

TEST_CASE("a faulty test file is told and the other tests run") {
  const Folder folder;
  folder.write("workflows/w.json", R"({"trigger": {"type": "request"},
      "steps": [{"id": "r", "type": "response", "body": 1}]})");
  folder.write("tests/good.json", R"({"workflow": "w", "expect": {"status": "SUCCEEDED"}})");
  folder.write("tests/faulty.json", R"({"workflow": "w", "expct": {}})");
  const ProgramEnd end = run_millrace({"test", folder.directory.path()});
  INFO(end.output << end.errors);
  CHECK(end.exit_code == 1);
  CHECK_THAT(end.output, says("good.json: passed") && says("1 of 1 passed; others cannot be read"));
  CHECK_THAT(end.errors, says("faulty.json:1:") && says("`expct`"));
}

TEST_CASE("the configuration is printed only if a start would take it") {
  for (const auto& refused :
       std::vector<std::vector<std::string>>{{"--admin-key", "x"},
                                             {"--ca-file", "/nowhere/ca.pem"},
                                             {"--proxy", "nonsense"},
                                             {"--secrets-key-file", "/nowhere/key"},
                                             {"--function-worker", "/nowhere/worker"}}) {
    INFO(refused[0]);
    std::vector<std::string> command{"serve", "--print-config"};
    command.insert(command.end(), refused.begin(), refused.end());
    const ProgramEnd end = run_millrace(command);
    CHECK(end.exit_code == 2);
    CHECK(end.output.empty());
  }
}

TEST_CASE("a stranger at a public URL does not learn the name of a secret") {
  const TestProject project(shared_server());
  project.deploy("hook", R"json({"trigger": {"type": "request", "public": true, "headerValidations":
      [{"key": "X-Key", "value": "{{secrets.HOOK_KEY}}", "required": true}]}, "steps": [
      {"id": "r", "type": "response", "body": 1}]})json");
  const std::string url = string_at(project.get("/workflows/hook").json, "/endpoint/url");
  const Answer answer =
      call_server(project.port(), {"POST", url.substr(url.find("/projects/")), "", "{}"});
  CHECK(answer.status == 409);
  CHECK(answer.at("/code") == R"("secret_missing")");
  CHECK(answer.text.find("HOOK_KEY") == std::string::npos);
  // Its owner is told.
  CHECK(poll_until(
      [&] { return project.get("/event-logs").text.find("HOOK_KEY") != std::string::npos; }));
}

TEST_CASE("a build that is no JSON is complained of once") {
  const TestProject project(shared_server());
  const Folder folder;
  folder.write("build.json", "{\"integrations\": ");
  const ProgramEnd end = of_project(project, {"import", folder.directory.path() + "/build.json"});
  INFO(end.errors);
  CHECK(end.exit_code == 1);
  const auto first = end.errors.find("not valid JSON");
  REQUIRE(first != std::string::npos);
  CHECK(end.errors.find("not valid JSON", first + 1) == std::string::npos);
}
