// The compiled form: its translation ends, with findings that point at it, or with a sound draft.
#include "../unit/runtime/definitions/compiled_samples.h"
#include "runtime/definitions/compile_workflow.h"
#include "runtime/definitions/compiled_form.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"

namespace millrace {
namespace {

std::vector<Json> strange_values() {
  return parse_all({"null",
                    "true",
                    "0",
                    "-1",
                    "1.5",
                    "\"\"",
                    "\"a\"",
                    "[]",
                    "{}",
                    "[[]]",
                    "[{}]",
                    "\"outer\"",
                    "\"last\"",
                    "\"y\"",
                    "[\"x\"]",
                    "[\"x\",\"y\"]",
                    "\"TOKENIZED\"",
                    "\"VALUE\"",
                    "\"VARIABLE\"",
                    "\"AND\"",
                    "\"{{\"",
                    "\"{\"",
                    "\"\\\\\"",
                    "\"\\ue0000\"",
                    "\"ANY\"",
                    "\"NUMBER\"",
                    "\"{\\\"a\\\":\"",
                    "\"TRANSITION/IFELSE\"",
                    "\"TRANSITION/MAP\"",
                    "\"ACTION/REQUEST\"",
                    "\"TRIGGER/CRON\"",
                    R"({"type":"VALUE","value":"{{x"})",
                    R"({"type":"VARIABLE","stepId":"x","path":["a"]})",
                    R"({"type":"TOKENIZED","dataType":"ANY","parts":[{"type":"VALUE","value":"["},
                       {"type":"VARIABLE","stepId":"outer","path":[]},{"type":"VALUE","value":"]"}]})"});
}

/// Steps with links at random: loops, lone steps and every way of coming together.
Json random_links(SeededRandom& random) {
  const std::size_t count = 2 + random.below(12);
  const auto link = [&]() -> Json {
    if (random.one_of(1, 4)) return nullptr;
    // Mostly forward, so that loops are not all there is.
    return Json("s" + std::to_string(random.below(count + 1)));
  };
  const auto forward = [&](std::size_t from) -> Json {
    if (random.one_of(1, 20)) return link();
    if (from + 1 >= count || random.one_of(1, 5)) return nullptr;
    return Json(
        "s" + std::to_string(from + 1 + random.below(std::min<std::size_t>(3, count - from - 1))));
  };
  JsonArray steps{JsonObject{{"id", "t"}, {"type", "TRIGGER/ENDPOINT"}, {"next", JsonArray{"s0"}}}};
  for (std::size_t i = 0; i < count; ++i) {
    JsonObject step{{"id", "s" + std::to_string(i)}};
    JsonObject parameters;
    const JsonObject always{
        {"type", "OPERATOR"},
        {"condition",
         {{"operator", "$booleanTrue"}, {"variable", {{"type", "VALUE"}, {"value", true}}}}}};
    switch (random.below(4)) {
      case 0:
      case 1:
        step["type"] = "TRANSITION/IFELSE";
        parameters["choices"] = JsonArray{
            JsonObject{{"label", "Yes"}, {"next", forward(i)}, {"conditionWrapper", always}},
            JsonObject{{"label", "No"}, {"next", forward(i)}}};
        if (random.one_of(1, 3)) step["next"] = forward(i);
        break;
      case 2:
        step["type"] = "TRANSITION/MAP";
        parameters["iterator"] = JsonObject{{"type", "VALUE"}, {"value", JsonArray{1, 2}}};
        parameters["nextToIterate"] = forward(i);
        step["next"] = forward(i);
        break;
      default:
        step["type"] = "ACTION/FUNCTION";
        parameters["code"] = "() => 1";
        step["next"] = forward(i);
    }
    step["parameters"] = std::move(parameters);
    steps.emplace_back(std::move(step));
  }
  return JsonObject{{"steps", std::move(steps)}};
}

std::size_t count_steps(const Json& value) {
  std::size_t count = 0;
  if (const auto* const array = value.if_array()) {
    for (const Json& element : *array) count += count_steps(element);
  } else if (const auto* const object = value.if_object()) {
    if (object->contains("id") && object->contains("type")) ++count;
    for (const auto& member : *object) count += count_steps(member.value());
  }
  return count;
}

void check_findings(const Json& compiled, const Error& error) {
  REQUIRE(error.code == ErrorCode::invalid_definition);
  REQUIRE_FALSE(error.details.empty());
  for (const ErrorDetail& detail : error.details) {
    INFO(detail.path << ": " << detail.message);
    REQUIRE_FALSE(detail.message.empty());
    REQUIRE(points_into(compiled, detail.path));
  }
}

}  // namespace

TEST_CASE("a mutated compiled workflow is translated soundly or has findings that point into it") {
  const auto samples = compiled_samples();
  const auto values = strange_values();
  std::size_t translated = 0;
  std::size_t rounds = 0;
  fuzz(8'000, [&](SeededRandom& random) {
    Json compiled = samples[random.below(samples.size())].second;
    mutate(compiled, random, values);
    INFO(to_text(compiled));
    const bool is_compiled = is_compiled_form(compiled);
    const auto translation = translate_compiled_form(compiled);
    ++rounds;
    if (!translation) return check_findings(compiled, translation.error());
    if (!is_compiled) return;
    ++translated;
    INFO(to_text(*translation));
    REQUIRE(check_draft(*translation).ok());
    REQUIRE_FALSE(is_compiled_form(*translation));
    // It is stored as text and read again.
    const auto stored = parse_json(to_text(*translation));
    REQUIRE(stored.ok());
    REQUIRE(to_text(*stored) == to_text(*translation));
    // Whether it can run is another question; that its templates can be read is not.
    const auto workflow = compile_workflow(*translation, {ProjectId("p"), WorkflowId("w"), 1});
    if (workflow) return;
    for (const ErrorDetail& detail : workflow.error().details) {
      INFO(detail.path << ": " << detail.message);
      REQUIRE(detail.message.find("at character") == std::string::npos);
    }
  });
  if (rounds > 1'000) REQUIRE(translated > rounds / 20);
}

TEST_CASE("steps with any links are nested once each or refused") {
  std::size_t nested = 0;
  std::size_t rounds = 0;
  fuzz(10'000, [&](SeededRandom& random) {
    const Json compiled = random_links(random);
    INFO(to_text(compiled));
    const auto translation = translate_compiled_form(compiled);
    ++rounds;
    if (!translation) return check_findings(compiled, translation.error());
    ++nested;
    INFO(to_text(*translation));
    REQUIRE(count_steps(translation->at("steps")) == compiled.at("steps").as_array().size() - 1);
    const auto workflow = compile_workflow(*translation, {ProjectId("p"), WorkflowId("w"), 1});
    if (!workflow) FAIL(workflow.error().message);
  });
  if (rounds > 1'000) REQUIRE(nested > rounds / 50);
}

}  // namespace millrace
