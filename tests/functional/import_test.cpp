// A build of the original platform through the real server: by the API, by the command line, and twice.
#include "../unit/runtime/definitions/build_samples.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <fstream>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string first_workflow = "w0000000-0000-4000-8000-000000000001";
const std::string second_workflow = "w0000000-0000-4000-8000-000000000002";

/// "kind id: outcome", one a line.
std::string outcomes(const Answer& answer) {
  std::string all;
  for (const Json& item : answer.json.at("items").as_array()) {
    all += string_at(item, "/kind") + ' ' + string_at(item, "/id") + ": " +
           string_at(item, "/outcome") + '\n';
  }
  return all;
}

std::string workflow_lines(const std::string& others) {
  std::string lines;
  for (const char number : {'1', '2', '3', '4', '5'}) {
    lines += "workflow w0000000-0000-4000-8000-00000000000" + std::string(1, number) + ": " +
             (number == '4' ? "left_out" : others) + '\n';
  }
  return lines;
}

std::string head_lines(const std::string& integration, const std::string& secret = "waiting") {
  return "secret CRM_KEY: " + secret + "\nevent Contact Created: " + integration +
         "\nresource r1: waiting\nintegration crm: " + integration + "\nwebhook c1: waiting\n";
}

}  // namespace

TEST_CASE("a build is imported, and importing it twice changes nothing") {
  const TestProject project(shared_server());
  const Answer first = project.post("/import", sample_build);
  REQUIRE(first.status == 200);
  CHECK(outcomes(first) == head_lines("imported") + workflow_lines("imported"));
  CHECK(first.at("/summary") ==
        R"({"imported":6,"unchanged":0,"kept":0,"waiting":3,"left_out":1})");
  const std::string listed = project.get("/workflows").text;
  const std::string integration = project.get("/integrations/crm").text;

  const Answer second = project.post("/import", sample_build);
  CHECK(outcomes(second) == head_lines("unchanged") + workflow_lines("unchanged"));
  CHECK(project.get("/workflows").text == listed);
  CHECK(project.get("/integrations/crm").text == integration);
}

TEST_CASE("what somebody has filled in since the import is kept unless it is to be replaced") {
  const TestProject project(shared_server());
  REQUIRE(project.post("/import", sample_build).status == 200);
  const std::string mended =
      R"json({"name": "Mine", "integration": "crm", "trigger": {"type": "request"}, "steps": []})json";
  REQUIRE(project.put("/workflows/" + first_workflow, mended).status == 200);
  REQUIRE(project.put("/integrations/crm", R"({"baseUrl": "https://crm.example"})").status == 200);
  REQUIRE(project.put("/secrets/CRM_KEY", R"({"value": "0123456789"})").status < 300);

  const Answer again = project.post("/import", sample_build);
  CHECK_THAT(outcomes(again), Catch::Contains("workflow " + first_workflow + ": kept") &&
                                  Catch::Contains("integration crm: unchanged") &&
                                  Catch::Contains("secret CRM_KEY: unchanged"));
  CHECK(project.get("/workflows/" + first_workflow).at("/name") == R"("Mine")");
  const Answer replaced = project.post("/import?replace=true", sample_build);
  CHECK_THAT(outcomes(replaced), Catch::Contains("workflow " + first_workflow + ": imported"));
  CHECK(project.get("/workflows/" + first_workflow).at("/name") == R"("Answer")");
  CHECK(project.get("/integrations/crm").at("/definition/baseUrl") == R"("https://crm.example")");
  CHECK(project.post("/import?replace=yes", sample_build).status == 400);
}

TEST_CASE(
    "an imported workflow goes round through the API and runs once its integration is there") {
  const TestProject project(shared_server());
  REQUIRE(project.post("/import", sample_build).status == 200);
  const Answer draft = project.get("/workflows/" + first_workflow);
  const Answer put_again =
      project.put("/workflows/" + first_workflow, to_text(draft.json.at("definition")));
  CHECK(put_again.at("/definition") == draft.at("/definition"));

  REQUIRE(project.post("/workflows/" + first_workflow + "/deploy").status == 200);
  CHECK(project.trigger(first_workflow, R"({"name": "Ada"})").at("/code") ==
        R"("integration_inactive")");
  REQUIRE(project.put("/integrations/crm", R"({"baseUrl": "https://crm.example"})").status == 200);
  const std::string sdk = project.path("/sdk/integrations/crm/connect");
  REQUIRE(call_server(project.port(), {"POST", sdk, project.token(), "{}"}).status == 201);
  const Answer answer = project.trigger(first_workflow, R"({"name": "Ada"})");
  CHECK(answer.text == R"({"greeting":"Hello Ada"})");

  // The other one listens to an event of the build, which has been put with it.
  CHECK(project.post("/workflows/" + second_workflow + "/deploy").status == 200);
  CHECK(project.get("/events/Contact%20Created").status == 200);
}

TEST_CASE("a workflow in the compiled form is saved with what it waits for") {
  const TestProject project(shared_server());
  const Answer saved = project.put("/workflows/w", R"json({"name": "w", "steps": [
    {"id": "t", "type": "TRIGGER/ACTION", "next": ["a"], "parameters": {"intent":
      "RECORD_CREATED", "resourceId": "our-api"}},
    {"id": "a", "type": "UNSELECTED", "parameters": {}}]})json");
  CHECK(saved.status == 200);
  CHECK(saved.at("/findings/0/code") == R"("not_selected")");
  CHECK(saved.at("/findings/0/weight") == R"("waits")");
  CHECK(saved.at("/findings/0/path") == R"("/steps/1/type")");
  CHECK(saved.at("/definition/trigger/resource") == R"("our-api")");
}

TEST_CASE("what is no build is refused with the reason") {
  const TestProject project(shared_server());
  CHECK(project.post("/import", "{").at("/code") == R"("invalid_json")");
  // The second one would take the place of the first without a word.
  const Answer twice = project.post("/import", R"({"integrations": {"a": {}, "a": {}}})");
  CHECK(twice.status == 400);
  CHECK_THAT(twice.text, Catch::Contains("is there already"));
  const Answer none = project.post("/import", R"({"steps": []})");
  CHECK(none.status == 400);
  CHECK_THAT(none.text, Catch::Contains("this is no build"));
}

TEST_CASE("the import command prints one line for each thing of the build") {
  const TestProject project(shared_server());
  const TemporaryDirectory folder;
  const std::string file = folder.path() + "/build.json";
  std::ofstream(file) << sample_build;
  const std::vector<std::string> command{
      "import",          file,    "--project",          project.id(), "--api-key",
      project.api_key(), "--url", shared_server().url()};
  const ProgramEnd end = run_millrace(command);
  CHECK(end.exit_code == 1);  // one workflow was left out
  CHECK_THAT(end.output, Catch::Contains("workflow " + first_workflow + " (Answer): imported\n") &&
                             Catch::Contains(" (Round): left out\n") &&
                             Catch::Contains("[not_in_order]\n") &&
                             Catch::Contains("6 imported, 3 waiting, 1 left out\n"));
  auto json_command = command;
  json_command.push_back("--json");
  const ProgramEnd lines = run_millrace(json_command);
  CHECK(std::count(lines.output.begin(), lines.output.end(), '\n') == 10);
  CHECK(parse_json(lines.output.substr(0, lines.output.find('\n'))).ok());
}
