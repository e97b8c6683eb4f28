// `millrace test`: the tests of a project folder.
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"
#include "tests/support/test_project.h"

#include <filesystem>
#include <fstream>
#include <set>

using namespace millrace;
using namespace millrace::tests;
using Catch::Contains;

namespace {

class Folder {
 public:
  Folder() {
    write("integrations/crm/integration.json",
          R"({"name": "CRM", "baseUrl": "https://api.crm.example/v1", "auth": {"type": "bearer"},
              "actions": {"create": {"method": "POST", "path": "/contacts", "bodyType": "json",
                "body": "{{parameters}}", "parameters": {"email": {"type": "string"}}}}})");
    write("workflows/sync.json",
          R"json({"name": "Sync", "integration": "crm", "trigger": {"type": "request"}, "steps": [
               {"id": "add", "type": "action", "action": "create",
                "parameters": {"email": "{{trigger.request.body.email}}"}},
               {"id": "list", "type": "request", "method": "GET",
                "url": "https://x.example/list?k={{secrets.K}}",
                "pagination": {"output": "response.body.items", "pageToken": "response.body.next"}},
               {"id": "sum", "type": "function", "parameters": {"n": "{{list.response.results}}"},
                "code": "({ n }) => n.reduce((a, b) => a + b)"},
               {"id": "reply", "type": "response",
                "body": {"id": "{{add.result.id}}", "sum": "{{sum.result}}"}}]})json");
  }

  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = directory_.path() + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  ProgramEnd test(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"test", directory_.path()});
    return run_millrace(options);
  }

 private:
  const TemporaryDirectory directory_;
};

const std::string mocks =
    R"("secrets": {"K": "a-secret"}, "request": {"body": {"email": "a@b.example"}},
  "mocks": {"add": {"statusCode": 201, "body": {"id": 7}},
            "list": [{"body": {"items": [1, 2], "next": "p"}}, {"body": {"items": [3]}}]})";

}  // namespace

TEST_CASE("a test of a folder runs JavaScript for real and answers requests from its mocks") {
  const Folder folder;
  folder.write("tests/good.json", R"({"workflow": "sync", )" + mocks + R"(,
    "expect": {"status": "SUCCEEDED", "response": {"statusCode": 200, "body": {"id": 7, "sum": 6}},
      "requests": {"add": [{"method": "POST", "url": "https://api.crm.example/v1/contacts",
                            "headers": {"authorization": "Bearer test-token"},
                            "body": {"email": "a@b.example"}}],
                   "list": [{"url": "*k=a-secret"}, {"url": "*"}]}}})");
  const ProgramEnd end = folder.test();
  INFO(end.output << end.errors);
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.output, Contains("good.json: passed") && Contains("1 of 1 passed"));
}

TEST_CASE("a test that fails names what was expected, what there is, and why the run failed") {
  const Folder folder;
  folder.write("tests/a.json",
               R"({"workflow": "sync", )" + mocks +
                   R"(, "expect": {"response": {"body": {"sum": 7, "other": 1}}}})");
  folder.write("tests/b.json", R"({"workflow": "sync", "expect": {"status": "SUCCEEDED"}})");
  const ProgramEnd end = folder.test();
  INFO(end.output << end.errors);
  CHECK(end.exit_code == 1);
  CHECK_THAT(end.output, Contains("response.body.sum: expected 7, got 6") &&
                             Contains("response.body.other: expected 1, there is none") &&
                             Contains("failed step add: ") && Contains("0 of 2 passed"));
  const Json report = *parse_json(folder.test({"--json"}).output);
  CHECK(text_at(report, "/passed") == "false");
  CHECK(string_at(report, "/tests/0/differences/0/path") == "response.body.sum");
}

TEST_CASE("a misspelt member of a test is a finding with its place, and no test runs") {
  const Folder folder;
  folder.write("tests/a.json",
               "{\"workflow\": \"sync\",\n \"mock\": {}, \"expect\": {\"statu\": 1}}");
  const ProgramEnd end = folder.test();
  CHECK(end.exit_code == 1);
  CHECK_THAT(end.errors, Contains("a.json:2:2: `mock`") && Contains("did you mean 'status'"));
  CHECK(end.output.empty());
}

TEST_CASE("a folder without tests and a test of no workflow say what to do") {
  const Folder folder;
  const ProgramEnd none = folder.test();
  CHECK(none.exit_code == 2);
  CHECK_THAT(none.errors, Contains("put tests/NAME.json there"));
  folder.write("tests/a.json", R"({"workflow": "synk", "expect": {"status": "SUCCEEDED"}})");
  const ProgramEnd wrong = folder.test();
  CHECK(wrong.exit_code == 1);
  CHECK_THAT(wrong.output, Contains("did you mean \"sync\"?"));
}

TEST_CASE("the tests of the example folders pass") {
  std::size_t folders = 0;
  for (const auto& folder : std::filesystem::directory_iterator(MILLRACE_EXAMPLES)) {
    if (!folder.is_directory()) continue;
    ++folders;
    const ProgramEnd end = run_millrace({"test", folder.path().string()});
    INFO(folder.path() << end.output << end.errors);
    CHECK(end.exit_code == 0);
  }
  CHECK(folders >= 4);
}

TEST_CASE("deploying one example replaces nothing of another one, nor of what the pages put") {
  std::set<std::string> taken{"integrations/crm", "integrations/hub", "resources/api"};
  std::size_t things = 0;
  for (const auto& folder : std::filesystem::directory_iterator(MILLRACE_EXAMPLES)) {
    for (const std::string kind : {"events", "integrations", "resources", "workflows"}) {
      const auto path = folder.path() / kind;
      if (!std::filesystem::is_directory(path)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(path)) {
        const bool is_code_of_workflow = kind == "workflows" && entry.is_directory();
        if (is_code_of_workflow) continue;
        ++things;
        INFO(entry.path());
        CHECK(taken.insert(kind + "/" + entry.path().stem().string()).second);
      }
    }
  }
  CHECK(things >= 14);
}

TEST_CASE(
    "a test may expect that a step has sent nothing, and has no mock for a step that there is "
    "not") {
  const Folder folder;
  folder.write("tests/a.json", R"({"workflow": "sync", "mocks": {"add": {"statusCode": 500}},
    "expect": {"status": "FAILED", "requests": {"add": [{}], "list": []}}})");
  CHECK(folder.test().exit_code == 0);
  folder.write("tests/a.json",
               R"({"workflow": "sync", "mocks": {"ad": {}}, "expect": {"status": "FAILED"}})");
  CHECK_THAT(folder.test().output, Contains("did you mean \"add\"?"));
}

TEST_CASE("a workflow on an app event is tested with a payload") {
  const Folder folder;
  folder.write("workflows/hello.json",
               R"json({"name": "Hello", "trigger": {"type": "event", "event": "E"},
    "steps": [{"id": "f", "type": "function", "parameters": {"n": "{{trigger.name}}"}, "code": "({ n }) => n"}]})json");
  folder.write("tests/a.json", R"({"workflow": "hello", "payload": {"name": "Ada"},
    "expect": {"steps": {"f": {"output": {"result": "Ada"}}}}})");
  CHECK(folder.test().exit_code == 0);
  folder.write(
      "tests/a.json",
      R"({"workflow": "hello", "request": {"body": 1}, "expect": {"status": "SUCCEEDED"}})");
  CHECK_THAT(folder.test().output, Contains("give the test its \"payload\""));
}

TEST_CASE(
    "a workflow that an account starts is given an output of that kind in a test of a folder") {
  const Folder folder;
  folder.write("integrations/drive/integration.json", R"({"baseUrl": "https://drive.example",
    "auth": {"type": "oauth2", "authorizeUrl": "https://drive.example/a",
             "tokenUrl": "https://drive.example/t", "clientId": "i", "clientSecret": "s",
             "scopes": ["read"]}})");
  const auto workflow = [](const std::string& trigger) {
    return R"json({"name": "W", "integration": "drive", "trigger": {"type": ")json" + trigger +
           R"json("}, "steps": [{"id": "f", "type": "function", "parameters": {"r": "{{trigger.result}}"},
             "code": "({ r }) => r"}]})json";
  };
  folder.write("workflows/signed-in.json", workflow("oauth"));
  folder.write("workflows/enabled.json", workflow("integrationEnabled"));
  folder.write("tests/a.json",
               R"({"workflow": "signed-in", "expect": {"status": "SUCCEEDED", "steps": {
    "f": {"output": {"result": {"credentialId": "drive", "providerId": "", "scopes": ["read"]}}}}}})");
  folder.write("tests/b.json",
               R"({"workflow": "enabled", "payload": {"result": {"providerId": "p-7"}},
    "expect": {"status": "SUCCEEDED", "steps": {"f": {"output": {"result": {"providerId": "p-7"}}}}}})");
  const ProgramEnd good = folder.test();
  INFO(good.output << good.errors);
  CHECK(good.exit_code == 0);
  folder.write("tests/c.json", R"({"workflow": "enabled", "request": {"body": 1},
    "expect": {"status": "SUCCEEDED"}})");
  const ProgramEnd wrong = folder.test();
  CHECK(wrong.exit_code == 1);
  CHECK_THAT(wrong.output, Contains("leave out the \"request\""));
}
