#pragma once
// Whose turn it is: calls that wait for a place in the air, projects by round robin, so that a
// project with 100,000 waiting calls delays another one's call by one turn. A project that has its
// share in the air is passed over until one of its calls ends.
//
// Not thread-safe: belongs to the caller's one thread.

#include "runtime/base/ids.h"
#include "runtime/base/lane_queue.h"
#include "runtime/base/limits.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace millrace {

class TurnQueue {
  using Waiting = LaneQueue<ProjectId, std::uint64_t>;

 public:
  struct Limits {
    std::size_t calls_max = limits::outbound_calls_max;
    std::size_t calls_per_project_max = limits::outbound_calls_per_project_max;
  };
  /// The place of a waiting call; valid until `take` or `remove`.
  using Ticket = Waiting::Ticket;

  explicit TurnQueue(Limits limits) : limits_(limits) {}

  Ticket add(const ProjectId& project, std::uint64_t call) { return waiting_.push(project, call); }
  /// The call whose turn it is. It is in the air from now on, until `end`.
  std::optional<std::uint64_t> take();
  /// Takes back a waiting call.
  void remove(const ProjectId& project, Ticket ticket) { waiting_.remove(project, ticket); }
  /// A call of this project is not in the air any more.
  void end(const ProjectId& project);

  std::size_t waiting() const { return waiting_.size(); }
  std::size_t in_air() const { return in_air_; }

 private:
  const Limits limits_;
  Waiting waiting_;  // the lane of a project that has its share in the air is held
  std::size_t in_air_ = 0;
  std::unordered_map<ProjectId, std::size_t> in_air_of_;  // never 0
};

}  // namespace millrace
