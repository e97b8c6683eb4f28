#pragma once
// The calls of one project that wait for a worker: one line per function version, served in turn,
// so that a slow function does not stand before a fast one. I/O thread only.

#include "actors/functions/queued_call.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <unordered_map>

namespace millrace {

class ProjectQueue {
 public:
  enum class Want : std::uint8_t {
    any,
    fast,  // only calls of versions known to be fast
  };

  /// `is_reserved`: the pool's own queue for checks, whose worker counts against no limit.
  explicit ProjectQueue(bool is_reserved) : is_reserved_(is_reserved) {}

  bool is_reserved() const { return is_reserved_; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push(QueuedCallPtr call);
  /// Back to the head of its line: a call that a worker did not get to.
  void push_front(QueuedCallPtr call);
  /// The next call, or nothing.
  QueuedCallPtr take(Want want);

  // For the dispatcher, which decides who gets a worker.
  int workers = 0;
  std::int64_t credit_us = 0;
  bool is_waiting = false;  // stands in the ring of projects without a worker
  bool is_listed = false;   // stands in the list of projects with calls

 private:
  struct Line {
    std::uint32_t version = 0;
    std::deque<QueuedCallPtr> calls;
  };
  using Lines = std::list<Line>;

  Line& line_of(const QueuedCall& call);

  const bool is_reserved_;
  std::size_t size_ = 0;
  Lines lines_;  // none is empty; the next to be served is first
  std::unordered_map<std::uint32_t, Lines::iterator> by_version_;
};

}  // namespace millrace
