#include "http/server/timed_gateway.h"

#include <utility>

namespace millrace {

Result<TriggerReply> TimedGateway::trigger(TriggerRequest request, Millis hold) {
  const Moment begun = clock_.moment();
  auto reply = gateway_.trigger(std::move(request), hold);
  if (reply) timing_of(*reply).record(clock_.moment() - begun);
  return reply;
}

Result<OnceReply> TimedGateway::trigger_once(TriggerRequest request, Idempotency idempotency,
                                             Millis hold) {
  const Moment begun = clock_.moment();
  auto once = gateway_.trigger_once(std::move(request), std::move(idempotency), hold);
  if (once) timing_of(once->reply).record(clock_.moment() - begun);
  return once;
}

Result<StartedRuns> TimedGateway::trigger_event(EventRequest request) {
  const Moment begun = clock_.moment();
  auto started = gateway_.trigger_event(std::move(request));
  if (started && !started->executions.empty()) {
    timings_.acknowledgement.record(clock_.moment() - begun);
  }
  return started;
}

Result<std::vector<ExecutionId>> TimedGateway::deliver(Delivery delivery) {
  const Moment begun = clock_.moment();
  auto started = gateway_.deliver(std::move(delivery));
  if (started && !started->empty()) timings_.acknowledgement.record(clock_.moment() - begun);
  return started;
}

Outcome TimedGateway::cancel(const ProjectId& project, const ExecutionId& execution,
                             const std::string& by) {
  return gateway_.cancel(project, execution, by);
}

bool TimedGateway::is_ready() const { return gateway_.is_ready(); }

Histogram& TimedGateway::timing_of(const TriggerReply& reply) {
  const bool is_acknowledged =
      std::holds_alternative<RunAccepted>(reply) || std::holds_alternative<HeldBack>(reply);
  if (is_acknowledged) return timings_.acknowledgement;
  if (std::holds_alternative<RunResponded>(reply)) return timings_.responded;
  if (std::holds_alternative<RunFailed>(reply)) return timings_.failed;
  return timings_.still_going;
}

}  // namespace millrace
