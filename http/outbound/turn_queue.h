#pragma once
// Whose turn it is: calls that wait for a place in the air. Projects take turns by round robin, and the
// users of a project within its turns, so that whoever has 100,000 waiting calls delays another one's
// call by one turn.
//
// Whoever is alone may have all places but the last fiftieth, which is for those who have none: their
// first call leaves at once, however slow everybody else's are. As soon as others come, a project may
// have three times as many in the air as are free, and a user three times as many as its project has free
// of its own. Who has more is passed over while its calls end, so the others soon have theirs.
//
// Not thread-safe: belongs to the caller's one thread.

#include "runtime/base/ids.h"
#include "runtime/base/lane_queue.h"
#include "runtime/base/limits.h"
#include "runtime/base/rotation.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace millrace {

class TurnQueue {
  struct Call {
    std::uint64_t id;
    UserId user;
  };
  using Waiting = LaneQueue<UserId, Call>;

 public:
  struct Limits {
    std::size_t calls_max = limits::outbound_calls_max;
    std::size_t calls_per_project_max = limits::outbound_calls_per_project_max;
  };
  /// Whose call it is.
  struct Owner {
    ProjectId project;
    UserId user;
  };
  /// The place of a waiting call; valid until `take` or `remove`.
  using Ticket = Waiting::Ticket;

  explicit TurnQueue(Limits limits) : limits_(limits) {}

  Ticket add(const Owner& owner, std::uint64_t call);
  /// The call whose turn it is. It is in the air from now on, until `end`.
  std::optional<std::uint64_t> take();
  /// Takes back a waiting call.
  void remove(const Owner& owner, Ticket ticket);
  /// A call of this owner is not in the air any more.
  void end(const Owner& owner);

  std::size_t waiting() const { return waiting_; }
  std::size_t in_air() const { return in_air_; }

 private:
  struct Project {
    Waiting waiting{};
    std::size_t in_air = 0;
    std::unordered_map<UserId, std::size_t> in_air_of{};  // never 0
  };
  using Projects = std::unordered_map<ProjectId, Project>;

  std::optional<Call> take_from(Project& project);
  void left(Projects::iterator project);

  const Limits limits_;
  Projects projects_;          // with calls that wait or are in the air
  Rotation<ProjectId> turns_;  // with calls that wait
  std::size_t waiting_ = 0;
  std::size_t in_air_ = 0;
  bool has_changed_ = true;  // since nobody was found to take a turn
};

}  // namespace millrace
