#pragma once
// All runs of one project that wait for a place: a queue for each priority that is in use (run_queue.h), so that
// what is urgent need not be found among what is not, neither in memory nor in rows.
//
// Turns: of the runs whose turn it is in their queues, the one whose place in the line is the earliest
// (runtime/admission/priority.h). So users take turns among runs of one priority, and a project's urgent runs go
// first whoever's they are. Finding the next one takes a look at each queue, of which there are nine at most; each
// has windows of its own, which is the limit of what is held in memory.
//
// Readings: queues take turns, one reading of all of them is under way at a time. Each passes over rows of other
// priorities that lie in between, and the next one goes on behind them: a row is looked at once for each priority.
//
// Pure. Not thread-safe.

#include "actors/runs/run_queue.h"

#include <array>
#include <memory>
#include <unordered_set>

namespace millrace {

class RunQueues {
 public:
  explicit RunQueues(RunQueueOptions options) : options_(options) {}

  /// A run that waits already keeps its place. Queues share the room for timers; a ninth of it is each one's own.
  void push(WaitingRun run);
  /// The one whose turn it is; nothing when none is in memory, or only such of held users.
  std::optional<WaitingRun> pop();
  /// Whether there is one.
  bool has_turn() const { return next() != nullptr; }
  /// Whether there is one of a higher priority.
  bool has_turn_above(Priority priority) const;
  /// Passes a user over, that has as many runs at work as it may have.
  void hold(const UserId& user);
  void release(const UserId& user);

  /// Of this priority or a higher one.
  bool has_waiting(const UserId& user, Priority priority = priority_min) const;
  /// Of those in rows as many as were named: an estimate after a crash of the project.
  std::size_t size() const;
  std::size_t size_of(const UserId& user) const;
  enum class Among : std::uint8_t { all, own_user };
  /// How many go before this one: those of other priorities, of all users or of its own, whose place in the line is
  /// earlier, and of its own priority those of its user alone, as others take turns with it. One that is in its row
  /// alone is taken to be its user's last. Looks at all that is held in memory: for who asks, not for each run.
  std::size_t ahead_of(const UserId& user, const ExecutionId& execution, Priority priority,
                       Among among) const;

  /// As of RunQueue; each answer goes to the queue that asked.
  std::optional<RunQueue::Reading> next_reading();
  void found(const std::vector<RunsFound>& all, const RunQueue::IsLive& is_live,
             const RunQueue::WaitsSince& since);
  void found(const UsersFound& found);
  void reading_failed();
  void read_again();

 private:
  /// The highest priority first. Null: there was no run of that priority.
  using Queues = std::array<std::unique_ptr<RunQueue>, priority_max - priority_min + 1>;

  static std::size_t index_of(Priority priority);
  static Priority priority_at(std::size_t index);
  RunQueue& queue_of(Priority priority);
  bool has_room_for_timer(const RunQueue& queue) const;
  RunQueue* next() const;
  /// Whose reading is under way; from now on none is.
  RunQueue& reader();

  const RunQueueOptions options_;
  Queues queues_;
  std::unordered_set<UserId> held_;
  RunQueue* reading_ = nullptr;  // has a reading under way
  std::size_t reads_next_ = 0;   // index of the queue that is asked first for its next reading
};

}  // namespace millrace
