// Random mutations of valid definitions: whatever comes out, it compiles or has details.
#include "compile_text.h"

#include <random>

using namespace millrace;

namespace {

const char* const valid_definition = R"json({
  "name": "n", "integration": "crm", "defaultEnabled": true,
  "trigger": {"type": "request", "paramValidations": [{"key": "a", "required": true}],
              "headerValidations": [{"key": "h", "value": "v"}],
              "bodyValidations": [{"key": "b", "dataType": "OBJECT"}]},
  "steps": [
    {"id": "first", "type": "function", "code": "x", "timeout": "5s", "memory": "64MB",
     "retry": {"max": 3, "initial": "1s"},
     "parameters": {"a": "{{trigger.request.body}} {{user.id}}"}},
    {"id": "second", "type": "conditional",
     "if": [[{"variable": "{{first.result}}", "operator": "NumberEquals", "argument": 1}]],
     "then": [{"id": "each", "type": "fanOut", "items": "{{first.result.list}}", "concurrency": 5,
               "steps": [{"id": "inner", "type": "function", "code": "y",
                          "parameters": {"i": "{{instance}}", "j": "{{each.index}}"}}]}],
     "else": [{"id": "wait", "type": "delay", "value": 5, "unit": "MINUTES"}]},
    {"id": "third", "type": "conditional", "branches": [
      {"label": "A", "if": [{"variable": "{{inner.result}}", "operator": "ArrayIsEmpty"}],
       "steps": []}]},
    {"id": "call", "type": "request", "method": "POST", "url": "https://api.example/{{user.id}}",
     "params": {"page": "{{self.pageToken}}"}, "headers": {"x-key": "{{secrets.KEY}}"},
     "bodyType": "form-data", "body": {"a": "{{first.result}}", "b": [1, null]},
     "authorization": {"type": "basic", "username": "u", "password": "{{secrets.PASSWORD}}"},
     "pagination": {"output": "response.body.items", "pageToken": "response.body.next", "max": 5,
       "stopWhen": [[{"variable": "{{self.response.body.done}}", "operator": "BooleanTrue"}]]},
     "retry": {"delays": ["1s"], "statuses": [404]}, "continueOnError": true},
    {"id": "add", "type": "action", "action": "createContact", "autoRetry": true,
     "parameters": {"email": "{{user.meta.Email}}", "age": 36, "tags": []}},
    {"id": "other", "type": "request", "integration": "salesforce", "method": "GET", "path": "/a"},
    {"id": "reply", "type": "response", "statusCode": 201, "headers": {"x-a": "b"},
     "body": {"r": "{{inner.result}}", "e": "{{each.errors}}", "c": "{{third.selectedChoice}}"}}
  ]})json";

using Random = std::mt19937_64;

Json random_value(Random& random) {
  static const std::vector<Json> values = [] {
    std::vector<Json> all;
    for (const char* const text : {"null",
                                   "true",
                                   "0",
                                   "-1",
                                   "1e308",
                                   "18446744073709551615",
                                   "\"\"",
                                   "\"function\"",
                                   "\"fanOut\"",
                                   "\"each\"",
                                   "\"{{first.result}}\"",
                                   "\"{{reply.body}}\"",
                                   "\"{{7.result}}\"",
                                   "\"{{each.instance}}\"",
                                   "\"{{\"",
                                   "\"5s\"",
                                   "\"request\"",
                                   "\"action\"",
                                   "\"crm\"",
                                   "\"basic\"",
                                   "\"{{secrets.KEY}}\"",
                                   "\"{{self.pageToken}}\"",
                                   "\"response.body\"",
                                   "[]",
                                   "{}",
                                   "[[]]",
                                   "[{}]",
                                   "[null]",
                                   R"({"id":"x","type":"delay","value":1,"unit":"DAYS"})"}) {
      all.push_back(*parse_json(text));
    }
    return all;
  }();
  return values[random() % values.size()];
}

/// Changes one place, chosen by a random walk from the root.
void mutate(Json& value, Random& random) {
  const bool stops = !value.is_structured() || random() % 6 == 0;
  if (stops) {
    value = random_value(random);
    return;
  }
  if (auto* const array = value.if_array()) {
    if (array->empty() || random() % 8 == 0) {
      array->push_back(array->empty() ? random_value(random) : (*array)[random() % array->size()]);
    } else if (random() % 8 == 0) {
      array->erase(array->begin() + static_cast<std::ptrdiff_t>(random() % array->size()));
    } else {
      mutate((*array)[random() % array->size()], random);
    }
    return;
  }
  auto& object = value.get_object();
  if (object.empty()) {
    object.emplace("id", "new");
    return;
  }
  const auto member = object.begin() + static_cast<std::ptrdiff_t>(random() % object.size());
  switch (random() % 10) {
    case 0:
      object.erase(member);
      return;
    case 1: {
      const std::string key = std::string(member->key()) + 'x';
      const Json copy = member->value();
      object.insert_or_assign(key, copy);
      return;
    }
    default:
      mutate(member->value(), random);
  }
}

void check_invariants(const Workflow& workflow) {
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

TEST_CASE("a mutated definition compiles soundly or has details") {
  const std::uint64_t seed = 20260203;
  INFO("seed " << seed);
  Random random(seed);
  const Json original = *parse_json(valid_definition);
  REQUIRE(compile_workflow(original, test_identity(), &test_integrations()).ok());
  std::size_t valid = 0;
  for (int i = 0; i < 10'000; ++i) {
    Json mutated = original;
    for (auto left = 1 + random() % 4; left > 0; --left) mutate(mutated, random);
    const auto compiled = compile_workflow(mutated, test_identity(), &test_integrations());
    ignore_result(check_draft(mutated), "only that it ends");
    if (compiled) {
      ++valid;
      check_invariants(**compiled);
      continue;
    }
    REQUIRE(compiled.error().code == ErrorCode::invalid_definition);
    REQUIRE_FALSE(compiled.error().details.empty());
    for (const auto& detail : compiled.error().details) REQUIRE_FALSE(detail.message.empty());
  }
  REQUIRE(valid > 100);
}
