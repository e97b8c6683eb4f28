#pragma once
// A gateway for tests of what stands in front of it: answers as told, and can hold triggers until a
// test lets them go. Thread-safe.

#include "actors/gateway/gateway.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <vector>

namespace millrace {

class FakeGateway final : public Gateway {
 public:
  using Answer = std::function<Result<TriggerReply>(const TriggerRequest&)>;

  explicit FakeGateway(Answer answer = {}) : answer_(std::move(answer)) {}

  Result<TriggerReply> trigger(const TriggerRequest& request, Millis) override {
    std::unique_lock lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_.contains(request.workflow); });
    return answer_(request);
  }

  Outcome cancel(const ProjectId&, const ExecutionId& execution) override {
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
  void hold(const WorkflowId& workflow) {
    const std::lock_guard lock(mutex_);
    held_.insert(workflow);
  }
  void release_all() {
    const std::lock_guard lock(mutex_);
    held_.clear();
    changed_.notify_all();
  }
  void set_ready(bool ready) {
    const std::lock_guard lock(mutex_);
    ready_ = ready;
  }
  /// False if fewer arrive in the time a test may take.
  bool wait_for_requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60),
                             [&] { return requests_.size() >= count; });
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
  std::condition_variable changed_;
  Answer answer_;
  bool ready_ = true;
  std::set<WorkflowId> held_;
  std::vector<TriggerRequest> requests_;
  std::vector<ExecutionId> cancelled_;
};

}  // namespace millrace
