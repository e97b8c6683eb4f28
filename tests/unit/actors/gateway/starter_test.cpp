// Whether a run may begin, and with what: without any actor.

#include "actors/gateway/starter.h"

#include "runtime/definitions/compile_workflow.h"
#include "storage/memory/memory_store.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_tenants.h"
#include "tests/support/seeded_random.h"

#include <vector>

namespace millrace {
namespace {

struct Bench {
  RunStart start_of(const char* trigger, const char* body, bool responds = false) {
    const std::string step = responds ? R"({"id": "r", "type": "response", "body": 1})"
                                      : R"({"id": "f", "type": "function", "code": "1"})";
    const auto definition =
        parse_json(R"({"trigger": )" + std::string(trigger) + R"(, "steps": [)" + step + "]}");
    auto workflow = compile_workflow(*definition, {ProjectId("p"), WorkflowId("w"), 7});
    REQUIRE(workflow.ok());
    return {.workflow = *workflow,
            .kind = &request_trigger_kind,
            .user = UserId("u"),
            .output = request_output(JsonObject{{"body", *parse_json(body)}})};
  }

  storage::MemoryStore store;
  storage::GroupCommit commits{store, {}};
  ManualClock clock;
  SeededRandom random{1};
  ScriptedTenants tenants;
  std::vector<std::shared_ptr<const RunOrder>> handed_over;
  Starter starter{tenants, commits, clock, random, [this](std::shared_ptr<const RunOrder> order) {
                    handed_over.push_back(std::move(order));
                  }};
};

constexpr const char* any_request = R"({"type": "request"})";
constexpr const char* with_name =
    R"({"type": "request", "bodyValidations": [{"key": "name", "required": true}]})";

TEST_CASE("a run that may begin is handed over with all that it sees") {
  Bench bench;
  bench.tenants.give({JsonObject{{"a", 1}}, JsonObject{{"plan", "pro"}}, "c1"});
  const auto order = bench.starter.start(bench.start_of(any_request, R"({"n": 1})"));
  REQUIRE(order.ok());
  REQUIRE(bench.handed_over.size() == 1);
  CHECK(bench.handed_over.front() == *order);
  const RunOrder& run = **order;
  CHECK(run.execution.shard() == shard_of(ProjectId("p"), UserId("u")));
  CHECK(run.submitted == bench.clock.now());
  CHECK(run.started.project == ProjectId("p"));
  CHECK(run.started.user == UserId("u"));
  CHECK(run.started.workflow == WorkflowId("w"));
  CHECK(run.started.version == 7);
  CHECK(to_text(*run.started.trigger) == R"({"request":{"body":{"n":1}}})");
  CHECK(to_text(*run.started.settings) == R"({"a":1})");
  CHECK(to_text(*run.started.user_meta) == R"({"plan":"pro"})");
  CHECK(run.started.credential == "c1");
  CHECK_FALSE(run.started.is_test);
  CHECK(run.reply != nullptr);
}

TEST_CASE("nothing is handed over when the trigger or the user's conditions refuse the run") {
  Bench bench;
  const auto refused = bench.starter.start(bench.start_of(with_name, "{}"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::invalid_request);
  bench.tenants.refuse(Error(ErrorCode::user_disabled, "the user is disabled"));
  const auto disabled = bench.starter.start(bench.start_of(with_name, R"({"name": "Ada"})"));
  REQUIRE_FALSE(disabled.ok());
  CHECK(disabled.error().code == ErrorCode::user_disabled);
  CHECK(bench.handed_over.empty());
}

TEST_CASE("a run that is prepared begins when it is handed over") {
  Bench bench;
  const auto order = bench.starter.prepare(bench.start_of(any_request, "{}"));
  REQUIRE(order.ok());
  CHECK(bench.handed_over.empty());
  bench.starter.hand_over(*order);
  CHECK(bench.handed_over.size() == 1);
}

TEST_CASE("a response is waited for only where there is a Response step") {
  Bench bench;
  const auto reply_at = [&](bool responds, ReplyAt wanted) {
    RunStart start = bench.start_of(any_request, "{}", responds);
    start.reply_at = wanted;
    return (*bench.starter.start(std::move(start)))->reply_at;
  };
  CHECK(reply_at(true, ReplyAt::response) == ReplyAt::response);
  CHECK(reply_at(false, ReplyAt::response) == ReplyAt::durable);
  CHECK(reply_at(true, ReplyAt::durable) == ReplyAt::durable);
  CHECK(reply_at(false, ReplyAt::end) == ReplyAt::end);
}

TEST_CASE("a test run takes what its trigger would refuse, and says that it is one") {
  Bench bench;
  RunStart start = bench.start_of(with_name, "{}");
  start.origin = FromTest{0, JsonObject{{"before", 1}}};
  const auto order = bench.starter.start(std::move(start));
  REQUIRE(order.ok());
  CHECK((*order)->started.is_test);
  CHECK((*order)->started.only_step == StepIndex{0});
  CHECK(to_text(*(*order)->started.given_outputs) == R"({"before":1})");
}

}  // namespace
}  // namespace millrace
