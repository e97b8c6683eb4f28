#include "runtime/history/waiting.h"

#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

StepExecution open_step(const std::string& id, const std::string& type) {
  StepExecution step;
  step.id = id;
  step.type = type;
  step.status = "EXECUTING";
  step.start = test_epoch;
  return step;
}

std::string kind_of_one(const StepExecution& step, Instant now = test_epoch + 1s) {
  const auto all = waiting_for({step}, now);
  REQUIRE(all.size() == 1);
  return std::string(wire_name(all[0].kind));
}

}  // namespace

TEST_CASE("an open step waits for what its kind does, and steps that have ended for nothing") {
  CHECK(kind_of_one(open_step("a", "ACTION/FUNCTION")) == "function");
  CHECK(kind_of_one(open_step("a", "ACTION/REQUEST")) == "request");
  CHECK(kind_of_one(open_step("a", "ACTION/CUSTOM")) == "request");
  CHECK(kind_of_one(open_step("a", "TRANSITION/MAP")) == "fanOut");
  CHECK(kind_of_one(open_step("a", "TRANSITION/IFELSE")) == "response");
  StepExecution delay = open_step("wait", "TRANSITION/DELAY");
  delay.status = "DELAYED";
  delay.wakes = test_epoch + 1h;
  const auto waits = waiting_for({delay}, test_epoch);
  CHECK(wire_name(waits.at(0).kind) == "delay");
  CHECK(waits.at(0).until == test_epoch + 1h);
  StepExecution done = open_step("a", "ACTION/REQUEST");
  done.status = "SUCCEEDED";
  CHECK(waiting_for({done}, test_epoch).empty());
}

TEST_CASE("a pause or a retry is what is waited for until its time, and then the request") {
  StepExecution step = open_step("a", "ACTION/CUSTOM");
  StepAttempt attempt;
  attempt.ended = test_epoch + 1s;
  attempt.paused_until = test_epoch + 1min;
  attempt.pause_status = 429;
  step.attempts.push_back(attempt);
  const auto paused = waiting_for({step}, test_epoch + 2s).at(0);
  CHECK(wire_name(paused.kind) == "rateLimit");
  CHECK(paused.since == test_epoch + 1s);
  CHECK(paused.until == test_epoch + 1min);
  CHECK(paused.status == 429);
  CHECK(kind_of_one(step, test_epoch + 1min) == "request");
  step.attempts.back().paused_until.reset();
  step.attempts.back().retry_at = test_epoch + 1min;
  CHECK(kind_of_one(step) == "retry");
  CHECK(kind_of_one(step, test_epoch + 1min) == "request");
}
