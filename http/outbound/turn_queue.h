#pragma once
// Whose turn it is: calls that wait for a place in the air, projects by round robin, so that a
// project with 100,000 waiting calls delays another one's call by one turn. A project that has its
// share in the air is passed over until one of its calls ends.
//
// Not thread-safe: belongs to the caller's one thread.

#include "runtime/base/ids.h"
#include "runtime/base/limits.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace millrace {

class TurnQueue {
 public:
  struct Limits {
    std::size_t calls_max = limits::outbound_calls_max;
    std::size_t calls_per_project_max = limits::outbound_calls_per_project_max;
  };
  /// The place of a waiting call; valid until `take` or `remove`.
  using Ticket = std::list<std::uint64_t>::iterator;

  explicit TurnQueue(Limits limits) : limits_(limits) {}

  Ticket add(const ProjectId& project, std::uint64_t call);
  /// The call whose turn it is. It is in the air from now on, until `end`.
  std::optional<std::uint64_t> take();
  /// Takes back a waiting call.
  void remove(const ProjectId& project, Ticket ticket);
  /// A call of this project is not in the air any more.
  void end(const ProjectId& project);

  std::size_t waiting() const { return waiting_; }
  std::size_t in_air() const { return in_air_; }

 private:
  struct Lane {
    std::list<std::uint64_t> waiting;
    std::size_t in_air = 0;
    bool in_rotation = false;
    std::list<ProjectId>::iterator position;  // in rotation_
  };

  /// A lane stands in the rotation exactly while a call of it could be taken; an idle one is dropped.
  void settle(const ProjectId& project);

  const Limits limits_;
  std::unordered_map<ProjectId, Lane> lanes_;
  std::list<ProjectId> rotation_;
  std::size_t waiting_ = 0;
  std::size_t in_air_ = 0;
};

}  // namespace millrace
