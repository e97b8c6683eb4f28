#include "runtime/execution/fan_out_progress.h"

#include "runtime/execution/event_codec.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/runtime/definitions/compile_text.h"

#include <algorithm>
#include <numeric>

namespace millrace {
namespace {

std::shared_ptr<const Workflow> fan_out_with(const std::string& options) {
  return compile_steps(R"(
    {"id": "each", "type": "fanOut", "items": "{{trigger.request.body}}")" +
                       options + R"(, "steps": [
      {"id": "inner", "type": "function", "code": "() => 1"}]},
    {"id": "last", "type": "function", "code": "() => 1", "parameters": {"a": "{{inner.result}}"}})");
}

/// Elements whose index is a multiple of 3 fail; those of the others give their index.
BranchResult result_of_element(std::uint32_t index) {
  BranchResult result;
  result.tasks = index;
  if (index % 3 == 0) {
    result.failure =
        BranchFailure{1, Error(ErrorCode::function_threw, "boom " + std::to_string(index))};
  } else {
    result.outputs.emplace_back(1, share(JsonObject{{"result", index}}));
  }
  return result;
}

std::string page_of(EventBody body) {
  JournalPageWriter writer;
  writer.add({test_epoch, std::move(body)});
  return writer.take();
}

std::string concluded(const Workflow& workflow, const std::vector<std::uint32_t>& order) {
  FanOutProgress progress(workflow, *workflow.by_index[0],
                          static_cast<std::uint32_t>(order.size()));
  while (progress.start_next()) {
  }
  for (const auto index : order) {
    REQUIRE_FALSE(progress.is_settled());
    progress.settle(index, result_of_element(index));
  }
  REQUIRE(progress.is_settled());
  return page_of(progress.conclude(test_epoch, 2));
}

void check_every_order_concludes_alike(const Workflow& workflow) {
  std::vector<std::uint32_t> order(9);
  std::iota(order.begin(), order.end(), 0U);
  const std::string expected = concluded(workflow, order);
  SeededRandom random(99);
  for (int round = 0; round < 300; ++round) {
    for (std::size_t i = order.size() - 1; i > 0; --i) {
      std::swap(order[i], order[random.below(i + 1)]);
    }
    INFO("seed 99, round " << round);
    REQUIRE(concluded(workflow, order) == expected);
  }
}

}  // namespace

TEST_CASE("a fan-out concludes alike in whatever order its elements settle") {
  check_every_order_concludes_alike(*fan_out_with(R"(, "onError": "continue")"));
  check_every_order_concludes_alike(*fan_out_with(""));
}

TEST_CASE("a fan-out that goes on has outputs and errors at the places of their elements") {
  const auto workflow = fan_out_with(R"(, "onError": "continue")");
  CHECK(
      concluded(*workflow, {1, 0, 2}) ==
      R"(1[{"k":7,"t":1767225600000,"s":0,"b":1767225600000,)"
      R"("x":[[1,[null,{"result":1},{"result":2}]]],)"
      R"("o":{"errors":[{"error":{"code":"function_threw","message":"boom 0"}},null,null]},"n":3}])");
}

TEST_CASE("a failed fan-out names the first failed index though a later one failed earlier") {
  const auto workflow = fan_out_with("");
  CHECK(concluded(*workflow, {3, 1, 0, 2}).find(R"(element 0 of \"each\" failed: boom 0)") !=
        std::string::npos);
}

TEST_CASE("elements start in order and never more at once than the concurrency") {
  const auto workflow = fan_out_with(R"(, "concurrency": 2)");
  FanOutProgress progress(*workflow, *workflow->by_index[0], 4);
  CHECK(progress.start_next() == 0U);
  CHECK(progress.start_next() == 1U);
  CHECK_FALSE(progress.start_next());
  progress.settle(1, result_of_element(1));
  CHECK(progress.start_next() == 2U);
  CHECK_FALSE(progress.start_next());
  CHECK(progress.unsettled() == 2);
}

TEST_CASE("after a failure nothing starts and what runs may be abandoned") {
  const auto workflow = fan_out_with("");
  FanOutProgress progress(*workflow, *workflow->by_index[0], 4);
  progress.start_next();
  progress.start_next();
  progress.settle(0, result_of_element(0));
  CHECK(progress.is_failing());
  CHECK_FALSE(progress.start_next());
  CHECK_FALSE(progress.is_settled());
  progress.abandon(1);
  CHECK(progress.is_settled());
}

TEST_CASE("elements that had begun before a crash are not started again") {
  const auto workflow = fan_out_with("");
  FanOutProgress progress(*workflow, *workflow->by_index[0], 4);
  progress.mark_started(2);
  progress.mark_started(0);
  CHECK(progress.start_next() == 1U);
  CHECK(progress.start_next() == 3U);
  CHECK_FALSE(progress.start_next());
}

TEST_CASE("a fan-out refuses results that its elements cannot have") {
  const auto workflow = fan_out_with("");
  FanOutProgress progress(*workflow, *workflow->by_index[0], 2);
  CHECK_THROWS_AS(progress.settle(0, {}), BugFound);
  CHECK_THROWS_AS(progress.conclude(test_epoch, 2), BugFound);
  progress.start_next();
  CHECK_THROWS_AS(progress.mark_started(0), BugFound);
  CHECK_THROWS_AS(progress.abandon(0), BugFound);  // nothing has failed
  BranchResult foreign;
  foreign.outputs.emplace_back(2, share(1));
  CHECK_THROWS_AS(progress.settle(0, foreign), BugFound);
}

}  // namespace millrace
