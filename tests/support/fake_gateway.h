#pragma once
// A gateway for tests of what stands in front of it: answers as told, and keeps what it was asked.
// Thread-safe.

#include "actors/gateway/gateway.h"

#include <functional>
#include <mutex>
#include <vector>

namespace millrace {

class FakeGateway final : public Gateway {
 public:
  using Answer = std::function<Result<TriggerReply>(const TriggerRequest&)>;

  explicit FakeGateway(Answer answer = {}) : answer_(std::move(answer)) {}

  Result<TriggerReply> trigger(TriggerRequest request, Millis) override {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    return answer_(request);
  }

  Result<OnceReply> trigger_once(TriggerRequest request, Idempotency, Millis hold) override {
    auto reply = trigger(std::move(request), hold);
    if (!reply) return reply.error();
    return OnceReply{std::move(*reply), false};
  }

  Result<StartedRuns> trigger_event(EventRequest request) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(request));
    return StartedRuns{started_};
  }

  Result<std::vector<ExecutionId>> deliver(Delivery delivery) override {
    const std::lock_guard lock(mutex_);
    deliveries_.push_back(std::move(delivery));
    return started_;
  }

  using Gateway::cancel;
  Outcome cancel(const ProjectId&, const ExecutionId& execution, const std::string&) override {
    const std::lock_guard lock(mutex_);
    cancelled_.push_back(execution);
    return Done{};
  }

  bool is_ready() const override {
    const std::lock_guard lock(mutex_);
    return ready_;
  }

  void answer_with(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void set_ready(bool ready) {
    const std::lock_guard lock(mutex_);
    ready_ = ready;
  }
  void start_for_events(std::vector<ExecutionId> started) {
    const std::lock_guard lock(mutex_);
    started_ = std::move(started);
  }
  std::vector<EventRequest> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::vector<Delivery> deliveries() const {
    const std::lock_guard lock(mutex_);
    return deliveries_;
  }
  std::vector<TriggerRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<ExecutionId> cancelled() const {
    const std::lock_guard lock(mutex_);
    return cancelled_;
  }

 private:
  mutable std::mutex mutex_;
  Answer answer_;
  bool ready_ = true;
  std::vector<TriggerRequest> requests_;
  std::vector<ExecutionId> cancelled_;
  std::vector<EventRequest> events_;
  std::vector<Delivery> deliveries_;
  std::vector<ExecutionId> started_;
};

}  // namespace millrace
