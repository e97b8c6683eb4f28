#pragma once
// The running side of an open fan-out: which elements live, sleep, wait for a place or have settled, and
// what to do next. The reduce is FanOutProgress's, the children's actors are the port FanOutChildren's.
//
//             start, or ready and a place is free           settled, abandoned
//   (not begun) ─────────────► loading ──► live ───────────────────────────────► (forgotten)
//                                 ▲          │ asleep, crashed
//                    a place ┌────┴───┐      ▼
//                    is free │ ready  │ ◄─ asleep        a timer fired, or it crashed
//                            └────────┘
//
// As many are loading or live as the run has places (actors/runs/live_places.h). Whatever stops (an element has failed,
// or the branch itself shall) lets calls that run end their step; what sleeps or waits is given up at once.
//
// Owned and used by one branch, free of CAF.

#include "actors/runs/live_places.h"
#include "actors/runs/loaded_branch.h"
#include "actors/supervision/restart_policy.h"
#include "actors/tree/open_fan_out.h"
#include "runtime/execution/fan_out_progress.h"
#include "storage/tables/timer_table.h"

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <variant>

namespace millrace {

/// Port: the elements as children of the branch's actor. Each call returns at once.
class FanOutChildren {
 public:
  virtual ~FanOutChildren() = default;
  /// Begins the child, which answers with exactly one of `settled`, `asleep`, `abandoned` or `crashed`.
  virtual void spawn(std::uint32_t index, LoadedBranch branch) = 0;
  /// Rebuilds its branch from the disk; answered by `loaded`.
  virtual void load(const OpenFanOut& fan_out, std::uint32_t index) = 0;
  virtual void pass_on(std::uint32_t index, const storage::TimerRow& fired) = 0;
  /// It shall end with `abandoned` at the next boundary between steps, or earlier if it only waits.
  virtual void stop_after_step(std::uint32_t index) = 0;
};

/// All elements have settled: what the branch is to record.
struct FanOutConcluded {
  EventBody event;
};
/// All that is left sleeps, so the branch may. Said again whenever it is still so.
struct FanOutAsleep {};
/// It was told to stop, and nothing runs any more.
struct FanOutStopped {};
/// Nothing: it goes on.
using FanOutNews = std::variant<std::monostate, FanOutConcluded, FanOutAsleep, FanOutStopped>;

class FanOutRun {
 public:
  struct Options {
    /// Of the run, which this fan-out shares with those around and inside it.
    std::shared_ptr<LivePlaces> places;
    /// Told before the first child wakes after FanOutAsleep: what is on the disk must say so first.
    std::function<void()> wakes;
  };

  FanOutRun(OpenFanOut fan_out, FanOutChildren& children, Options options);
  /// Gives back the places of what lives.
  ~FanOutRun();
  FanOutRun(const FanOutRun&) = delete;
  FanOutRun& operator=(const FanOutRun&) = delete;

  /// That its elements name it by.
  StepIndex number() const { return fan_out_.number; }
  /// Everything that is left sleeps in delays (not between two attempts).
  bool is_delayed() const { return is_asleep_ && is_delayed_; }

  /// Begins. `found`: the elements that have rows already, when the branch was rebuilt inside the
  /// fan-out; those that are due by `soon` wake, the others have a timer row that does it.
  [[nodiscard]] FanOutNews open(FoundChildren found, Instant soon);

  // --- what children say; an index that is not begun is news of before, and ignored -----------------
  [[nodiscard]] FanOutNews settled(std::uint32_t index, BranchResult result);
  [[nodiscard]] FanOutNews asleep(std::uint32_t index, bool in_delay);
  [[nodiscard]] FanOutNews abandoned(std::uint32_t index);
  [[nodiscard]] FanOutNews loaded(std::uint32_t index, Result<LoadedBranch> branch);
  /// Rebuilt from its rows; the third time the element fails.
  [[nodiscard]] FanOutNews crashed(std::uint32_t index, const std::string& reason);

  /// A timer of an element fired. False: nothing waits for it.
  bool wake(std::uint32_t index, const storage::TimerRow& fired);
  /// The branch shall stop: answered by FanOutStopped, now or later.
  [[nodiscard]] FanOutNews stop();
  /// How it is, when something else has woken the branch.
  [[nodiscard]] FanOutNews look();

 private:
  struct Child {
    enum class State : std::uint8_t {
      asleep,   // on the disk only; left when a timer fires
      ready,    // likewise, and waits for a place in memory
      loading,  // has a place; left when it has been read from the disk
      live,     // has a place and an actor; left when that falls asleep or ends
    };
    bool is_awake() const { return state == State::loading || state == State::live; }

    State state = State::asleep;
    bool mail_sent = false;   // a timer was passed on to it: if it falls asleep now, look again
    bool is_delayed = false;  // asleep only: it sleeps in a delay, not between two attempts
    CrashHistory crashes;
  };

  /// Null: news of before.
  Child* find(std::uint32_t index);
  /// As long as there are places.
  void start_children();
  bool can_take_place();
  void take_place();
  void begin(std::uint32_t index);
  void load(std::uint32_t index);
  /// One that sleeps shall go on when there is a place for it.
  void make_ready(std::uint32_t index);
  void give_place_back(Child& child);
  void forget(std::uint32_t index);
  void give_up(std::uint32_t index);
  void fail(std::uint32_t index, Error error);
  void stop_if_failing();
  void stop_children();

  const OpenFanOut fan_out_;
  FanOutChildren& actors_;
  const Options options_;
  FanOutProgress progress_;
  std::unordered_map<std::uint32_t, Child> children_;  // begun and not settled
  std::deque<std::uint32_t> ready_;                    // begun, waiting for a place
  std::size_t awake_ = 0;                              // live or loading
  bool is_stopping_ = false;       // nothing more starts or wakes, what sleeps is given up
  bool must_branch_stop_ = false;  // there will be no reduce
  bool is_asleep_ = false;         // FanOutAsleep was said; false as soon as a child wakes
  bool is_delayed_ = false;        // as of then
};

}  // namespace millrace
