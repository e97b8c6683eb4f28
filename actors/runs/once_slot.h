#pragma once
// A place for one answer that a thread waits for and another thread or actor gives. The first answer
// wins; later ones are ignored (a run may respond, then fail).
//
//           give                      wait_for
//    open ────────► giving ──► given ──────────► closed
//     │ wait_for, in vain                          ▲
//     └────────────────────────────────────────────┘

#include "actors/runs/one_ring.h"
#include "runtime/base/check.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace millrace {

template <class Answer>
class OnceSlot {
 public:
  /// True if this was the first answer. Any thread; never blocks.
  bool give(Answer answer) {
    if (!move(State::open, State::giving)) return false;
    answer_ = std::move(answer);
    state_ = State::given;
    given_.ring();
    return true;
  }

  /// Nobody has answered, and somebody may still wait. Any thread.
  bool is_open() const { return state_ == State::open; }

  /// Waits for the answer, at most `patience`. After that the slot is closed. One thread at a time.
  std::optional<Answer> wait_for(std::chrono::milliseconds patience) {
    if (state_ == State::closed) return std::nullopt;
    if (!given_.wait_for(patience)) {
      if (move(State::open, State::closed)) return std::nullopt;
      given_.wait();  // it comes at this very moment
    }
    CHECK(move(State::given, State::closed), "an answer is taken twice");
    return std::exchange(answer_, std::nullopt);
  }

 private:
  enum class State : std::uint8_t { open, giving, given, closed };
  bool move(State from, State to) { return state_.compare_exchange_strong(from, to); }

  std::atomic<State> state_{State::open};
  std::optional<Answer> answer_;
  OneRing given_;
};

}  // namespace millrace
