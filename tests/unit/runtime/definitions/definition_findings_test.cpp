// What compile_workflow refuses outside of single step kinds and references.
#include "compile_text.h"
#include "runtime/base/limits.h"
#include "runtime/reading/object_reader.h"
#include "runtime/triggers/trigger_catalog.h"

using namespace millrace;

namespace {

const std::string wait_step = R"({"id":"w","type":"delay","value":1,"unit":"DAYS"})";

/// "step path nearest" of each, one per line.
std::string shown(const std::vector<ErrorDetail>& findings) {
  std::string all;
  for (const auto& finding : findings) {
    all += finding.step + ' ' + finding.path + ' ' + finding.nearest + '\n';
  }
  return all;
}

/// Compiles nothing: code with "const = " in it is wrong.
class PickyFunctions final : public FunctionEngine {
 public:
  std::vector<std::string> checked;

  CallId run(FunctionCall, std::function<void(FunctionOutcome)>) override { return 0; }
  void cancel(CallId) override {}
  Outcome check(const std::string& code) override {
    checked.push_back(code);
    if (code.find("const = ") == std::string::npos) return Done{};
    return Error(ErrorCode::function_syntax, "line 1, column 7: a name was expected");
  }
  void stop() override {}
};

std::vector<ErrorDetail> findings_of_trigger(const std::string& trigger) {
  return findings_of_text(R"({"trigger":)" + trigger + R"(,"steps":[)" + wait_step + "]}");
}

}  // namespace

TEST_CASE("all findings of a definition come at once with step and path") {
  const auto findings = findings_of_text(R"json({
    "nmae": "typo",
    "trigger": {"type": "request", "bodyValidation": []},
    "steps": [
      {"id": "first", "type": "functoin"},
      {"id": "second", "type": "function", "code": 5, "timeOut": "5s"},
      {"id": "third", "type": "delay", "value": 1, "unit": "DAY"},
      {"id": "third", "type": "response", "body": "{{secnod.result}}"}
    ]})json");
  REQUIRE(shown(findings) ==
          " /trigger/bodyValidation bodyValidations\n"
          "first /steps/0/type function\n"
          "second /steps/1/code \n"
          "second /steps/1/timeOut timeout\n"
          "third /steps/2/unit DAYS\n"
          "third /steps/3/id \n"
          " /nmae name\n"
          " /steps/3/body second\n");
}

TEST_CASE("the error's own message is useful when the details are not shown") {
  const auto compiled = compile_text(R"({"trigger":{"type":"request"},"steps":[{"id":"a"}]})");
  REQUIRE_FALSE(compiled.ok());
  REQUIRE(compiled.error().message ==
          "the definition is not valid: step `a`: `type` is missing (at /steps/0/type)");
}

TEST_CASE("a definition that is no object is refused") {
  for (const char* const text : {"null", "[]", "5", "\"x\""}) {
    const auto findings = findings_of_text(text);
    REQUIRE(findings.size() == 1);
    REQUIRE(findings[0].expected == "an object");
  }
}

TEST_CASE("trigger and at least one step are needed") {
  const auto nothing = findings_of_text("{}");
  REQUIRE(nothing.size() == 2);
  REQUIRE(nothing[0].path == "/trigger");
  REQUIRE(nothing[1].path == "/steps");
  const auto empty = findings_of_text(R"({"trigger":{"type":"request"},"steps":[]})");
  REQUIRE(empty.size() == 1);
  REQUIRE(empty[0].message == "at least one step is needed");
}

TEST_CASE("top-level keys have their types and no others are known") {
  const std::string rest = R"("trigger":{"type":"request"},"steps":[)" + wait_step + "]}";
  for (const char* const key :
       {R"("name":5)", R"("description":[])", R"("integration":{})", R"("defaultEnabled":"yes")",
        R"("settings":{})", R"("settings":[7])", R"("settings":[{"id":"a","type":"text"}])",
        R"("permissions":{})",
        R"("permissions":[[{"variable":"{{settings.a}}","operator":"Exists"}]])", R"("infoText":5)",
        R"("order":"1")", R"("hidden":1)", R"("openPoints":{})", R"("openPoints":[7])"}) {
    INFO(key);
    REQUIRE(findings_of_text(std::string("{") + key + ',' + rest).size() == 1);
  }
  REQUIRE(compile_text(
              R"({"name":"n","description":"d","integration":"crm","defaultEnabled":true,)" + rest)
              .ok());
  REQUIRE(
      compile_text(R"({"integration":"crm","infoText":"i","order":2,"hidden":true,"openPoints":[],)"
                   R"("settings":[{"id":"a","type":"text","required":true}],)" +
                   rest)
          .ok());
}

TEST_CASE("trigger types are supported or unknown") {
  const auto unknown = findings_of_trigger(R"({"type":"shceduler"})");
  REQUIRE(unknown.size() == 1);
  REQUIRE(unknown[0].nearest == "scheduler");
  REQUIRE(findings_of_trigger("[]").size() == 1);
  REQUIRE(findings_of_trigger(R"({"type":5})").size() == 1);
}

TEST_CASE("validations of a request trigger are read strictly") {
  for (const char* const trigger :
       {R"({"type":"request","bodyValidations":[{"key":"a","dataType":"TEXT"}]})",
        R"({"type":"request","bodyValidations":[{"dataType":"ANY"}]})",
        R"({"type":"request","bodyValidations":{}})", R"({"type":"request","bodyValidations":[5]})",
        R"({"type":"request","paramValidations":[{"key":"a"},{"key":"a"}]})",
        R"({"type":"request","paramValidations":[{"key":"a","required":"yes"}]})",
        R"({"type":"request","headerValidations":[{"key":"a","value":5}]})",
        R"({"type":"request","headerValidations":[{"key":"a","values":"x"}]})",
        R"({"type":"request","allowArbitraryPayload":true,"paramValidations":[{"key":"a"}]})"}) {
    INFO(trigger);
    REQUIRE(findings_of_trigger(trigger).size() == 1);
  }
}

TEST_CASE("step ids have one form, are unique and are no root") {
  const auto with_id = [](const std::string& id) {
    return R"({"id":)" + id + R"(,"type":"delay","value":1,"unit":"DAYS"})";
  };
  std::string too_long(limits::id_bytes_max + 3, 'a');
  too_long.front() = too_long.back() = '"';
  for (const char* const id : {"5", "\"\"", "\"1a\"", "\"a b\"", "\"a.b\"", "\"ä\""}) {
    INFO(id);
    REQUIRE(finding_of_steps(with_id(id)).path == "/steps/0/id");
  }
  REQUIRE(finding_of_steps(with_id(too_long)).path == "/steps/0/id");
  REQUIRE_THAT(finding_of_steps(with_id("\"trigger\"")).message,
               Catch::Contains("`{{trigger}}` always means something else"));
  REQUIRE_THAT(finding_of_steps(with_id("\"a\"") + ',' + with_id("\"a\"")).message,
               Catch::Contains("already that of the step at /steps/0"));
  REQUIRE(finding_of_steps(R"({"type":"delay","value":1,"unit":"DAYS"})").message ==
          "`id` is missing");
  REQUIRE(finding_of_steps("5").expected == "an object");
}

TEST_CASE("an unknown step type is refused with the nearest one that exists") {
  REQUIRE(finding_of_steps(R"({"id":"a","type":"fanout"})").nearest == "fanOut");
  REQUIRE(finding_of_steps(R"({"id":"a","type":"Request"})").nearest == "request");
  REQUIRE(finding_of_steps(R"({"id":"a","type":"qqqqqqqqq"})").nearest.empty());
}

TEST_CASE("a reference to a step that could not be read is no second finding") {
  REQUIRE(finding_of_steps(R"({"id":"a","type":"requests","url":"x"},
                            {"id":"b","type":"response","body":"{{a.response.body}}"})")
              .path == "/steps/0/type");
}

TEST_CASE("steps beyond the limit are refused once") {
  std::string steps;
  for (std::size_t i = 0; i <= limits::steps_per_workflow_max + 5; ++i) {
    if (i > 0) steps += ',';
    steps += R"({"id":"s)" + std::to_string(i) + R"(","type":"delay","value":1,"unit":"DAYS"})";
  }
  REQUIRE(finding_of_steps(steps).message == "a workflow may have at most 500 steps");
}

TEST_CASE("steps inside each other have a limit of levels") {
  const auto nested = [](std::size_t levels) {
    std::string steps = wait_step;
    for (std::size_t i = 0; i < levels; ++i) {
      steps = R"({"id":"f)" + std::to_string(i) + R"(","type":"fanOut","items":[1],"steps":[)" +
              steps + "]}";
    }
    return steps;
  };
  REQUIRE(compile_steps(nested(limits::step_nesting_max)) != nullptr);
  REQUIRE_THAT(finding_of_steps(nested(limits::step_nesting_max + 1)).message,
               Catch::Contains("at most 16 levels deep"));
}

TEST_CASE("a malformed reference does not hide what else is wrong beside it") {
  const auto findings = findings_of_steps(R"json(
    {"id": "early", "type": "function", "code": "x"},
    {"id": "call", "type": "request", "method": "POST", "url": "https://a/{{earli.result}}/{{..}}",
     "body": {"a": "{{", "b": "{{eraly.result}}", "c": "{{early.result}}"},
     "authorization": {"type": "basic", "username": "{{", "password": "{{erly.result}}"}})json");
  REQUIRE(shown(findings) ==
          "call /steps/1/url \n"
          "call /steps/1/body/a \n"
          "call /steps/1/authorization/username \n"
          "call /steps/1/url early\n"
          "call /steps/1/body/b early\n"
          "call /steps/1/authorization/password early\n");
}

TEST_CASE("a malformed reference among an action's parameters says nothing of their types") {
  const auto findings = findings_of_steps(R"json(
    {"id": "add", "type": "action", "integration": "crm", "action": "createContact",
     "parameters": {"email": "{{", "age": "{{a b}}", "tagz": 1}})json");
  REQUIRE(shown(findings) ==
          "add /steps/0/parameters/email \n"
          "add /steps/0/parameters/age \n"
          "add /steps/0/parameters/tagz tags\n");
}

TEST_CASE("code that does not compile is reported together with all else") {
  const auto definition = parse_json(R"json({"trigger": {"type": "request"}, "steps": [
    {"id": "bad", "type": "function", "code": "() => { const = 1 }", "timeOut": "5s"},
    {"id": "good", "type": "function", "code": "() => 1", "parameters": {"a": "{{bda.result}}"}},
    {"id": "none", "type": "function"},
    {"id": "each", "type": "fanOut", "items": [1], "steps": [
      {"id": "worse", "type": "function", "code": "const = "}]}]})json");
  PickyFunctions functions;
  const auto compiled =
      compile_workflow(*definition, test_identity(), &test_integrations(), &functions);
  REQUIRE_FALSE(compiled.ok());
  REQUIRE(compiled.error().code == ErrorCode::invalid_definition);
  REQUIRE(shown(compiled.error().details) ==
          "bad /steps/0/timeOut timeout\n"
          "none /steps/2/code \n"
          "good /steps/1/parameters/a bad\n"
          "bad /steps/0/code \n"
          "worse /steps/3/steps/0/code \n");
  REQUIRE_THAT(compiled.error().details[3].message, Catch::Contains("line 1, column 7"));
  REQUIRE(functions.checked.size() == 3);
}

TEST_CASE("code over its limit is not compiled as well") {
  const std::string code(limits::function_code_bytes_max + 1, 'x');
  const Json definition = JsonObject{
      {"trigger", JsonObject{{"type", "request"}}},
      {"steps", JsonArray{JsonObject{{"id", "f"}, {"type", "function"}, {"code", code}}}}};
  PickyFunctions functions;
  const auto compiled = compile_workflow(definition, test_identity(), nullptr, &functions);
  REQUIRE_FALSE(compiled.ok());
  REQUIRE(shown(compiled.error().details) == "f /steps/0/code \n");
  REQUIRE(functions.checked.empty());
}
