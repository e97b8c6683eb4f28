// What is counted of a fan-out over kills in its middle: every element once, and each failed one listed once.
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/support/seeded_random.h"
#include "tests/support/server_process.h"
#include "tests/support/test_project.h"

#include <algorithm>
#include <iostream>
#include <random>
#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace {

constexpr int elements = 6'000;

/// Two steps and a fan-out inside; every fiftieth element fails at its second step.
const char* const steps = R"json(
  {"id": "list", "type": "function", "parameters": {"n": 6000}, "code": "({ n }) => Array.from({ length: n }, (_, i) => i)"},
  {"id": "each", "type": "fanOut", "items": "{{list.result}}", "onError": "continue", "steps": [
    {"id": "first", "type": "function", "parameters": {"n": "{{each.instance}}"}, "code": "({ n }) => n"},
    {"id": "short", "type": "delay", "value": 0, "unit": "SECONDS"},
    {"id": "second", "type": "function", "parameters": {"n": "{{first.result}}"},
     "code": "({ n }) => { if (n % 50 === 7) throw new Error('no ' + n); return n }"},
    {"id": "inner", "type": "fanOut", "items": [0, 1], "steps": [
      {"id": "leaf", "type": "function", "code": "() => 1"}]}]})json";

Json counts_of(const Json& graph, std::string_view id) {
  for (const Json& step : graph.at("steps").as_array()) {
    if (string_at(step, "/stepId") == id) return step.at("counts");
  }
  throw std::runtime_error("the graph has no step " + std::string(id));
}

}  // namespace

TEST_CASE(
    "after kills in the middle of a fan-out, its counts are exact and its failed elements listed "
    "once") {
  const std::uint64_t seed = std::random_device()();
  std::cout << "fan-out counts with seed " << seed << std::endl;
  SeededRandom random(seed);
  ServerProcess server({"--history-requests-max", "0"});
  const TestProject project(server);
  project.deploy_steps("w", steps);
  const std::string run = project.start("w");
  const std::string path = TestProject::execution_path(run);
  const auto done = [&] {
    const Answer graph = project.get(path + "/graph");
    REQUIRE(graph.status == 200);
    const Json first = counts_of(graph.json, "first");
    const Json* const counted = first.as_object().if_contains("SUCCEEDED");
    return counted == nullptr ? 0 : counted->to_number<int>();
  };
  int before = 0;
  for (int i = 0; i < 6; ++i) {
    const int until = std::min(elements, before + 1 + static_cast<int>(random.below(500)));
    CHECK(poll_until([&] { return done() >= until; }));
    server.kill_now();
    server.start();
    // What is shown is never ahead: a step has not run more often than there are elements.
    before = done();
    CHECK(before <= elements);
  }
  const Json ended = project.wait_until_ended(run);
  CHECK(text_at(ended, "/status") == R"("SUCCEEDED")");
  const Json graph = project.get(path + "/graph").json;
  CHECK(counts_of(graph, "first") == json_of(R"({"SUCCEEDED": 6000})"));
  CHECK(counts_of(graph, "short") == json_of(R"({"SUCCEEDED": 6000})"));
  CHECK(counts_of(graph, "second") == json_of(R"({"SUCCEEDED": 5880, "FAILED": 120})"));
  CHECK(counts_of(graph, "inner") == json_of(R"({"SUCCEEDED": 5880})"));
  CHECK(counts_of(graph, "leaf") == json_of(R"({"SUCCEEDED": 11760})"));

  std::set<std::string> failed;
  std::string after;
  for (int pages = 0; pages < 20; ++pages) {
    const Answer page = project.get(path + "/step-executions?status=FAILED&limit=50" + after);
    REQUIRE(page.status == 200);
    CHECK(page.at("/total") == "120");
    for (const Json& step : page.json.at("stepExecutions").as_array()) {
      CHECK(failed.insert(string_at(step, "/id")).second);
    }
    if (page.json.at("next").is_null()) break;
    after = "&after=" + string_at(page.json, "/next");
  }
  CHECK(failed.size() == 120);
  CHECK(failed.contains("second.7"));
}
