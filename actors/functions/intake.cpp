#include "actors/functions/intake.h"

#include <unistd.h>
#include <utility>

namespace millrace {

bool Intake::push(QueuedCallPtr& call) {
  bool sleeps = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    Usage& project = projects_[call->source->project];
    const std::size_t bytes = call->bytes();
    if (has_room(project, bytes)) {
      ++project.calls;
      project.bytes += bytes;
      ++total_.calls;
      total_.bytes += bytes;
    } else {
      call->refused = true;
      std::string().swap(call->text);
    }
    arrived_.push_back(std::move(call));
    sleeps = std::exchange(sleeps_, false);
  }
  if (sleeps) wake();
  return true;
}

bool Intake::may_sleep() {
  const std::lock_guard lock(mutex_);
  sleeps_ = arrived_.empty() && cancelled_.empty() && !closed_;
  return sleeps_;
}

void Intake::take_wake() const {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t size = ::read(wake_descriptor_, &ignored, sizeof ignored);
}

void Intake::cancel(FunctionEngine::CallId call) {
  bool sleeps = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;  // everything is answered soon
    cancelled_.push_back(call);
    sleeps = std::exchange(sleeps_, false);
  }
  if (sleeps) wake();
}

void Intake::take(std::vector<QueuedCallPtr>& calls,
                  std::vector<FunctionEngine::CallId>& cancelled) {
  calls.clear();
  cancelled.clear();
  const std::lock_guard lock(mutex_);
  calls.swap(arrived_);
  cancelled.swap(cancelled_);
  sleeps_ = false;
}

void Intake::release(const QueuedCall& call) {
  if (call.refused) return;
  const std::lock_guard lock(mutex_);
  const auto project = projects_.find(call.source->project);
  CHECK(project != projects_.end() && project->second.calls > 0, "a call was released twice");
  project->second.bytes -= call.bytes();
  total_.bytes -= call.bytes();
  --total_.calls;
  if (--project->second.calls == 0) projects_.erase(project);
}

void Intake::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake();
}

void Intake::wake() const {
  const std::uint64_t one = 1;
  // It can fail only when the counter is full, and then the reader is awake anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof one);
}

bool Intake::has_room(const Usage& project, std::size_t bytes) const {
  return total_.calls < limits_.calls_max && total_.bytes + bytes <= limits_.bytes_max &&
         project.calls < limits_.project_calls_max &&
         project.bytes + bytes <= limits_.project_bytes_max;
}

}  // namespace millrace
