// What a run keeps of another one when it begins in the middle.
#include "runtime/execution/kept_steps.h"

#include "tests/support/catch.h"
#include "tests/unit/runtime/definitions/compile_text.h"

#include <map>

namespace millrace {
namespace {

/// a (0), check (1) with yes (2) or no (3), each (4) with inner (5), last (6).
const char* const all_kinds = R"(
  {"id": "a", "type": "function", "code": "() => 1"},
  {"id": "check", "type": "conditional",
    "if": [[{"variable": "{{a.result}}", "operator": "Exists"}]],
    "then": [{"id": "yes", "type": "function", "code": "() => 1"}],
    "else": [{"id": "no", "type": "function", "code": "() => 1"}]},
  {"id": "each", "type": "fanOut", "items": [1, 2], "steps": [
    {"id": "inner", "type": "function", "code": "() => 1"}]},
  {"id": "last", "type": "function", "code": "() => 1",
    "parameters": {"all": "{{inner.result}}"}})";

/// A run that came as far as these outputs say.
struct Earlier {
  std::shared_ptr<const Workflow> workflow;
  std::map<std::string, std::string> outputs;

  StepOutputs by_step() const {
    StepOutputs all{workflow.get(), std::vector<SharedJson>(workflow->by_index.size())};
    for (const Step* const step : workflow->by_index) {
      const auto found = outputs.find(step->id.text);
      if (found != outputs.end()) all.by_step[step->index] = share(*parse_json(found->second));
    }
    return all;
  }
};

Earlier whole_run() {
  return {compile_steps(all_kinds),
          {{"a", R"({"result": 1})"},
           {"check", R"({"selectedChoice": "Yes"})"},
           {"yes", R"({"result": 2})"},
           {"each", R"({"errors": []})"},
           {"inner", R"([{"result": 3}, {"result": 4}])"},
           {"last", R"({"result": 5})"}}};
}

Result<ReplayStart> kept(const Earlier& earlier, const std::string& from,
                         const std::string& given = "{}",
                         std::shared_ptr<const Workflow> version = nullptr) {
  return keep_before({version == nullptr ? earlier.workflow.get() : version.get(), StepId(from),
                      earlier.by_step(), parse_json(given)->get_object()});
}

/// "0 2 4*": those that are kept; * is given.
std::string listed(const Result<ReplayStart>& start) {
  if (!start) return start.error().details.empty() ? start.error().message : "findings";
  std::string list;
  for (const KeptOutput& each : start->kept) {
    list += (list.empty() ? "" : " ") + std::to_string(each.step) + (each.is_given ? "*" : "");
  }
  return list;
}

/// "path: message" of each finding.
std::string findings(const Result<ReplayStart>& start) {
  if (start) return "none";
  CHECK(start.error().code == ErrorCode::invalid_request);
  std::string all;
  for (const auto& each : start.error().details) all += each.path + ": " + each.message + "\n";
  return all;
}

TEST_CASE("a run that begins in the middle keeps the outputs on the way to it", "[replay]") {
  const Earlier earlier = whole_run();
  CHECK(listed(kept(earlier, "a")) == "");
  CHECK(listed(kept(earlier, "check")) == "0");
  CHECK(listed(kept(earlier, "yes")) == "0 1");
  CHECK(listed(kept(earlier, "each")) == "0 1 2");
  CHECK(listed(kept(earlier, "last")) == "0 1 2 4 5");
  CHECK(kept(earlier, "last")->from_step == StepIndex{6});
}

TEST_CASE("a step in a branch that the run did not take is refused with the reason", "[replay]") {
  CHECK_THAT(findings(kept(whole_run(), "no")), Catch::Contains("does not come by this step"));
  // With another choice it does.
  CHECK(listed(kept(whole_run(), "no", R"({"check": {"selectedChoice": "No"}})")) == "0 1*");
}

TEST_CASE("inside a fan-out nothing begins: the refusal names the fan-out", "[replay]") {
  const auto refused = kept(whole_run(), "inner");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().details.at(0).nearest == "each");
  CHECK_THAT(findings(refused), Catch::Contains("replay from the fan-out"));
}

TEST_CASE("a step before it that has no output is named, and may be given", "[replay]") {
  Earlier failed = whole_run();
  failed.outputs.erase("each");
  failed.outputs.erase("inner");
  failed.outputs.erase("yes");
  const std::string all = findings(kept(failed, "last"));
  CHECK_THAT(all, Catch::Contains("/outputs/yes: the step did not end in that run"));
  CHECK_THAT(all, Catch::Contains("/outputs/each: the step did not end in that run"));
  CHECK_THAT(all, Catch::Contains("/outputs/inner: that run did not keep the outputs"));
  CHECK(
      listed(kept(failed, "last",
                  R"({"yes": {"result": 1}, "each": {"errors": []}, "inner": [{"result": 1}]})")) ==
      "0 1 2* 4* 5*");
}

TEST_CASE("all that is wrong with given outputs is said at once", "[replay]") {
  const std::string all = findings(kept(
      whole_run(), "each",
      R"({"a": 7, "check": {"selectedChoice": "Perhaps"}, "chekc": {}, "yes": {"response": 1}})"));
  CHECK_THAT(all, Catch::Contains("/outputs/a: this is not what references see of the step"));
  CHECK_THAT(all, Catch::Contains("/outputs/check: the conditional has no such choice"));
  CHECK_THAT(all, Catch::Contains("/outputs/chekc: the workflow has no such step"));
  CHECK_THAT(findings(kept(whole_run(), "check", R"({"last": {"result": 1}})")),
             Catch::Contains("/outputs/last: the step does not run before \"check\""));
  CHECK_THAT(
      findings(kept(whole_run(), "last", R"({"inner": {"result": 1}})")),
      Catch::Contains("/outputs/inner: the outputs of a step inside a fan-out are an array"));
  CHECK_THAT(findings(kept(whole_run(), "last", R"({"inner": [{"result": 1}, 2]})")),
             Catch::Contains("/outputs/inner: an element is not what references see"));
  CHECK(listed(kept(whole_run(), "last", R"({"inner": [{"result": 1}, null]})")) == "0 1 2 4 5*");
}

TEST_CASE("an unknown step to begin at is refused with the nearest one", "[replay]") {
  const auto refused = kept(whole_run(), "lats");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().details.at(0).nearest == "last");
}

TEST_CASE("an unknown step to begin at is answered with the steps that there are", "[replay]") {
  CHECK_THAT(findings(kept(whole_run(), "nothing-like-it")),
             Catch::Contains("no such step; it has a, check, yes, no, each, inner, last\n"));
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += std::string(i == 0 ? "" : ",") + R"({"id": "s)" + std::to_string(i) +
            R"(", "type": "function", "code": "() => 1"})";
  }
  CHECK_THAT(findings(kept({compile_steps(many), {}}, "nothing-like-it")),
             Catch::Contains(", s19 and 80 others\n") && !Catch::Contains("s20"));
}

TEST_CASE("in another version the outputs are kept by the ids of the steps", "[replay]") {
  const auto moved = compile_steps(R"(
    {"id": "check", "type": "conditional",
      "if": [[{"variable": "{{trigger}}", "operator": "Exists"}]],
      "then": [{"id": "yes", "type": "function", "code": "() => 1"}]},
    {"id": "a", "type": "function", "code": "() => 1"},
    {"id": "last", "type": "function", "code": "() => 1"})");
  // check (0), yes (1), a (2), last (3)
  const auto start = kept(whole_run(), "last", "{}", moved);
  REQUIRE(start.ok());
  CHECK(listed(start) == "0 1 2");
  CHECK(to_text(*start->kept[2].output) == R"({"result":1})");
}

TEST_CASE("what another version has changed before the step is named", "[replay]") {
  const auto changed = compile_steps(R"(
    {"id": "new", "type": "function", "code": "() => 1"},
    {"id": "a", "type": "delay", "value": 1, "unit": "SECONDS"},
    {"id": "last", "type": "function", "code": "() => 1"})");
  const std::string all = findings(kept(whole_run(), "last", "{}", changed));
  CHECK_THAT(all, Catch::Contains("/outputs/new: the run's version had no such step"));
  CHECK_THAT(all, Catch::Contains("/outputs/a: the step is another one in this version"));
  CHECK(listed(kept(whole_run(), "last", R"({"new": {"result": 1}, "a": {}})", changed)) ==
        "0* 1*");
}

TEST_CASE("a fan-out whose inner outputs were not kept then is not passed when they are read now",
          "[replay]") {
  Earlier unread = whole_run();
  unread.outputs.erase("inner");
  CHECK_THAT(findings(kept(unread, "last")), Catch::Contains("did not keep the outputs"));
}

TEST_CASE("what a step gave that failed and was passed over is kept, and may be given",
          "[replay]") {
  const auto passing = compile_steps(R"(
    {"id": "a", "type": "function", "code": "() => 1", "continueOnError": true},
    {"id": "last", "type": "function", "code": "() => 1"})");
  const std::string error = R"({"error": {"code": "x", "message": "y"}})";
  CHECK(listed(kept({passing, {{"a", error}}}, "last")) == "0");
  CHECK(listed(kept({passing, {}}, "last", R"({"a": )" + error + "}")) == "0*");
}

}  // namespace
}  // namespace millrace
