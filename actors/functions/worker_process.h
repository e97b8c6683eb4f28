#pragma once
// The pool's side of one worker: its socket, its process, and the calls that it holds. It knows how
// to talk to the worker; the dispatcher decides what about. I/O thread only.
//
//   ordered --started--> pid known --ready--> may be given time limits --dead or killed--> reaped
//                                               runs <--suspend, resume--> stands still
//                                               idle <--rest, wake up--> rests
//
// A call is late when the worker has computed for longer than its limit, by the kernel's account of the
// process, which no worker can forge. Behind it stands a limit of real time, ten times as long and ten
// seconds more, for what neither computes nor ends. A worker that stands still is never late.

#include "actors/functions/descriptor.h"
#include "actors/functions/frame.h"
#include "actors/functions/project_queue.h"
#include "actors/functions/zygote_process.h"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace {

using Steady = std::chrono::steady_clock;

class WorkerProcess {
 public:
  /// One frame that the worker sent, as far as it concerns the dispatcher.
  struct Reply {
    QueuedCallPtr call;
    FunctionOutcome outcome{std::string(), {}, Millis(0)};
    std::uint32_t duration_us = 0;  // by the worker's own clock
  };
  enum class Health : std::uint8_t {
    alive,
    closed,  // the process ended or is ending
    insane,  // it does not keep to the protocol
  };

  static constexpr std::size_t pipeline_calls_max = 128;
  static constexpr std::size_t pipeline_bytes_max = 1u << 20;
  static constexpr std::size_t versions_max = 256;
  /// What a worker that was taken over can make the server hold.
  static constexpr std::size_t reply_bytes_max = 128u << 20;
  static_assert(reply_bytes_max >
                2 * limits::function_output_bytes_max + 2 * limits::console_bytes_max);

  WorkerProcess(ZygoteProcess::Ordered ordered, Steady::time_point now);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  int socket() const { return socket_.get(); }
  /// -1 until it has announced itself.
  pid_t pid() const { return pid_; }
  bool is_ready() const { return is_ready_; }
  bool is_idle() const { return in_flight_.empty(); }

  /// Which kind of call it may be given next; nothing when it is full.
  bool can_take(ProjectQueue::Want& want) const;
  void give(QueuedCallPtr call, std::uint64_t number, Steady::time_point now);
  /// The call that it runs, or will run next, or whose answer is about to come. Not when idle.
  QueuedCall& head() const { return *in_flight_.front(); }
  /// Writes what was given. False: the socket is full or broken; `wants_to_write` tells which.
  void flush();
  bool wants_to_write() const { return sent_ < out_.size(); }

  /// Reads what arrived and hands out each reply.
  template <class OnReply>
  Health receive(Steady::time_point now, OnReply on_reply) {
    const auto input = in_.receive(socket_.get());
    while (const auto frame = in_.next()) {
      Reply reply;
      if (!accept(*frame, now, reply)) return Health::insane;
      if (reply.call != nullptr) on_reply(std::move(reply));
    }
    if (in_.broken()) return Health::insane;
    return input == FrameBuffer::Input::closed ? Health::closed : Health::alive;
  }

  /// When to look at it: whether it `is_late`, or, while it stands still, whether its timer is due.
  Steady::time_point due() const;
  /// It must be killed: its call computed or lasted for too long, or was cancelled and goes on, or its
  /// start takes too long.
  bool is_late(Steady::time_point now);
  /// One of its calls was cancelled.
  void note_cancelled(const QueuedCall& call, Steady::time_point now);
  /// It works on its head, rather than being between two calls.
  bool runs_head() const;
  /// Of a head that is late: its time went into the search for garbage.
  bool is_head_short_of_memory() const;
  // What a call takes of others is what it computes, and a tenth of real time at least, for one that
  // holds its place and does nothing with it. On a busy machine a worker may compute little for long.
  /// What its head has taken since it began or went on, and since this was asked first.
  Steady::duration stretch(Steady::time_point now);
  /// What its calls have taken since this was asked last.
  Steady::duration take_used(Steady::time_point now);

  /// It said that its head waits for a timer, and nothing since.
  std::optional<Steady::duration> take_wait() { return std::exchange(wait_, std::nullopt); }
  bool is_suspended() const { return suspended_since_.has_value(); }
  /// Stops the process until `resume`, which makes sense at `until`. What it had not begun is handed
  /// back; it must end after its head.
  std::vector<QueuedCallPtr> suspend(Steady::time_point now, Steady::time_point until);
  /// Its timer is due: true once.
  bool take_wake(Steady::time_point now);
  void resume(Steady::time_point now);
  // Idle and without a place: nothing of it runs.
  void rest();
  void wake_up();
  /// Nothing more may be given to it: it still has calls in its socket that others run by now.
  bool is_spoilt() const { return is_spoilt_; }

  /// Takes all calls from a dead worker. `guilty` is the one that was running, if any was.
  void take_calls(QueuedCallPtr& guilty, std::vector<QueuedCallPtr>& innocent);
  /// Takes all calls, the head first.
  std::vector<QueuedCallPtr> take_calls();

  ProjectQueue* project = nullptr;  // whom it serves; null for a spare, and for one that rests
  bool is_full = false;             // its socket, at the last write

 private:
  bool accept(std::string_view frame, Steady::time_point now, Reply& reply);
  bool accept_reply(FrameReader& reader, Steady::time_point now, Reply& reply);
  bool accept_wait(FrameReader& reader);
  void introduce(const FunctionVersion& version);
  void begin_head(Steady::time_point now);
  struct Look {
    Steady::time_point at;
    std::chrono::nanoseconds computed;  // by the process
  };
  std::optional<Look> look(Steady::time_point now) const;
  Steady::duration taken(const Look& from, const Look& to) const;

  Descriptor socket_;
  const WorkerProgress* progress_ = nullptr;
  pid_t pid_ = -1;
  bool is_ready_ = false;
  Steady::time_point ordered_;

  // Of the head.
  Steady::time_point began_;      // when it became the head, later by what it stood still
  std::optional<Look> placed_;    // when it last began or went on, or soon after
  Steady::time_point look_at_{};  // earliest time at which it can be late
  std::optional<std::chrono::nanoseconds> processor_then_;  // of the process, soon after it began
  Steady::duration waited_{0};                              // for timers, as it told
  std::optional<Steady::duration> wait_;

  std::optional<Look> counted_;  // when `take_used` was last asked
  std::optional<Steady::time_point> suspended_since_;
  Steady::time_point wakes_ = Steady::time_point::max();
  bool is_spoilt_ = false;

  std::deque<QueuedCallPtr> in_flight_;  // in the order in which the worker runs them
  std::size_t in_flight_bytes_ = 0;
  std::size_t slow_in_flight_ = 0;
  std::uint64_t uses_ = 0;
  std::unordered_map<std::uint32_t, std::uint64_t> known_versions_;  // id to its last use

  std::string out_;
  std::size_t sent_ = 0;
  FrameBuffer in_{reply_bytes_max};
};

}  // namespace millrace
