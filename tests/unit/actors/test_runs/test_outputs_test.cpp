#include "actors/test_runs/test_outputs.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

const ProjectId project("p");
const WorkflowId workflow("w");

StepDetail gave(const std::string& step, Json output, const std::string& status = "SUCCEEDED",
                std::vector<std::uint32_t> indexes = {}) {
  StepDetail detail;
  detail.step.step = StepId(step);
  detail.step.status = status;
  detail.step.indexes = std::move(indexes);
  detail.output = std::move(output);
  return detail;
}

}  // namespace

TEST_CASE("a step's latest output is kept until it succeeds again, whatever else is tested") {
  TestOutputs outputs;
  outputs.note(project, workflow, {gave("a", 1), gave("b", 2)});
  outputs.note(project, workflow, {gave("b", 3), gave("a", "why", "FAILED")});
  auto kept = outputs.of(project, workflow);
  REQUIRE(kept.size() == 2);
  CHECK(kept.at("a").output == Json(1));
  CHECK(kept.at("b").output == Json(3));
  CHECK(outputs.of(project, WorkflowId("other")).empty());
  CHECK(outputs.of(ProjectId("q"), workflow).empty());
  outputs.forget(project, workflow);
  CHECK(outputs.of(project, workflow).empty());
}

TEST_CASE("of a fan-out's step the output of the first element is kept") {
  TestOutputs outputs;
  outputs.note(project, workflow,
               {gave("a", "first", "SUCCEEDED", {0, 0}), gave("a", "next", "SUCCEEDED", {0, 1})});
  CHECK(outputs.of(project, workflow).at("a").output == Json("first"));
  outputs.forget_all();
  CHECK(outputs.of(project, workflow).empty());
}

TEST_CASE("a large output is cut to a sample, and says so") {
  bool is_cut = false;
  const Json small = JsonObject{{"a", JsonArray{1, "x", nullptr, 1.5, true}}};
  CHECK(sample_of(small, is_cut) == small);
  CHECK_FALSE(is_cut);

  const Json text(std::string(limits::test_output_text_bytes_max, 'x') + "\xC3\xA4");
  CHECK(sample_of(text, is_cut).as_string().size() == limits::test_output_text_bytes_max);
  CHECK(is_cut);

  JsonArray rows;
  for (int i = 0; i < 1'000; ++i) {
    rows.push_back(JsonObject{{"name", std::string(900, 'n')}, {"list", JsonArray(100, 7)}});
  }
  is_cut = false;
  const Json sample = sample_of(Json{rows, rows, rows}, is_cut);
  CHECK(is_cut);
  CHECK(to_text(sample).size() < 2 * limits::test_output_bytes_max);
  CHECK(sample.at(0).at(0).at("name").as_string().size() == 900);
}
