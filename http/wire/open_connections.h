#pragma once
// The connections that are open, and what each is doing. Lets a server that stops, or is full, end
// connections that are owed nothing, and answer those that are still waiting when it must go.
//
// A connection's states:
//
//             begin_request                 begin_answer
//    idle ─────────────────► in_request ─────────────────► answering ──► idle (kept alive)
//     │ end_idle                  │ abandon
//     ▼                           ▼
//   ended (its thread sees     ended (503 was sent in its place)
//   the end of the stream)
//
// Every arrow is one compare-and-swap, so that a request is answered by its own thread or by the
// drain, never by both.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string_view>

namespace millrace {

class Connection {
 public:
  explicit Connection(int descriptor);

  /// False: the connection was ended meanwhile; the request must not be begun, the answer not sent.
  bool begin_request() { return move(State::idle, State::in_request); }
  bool begin_answer() { return move(State::in_request, State::answering); }
  void become_idle();

  int descriptor() const { return descriptor_; }

 private:
  friend class OpenConnections;
  enum class State : std::uint8_t { idle, in_request, answering, ended };

  bool move(State from, State to) { return state_.compare_exchange_strong(from, to); }

  const int descriptor_;
  std::atomic<State> state_{State::idle};
  std::atomic<std::chrono::steady_clock::rep> idle_since_;
  std::list<Connection>::iterator position_;  // of itself in OpenConnections
};

class OpenConnections {
 public:
  /// Registers an accepted descriptor; `remove` closes it. The reference stays valid until then.
  Connection& add(int descriptor);
  void remove(Connection& connection);

  /// Ends connections that wait for a request: one that waits for longest, or all of them.
  void end_longest_idle();
  void end_all_idle();
  /// Sends `answer` to everyone who waits for an answer, and ends those connections.
  std::size_t abandon_requests(std::string_view answer);

  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::list<Connection> connections_;
};

}  // namespace millrace
