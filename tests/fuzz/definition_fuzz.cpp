// Definitions: whatever is sent, it is a workflow or a list of findings that point at it.
#include "runtime/definitions/compile_workflow.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"
#include "tests/fuzz/sample_definitions.h"

namespace millrace {
namespace {

const WorkflowIdentity identity{ProjectId("acme"), WorkflowId("fuzz"), 1};

/// Members that no example and no scenario has.
const char* const rare_members = R"json({
  "name": "n", "defaultEnabled": true,
  "trigger": {"type": "request", "paramValidations": [{"key": "a", "required": true}],
              "headerValidations": [{"key": "h", "value": "v"}],
              "bodyValidations": [{"key": "b", "dataType": "OBJECT"}]},
  "steps": [
    {"id": "first", "type": "function", "code": "x", "timeout": "5s", "memory": "64MB",
     "retry": {"max": 3, "initial": "1s", "factor": 2, "cap": "9s"},
     "parameters": {"a": "{{trigger.request.body}} {{user.id}}"}},
    {"id": "each", "type": "fanOut", "items": "{{first.result.list}}", "concurrency": 5,
     "steps": [{"id": "inner", "type": "function", "code": "y", "isolation": "call",
                "parameters": {"i": "{{instance}}", "j": "{{each.index}}"}}]},
    {"id": "choose", "type": "conditional", "branches": [
      {"label": "A", "if": [{"variable": "{{inner.result}}", "operator": "ArrayIsEmpty"}],
       "steps": []}]},
    {"id": "reply", "type": "response", "statusCode": 201, "headers": {"x-a": "b"},
     "body": {"r": "{{inner.result}}", "e": "{{each.errors}}",
              "c": "{{choose.selectedChoice}}"}}
  ]})json";

std::vector<Json> all_samples() {
  auto samples = sample_definitions();
  samples.push_back(*parse_json(rare_members));
  return samples;
}

std::vector<Json> strange_values() {
  return parse_all(
      {"null",
       "true",
       "0",
       "-1",
       "1e308",
       "18446744073709551615",
       "\"\"",
       "\"5s\"",
       "\"function\"",
       "\"fanOut\"",
       "\"request\"",
       "\"action\"",
       "\"delay\"",
       "\"each\"",
       "\"crm\"",
       "\"basic\"",
       "\"response.body\"",
       "\"{{trigger.request.body}}\"",
       "\"{{1.request}}\"",
       "\"{{9.result}}\"",
       "\"{{reply.body}}\"",
       "\"{{each.instance}}\"",
       "\"{{instance}}\"",
       "\"{{secrets.KEY}}\"",
       "\"{{self.pageToken}}\"",
       "\"{{\"",
       "[]",
       "{}",
       "[[]]",
       "[{}]",
       "[null]",
       R"([[{"variable":"{{index}}","operator":"IsNull"}]])",
       R"({"id":"x","type":"delay","value":1,"unit":"DAYS"})",
       R"({"id":"r","type":"request","method":"GET","url":"{{trigger.request.body.u}}"})",
       R"({"id":"f","type":"fanOut","items":[1],"steps":[]})"});
}

void require_sound(const Workflow& workflow) {
  REQUIRE(workflow.functions.size() == workflow.by_index.size());
  REQUIRE(workflow.read_outside_fan_out.size() == workflow.by_index.size());
  for (std::size_t i = 0; i < workflow.by_index.size(); ++i) {
    const Step& step = *workflow.by_index[i];
    REQUIRE(step.index == i);
    REQUIRE(step.end > step.index);
    REQUIRE(step.end <= workflow.by_index.size());
    REQUIRE_FALSE(step.id.empty());
    REQUIRE(std::holds_alternative<FunctionStep>(step.config) ==
            (workflow.functions[i] != nullptr));
  }
}

}  // namespace

TEST_CASE("most samples are good before they are mutated") {
  const IntegrationSet integrations = sample_integrations();
  const auto samples = all_samples();
  REQUIRE(compile_workflow(samples.back(), identity, &integrations).ok());
  const auto good = std::count_if(samples.begin(), samples.end(), [&](const Json& definition) {
    return bool(compile_workflow(definition, identity, &integrations));
  });
  REQUIRE(static_cast<std::size_t>(good) > samples.size() * 9 / 10);
}

TEST_CASE("a mutated definition compiles soundly or has findings that point into it") {
  const auto samples = all_samples();
  const IntegrationSet integrations = sample_integrations();
  const auto values = strange_values();
  REQUIRE(samples.size() > 40);
  std::size_t valid = 0;
  std::size_t rounds = 0;
  fuzz(8'000, [&](SeededRandom& random) {
    Json definition = samples[random.below(samples.size())];
    mutate(definition, random, values);
    INFO(to_text(definition));
    const auto compiled = compile_workflow(definition, identity, &integrations);
    ignore_result(check_draft(definition), "only that it ends");
    ++rounds;
    if (compiled) {
      ++valid;
      return require_sound(**compiled);
    }
    REQUIRE(compiled.error().code == ErrorCode::invalid_definition);
    REQUIRE_FALSE(compiled.error().details.empty());
    for (const ErrorDetail& detail : compiled.error().details) {
      INFO(detail.path << ": " << detail.message);
      REQUIRE_FALSE(detail.message.empty());
      REQUIRE(points_into(definition, detail.path));
      if (detail.path.empty()) REQUIRE_FALSE(definition.is_object());
    }
  });
  // Mutations that leave nothing valid would test the first check of each reader only.
  if (rounds > 1'000) REQUIRE(valid > rounds / 20);
}

}  // namespace millrace
