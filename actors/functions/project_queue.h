#pragma once
// The calls of one project that wait for a worker: one lane per function version, served in turn,
// so that a slow function does not stand before a fast one. I/O thread only.

#include "actors/functions/queued_call.h"
#include "runtime/base/lane_queue.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace millrace {

class ProjectQueue {
 public:
  enum class Want : std::uint8_t {
    any,
    fast,  // only calls of versions known to be fast
  };

  explicit ProjectQueue(ProjectId project) : project_(std::move(project)) {}

  const ProjectId& project() const { return project_; }
  bool empty() const { return calls_.empty(); }
  std::size_t size() const { return calls_.size(); }

  void push(QueuedCallPtr call);
  /// Back to the head of its lane: a call that a worker did not get to.
  void push_front(QueuedCallPtr call);
  /// The next call, or nothing.
  QueuedCallPtr take(Want want);

  std::size_t workers = 0;  // that serve it; the dispatcher counts them

 private:
  const ProjectId project_;
  LaneQueue<std::uint32_t, QueuedCallPtr> calls_;  // by function version
};

}  // namespace millrace
