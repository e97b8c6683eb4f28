#include "runtime/definitions/compile_workflow.h"

#include "compile_text.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

/// The lead example of the definition format, its request step replaced by a function.
const char* const lead_to_crm = R"json({
  "name": "Lead to CRM",
  "integration": "salesforce",
  "trigger": { "type": "request",
               "bodyValidations": [{ "key": "email", "dataType": "STRING", "required": true }] },
  "steps": [
    { "id": "normalise", "type": "function", "parameters": { "lead": "{{trigger.request.body}}" },
      "code": "({ lead }) => ({ ...lead, email: lead.email.toLowerCase() })" },
    { "id": "upsert", "type": "function", "code": "({ lead }) => lead",
      "parameters": { "lead": "{{normalise.result}}" },
      "autoRetry": true, "continueOnError": true },
    { "id": "worked", "type": "conditional",
      "if": [[{ "variable": "{{upsert.result.statusCode}}", "operator": "NumberLessThan",
                "argument": 300 }]],
      "then": [
        { "id": "each", "type": "fanOut", "items": "{{normalise.result.tags}}", "steps": [
          { "id": "tag", "type": "function", "parameters": { "t": "{{each.instance}}" },
            "code": "({ t }) => t.trim()" } ] },
        { "id": "ok", "type": "response", "statusCode": 200,
          "body": { "tags": "{{tag.result}}" } } ],
      "else": [ { "id": "bad", "type": "response", "statusCode": 502,
                  "body": { "error": "{{upsert.error}}" } } ] }
  ]
})json";

std::shared_ptr<const Workflow> compile_lead() {
  const auto compiled = compile_text(lead_to_crm);
  if (!compiled) FAIL(compiled.error().message);
  return *compiled;
}

}  // namespace

TEST_CASE("the lead example compiles to a workflow with its own identity") {
  const auto workflow = compile_lead();
  REQUIRE(workflow->name == "Lead to CRM");
  REQUIRE(workflow->integration == "salesforce");
  REQUIRE(workflow->id.text == "lead-to-crm");
  REQUIRE(workflow->project.text == "acme");
  REQUIRE(workflow->version == 3);
  REQUIRE(workflow->has_response);
  const auto& trigger = std::get<RequestTrigger>(workflow->trigger);
  REQUIRE_FALSE(trigger.allow_arbitrary_payload);
  REQUIRE(trigger.body.size() == 1);
  REQUIRE(trigger.body[0].type == DataType::string);
}

TEST_CASE("steps are numbered in preorder with the range of what is inside") {
  const auto workflow = compile_lead();
  std::string order;
  for (const Step* const step : workflow->by_index) {
    REQUIRE(workflow->by_index[step->index] == step);
    order += step->id.text + ' ' + std::to_string(step->end) + "; ";
  }
  REQUIRE(order == "normalise 1; upsert 2; worked 7; each 5; tag 5; ok 6; bad 7; ");
  REQUIRE(workflow->by_index[2] == &workflow->steps[2]);
  REQUIRE(workflow->by_index[4]->fan_outs == std::vector<StepIndex>{3});
  REQUIRE(workflow->by_index[5]->fan_outs.empty());
  REQUIRE(workflow->by_index[4]->pointer == "/steps/2/then/0/steps/0");
}

TEST_CASE("function sources carry identity, code and limits for functions only") {
  const auto workflow = compile_lead();
  REQUIRE(workflow->functions.size() == workflow->by_index.size());
  REQUIRE(workflow->functions[0] != nullptr);
  REQUIRE(workflow->functions[0]->identity == "lead-to-crm@3/normalise");
  REQUIRE(workflow->functions[0]->project.text == "acme");
  REQUIRE(workflow->functions[0]->limits.time == 30s);
  REQUIRE(workflow->functions[2] == nullptr);
}

TEST_CASE("only a step read from outside its fan-out is marked as such") {
  const auto workflow = compile_lead();
  const std::vector<bool> expected{false, false, false, false, true, false, false};
  REQUIRE(workflow->read_outside_fan_out == expected);
}

TEST_CASE("a compiled workflow can be used by value of its shared pointer") {
  std::shared_ptr<const Workflow> workflow;
  {
    const auto compiled = compile_text(lead_to_crm);
    workflow = *compiled;
  }
  REQUIRE(workflow->by_index[6]->id.text == "bad");
}

TEST_CASE("each step has its type in definitions and in history") {
  const auto workflow = compile_lead();
  REQUIRE(definition_type(*workflow->by_index[0]) == "function");
  REQUIRE(history_type(*workflow->by_index[0]) == "ACTION/FUNCTION");
  REQUIRE(history_type(*workflow->by_index[2]) == "TRANSITION/IFELSE");
  REQUIRE(history_type(*workflow->by_index[3]) == "TRANSITION/MAP");
  REQUIRE(history_type(*workflow->by_index[5]) == "ACTION/RESPONSE");
  const auto delay = compile_steps(R"({"id":"wait","type":"delay","value":1,"unit":"DAYS"})");
  REQUIRE(history_type(*delay->by_index[0]) == "TRANSITION/DELAY");
  REQUIRE(definition_type(*delay->by_index[0]) == "delay");
  REQUIRE_FALSE(delay->has_response);
}

TEST_CASE("a workflow without a name is called by its id") {
  REQUIRE(compile_steps(R"({"id":"w","type":"delay","value":1,"unit":"DAYS"})")->name ==
          "lead-to-crm");
}

TEST_CASE("a draft needs the right outline only") {
  REQUIRE(check_draft(*parse_json("{}")).ok());
  REQUIRE(
      check_draft(*parse_json(R"({"name":"x","trigger":{},"steps":[{"type":"unknown"}]})")).ok());
  for (const char* const draft :
       {"[]", "null", "\"x\"", R"({"name":5})", R"({"trigger":[]})", R"({"steps":{}})"}) {
    INFO(draft);
    const auto outcome = check_draft(*parse_json(draft));
    REQUIRE_FALSE(outcome.ok());
    REQUIRE(outcome.error().code == ErrorCode::invalid_definition);
    REQUIRE(outcome.error().details.size() == 1);
  }
}
