// Definitions: whatever is sent, it is a workflow or a list of findings that point at it.
#include "runtime/definitions/compile_workflow.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"
#include "tests/fuzz/sample_definitions.h"

namespace millrace {
namespace {

const WorkflowIdentity identity{ProjectId("acme"), WorkflowId("fuzz"), 1};

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
       "\"{{trigger.request.body}}\"",
       "\"{{1.request}}\"",
       "\"{{9.result}}\"",
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

}  // namespace

TEST_CASE("most samples are good before they are mutated") {
  const IntegrationSet integrations = sample_integrations();
  const auto samples = sample_definitions();
  const auto good = std::count_if(samples.begin(), samples.end(), [&](const Json& definition) {
    return bool(compile_workflow(definition, identity, &integrations));
  });
  REQUIRE(static_cast<std::size_t>(good) > samples.size() * 9 / 10);
}

TEST_CASE("a mutated definition compiles or has findings that point into it") {
  const auto samples = sample_definitions();
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
      REQUIRE((*compiled)->functions.size() == (*compiled)->by_index.size());
      return;
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
