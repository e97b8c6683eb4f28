// What an app event starts.
#include "actors/tenants/event_log.h"
#include "storage/tables/workflow_index_table.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

EventRequest event(const std::string& name, Json payload = JsonObject{{"email", "a@b.example"}}) {
  EventRequest request;
  request.project = ProjectId("demo");
  request.user = UserId("user-1");
  request.event = name;
  request.payload = std::move(payload);
  return request;
}

const std::string listens = R"({"type": "event", "event": "Contact Created"})";
const std::string single_function =
    R"([{"id": "f", "type": "function", "code": "x", "parameters": {"e": "{{trigger.email}}"}}])";

}  // namespace

TEST_CASE("an event starts every workflow that listens to it, and only those") {
  ActorTestBed bed;
  bed.deploy_on(listens, "a", single_function);
  bed.deploy_on(listens, "b", single_function);
  bed.deploy_on(R"({"type": "event", "event": "Other"})", "c", single_function);
  bed.deploy("d", R"([{"id": "g", "type": "function", "code": "x"}])");
  const auto started = bed.gateway->trigger_event(event("Contact Created"));
  REQUIRE(started.ok());
  REQUIRE(started->executions.size() == 2);
  for (const auto& id : started->executions) CHECK(bed.reaches(id, ExecutionStatus::succeeded));
  const auto seen = bed.functions->parameters("f");
  CHECK(seen == std::vector<std::string>(2, R"({"e":"a@b.example"})"));
}

TEST_CASE("an event that nobody listens to starts nothing and is no error") {
  ActorTestBed bed;
  const auto started = bed.gateway->trigger_event(event("Contact Created"));
  REQUIRE(started.ok());
  CHECK(started->executions.empty());
}

TEST_CASE("the runs of an event are durable together: a commit that fails leaves none of them") {
  ActorTestBed bed;
  bed.deploy_on(listens, "a", single_function);
  bed.deploy_on(listens, "b", single_function);
  // Its shard goes to another owner: nothing may be committed for it here.
  REQUIRE(bed.store.claim(ShardSet::all().ids()).ok());
  const auto started = bed.gateway->trigger_event(event("Contact Created"));
  REQUIRE_FALSE(started.ok());
  CHECK(means_shard_moved(started.error().code));
  storage::ExecutionTable::HistoryQuery query;
  query.project = bed.project;
  CHECK(storage::ExecutionTable(bed.store).history(query)->total == 0);
}

TEST_CASE("the runs of an event that a crash has cut off go on after the restart") {
  ActorTestBed bed;
  bed.deploy_on(listens, "a", single_function);
  bed.deploy_on(listens, "b", single_function);
  bed.functions->hold("f");
  const auto started = bed.gateway->trigger_event(event("Contact Created"));
  REQUIRE(started.ok());
  bed.restart();
  for (const auto& id : started->executions) CHECK(bed.reaches(id, ExecutionStatus::succeeded));
}

TEST_CASE("a workflow with another trigger is not started by a request") {
  ActorTestBed bed;
  bed.deploy_on(listens, "a", single_function);
  const auto reply = bed.trigger("a");
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().code == ErrorCode::invalid_request);
  CHECK_THAT(reply.error().message, Catch::Contains("started by app events, not by requests"));
}
