#pragma once
// A closed-loop HTTP load generator for loopback: a fixed number of keep-alive connections, one
// outstanding request on each, one thread, one epoll. It has to cost far less CPU than the server
// it shares the machine with, so requests are complete texts made beforehand, and each answer costs
// one read, one write and no allocation. What it costs is measured and reported (`cpu_seconds`).
//
// Latency is the time from the write of a request to the last byte of its answer. A closed loop
// sends nothing while it waits, so a stall of the server is seen by as many requests as there are
// connections, not by all that would have come; read p99 with that in mind.
//
// With an `interval` it is an open loop: each connection sends at times of its own, one interval apart, spread
// evenly over the connections. A request whose connection still waits at its time is sent when that is over, and its
// latency counts from its time, as if it had been sent: stalls are seen by all requests they would have met. How late
// the generator itself was woken does not count.
//
// Bounded: by a duration, by a number of requests, and by a patience for the last answers. A
// connection that the server ends is opened anew unless it ended in the middle of an answer or
// cannot be opened; then it counts as `broken` and stays closed.

#include "actors/functions/descriptor.h"
#include "bench/answer_reader.h"
#include "bench/latency_histogram.h"
#include "runtime/base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::bench {

struct LoadTarget {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  /// Complete HTTP/1.1 requests; each connection sends the next one in turn.
  std::vector<std::string> requests;
  /// Says whether this is the answer that was wanted. Called for every answer; must be quick.
  std::function<bool(const HttpAnswer&)> is_right;
};

struct LoadBounds {
  std::chrono::milliseconds duration{1'000};
  std::uint64_t requests_max = UINT64_MAX;
  /// Between the requests of one connection; 0: each is sent when the one before is answered.
  std::chrono::milliseconds interval{0};
  /// For the answers that are outstanding at the end; what has not come by then is `unanswered`.
  std::chrono::milliseconds patience{60'000};
};

struct LoadResult {
  LatencyHistogram latencies;             // of right answers
  std::map<int, std::uint64_t> statuses;  // of all answers
  std::uint64_t answers = 0;
  std::uint64_t wrong = 0;       // answers that `is_right` did not like
  std::uint64_t broken = 0;      // connections lost with a request outstanding, or not opened
  std::uint64_t unanswered = 0;  // outstanding when the patience ended
  double seconds = 0;            // from the first request to the last answer
  double cpu_seconds = 0;        // of the generator itself
  std::string first_wrong;       // the beginning of the first answer that was not right

  double requests_per_second() const {
    return seconds > 0 ? static_cast<double>(latencies.count()) / seconds : 0;
  }
  bool is_clean() const { return wrong == 0 && broken == 0 && unanswered == 0; }
};

class LoadGenerator {
 public:
  explicit LoadGenerator(LoadTarget target);
  LoadGenerator(const LoadGenerator&) = delete;
  LoadGenerator& operator=(const LoadGenerator&) = delete;

  /// Opens the connections that are not open. Connections stay open between runs, so that a warm-up
  /// is simply a run whose result is dropped. Error: none could be opened.
  Outcome connect();
  LoadResult run(const LoadBounds& bounds);

 private:
  using Steady = std::chrono::steady_clock;
  struct Connection {
    Descriptor socket;
    AnswerReader reader;
    Steady::time_point sent{};
    bool is_waiting = false;                 // a request is outstanding
    std::deque<Steady::time_point> overdue;  // times of requests that the outstanding one delays
  };

  bool open(Connection& connection);
  /// Sends the next request, whose latency counts from `since`.
  void start(Connection& connection, Steady::time_point since);
  /// Sends what is due by now. When to look again.
  Steady::time_point start_due(Steady::time_point begin);
  void finish(Connection& connection, const HttpAnswer& answer);
  void receive(Connection& connection);
  void lose(Connection& connection);
  bool may_send() const { return sent_ < bounds_.requests_max && Steady::now() < send_end_; }

  const LoadTarget target_;
  Descriptor poll_;
  std::vector<Connection> connections_;
  std::size_t next_request_ = 0;

  // Of the current run.
  LoadBounds bounds_;
  Steady::time_point send_end_{};
  std::uint64_t sent_ = 0;
  std::uint64_t due_ = 0;  // requests whose time has come, with an interval
  std::size_t outstanding_ = 0;
  LoadResult result_;
};

}  // namespace millrace::bench
