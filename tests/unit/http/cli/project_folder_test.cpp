#include "http/cli/project_folder.h"

#include "runtime/definitions/compile_workflow.h"
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>
#include <stdlib.h>

namespace millrace {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "millrace-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
    fs::create_directories(path + "/project/workflows");
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name) << text;
  }
  std::string path;
};

/// What is wrong first, with its file.
std::string refusal(const std::string& path) {
  const auto folder = read_project_folder(path);
  if (!folder) return folder.error().message;
  if (folder->findings.empty()) return "accepted";
  const auto& finding = folder->findings.front();
  return finding.file + ": " + finding.detail.message;
}

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("a project folder is its id and its workflows, code put in place", "[http]") {
  const Folder folder;
  folder.write("project/project.json", R"({"id":"demo"})");
  folder.write("project/shared.js", "() => 1");
  folder.write("project/workflows/b.json", R"({"name":"B"})");
  folder.write("project/workflows/a.json",
               R"({"steps":[{"id":"x","then":[{"id":"y","codeFile":"../shared.js"}]}]})");
  folder.write("project/workflows/notes.txt", "not a workflow");
  const auto project = read_project_folder(folder.path + "/project");
  REQUIRE(project.ok());
  CHECK(project->project_id == "demo");
  REQUIRE(project->workflows.size() == 2);
  CHECK(project->workflows[0].id == WorkflowId("a"));
  CHECK(to_text(project->workflows[0].definition) ==
        R"({"steps":[{"id":"x","then":[{"id":"y","code":"() => 1"}]}]})");
  CHECK(read_project_folder(folder.path + "/project/workflows/b.json")->workflows.size() == 1);
}

TEST_CASE("a definition cannot publish files from outside its project", "[http]") {
  const Folder folder;
  folder.write("secret.txt", "secret");
  for (const std::string file : {"../../secret.txt", "/etc/hostname"}) {
    folder.write("project/workflows/a.json",
                 R"({"steps":[{"id":"x","codeFile":")" + file + R"("}]})");
    CHECK_THAT(refusal(folder.path + "/project"), says("outside the project's folder"));
  }
}

TEST_CASE("what is missing or broken in a folder is named with its file", "[http]") {
  const Folder folder;
  CHECK_THAT(refusal(folder.path + "/nowhere"), says("neither a definition file nor a folder"));
  std::filesystem::create_directories(folder.path + "/empty/workflows");
  CHECK_THAT(refusal(folder.path + "/empty"), says("there is no workflow and no integration"));
  folder.write("project/workflows/a.json", "{");
  CHECK_THAT(refusal(folder.path + "/project"), says("a.json: not valid JSON"));
  folder.write("project/workflows/a.json", R"({"steps":[{"codeFile":"missing.js"}]})");
  CHECK_THAT(refusal(folder.path + "/project"), says("missing.js cannot be read"));
}

TEST_CASE("the examples of the repository are valid workflows", "[http]") {
  const auto project = read_project_folder(MILLRACE_SOURCE_DIR "/examples/lead-to-crm");
  if (!project) FAIL(project.error().message);
  CHECK(project->workflows.size() == 3);
  for (const auto& workflow : project->workflows) {
    const auto compiled =
        compile_workflow(workflow.definition, {ProjectId("demo"), workflow.id, WorkflowVersion(0)});
    INFO(workflow.path);
    if (!compiled) {
      for (const auto& detail : compiled.error().details) UNSCOPED_INFO(detail.message);
      FAIL(compiled.error().message);
    }
  }
}

}  // namespace millrace
