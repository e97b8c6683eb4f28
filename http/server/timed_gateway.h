#pragma once
// The gateway with a stopwatch: how long triggers take, as whoever calls the gateway sees it. Passes
// everything on unchanged.

#include "actors/gateway/gateway.h"
#include "runtime/base/histogram.h"

namespace millrace {

struct TriggerTimings {
  /// Until the run was durable and nobody waited for more. -> 202
  Histogram acknowledgement{buckets::short_times};
  // Until a run that somebody waits for had an answer:
  Histogram responded{buckets::long_times};
  Histogram failed{buckets::long_times};
  Histogram still_going{buckets::long_times};  // the hold time passed -> 542
};

class TimedGateway final : public Gateway {
 public:
  /// All three outlive it.
  TimedGateway(Gateway& gateway, const Clock& clock, TriggerTimings& timings)
      : gateway_(gateway), clock_(clock), timings_(timings) {}

  /// What is refused is not timed: it did nothing.
  Result<TriggerReply> trigger(TriggerRequest request, Millis hold) override;
  Result<OnceReply> trigger_once(TriggerRequest request, Idempotency idempotency,
                                 Millis hold) override;
  Result<StartedRuns> trigger_event(EventRequest request) override;
  Result<std::vector<ExecutionId>> deliver(Delivery delivery) override;
  using Gateway::cancel;
  Outcome cancel(const ProjectId& project, const ExecutionId& execution,
                 const std::string& by) override;
  std::optional<PlaceWait> place_wait(const ExecutionSummary& run) override {
    return gateway_.place_wait(run);
  }
  bool is_ready() const override;

 private:
  Histogram& timing_of(const TriggerReply& reply);

  Gateway& gateway_;
  const Clock& clock_;
  TriggerTimings& timings_;
};

}  // namespace millrace
