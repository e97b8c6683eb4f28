#include "runtime/history/waiting.h"

namespace millrace {
namespace {

using Kind = Waiting::Kind;

/// What a step of that type does when it waits for no time.
Kind kind_of_type(std::string_view type) {
  if (type == "TRANSITION/DELAY") return Kind::delay;
  if (type == "TRANSITION/MAP") return Kind::fan_out;
  if (type == "ACTION/FUNCTION") return Kind::function;
  const bool is_request = type == "ACTION/REQUEST" || type == "ACTION/CUSTOM" ||
                          type == "ACTION/CUSTOM_INTEGRATION_REQUEST";
  return is_request ? Kind::request : Kind::response;
}

Waiting waiting(const StepExecution& step, Instant now) {
  Waiting found{kind_of_type(step.type), step.id, step.start, step.wakes, 0};
  if (step.attempts.empty()) return found;
  const StepAttempt& last = step.attempts.back();
  found.since = last.ended;
  // A time that has passed is that of an attempt which is under way.
  if (last.paused_until && *last.paused_until > now) {
    found.kind = Kind::rate_limit;
    found.until = last.paused_until;
    found.status = last.pause_status;
  } else if (last.retry_at && *last.retry_at > now) {
    found.kind = Kind::retry;
    found.until = last.retry_at;
  }
  return found;
}

}  // namespace

std::string_view wire_name(Kind kind) {
  switch (kind) {
    case Kind::delay:
      return "delay";
    case Kind::retry:
      return "retry";
    case Kind::rate_limit:
      return "rateLimit";
    case Kind::request:
      return "request";
    case Kind::function:
      return "function";
    case Kind::fan_out:
      return "fanOut";
    case Kind::response:
      return "response";
  }
  return "response";
}

std::vector<Waiting> waiting_for(const std::vector<StepExecution>& steps, Instant now) {
  std::vector<Waiting> all;
  for (const StepExecution& step : steps) {
    if (step.status == "EXECUTING" || step.status == "DELAYED") all.push_back(waiting(step, now));
  }
  return all;
}

}  // namespace millrace
