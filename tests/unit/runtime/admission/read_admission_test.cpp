// `admission` of a definition: what is read, and what is refused.
#include "tests/support/catch.h"
#include "tests/unit/runtime/definitions/compile_text.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

Result<std::shared_ptr<const Workflow>> with(const std::string& admission,
                                             const std::string& trigger = R"({"type":"request"})",
                                             const std::string& value = "{{trigger}}") {
  return compile_text(R"({"name":"w","trigger":)" + trigger + R"(,"admission":)" + admission +
                      R"(,"steps":[{"id":"f","type":"function","code":"x","parameters":{"v":")" +
                      value + R"("}}]})");
}

std::string paths(const Result<std::shared_ptr<const Workflow>>& compiled) {
  if (compiled) return "none";
  std::string all;
  for (const auto& detail : compiled.error().details) all += detail.path + ' ';
  return all;
}

}  // namespace

TEST_CASE("the rules of a workflow's admission are read with their standards") {
  const auto compiled = with(R"({
    "debounce": {"wait": "30s", "key": "{{trigger.request.body.id}}"},
    "singleton": {"onConflict": "replace"}, "throttle": {"limit": 10, "per": "1m"}, "priority": 9})");
  REQUIRE(compiled.ok());
  const AdmissionRules& rules = (*compiled)->admission;
  CHECK(rules.debounce->wait == 30s);
  CHECK(rules.debounce->max_wait == 300s);
  CHECK(rules.singleton->on_conflict == Singleton::OnConflict::replace);
  CHECK(rules.throttle->limit == 10);
  CHECK(rules.throttle->per == 60s);
  CHECK(rules.priority == 9);
  CHECK(rules.holds_back());
  CHECK_FALSE((*with(R"({"priority": 1})"))->admission.holds_back());
}

TEST_CASE("what is wrong with an admission is found with its place, all at once") {
  CHECK_THAT(paths(with(R"({"throttle": {"limit": 0, "per": "1m"}, "batch": {"wait": "x"}})")),
             Catch::Contains("/admission/throttle/limit") &&
                 Catch::Contains("/admission/batch/size") &&
                 Catch::Contains("/admission/batch/wait"));
  CHECK_THAT(paths(with(R"({"singleton": {}})")), Catch::Contains("/admission/singleton"));
  CHECK_THAT(paths(with(R"({"priority": 10})")), Catch::Contains("/admission/priority"));
  CHECK_THAT(paths(with(R"({"queue": {}})")), Catch::Contains("/admission/queue"));
  CHECK_THAT(paths(with(R"({"debounce": {"wait": "1m", "maxWait": "30s"}})")),
             Catch::Contains("/admission/debounce/maxWait"));
}

TEST_CASE("a debounce and a batch exclude each other") {
  CHECK_THAT(paths(with(R"({"debounce": {"wait": "1s"}, "batch": {"size": 2, "wait": "1s"}})")),
             Catch::Contains("/admission/batch"));
}

TEST_CASE("what time starts cannot be held back, but has a priority") {
  const std::string schedule = R"({"type":"scheduler","every":{"minutes":5}})";
  CHECK_THAT(paths(with(R"({"throttle": {"limit": 1, "per": "1m"}})", schedule)),
             Catch::Contains("/admission"));
  CHECK(with(R"({"priority": 2})", schedule).ok());
}

TEST_CASE("a key is about the trigger and the user, and behind a batch about the batch") {
  CHECK(with(R"({"throttle": {"limit": 1, "per": "1m", "key": "{{user.meta.plan}}"}})").ok());
  CHECK_THAT(paths(with(R"({"throttle": {"limit": 1, "per": "1m", "key": "{{settings.a}}"}})")),
             Catch::Contains("/admission/throttle/key"));
  const std::string batch =
      R"("batch": {"size": 2, "wait": "1s", "key": "{{trigger.request.body.a}}"})";
  CHECK_THAT(
      paths(with(
          "{" + batch + R"(, "throttle": {"limit": 1, "per": "1m", "key": "{{trigger.request}}"}})",
          R"({"type":"request"})", "{{trigger.items}}")),
      Catch::Contains("/admission/throttle/key"));
}

TEST_CASE("the steps of a workflow with a batch see its items and no single trigger") {
  const std::string batch = R"({"batch": {"size": 2, "wait": "1s"}})";
  CHECK(with(batch, R"({"type":"request"})", "{{trigger.items[0].request.body}}").ok());
  CHECK_FALSE(with(batch, R"({"type":"request"})", "{{trigger.request.body}}").ok());
}
