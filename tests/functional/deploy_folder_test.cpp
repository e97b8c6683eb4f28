// A folder is deployed as one thing: all of it or nothing, and what is live already stays as it is.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/child_process.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string crm = R"("crm": {"name": "CRM", "baseUrl": "https://crm.example"})";

std::string workflow(const std::string& id, const std::string& answer) {
  return '"' + id + R"(": {"integration": "crm", "trigger": {"type": "request"},
      "steps": [{"id": "r", "type": "response", "body": )" +
         answer + "}]}";
}

std::string folder(const std::string& integrations, const std::string& workflows) {
  return R"({"integrations": {)" + integrations + R"(}, "workflows": {)" + workflows + "}}";
}

std::string changes_of(const Answer& answer) {
  std::string changes;
  for (const char* const kind : {"integrations", "workflows"}) {
    for (const Json& each : answer.json.at(kind).as_array()) {
      changes += string_at(each, "/change") + ' ';
    }
  }
  return changes;
}

}  // namespace

TEST_CASE("a folder is added, found unchanged, and changed where it differs") {
  const TestProject project(shared_server());
  const Answer added =
      project.post("/deploy", folder(crm, workflow("a", "1") + "," + workflow("b", "1")));
  CHECK(added.status == 200);
  CHECK(added.at("/applied") == "true");
  CHECK(changes_of(added) == "added added added ");
  CHECK(project.get("/workflows/a").at("/deployedVersion") == "1");

  const Answer again =
      project.post("/deploy", folder(crm, workflow("a", "1") + "," + workflow("b", "2")));
  CHECK(changes_of(again) == "unchanged unchanged changed ");
  CHECK(again.at("/workflows/0/version") == "1");
  CHECK(again.at("/workflows/1/version") == "2");
  CHECK(project.get("/workflows/a/versions").json.at("versions").as_array().size() == 1);
  CHECK(project.get("/workflows/b").at("/deployedVersion") == "2");
}

TEST_CASE("a folder with one definition that is refused changes nothing at all") {
  const TestProject project(shared_server());
  const Answer refused = project.post(
      "/deploy",
      folder(crm, workflow("good", "1") + "," + workflow("bad", R"("{{none.result}}")")));
  CHECK(refused.status == 400);
  CHECK(refused.json.at("refused").as_array().size() == 1);
  CHECK(refused.at("/refused/0/id") == R"("bad")");
  CHECK(refused.at("/refused/0/kind") == R"("workflow")");
  CHECK(refused.at("/refused/0/details/0/path") == R"("/steps/0/body")");
  CHECK(project.get("/workflows/good").status == 404);
  CHECK(project.get("/workflows/bad").status == 404);
  CHECK(project.get("/integrations/crm").status == 404);
}

TEST_CASE("what a folder would change is said without changing it") {
  const TestProject project(shared_server());
  const Answer plan = project.post("/deploy?check=true", folder(crm, workflow("a", "1")));
  CHECK(plan.status == 200);
  CHECK(plan.at("/applied") == "false");
  CHECK(changes_of(plan) == "added added ");
  CHECK(project.get("/workflows/a").status == 404);
  CHECK(project.post("/deploy?check=maybe", "{}").status == 400);
  CHECK(project.post("/deploy", R"({"workflow": {}})").status == 400);
}

TEST_CASE("a changed integration makes a new version of the workflows that use it") {
  const TestProject project(shared_server());
  const std::string steps = R"("a": {"integration": "crm", "trigger": {"type": "request"},
      "steps": [{"id": "q", "type": "request", "method": "GET", "integration": "crm",
                 "path": "/x"}]})";
  CHECK(project.post("/deploy", folder(crm, steps)).status == 200);
  const Answer changed = project.post(
      "/deploy", folder(R"("crm": {"name": "CRM", "baseUrl": "https://other.example"})", steps));
  CHECK(changes_of(changed) == "changed changed ");
  CHECK(project.get("/workflows/a").at("/deployedVersion") == "2");
}

TEST_CASE("deploying an unchanged draft answers the version that is live") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": 1})");
  const Answer again = project.post("/workflows/w/deploy");
  CHECK(again.status == 200);
  CHECK(again.text == R"({"version":1,"unchanged":true})");
  CHECK(project.get("/workflows/w/versions").json.at("versions").as_array().size() == 1);
}

TEST_CASE("a draft that differs from what is live by digits alone is a new version") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": 12345678901234567890123})");
  REQUIRE(project
              .put("/workflows/w", R"({"name": "w", "trigger": {"type": "request"}, "steps": [
                {"id": "r", "type": "response", "body": 12345678901234567890124}]})")
              .status == 200);
  CHECK(project.get("/workflows/w/versions/1/diff").at("/summary/changed") == "1");
  CHECK(project.post("/workflows/w/deploy").text == R"({"version":2})");
  CHECK(project.get("/workflows/w/versions/2/diff").at("/summary/changed") == "0");
}
