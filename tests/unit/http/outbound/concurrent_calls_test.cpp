// Many calls at once, and calls that end early.

#include "outbound_fixture.h"
#include "tests/support/poll_until.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <vector>

namespace millrace::tests {
namespace {

/// Holds every request until `wanted` of them are there, or it is let through.
class Gate {
 public:
  explicit Gate(std::size_t wanted) : wanted_(wanted) {}

  void pass() {
    std::unique_lock lock(mutex_);
    const std::size_t place = arrived_++;
    changed_.notify_all();
    changed_.wait(lock, [&] { return arrived_ >= wanted_ || place < let_through_; });
  }
  /// The one that has waited longest, or the next that comes.
  void let_one_through() {
    const std::lock_guard lock(mutex_);
    ++let_through_;
    changed_.notify_all();
  }
  void open() {
    const std::lock_guard lock(mutex_);
    wanted_ = 0;
    changed_.notify_all();
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t wanted_;
  std::size_t arrived_ = 0;
  std::size_t let_through_ = 0;
};

/// Counts answers by code.
class Answers {
 public:
  std::function<void(HttpOutcome)> one() {
    return [this](HttpOutcome outcome) {
      const std::lock_guard lock(mutex_);
      ++by_code_[code_of(outcome)];
      ++count_;
      changed_.notify_all();
    };
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, poll_patience, [&] { return count_ >= count; });
  }
  std::size_t of(const std::string& code) {
    const std::lock_guard lock(mutex_);
    return by_code_[code];
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::size_t> by_code_;
  std::size_t count_ = 0;
};

constexpr std::size_t nothing_held = 0;
constexpr std::size_t until_opened = 1'000'000;

/// A peer that answers with the target, once as many requests are there as `held` says, a caller, and
/// what became of its calls.
struct Bed {
  explicit Bed(std::size_t held, OutboundOptions options = open_for_loopback())
      : gate(held), caller(make_caller(std::move(options))) {}
  /// The peer cannot end while it holds a request.
  ~Bed() { gate.open(); }

  HttpRequest request(const std::string& project = "p", const std::string& target = "/") const {
    HttpRequest made = request_to(peer.url(target));
    made.project = ProjectId(project);
    return made;
  }
  HttpCaller::CallId call() { return caller->call(request(), answers.one()); }
  void call_times(int count) {
    for (int i = 0; i < count; ++i) call();
  }
  /// One call, which the peer has and holds.
  void call_in_air() {
    call();
    gate.wait_for(1);
  }

  Gate gate;
  MisbehavingPeer peer{
      MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& got) {
        gate.pass();
        connection.answer(200, got.target);
      })};
  Answers answers;
  const std::unique_ptr<CurlHttpCaller> caller;
};

OutboundOptions with_calls_max(std::size_t calls_max) {
  auto options = open_for_loopback();
  options.calls_max = calls_max;
  return options;
}

}  // namespace

TEST_CASE("a thousand calls are in the air at once, each with its own answer", "[outbound]") {
  constexpr std::size_t count = 1'000;
  Bed bed(count);  // the first is answered only when the last has arrived
  std::atomic<std::size_t> own{0};
  for (std::size_t i = 0; i < count; ++i) {
    const std::string target = "/" + std::to_string(i);
    bed.caller->call(bed.request("p", target),
                     [&own, target, done = bed.answers.one()](HttpOutcome outcome) {
                       if (outcome.ok() && *outcome->body == target) ++own;
                       done(std::move(outcome));
                     });
  }
  REQUIRE(bed.answers.wait_for(count));
  CHECK(bed.answers.of("status 200") == count);
  CHECK(own == count);
  CHECK(bed.caller->stats().calls == count);
  CHECK(bed.caller->stats().failures.empty());
}

TEST_CASE("calls one after the other share one connection", "[outbound]") {
  Bed bed(nothing_held);
  for (int i = 0; i < 20; ++i) CHECK(code_of(send(*bed.caller, bed.request())) == "status 200");
  CHECK(bed.peer.connections() == 1);
  CHECK(bed.caller->stats().reused_connections == 19);
  CHECK(bed.caller->stats().requests == 20);
  CHECK(bed.caller->stats().bytes_received > 20 * 2);
}

TEST_CASE("a project with many calls does not keep another one waiting", "[outbound]") {
  Bed bed(until_opened, with_calls_max(4));
  bed.call_times(2'000);
  bed.gate.wait_for(4);
  std::promise<HttpOutcome> quiet;
  bed.caller->call(bed.request("quiet"),
                   [&](HttpOutcome outcome) { quiet.set_value(std::move(outcome)); });
  auto answered = quiet.get_future();
  // One answer at a time, so that each place is taken before the next one is free: the quiet call has one of the
  // next turns, and is answered after those in the air, and about as many again.
  constexpr std::size_t turns_max = 10;
  for (std::size_t turn = 1; turn <= turns_max; ++turn) {
    bed.gate.let_one_through();
    bed.gate.wait_for(4 + turn);
  }
  REQUIRE(answered.wait_for(poll_patience) == std::future_status::ready);
  CHECK(code_of(answered.get()) == "status 200");
  CHECK(bed.answers.count() < turns_max);
  bed.gate.open();
  CHECK(bed.answers.wait_for(2'000));
}

TEST_CASE("a project has no more calls in the air than its share", "[outbound]") {
  auto options = open_for_loopback();
  options.calls_per_project_max = 3;
  Bed bed(until_opened, options);
  bed.call_times(10);
  bed.gate.wait_for(3);
  CHECK(poll_until([&] { return bed.caller->stats().waiting == 7; }));
  CHECK(bed.caller->stats().in_air == 3);
  bed.gate.open();
  REQUIRE(bed.answers.wait_for(10));
  CHECK(bed.peer.connections() <= 3);
}

TEST_CASE("calls beyond what may wait are refused at once", "[outbound]") {
  auto options = with_calls_max(1);
  options.waiting_max = 2;
  Bed bed(until_opened, options);
  bed.call_times(5);
  CHECK(bed.answers.of("overloaded") == 2);
  bed.gate.open();
  REQUIRE(bed.answers.wait_for(5));
  CHECK(bed.answers.of("status 200") == 3);
  CHECK(bed.caller->stats().failures.at(ErrorCode::overloaded) == 2);
}

TEST_CASE("a call that waits for its turn too long is answered, and may be tried again",
          "[outbound]") {
  auto options = with_calls_max(1);
  options.waiting_time_max = Millis(30);
  Bed bed(until_opened, options);
  bed.call_in_air();
  const auto outcome = send(*bed.caller, bed.request());
  REQUIRE(code_of(outcome) == "overloaded");
  CHECK_THAT(outcome.error().message, Catch::Contains("waited longer than 30 ms"));
  bed.gate.open();
  REQUIRE(bed.answers.wait_for(1));
  CHECK(bed.answers.of("status 200") == 1);
}

TEST_CASE("the time that a call waits for its turn does not count towards its timeout",
          "[outbound]") {
  auto options = open_for_loopback();
  options.calls_per_project_max = 1;
  Answers waiting;
  Bed bed(until_opened, options);
  bed.call_in_air();
  auto request = bed.request();
  request.timeout = Millis(1'000);
  bed.caller->call(request, waiting.one());
  // Another project's call tells when more than that has passed.
  auto clock = bed.request("clock");
  clock.timeout = Millis(1'100);
  REQUIRE(code_of(send(*bed.caller, clock)) == "step_timeout");
  CHECK(waiting.count() == 0);
  bed.gate.open();
  REQUIRE(waiting.wait_for(1));
  CHECK(waiting.of("status 200") == 1);
  REQUIRE(bed.answers.wait_for(1));
}

TEST_CASE("a cancelled call is answered once and its connection closed", "[outbound]") {
  std::promise<void> arrived;
  std::promise<void> closed;
  MisbehavingPeer peer([&](PeerConnection& connection) {
    connection.read_request();
    arrived.set_value();
    connection.wait_for_close();
    closed.set_value();
  });
  const auto caller = make_caller();
  Answers answers;
  const auto id = caller->call(request_to(peer.url()), answers.one());
  arrived.get_future().wait();
  caller->cancel(id);
  caller->cancel(id);
  caller->cancel(id + 1000);
  closed.get_future().wait();
  REQUIRE(answers.wait_for(1));
  CHECK(answers.of("cancelled") == 1);
  CHECK(caller->stats().calls == 1);
}

TEST_CASE("a waiting call can be cancelled too", "[outbound]") {
  Answers waiting;
  Bed bed(until_opened, with_calls_max(1));
  bed.call_in_air();
  bed.caller->cancel(bed.caller->call(bed.request(), waiting.one()));
  REQUIRE(waiting.wait_for(1));
  CHECK(waiting.of("cancelled") == 1);
  bed.gate.open();
  REQUIRE(bed.answers.wait_for(1));
}

TEST_CASE("stopping answers every call, in the air or waiting, and refuses later ones",
          "[outbound]") {
  Bed bed(until_opened, with_calls_max(20));
  const auto alive = std::make_shared<int>(0);
  for (int i = 0; i < 100; ++i) {
    bed.caller->call(bed.request(), [alive, done = bed.answers.one()](HttpOutcome outcome) {
      done(std::move(outcome));
    });
  }
  bed.gate.wait_for(20);
  bed.caller->stop();
  CHECK(bed.answers.count() == 100);
  CHECK(bed.answers.of("overloaded") == 100);
  CHECK(alive.use_count() == 1);
  CHECK(code_of(send(*bed.caller, bed.request())) == "overloaded");
  bed.caller->cancel(1);
  bed.caller->stop();
}

TEST_CASE("calls may be made and cancelled from inside an answer", "[outbound]") {
  Bed bed(nothing_held);
  std::function<void(int)> next = [&](int left) {
    bed.caller->call(bed.request(), [&, left](HttpOutcome outcome) {
      if (left > 0) next(left - 1);
      bed.caller->cancel(1);
      bed.answers.one()(std::move(outcome));
    });
  };
  next(50);
  REQUIRE(bed.answers.wait_for(51));
  CHECK(bed.answers.of("status 200") == 51);
}

TEST_CASE("calls, cancellations and a stop from many threads end in one answer each",
          "[outbound]") {
  Bed bed(nothing_held, with_calls_max(16));
  std::atomic<std::size_t> made{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const auto id = bed.caller->call(bed.request(std::to_string(t)), bed.answers.one());
        if (i % 3 == 0) bed.caller->cancel(id);
        if (++made == 600) bed.caller->stop();
      }
    });
  }
  for (auto& each : threads) each.join();
  bed.caller->stop();
  CHECK(bed.answers.count() == 800);
}

}  // namespace millrace::tests
