#include "bench/workflows.h"

#include "runtime/base/check.h"

namespace millrace::bench {
namespace {

Json parsed(std::string_view text) {
  auto value = parse_json(text);
  CHECK(value.ok(), "a definition of the benchmark is not JSON");
  return *std::move(value);
}

/// Functions `first` to `last`; the first one of all takes the request's number.
JsonArray chain_steps(std::size_t first, std::size_t last) {
  JsonArray list;
  for (std::size_t i = first; i <= last; ++i) {
    const std::string input =
        i == 1 ? "{{trigger.request.body.number}}" : "{{add_" + std::to_string(i - 1) + ".result}}";
    list.push_back(JsonObject{{"id", "add_" + std::to_string(i)},
                              {"type", "function"},
                              {"parameters", JsonObject{{"number", input}}},
                              {"code", "({ number }) => number + 1"}});
  }
  return list;
}

JsonObject delay_step(std::chrono::seconds delay) {
  return {{"id", "wait"}, {"type", "delay"}, {"value", delay.count()}, {"unit", "SECONDS"}};
}

Json on_request(std::string_view name, JsonArray steps) {
  return JsonObject{
      {"name", name}, {"trigger", JsonObject{{"type", "request"}}}, {"steps", std::move(steps)}};
}

}  // namespace

Json lead_workflow() {
  return parsed(R"json({
    "name": "Lead to CRM",
    "trigger": { "type": "request",
      "bodyValidations": [{ "key": "email", "dataType": "STRING", "required": true }] },
    "steps": [
      { "id": "normalise", "type": "function", "parameters": { "lead": "{{trigger.request.body}}" },
        "code": "({ lead }) => ({ ...lead, email: lead.email.toLowerCase() })" },
      { "id": "score", "type": "function", "parameters": { "lead": "{{normalise.result}}" },
        "code": "({ lead }) => ({ points: lead.tags.length * 10 + (lead.company ? 5 : 0) })" },
      { "id": "worked", "type": "conditional",
        "if": [[{ "variable": "{{score.result.points}}", "operator": "NumberGreaterThan",
                  "argument": 20 }]],
        "then": [
          { "id": "tag", "type": "function", "parameters": { "tags": "{{normalise.result.tags}}" },
            "code": "({ tags }) => tags.map((t) => t.trim())" },
          { "id": "ok", "type": "response", "statusCode": 200,
            "body": { "email": "{{normalise.result.email}}", "points": "{{score.result.points}}",
                      "tags": "{{tag.result}}" } } ],
        "else": [
          { "id": "bad", "type": "response", "statusCode": 422,
            "body": { "error": "{{score.result}}" } } ] } ]
  })json");
}

Json chain_workflow(std::size_t steps) {
  JsonArray list = chain_steps(1, steps);
  list.push_back(
      JsonObject{{"id", "last"},
                 {"type", "response"},
                 {"body", JsonObject{{"number", "{{add_" + std::to_string(steps) + ".result}}"}}}});
  return on_request("Chain", std::move(list));
}

Json unheld_chain_workflow(std::size_t steps) {
  return on_request("Unheld chain", chain_steps(1, steps));
}

Json background_workflow(std::chrono::seconds delay) {
  JsonArray list = chain_steps(1, 5);
  list.push_back(delay_step(delay));
  for (const Json& step : chain_steps(6, 10)) list.push_back(step);
  return on_request("Background work", std::move(list));
}

Json fan_out_workflow() {
  return parsed(R"json({
    "name": "Fan out",
    "trigger": { "type": "request" },
    "steps": [
      { "id": "list", "type": "function",
        "parameters": { "n": "{{trigger.request.body.elements}}" },
        "code": "({ n }) => Array.from({ length: n }, (_, i) => i)" },
      { "id": "each", "type": "fanOut", "items": "{{list.result}}", "steps": [
        { "id": "double", "type": "function", "parameters": { "item": "{{each.instance}}" },
          "code": "({ item }) => item * 2" } ] },
      { "id": "sum", "type": "function", "parameters": { "all": "{{double.result}}" },
        "code": "({ all }) => all.reduce((a, b) => a + b, 0)" },
      { "id": "done", "type": "response", "body": { "sum": "{{sum.result}}" } } ]
  })json");
}

Json request_workflow(const std::string& url) {
  const JsonObject ask{{"id", "ask"},
                       {"type", "request"},
                       {"method", "GET"},
                       {"url", url + "{{trigger.request.body.number}}"}};
  const JsonObject done{{"id", "done"},
                        {"type", "response"},
                        {"body", JsonObject{{"number", "{{ask.response.body.number}}"}}}};
  return on_request("Ask", JsonArray{ask, done});
}

Json fan_out_requests_workflow(const std::string& url) {
  Json workflow = fan_out_workflow();
  JsonArray& steps = workflow.at("steps").as_array();
  steps.at(1).at("steps") = JsonArray{JsonObject{
      {"id", "ask"}, {"type", "request"}, {"method", "GET"}, {"url", url + "{{each.instance}}"}}};
  steps.at(2).at("parameters") = JsonObject{{"all", "{{ask.response.body.number}}"}};
  return workflow;
}

Json sleep_workflow(std::chrono::seconds delay) {
  JsonArray list = chain_steps(1, 1);
  list.push_back(delay_step(delay));
  for (const Json& step : chain_steps(2, 2)) list.push_back(step);
  return on_request("Sleep", std::move(list));
}

}  // namespace millrace::bench
