#pragma once
// The pool's side of one worker: its socket, its process, and the calls that it holds. It knows how
// to talk to the worker; the dispatcher decides what about. I/O thread only.
//
//   ordered --started--> pid known --ready--> may be given time limits --dead or killed--> reaped

#include "actors/functions/descriptor.h"
#include "actors/functions/frame.h"
#include "actors/functions/project_queue.h"
#include "actors/functions/zygote_process.h"

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <sys/types.h>
#include <unordered_map>
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
    Steady::duration held{0};       // how long it kept the worker, by ours
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

  /// When it must be killed: the running call's limit plus a grace, or a start that takes too long.
  Steady::time_point deadline() const;
  /// Time since the oldest call it holds became the first in line, or since it became idle.
  Steady::duration since_change(Steady::time_point now) const { return now - changed_; }

  /// Takes all calls from a dead worker. `guilty` is the one that was running, if any was.
  void take_calls(QueuedCallPtr& guilty, std::vector<QueuedCallPtr>& innocent);

  ProjectQueue* project = nullptr;  // whom it serves; null for a spare
  bool is_full = false;             // its socket, at the last write

 private:
  bool accept(std::string_view frame, Steady::time_point now, Reply& reply);
  bool accept_reply(FrameReader& reader, Steady::time_point now, Reply& reply);
  void introduce(const FunctionVersion& version);

  Descriptor socket_;
  const WorkerProgress* progress_ = nullptr;
  pid_t pid_ = -1;
  bool is_ready_ = false;
  Steady::time_point ordered_;
  Steady::time_point changed_;  // when the head of `in_flight_` became the head, or the last left

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
