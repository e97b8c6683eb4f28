#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

TEST_CASE("a run with a response step answers with its status and body") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  auto reply = bed.trigger("w", JsonObject{{"n", 7}});
  REQUIRE(reply.ok());
  const auto* response = std::get_if<RunResponded>(&*reply);
  REQUIRE(response != nullptr);
  CHECK(response->status == 201);
  CHECK(to_text(response->body) == R"({"got":{"in":{"n":7}}})");
  CHECK(bed.reaches(response->execution, ExecutionStatus::succeeded));
}

TEST_CASE("a response is durable before anybody sees it") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  auto reply = bed.trigger("w");
  REQUIRE(reply.ok());
  const auto execution = std::get<RunResponded>(*reply).execution;
  auto pages = storage::ExecutionTable(bed.store).pages(execution, BranchPath{});
  REQUIRE(pages.ok());
  std::string journal;
  for (const auto& page : *pages) journal += page.events;
  CHECK(journal.find("statusCode") != std::string::npos);
}

TEST_CASE("a run without a response step is accepted while its function still runs") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  bed.functions->hold("work");
  const auto execution = bed.accept("w");
  CHECK(bed.status(execution) == ExecutionStatus::executing);
  bed.functions->release("work");
  CHECK(bed.reaches(execution, ExecutionStatus::succeeded));
}

TEST_CASE("a run that fails before its response says which step and why") {
  ActorTestBed bed;
  bed.script.on("work", throwing("no such lead"));
  bed.restart();
  bed.deploy("w", one_function_and_response);
  auto reply = bed.trigger("w");
  REQUIRE(reply.ok());
  const auto* failed = std::get_if<RunFailed>(&*reply);
  REQUIRE(failed != nullptr);
  CHECK(failed->step.text == "work");
  CHECK(failed->error.code == ErrorCode::function_threw);
  CHECK(failed->error.message.find("no such lead") != std::string::npos);
  CHECK(bed.status(failed->execution) == ExecutionStatus::failed);
}

TEST_CASE("a request that is held too long is answered while the run goes on") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  bed.functions->hold("work");
  auto reply = bed.trigger("w", JsonObject{}, "user-1", Millis(1));
  REQUIRE(reply.ok());
  const auto* still = std::get_if<RunStillGoing>(&*reply);
  REQUIRE(still != nullptr);
  bed.functions->release("work");
  REQUIRE(bed.eventually([&] {
    auto summary = storage::ExecutionTable(bed.store).summary(still->execution);
    return summary.ok() && summary->has_value() && (*summary)->status == ExecutionStatus::succeeded;
  }));
}

TEST_CASE("a run that never reaches its response step is accepted at its end") {
  ActorTestBed bed;
  bed.deploy("w", R"([{"id":"c","type":"conditional",
    "if":[[{"variable":"{{trigger.request.body.yes}}","operator":"BooleanTrue"}]],
    "then":[{"id":"r","type":"response","body":{}}],"else":[]}])");
  auto reply = bed.trigger("w", JsonObject{{"yes", false}});
  REQUIRE(reply.ok());
  CHECK(std::holds_alternative<RunAccepted>(*reply));
}

TEST_CASE("what is not deployed or not there is refused and starts nothing") {
  ActorTestBed bed;
  auto missing = bed.trigger("nowhere");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == ErrorCode::not_found);
  bed.deploy("w", one_function);
  REQUIRE(bed.workflows->undeploy(bed.project, WorkflowId("w")).ok());
  auto withdrawn = bed.trigger("w");
  REQUIRE_FALSE(withdrawn.ok());
  CHECK(withdrawn.error().code == ErrorCode::workflow_not_deployed);
  CHECK(bed.gateway->stats().runs_started == 0);
}

TEST_CASE("a run in flight stays on the version it began with") {
  ActorTestBed bed;
  bed.deploy("w", one_function_and_response);
  bed.functions->hold("work");
  std::optional<Result<TriggerReply>> reply;
  std::thread client([&] { reply = bed.trigger("w"); });
  REQUIRE(bed.functions->wait_for_calls("work", 1));
  bed.deploy("w", R"([{"id":"r","type":"response","statusCode":299,"body":{}}])");
  bed.functions->release("work");
  client.join();
  REQUIRE(reply->ok());
  CHECK(std::get<RunResponded>(**reply).status == 201);
  auto later = bed.trigger("w");
  REQUIRE(later.ok());
  CHECK(std::get<RunResponded>(*later).status == 299);
}
