#include "http/outbound/turn_queue.h"

#include "runtime/base/check.h"

namespace millrace {

std::optional<std::uint64_t> TurnQueue::take() {
  if (in_air_ >= limits_.calls_max || waiting_.next() == nullptr) return std::nullopt;
  const ProjectId project = *waiting_.next();
  const auto call = waiting_.pop();
  ++in_air_;
  if (++in_air_of_[project] >= limits_.calls_per_project_max) waiting_.hold(project);
  return call;
}

void TurnQueue::end(const ProjectId& project) {
  const auto in_air = in_air_of_.find(project);
  CHECK(in_air != in_air_of_.end(), "a call ended that was not in the air");
  if (--in_air->second == 0) in_air_of_.erase(in_air);
  --in_air_;
  waiting_.release(project);
}

}  // namespace millrace
