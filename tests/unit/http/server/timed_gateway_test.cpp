#include "http/server/timed_gateway.h"

#include "tests/support/catch.h"
#include "tests/support/fake_gateway.h"
#include "tests/support/manual_clock.h"

namespace millrace {
namespace {

struct TimedTrigger {
  /// A trigger that takes `took` and is then answered with `reply`.
  void answer_after(Millis took, Result<TriggerReply> reply) {
    gateway.answer_with([this, took, reply = std::move(reply)](const TriggerRequest&) {
      clock.advance(took);
      return reply;
    });
    last = timed.trigger({ProjectId("p"), UserId("u"), WorkflowId("w"), JsonObject()}, Millis(1));
  }

  ManualClock clock;
  FakeGateway gateway;
  TriggerTimings timings;
  TimedGateway timed{gateway, clock, timings};
  Result<TriggerReply> last = Error(ErrorCode::not_found, "nothing was triggered");
};

std::string counts(const TriggerTimings& timings) {
  std::string text;
  for (const auto* const each :
       {&timings.acknowledgement, &timings.responded, &timings.failed, &timings.still_going}) {
    text += std::to_string(each->read().count());
  }
  return text;
}

}  // namespace

TEST_CASE("the time of a trigger counts for the kind of answer that it brought", "[http]") {
  TimedTrigger trigger;
  trigger.answer_after(Millis(3), TriggerReply(RunAccepted{}));
  CHECK(counts(trigger.timings) == "1000");
  CHECK(trigger.timings.acknowledgement.read().sum == 3'000);
  trigger.answer_after(Millis(40), TriggerReply(RunResponded{}));
  trigger.answer_after(Millis(1), TriggerReply(RunFailed{{}, {}, {ErrorCode::function_threw, ""}}));
  trigger.answer_after(Millis(55'000), TriggerReply(RunStillGoing{}));
  CHECK(counts(trigger.timings) == "1111");
  CHECK(trigger.timings.responded.read().sum == 40'000);
  CHECK(trigger.timings.still_going.read().sum == 55'000'000);
}

TEST_CASE("a refused trigger is passed on and not timed because it did nothing", "[http]") {
  TimedTrigger trigger;
  trigger.answer_after(Millis(3), Error(ErrorCode::workflow_not_deployed, "no"));
  REQUIRE_FALSE(trigger.last.ok());
  CHECK(trigger.last.error().code == ErrorCode::workflow_not_deployed);
  CHECK(counts(trigger.timings) == "0000");
}

TEST_CASE("the timed gateway is ready and cancels as the one behind it", "[http]") {
  TimedTrigger trigger;
  CHECK(trigger.timed.is_ready());
  trigger.gateway.set_ready(false);
  CHECK_FALSE(trigger.timed.is_ready());
  CHECK(trigger.timed.cancel(ProjectId("p"), ExecutionId()).ok());
  CHECK(trigger.gateway.cancelled().size() == 1);
}

}  // namespace millrace
