#pragma once
// The calls of one project that wait for a worker, and what each of its users has of the project's
// workers. I/O thread only.
//
// Users take turns; those come first who have nothing running. Within a user, versions take turns, so
// that a slow function does not stand before a fast one. A call that was interrupted waits here for
// its worker to go on, as one that has not begun waits for a worker to begin; a new place is its before
// it is that of another call of its user. A user with many interrupted calls begins no further ones, so
// that workers are left for the project's other users.

#include "actors/functions/queued_call.h"
#include "runtime/base/lane_queue.h"
#include "runtime/base/rotation.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace {

class ProjectQueue {
 public:
  using WorkerId = int;  // of a worker while it lives: its socket
  enum class Want : std::uint8_t {
    any,
    fast,  // only calls of versions known to be fast
  };

  /// `suspended_per_user_max`: with so many interrupted calls, a user begins no other.
  ProjectQueue(ProjectId project, std::size_t suspended_per_user_max)
      : project_(std::move(project)), suspended_per_user_max_(suspended_per_user_max) {}

  const ProjectId& project() const { return project_; }
  /// Of calls that have not begun.
  bool empty() const { return queued_ == 0; }
  std::size_t size() const { return queued_; }

  // Calls that have not begun.
  void push(QueuedCallPtr call);
  /// Back to the head of its lane: a call that a worker did not get to.
  void push_front(QueuedCallPtr call);
  /// The next call, or nothing. It runs from now on, until `ended`.
  QueuedCallPtr take(Want want);
  /// Takes back a waiting call.
  QueuedCallPtr remove(const QueuedCall& call);
  std::vector<QueuedCallPtr> take_all();

  // Calls at workers.
  void ended(QueuedCall& call);
  /// Its worker was interrupted.
  void suspended(QueuedCall& call);
  void resumed(QueuedCall& call);
  /// How many its user has running.
  std::size_t running_beside(const QueuedCall& call) const;

  // Calls that were interrupted and could go on.
  void can_resume(WorkerId worker, const QueuedCall& call);
  /// Its worker ended.
  void cannot_resume(WorkerId worker);
  bool has_resumptions() const { return !resumptions_.empty(); }
  /// Whose turn it is has one.
  bool resumes_next() const;
  /// Its worker. Not when there is none.
  WorkerId take_resumption();

  /// Somebody waits whose turn can come.
  bool has_turns() const { return !hungry_.empty() || !served_.empty(); }
  /// Somebody waits who has nothing running.
  bool has_hungry_user() const { return !hungry_.empty(); }

  std::size_t workers = 0;  // that serve it, suspended ones included; the dispatcher counts them
  bool has_told_calls = false;  // to WorkerShares, by the dispatcher

 private:
  enum class Standing : std::uint8_t {
    none,    // has nothing whose turn could come
    hungry,  // waits, and has nothing running
    served,  // waits, and has
  };
  struct UserCalls {
    LaneQueue<std::uint32_t, QueuedCallPtr> calls{};  // not begun, by function version
    std::size_t running = 0;
    std::size_t suspended = 0;
    std::size_t resumptions = 0;  // of those suspended
    int passed_over = 0;          // while there were resumptions
    Standing standing = Standing::none;
  };
  struct Resumption {
    WorkerId worker;
    UserId user;
  };
  using Users = std::unordered_map<UserId, UserCalls>;
  using Turns = Rotation<UserId>;

  enum class End : std::uint8_t { front, back };
  void add(QueuedCallPtr call, End end);
  UserCalls& of(const QueuedCall& call);
  const UserId* next() const;
  void passed(const UserId& user);
  /// Puts a user where it stands by now, and forgets one that has nothing.
  void settle(const UserId& user);
  bool may_begin(const UserCalls& user) const { return user.suspended < suspended_per_user_max_; }
  QueuedCallPtr take_fast(const Turns& turns, UserId& taker);

  const ProjectId project_;
  const std::size_t suspended_per_user_max_;
  Users users_;  // with calls here or at workers
  Turns hungry_;
  Turns served_;
  std::deque<Resumption> resumptions_;
  std::size_t queued_ = 0;
};

}  // namespace millrace
