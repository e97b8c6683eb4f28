#include "http/outbound/turn_queue.h"

#include "runtime/base/check.h"

namespace millrace {

TurnQueue::Ticket TurnQueue::add(const ProjectId& project, std::uint64_t call) {
  Lane& lane = lanes_[project];
  const auto ticket = lane.waiting.insert(lane.waiting.end(), call);
  ++waiting_;
  settle(project);
  return ticket;
}

std::optional<std::uint64_t> TurnQueue::take() {
  if (in_air_ >= limits_.calls_max || rotation_.empty()) return std::nullopt;
  const ProjectId project = rotation_.front();
  Lane& lane = lanes_.at(project);
  const std::uint64_t call = lane.waiting.front();
  lane.waiting.pop_front();
  --waiting_;
  ++lane.in_air;
  ++in_air_;
  rotation_.splice(rotation_.end(), rotation_, lane.position);
  settle(project);
  return call;
}

void TurnQueue::remove(const ProjectId& project, Ticket ticket) {
  lanes_.at(project).waiting.erase(ticket);
  --waiting_;
  settle(project);
}

void TurnQueue::end(const ProjectId& project) {
  Lane& lane = lanes_.at(project);
  CHECK(lane.in_air > 0, "a call ended that was not in the air");
  --lane.in_air;
  --in_air_;
  settle(project);
}

void TurnQueue::settle(const ProjectId& project) {
  const auto found = lanes_.find(project);
  Lane& lane = found->second;
  const bool ready = !lane.waiting.empty() && lane.in_air < limits_.calls_per_project_max;
  if (ready && !lane.in_rotation) {
    lane.position = rotation_.insert(rotation_.end(), project);
  } else if (!ready && lane.in_rotation) {
    rotation_.erase(lane.position);
  }
  lane.in_rotation = ready;
  if (lane.waiting.empty() && lane.in_air == 0) lanes_.erase(found);
}

}  // namespace millrace
