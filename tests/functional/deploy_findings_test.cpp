// What deploy refuses: everything at once, each with its step, its path and the nearest name.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

Answer deploy_draft(const TestProject& project, const std::string& definition) {
  const Answer saved = project.put("/workflows/draft", definition);
  if (saved.status != 200) return saved;
  return project.post("/workflows/draft/deploy");
}

/// "step path nearest" of each finding, one per line.
std::string findings_of(const Answer& answer) {
  std::string text;
  for (const Json& finding : answer.json.at("details").as_array()) {
    const auto* const step = finding.as_object().if_contains("step");
    const auto* const nearest = finding.as_object().if_contains("nearest");
    text += (step != nullptr ? std::string(step->as_string()) : "-") + ' ' +
            string_at(finding, "/path") + ' ' +
            (nearest != nullptr ? std::string(nearest->as_string()) : "-") + '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("deploy reports every error of a definition at once") {
  const TestProject project(shared_server());
  const Answer answer = deploy_draft(project, R"json({
    "trigger": {"type": "request"}, "steps": [
      {"id": "normalise", "type": "function", "code": "() => 1"},
      {"id": "bad", "type": "functoin", "code": "() => 1"},
      {"id": "wait", "type": "delay", "value": 1, "unit": "SECOND"},
      {"id": "wait", "type": "response", "body": "{{normalize.result}}"},
      {"id": "cond", "type": "conditional",
       "if": [[{"variable": "{{normalise.result}}", "operator": "NumberGreaterThen",
                "argument": 1}]], "then": []}]})json");
  CHECK(answer.status == 400);
  CHECK(answer.at("/code") == R"("invalid_definition")");
  // The last names no step: two claim its id.
  CHECK(findings_of(answer) ==
        "bad /steps/1/type function\n"
        "wait /steps/2/unit SECONDS\n"
        "wait /steps/3/id -\n"
        "cond /steps/4/if/0/0/operator NumberGreaterThan\n"
        "- /steps/3/body normalise\n");
  for (const Json& finding : answer.json.at("details").as_array()) {
    CHECK_FALSE(string_at(finding, "/message").empty());
  }
  CHECK(project.get("/workflows/draft").at("/deployedVersion") == "null");
}

TEST_CASE("two steps of one id are refused wherever they stand") {
  const TestProject project(shared_server());
  const Answer answer = deploy_draft(project, R"json({
    "trigger": {"type": "request"}, "steps": [
      {"id": "same", "type": "function", "code": "() => [1]"},
      {"id": "each", "type": "fanOut", "items": "{{same.result}}", "steps": [
        {"id": "same", "type": "function", "code": "() => 1"}]}]})json");
  CHECK(answer.status == 400);
  CHECK(answer.at("/details/0/path") == R"("/steps/1/steps/0/id")");
}

TEST_CASE("a reference to a later or sibling step is refused with a reason") {
  const TestProject project(shared_server());
  const Answer answer = deploy_draft(project, R"json({
    "trigger": {"type": "request"}, "steps": [
      {"id": "early", "type": "function", "code": "() => 1",
       "parameters": {"x": "{{late.result}}"}},
      {"id": "choose", "type": "conditional",
       "if": [[{"variable": "{{early.result}}", "operator": "Exists"}]],
       "then": [{"id": "left", "type": "function", "code": "() => 1"}],
       "else": [{"id": "right", "type": "function", "code": "() => 1",
                 "parameters": {"x": "{{left.result}}"}}]},
      {"id": "late", "type": "function", "code": "() => 1"}]})json");
  CHECK(answer.status == 400);
  CHECK_THAT(findings_of(answer), Catch::Contains("early /steps/0/parameters/x"));
  CHECK_THAT(findings_of(answer), Catch::Contains("right /steps/1/else/0/parameters/x"));
}

TEST_CASE("a syntax error in a function is found at deploy with line and column") {
  const TestProject project(shared_server());
  const Answer answer = deploy_draft(project, R"json({
    "trigger": {"type": "request"}, "steps": [
      {"id": "good", "type": "function", "code": "() => 1"},
      {"id": "bad", "type": "function", "code": "(parameters) => {\n  const x = ;\n}"},
      {"id": "worse", "type": "function", "code": "() => {"}]})json");
  CHECK(answer.status == 400);
  CHECK(answer.at("/code") == R"("invalid_definition")");
  CHECK(findings_of(answer) == "bad /steps/1/code -\nworse /steps/2/code -\n");
  // The offending token of "bad" is the semicolon: line 2, column 13.
  CHECK_THAT(string_at(answer.json, "/details/0/message"), Catch::Contains("line 2, column 13"));
  CHECK(project.trigger("draft").status == 409);
}

TEST_CASE("a syntax error does not wait until everything else is right") {
  const TestProject project(shared_server());
  const Answer answer = deploy_draft(project, R"json({
    "trigger": {"type": "request"}, "steps": [
      {"id": "bad", "type": "function", "code": "() => {"},
      {"id": "reply", "type": "response", "body": "{{bda.result}}"}]})json");
  CHECK(answer.status == 400);
  CHECK(findings_of(answer) == "reply /steps/1/body bad\nbad /steps/0/code -\n");
}

TEST_CASE("a failed deploy leaves what runs as it was") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"({"id": "r", "type": "response", "body": {"version": 1}})");
  CHECK(project
            .put("/workflows/w", R"({"trigger": {"type": "request"}, "steps": [
                      {"id": "r", "type": "respnose"}]})")
            .status == 200);
  CHECK(project.post("/workflows/w/deploy").status == 400);
  CHECK(project.get("/workflows/w").at("/deployedVersion") == "1");
  CHECK(project.get("/workflows/w/versions").json.at("versions").as_array().size() == 1);
  CHECK(project.trigger("w").text == R"({"version":1})");
}

TEST_CASE("a draft may be unfinished but must be an object") {
  const TestProject project(shared_server());
  CHECK(project.put("/workflows/w", R"({"name": "later"})").status == 200);
  for (const char* const body : {"", "[]", "5", "null", "{\"a\":", "nonsense"}) {
    INFO(body);
    CHECK(project.put("/workflows/w", body).status == 400);
  }
  CHECK(project.put("/workflows/" + std::string(129, 'w'), "{}").status == 400);
  CHECK(project.put("/workflows/a%0Ab", "{}").status == 400);
  CHECK(project.get("/workflows").json.at("workflows").as_array().size() == 1);
}
