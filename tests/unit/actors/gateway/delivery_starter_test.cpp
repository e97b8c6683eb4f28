#include "actors/gateway/received.h"
#include "storage/keys.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"

#include <optional>
#include <thread>

namespace millrace {
namespace {

const std::string single_function = R"([{"id": "f", "type": "function", "code": "x"}])";

EventRequest event_with_key(const ActorTestBed& bed, const std::string& key,
                            const std::string& content) {
  EventRequest request{bed.project, UserId("user-1"), "E", JsonObject{{"a", 1}}};
  request.idempotency = Idempotency{key, content};
  return request;
}

const std::string one_content(32, 'a');

TEST_CASE("an event under the same key names the same runs for a day, also after a restart") {
  ActorTestBed bed;
  bed.deploy_on(R"({"type": "event", "event": "E"})", "w", single_function);
  const auto first = bed.gateway->trigger_event(event_with_key(bed, "k", one_content));
  REQUIRE(first.ok());
  REQUIRE(first->executions.size() == 1);
  CHECK_FALSE(first->is_replayed);
  bed.restart();
  bed.clock.advance(std::chrono::hours(23));
  const auto again = bed.gateway->trigger_event(event_with_key(bed, "k", one_content));
  REQUIRE(again.ok());
  CHECK(again->is_replayed);
  CHECK(again->executions == first->executions);
  const auto other = bed.gateway->trigger_event(event_with_key(bed, "k", std::string(32, 'b')));
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().code == ErrorCode::conflict);
  bed.clock.advance(std::chrono::hours(2));
  const auto later = bed.gateway->trigger_event(event_with_key(bed, "k", one_content));
  REQUIRE(later.ok());
  CHECK_FALSE(later->is_replayed);
  CHECK(later->executions != first->executions);
}

TEST_CASE("a key whose runs could not be stored is free again") {
  ActorTestBed bed;
  bed.deploy_on(R"({"type": "event", "event": "E"})", "w", single_function);
  REQUIRE(bed.store.claim(ShardSet::all().ids()).ok());  // another owner: nothing may be committed
  REQUIRE_FALSE(bed.gateway->trigger_event(event_with_key(bed, "k", one_content)).ok());
  bed.restart();
  const auto first = bed.gateway->trigger_event(event_with_key(bed, "k", one_content));
  REQUIRE(first.ok());
  CHECK_FALSE(first->is_replayed);
}

TEST_CASE("what was received long ago is removed as new things come") {
  ActorTestBed bed;
  bed.deploy_on(R"({"type": "event", "event": "E"})", "w", single_function);
  const auto rows = [&] {
    std::size_t count = 0;
    const storage::OrderedStore& store = bed.store;
    const auto cursor = store.scan(storage::keys::received(bed.project, UserId("user-1")));
    for (; cursor->valid(); cursor->next()) ++count;
    return count;
  };
  for (int i = 0; i < 40; ++i) {
    REQUIRE(bed.gateway->trigger_event(event_with_key(bed, std::to_string(i), one_content)).ok());
  }
  CHECK(rows() == 40);
  bed.clock.advance(std::chrono::hours(25));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(
        bed.gateway->trigger_event(event_with_key(bed, "n" + std::to_string(i), one_content)).ok());
  }
  CHECK(rows() == 3);
}

TEST_CASE("a repeated request is answered with what its run has answered") {
  ActorTestBed bed;
  bed.deploy("w", R"([{"id": "r", "type": "response", "statusCode": 201, "body": {"n": 1}}])");
  const auto send = [&](const std::string& content) {
    TriggerRequest request{
        bed.project, UserId("user-1"), WorkflowId("w"),
        request_output(JsonObject{
            {"headers", JsonObject()}, {"params", JsonObject()}, {"body", JsonObject()}})};
    return bed.gateway->trigger_once(std::move(request), Idempotency{"k", content}, Millis(10'000));
  };
  const auto first = send(one_content);
  REQUIRE(first.ok());
  CHECK_FALSE(first->is_replayed);
  const auto* const responded = std::get_if<RunResponded>(&first->reply);
  REQUIRE(responded != nullptr);
  bed.restart();
  const auto again = send(one_content);
  REQUIRE(again.ok());
  CHECK(again->is_replayed);
  const auto* const repeated = std::get_if<RunResponded>(&again->reply);
  REQUIRE(repeated != nullptr);
  CHECK(repeated->execution == responded->execution);
  CHECK(repeated->status == 201);
  CHECK(repeated->body == responded->body);
  CHECK(send(std::string(32, 'b')).error().code == ErrorCode::conflict);
}

TEST_CASE("a request that is repeated beyond the held ones of its project does not wait") {
  ActorTestBed bed;
  bed.tenants.limit({.held_responses = 1});
  bed.deploy(
      "w",
      R"([{"id": "work", "type": "function", "code": "x"}, {"id": "r", "type": "response", "body": 1}])");
  bed.functions->hold("work");
  const auto send = [&](Millis hold) {
    TriggerRequest request{
        bed.project, UserId("user-1"), WorkflowId("w"),
        request_output(JsonObject{
            {"headers", JsonObject()}, {"params", JsonObject()}, {"body", JsonObject()}})};
    return bed.gateway->trigger_once(std::move(request), Idempotency{"k", one_content}, hold);
  };
  std::optional<Result<OnceReply>> first;
  std::thread waits([&] { first = send(Millis(10'000)); });
  CHECK(bed.functions->wait_for_calls("work", 1));
  const auto again = send(Millis(0));  // with a place it would be told that the run goes on
  bed.functions->release("work");
  waits.join();
  REQUIRE(again.ok());
  CHECK(again->is_replayed);
  CHECK(std::holds_alternative<RunAccepted>(again->reply));
  REQUIRE((first.has_value() && first->ok()));
  CHECK(std::holds_alternative<RunResponded>((*first)->reply));
}

}  // namespace
}  // namespace millrace
