#include "http/cli/check_folder.h"

#include "http/cli/output.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>

namespace millrace {
namespace {

/// Compiles nothing: code with "const = " in it is wrong.
class PickyFunctions final : public FunctionEngine {
 public:
  CallId run(FunctionCall, std::function<void(FunctionOutcome)>) override { return 0; }
  void cancel(CallId) override {}
  Outcome check(const std::string& code) override {
    const auto at = code.find("const = ");
    if (at == std::string::npos) return Done{};
    const auto lines = std::count(code.begin(), code.begin() + static_cast<long>(at), '\n');
    return Error(ErrorCode::function_syntax, "SyntaxError: Unexpected token '=' (line " +
                                                 std::to_string(lines + 1) + ", column 9)");
  }
  void stop() override {}
};

Result<std::unique_ptr<FunctionEngine>> picky() {
  return std::unique_ptr<FunctionEngine>(std::make_unique<PickyFunctions>());
}

class Project {
 public:
  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = root() + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  std::string root() const { return directory_.path(); }
  /// `FILE:LINE:COLUMN: …`, the files from the folder on, one per line.
  std::string findings() const {
    const auto folder = read_project_folder(root());
    if (!folder) return folder.error().message;
    std::string all;
    for (const auto& finding : check_folder(*folder, picky).findings) {
      all += finding_line(finding).substr(root().size() + 1) + "\n";
    }
    return all;
  }

 private:
  tests::TemporaryDirectory directory_;
};

const std::string good = R"({"trigger":{"type":"request"},"steps":[{"id":"r","type":"response"}]})";

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("one broken file of a folder hides nothing of the others", "[http]") {
  const Project project;
  project.write("workflows/a.json", "{\n  \"steps\": [,]\n}");
  project.write(
      "workflows/b.json",
      "{\"trigger\": {\"type\": \"request\"},\n \"steps\": [\n  {\"id\": \"f\", \"type\": "
      "\"function\",\n   \"codeFile\": \"missing.js\"},\n  {\"id\": \"g\", \"type\": "
      "\"functoin\"}]}");
  project.write("workflows/c.json", good);
  project.write("workflows/d.json", "{}");
  project.write("integrations/crm/integration.json", "{\n\"name\": 5}");
  const std::string found = project.findings();
  CHECK_THAT(found, says("workflows/a.json:2:13: not valid JSON"));
  CHECK_THAT(found, says("workflows/b.json:4:4: ") && says("missing.js cannot be read"));
  CHECK_THAT(found, says("workflows/b.json:5:15: step g: there is no step type `functoin`"));
  CHECK_THAT(found, says("workflows/d.json:1:1: `trigger` is missing"));
  CHECK_THAT(found, says("integrations/crm/integration.json:2:1: "));
  CHECK_THAT(found, !says("c.json"));
}

TEST_CASE("a mistake in JavaScript is shown in the file where it stands", "[http]") {
  const Project project;
  project.write("workflows/code/f.js", "(parameters) => {\n  const = 1\n}");
  project.write("workflows/a.json",
                "{\"trigger\": {\"type\": \"request\"}, \"steps\": [\n"
                "  {\"id\": \"f\", \"type\": \"function\", \"codeFile\": \"code/f.js\"},\n"
                "  {\"id\": \"g\", \"type\": \"function\", \"code\": \"() => 1\\nconst = 1\"}]}");
  const std::string found = project.findings();
  CHECK_THAT(found, says("workflows/code/f.js:2:9: step f: SyntaxError"));
  CHECK_THAT(found,
             says("workflows/a.json:3:35: step g: SyntaxError") && says("(line 2, column 9)"));
}

TEST_CASE("a file that is not UTF-8 is named itself, and a byte order mark is no fault", "[http]") {
  const Project project;
  project.write("workflows/f.js", "(p) =>\n 'caf\xe9'\n");
  project.write(
      "workflows/a.json",
      R"({"trigger":{"type":"request"},"steps":[{"id":"f","type":"function","codeFile":"f.js"}]})");
  project.write("workflows/b.json", "\xEF\xBB\xBF" + good);
  project.write("workflows/c.json", "\xFF\xFE{");
  CHECK(project.findings() ==
        "workflows/c.json:1:1: the file is UTF-16; save it as UTF-8\n"
        "workflows/f.js:2:1: the file is not UTF-8 text; save it as UTF-8\n");
}

TEST_CASE("a key that is there twice is a finding with its place", "[http]") {
  const Project project;
  project.write(
      "workflows/a.json",
      "{\"trigger\":{\"type\":\"request\"},\"steps\":[{\"id\":\"r\",\n\"type\":\"response\",\n"
      "\"type\":\"delay\"}]}");
  CHECK_THAT(project.findings(),
             says("workflows/a.json:3:1: the key `type` is there already, at line 2, column 1"));
}

TEST_CASE("project.json knows its keys", "[http]") {
  const Project project;
  project.write("workflows/a.json", good);
  project.write("project.json", "{\"id\": \"demo\",\n \"naem\": \"Demo\"}");
  CHECK(project.findings() ==
        "project.json:2:2: `naem` is not a key that is known here (did you mean 'name'?)\n");
  project.write("project.json", "[]");
  CHECK(project.findings() == "project.json:1:1: expected an object, got array\n");
  project.write("project.json", "{");
  CHECK_THAT(project.findings(), says("project.json:1:2: not valid JSON: it ends too early"));
}

TEST_CASE("files that nothing reads are named with the place where they belong", "[http]") {
  const Project project;
  project.write("workflows/a.json", good);
  project.write("workflows/lead.yaml", "steps: []");
  project.write("workflows/sub/b.json", good);
  project.write("integrations/crm.json", "{}");
  project.write("integrations/slack/config.json", "{}");
  project.write("lead.json", good);
  project.write("project.yml", "id: x");
  project.write("workflow/b.json", good);
  project.write("resources/created.yaml", "{}");
  // Of no concern to Millrace:
  project.write("package.json", "{}");
  project.write("docker-compose.yml", "services: {}");
  project.write("README.md", "steps:");
  project.write("node_modules/x/workflow.json", good);
  project.write("workflows/sub/example.json", "{\"email\": \"a@b\"}");
  project.write("workflows/notes.txt", "steps:");
  std::istringstream lines(project.findings());
  std::string files;
  for (std::string line; std::getline(lines, line);) files += line.substr(0, line.find(':')) + "\n";
  CHECK(files ==
        "integrations/crm.json\n"
        "integrations/slack\n"
        "lead.json\n"
        "project.yml\n"
        "resources/created.yaml\n"
        "workflow\n"
        "workflows/lead.yaml\n"
        "workflows/sub/b.json\n");
  CHECK_THAT(project.findings(), says("integrations/crm/integration.json") &&
                                     says("workflows/b.json") && says("written in JSON"));
}

TEST_CASE("a mistake in an integration hides none in its workflows", "[http]") {
  const Project project;
  project.write(
      "integrations/crm/integration.json",
      R"({"baseUrl":"https://crm.example","bogus":1,"webhooks":{"made":{"scope":"user"}}})");
  project.write("workflows/w.json",
                R"({"integration":"crm","trigger":{"type":"webhook","webhook":"mad"},"steps":[
                    {"id":"r","type":"delay","value":1,"unit":"DAYS"}]})");
  const std::string found = project.findings();
  CHECK_THAT(found, says("bogus") && says("has no webhook `mad`"));
  CHECK_THAT(found, !says("has no integration"));
}

TEST_CASE("without an engine for JavaScript the check says so and does the rest", "[http]") {
  const Project project;
  project.write("workflows/a.json", R"({"steps":[]})");
  const auto folder = read_project_folder(project.root());
  const auto check = check_folder(*folder, []() -> Result<std::unique_ptr<FunctionEngine>> {
    return Error(ErrorCode::invalid_request, "there is none");
  });
  CHECK(check.why_no_javascript == "there is none");
  CHECK(check.findings.size() == 2);
}

}  // namespace millrace
