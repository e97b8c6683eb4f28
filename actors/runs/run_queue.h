#pragma once
// The runs of one project and priority that wait for a place (run_queues.h has those of all priorities).
// All of them are durable, so memory holds only a window of them: at most `window` runs, and
// `window_per_user` of each user. The others are left in their rows, and the queue knows of each user's
// only between which two ids they lie; what is read from there (actors/runs/queued_runs.h) comes into the
// window as it drains.
//
// Turns: users take turns whatever they have waiting, and so do the readings: a user whose runs are all
// in rows waits for its turn to be read and then for its turn to run. Within a user runs come in start
// order: as long as some are left in rows, later ones are left there, too.
//
// Timers of sleeping runs wait beside the others, in a larger window of their own. One that finds no
// room is forgotten: its row stays, and the timer service fires it again, half a minute later.
//
// Of more than `window` users that have runs in rows the queue loses track: then it also reads whose
// runs wait at all. What is not read for whatever reason is found by the recovery sweep, which names
// every unfinished run again.
//
// Pure: who owns it reads when `next_reading` says so, and hands back what was found. One reading is
// under way at a time. Not thread-safe.

#include "actors/runs/queued_runs.h"
#include "runtime/base/clock.h"
#include "runtime/base/lane_queue.h"
#include "storage/tables/timer_table.h"

#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace millrace {

struct RunQueueOptions {
  std::size_t window = 1'024;
  std::size_t window_per_user = 64;
  /// Some 250 bytes each. Many, because what finds no room waits until its row fires again.
  std::size_t timers = 65'536;
  std::size_t timers_per_user = 32'768;
};

struct WaitingRun {
  UserId user;
  ExecutionId execution;
  Moment since{};
  std::optional<storage::TimerRow> timer{};  // what woke it; nothing: it begins or is resumed
  Priority priority = priority_standard;

  /// Since when it could go on: the same after a restart.
  Instant ready_since() const { return timer ? timer->due : execution.made_at(); }
};

class RunQueue {
 public:
  using Reading = std::variant<std::vector<RunsWanted>, UsersWanted>;
  /// Whether a run has a place already.
  using IsLive = std::function<bool(const UserId&, const ExecutionId&)>;
  /// When a run that started then began to wait.
  using WaitsSince = std::function<Moment(Instant)>;

  explicit RunQueue(RunQueueOptions options, Priority priority = priority_standard);

  /// A run that waits already keeps its place.
  void push(WaitingRun run);
  /// The one whose turn it is; nothing when none is in the window, or only such of held users.
  std::optional<WaitingRun> pop();
  /// Whether there is one.
  bool has_turn() const { return window_.next() != nullptr; }
  /// Which one `pop` gives; null: none. Valid until the next change.
  const WaitingRun* next() const { return window_.front(); }
  /// Passes a user over, that has as many runs at work as it may have.
  void hold(const UserId& user) { window_.hold(user); }
  void release(const UserId& user) { window_.release(user); }

  bool has_waiting(const UserId& user) const;
  /// In memory.
  std::size_t in_window() const { return window_.size(); }
  /// Of those in rows as many as were named: an estimate after a crash of the project.
  std::size_t size() const { return window_.size() + in_rows_; }
  std::size_t timers() const { return timers_; }
  std::size_t size_of(const UserId& user) const;

  struct Place {
    std::size_t ahead = 0;  // runs of its user that stand before it
    Instant ready_since{};
  };
  /// Nothing: it is not in the window. Looks at the window of its user.
  std::optional<Place> place_of(const UserId& user, const ExecutionId& execution) const;
  /// How many could go on since before that time; `user`: only this one's, null: all. Of those in rows an
  /// estimate. Looks at the whole window.
  std::size_t ready_before(Instant time, const UserId* user) const;

  /// What is to be read now, if anything. It is under way until one of the functions below.
  std::optional<Reading> next_reading();
  void found(const std::vector<RunsFound>& all, const IsLive& is_live, const WaitsSince& since);
  void found(const UsersFound& found);
  /// Nothing could be read. `read_again` makes it due again.
  void reading_failed();
  void read_again();

 private:
  /// What a user has in rows.
  struct Rows {
    /// It is to be read, again or as well.
    void leave_unread(const RunStretch& stretch);

    std::optional<RunStretch> unread;
    std::optional<RunStretch> reading;  // is under way
    std::size_t runs = 0;               // as many as were named
  };

  void push_timer(WaitingRun run);
  void leave_in_rows(const UserId& user, const RunStretch& stretch, std::size_t runs);
  void into_window(WaitingRun run);
  void take_in(const RunsFound& found, const IsLive& is_live, const WaitsSince& since);
  void finish(const UserId& user, const std::optional<RunStretch>& rest);
  /// Its turn to be read comes, if it has runs in rows and few in the window.
  void ask_for(const UserId& user);
  std::vector<RunsWanted> take_wanted();
  std::size_t room() const;

  const RunQueueOptions options_;
  const Priority priority_;
  LaneQueue<UserId, WaitingRun> window_;
  std::unordered_set<ExecutionId> known_;  // those in the window
  std::size_t timers_ = 0;                 // of the window
  std::unordered_map<UserId, Rows> rows_;
  std::size_t in_rows_ = 0;
  Rotation<UserId> to_read_;
  bool is_reading_ = false;
  std::size_t promised_ = 0;  // room for what is being read
  /// Users have runs in rows that are not in `rows_`.
  bool has_lost_track_ = false;
  bool lost_again_ = false;          // since the walk over all users began
  std::optional<ExecutionId> walk_;  // where it goes on
};

}  // namespace millrace
