// Many calls at once, and calls that end early.

#include "outbound_fixture.h"
#include "tests/support/poll_until.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

namespace millrace::tests {
namespace {

/// Holds every request until `arrived` of them are there.
class Gate {
 public:
  explicit Gate(std::size_t wanted) : wanted_(wanted) {}

  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return arrived_ >= wanted_; });
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

MisbehavingPeer::Script through(Gate& gate) {
  return MisbehavingPeer::serving([&gate](PeerConnection& connection, const PeerRequest& request) {
    gate.pass();
    connection.answer(200, request.target);
  });
}

}  // namespace

TEST_CASE("a thousand calls are in the air at once, each with its own answer", "[outbound]") {
  constexpr std::size_t count = 1'000;
  Gate gate(count);  // the first is answered only when the last has arrived
  MisbehavingPeer peer(through(gate));
  const auto caller = make_caller();
  Answers answers;
  std::atomic<std::size_t> own{0};
  for (std::size_t i = 0; i < count; ++i) {
    const std::string target = "/" + std::to_string(i);
    caller->call(request_to(peer.url(target)),
                 [&own, target, done = answers.one()](HttpOutcome outcome) {
                   if (outcome.ok() && *outcome->body == target) ++own;
                   done(std::move(outcome));
                 });
  }
  REQUIRE(answers.wait_for(count));
  CHECK(answers.of("status 200") == count);
  CHECK(own == count);
  CHECK(caller->stats().calls == count);
  CHECK(caller->stats().failures.empty());
}

TEST_CASE("calls one after the other share one connection", "[outbound]") {
  MisbehavingPeer peer(MisbehavingPeer::serving(
      [](PeerConnection& connection, const PeerRequest&) { connection.answer(200, "ok"); }));
  const auto caller = make_caller();
  for (int i = 0; i < 20; ++i)
    CHECK(code_of(send(*caller, request_to(peer.url()))) == "status 200");
  CHECK(peer.connections() == 1);
  CHECK(caller->stats().reused_connections == 19);
  CHECK(caller->stats().requests == 20);
  CHECK(caller->stats().bytes_received > 20 * 2);
}

TEST_CASE("a project with many calls does not keep another one waiting", "[outbound]") {
  auto options = open_for_loopback();
  options.calls_max = 4;
  Gate gate(1'000'000);
  MisbehavingPeer peer(through(gate));
  const auto caller = make_caller(options);
  Answers crowd;
  for (int i = 0; i < 2'000; ++i) caller->call(request_to(peer.url()), crowd.one());
  gate.wait_for(4);
  auto request = request_to(peer.url());
  request.project = ProjectId("quiet");
  std::promise<std::size_t> crowd_answered;
  caller->call(std::move(request), [&](HttpOutcome) { crowd_answered.set_value(crowd.count()); });
  gate.open();
  // Those in the air, and about as many again: the quiet call had one of the next turns.
  CHECK(crowd_answered.get_future().get() < 50);
  CHECK(crowd.wait_for(2'000));
}

TEST_CASE("a project has no more calls in the air than its share", "[outbound]") {
  auto options = open_for_loopback();
  options.calls_per_project_max = 3;
  Gate gate(1'000'000);
  MisbehavingPeer peer(through(gate));
  const auto caller = make_caller(options);
  Answers answers;
  for (int i = 0; i < 10; ++i) caller->call(request_to(peer.url()), answers.one());
  gate.wait_for(3);
  CHECK(poll_until([&] { return caller->stats().waiting == 7; }));
  CHECK(caller->stats().in_air == 3);
  gate.open();
  REQUIRE(answers.wait_for(10));
  CHECK(peer.connections() <= 3);
}

TEST_CASE("calls beyond what may wait are refused at once", "[outbound]") {
  auto options = open_for_loopback();
  options.calls_max = 1;
  options.waiting_max = 2;
  Gate gate(1'000'000);
  MisbehavingPeer peer(through(gate));
  const auto caller = make_caller(options);
  Answers answers;
  for (int i = 0; i < 5; ++i) caller->call(request_to(peer.url()), answers.one());
  CHECK(answers.of("overloaded") == 2);
  gate.open();
  REQUIRE(answers.wait_for(5));
  CHECK(answers.of("status 200") == 3);
  CHECK(caller->stats().failures.at(ErrorCode::overloaded) == 2);
}

TEST_CASE("a call that waits for its turn too long is answered, and may be tried again",
          "[outbound]") {
  auto options = open_for_loopback();
  options.calls_max = 1;
  options.waiting_time_max = Millis(30);
  Gate gate(1'000'000);
  MisbehavingPeer peer(through(gate));
  const auto caller = make_caller(options);
  Answers answers;
  caller->call(request_to(peer.url()), answers.one());
  gate.wait_for(1);
  const auto outcome = send(*caller, request_to(peer.url()));
  REQUIRE(code_of(outcome) == "overloaded");
  CHECK_THAT(outcome.error().message, Catch::Contains("waited longer than 30 ms"));
  gate.open();
  REQUIRE(answers.wait_for(1));
  CHECK(answers.of("status 200") == 1);
}

TEST_CASE("the time that a call waits for its turn does not count towards its timeout",
          "[outbound]") {
  auto options = open_for_loopback();
  options.calls_per_project_max = 1;
  Gate gate(1'000'000);
  MisbehavingPeer peer(through(gate));
  const auto caller = make_caller(options);
  Answers first;
  caller->call(request_to(peer.url()), first.one());
  gate.wait_for(1);
  auto request = request_to(peer.url());
  request.timeout = Millis(1'000);
  Answers waiting;
  caller->call(request, waiting.one());
  // Another project's call tells when more than that has passed.
  auto clock = request_to(peer.url());
  clock.project = ProjectId("clock");
  clock.timeout = Millis(1'100);
  REQUIRE(code_of(send(*caller, clock)) == "step_timeout");
  CHECK(waiting.count() == 0);
  gate.open();
  REQUIRE(waiting.wait_for(1));
  CHECK(waiting.of("status 200") == 1);
  REQUIRE(first.wait_for(1));
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
  auto options = open_for_loopback();
  options.calls_max = 1;
  Gate gate(1'000'000);
  MisbehavingPeer peer(through(gate));
  const auto caller = make_caller(options);
  Answers answers;
  caller->call(request_to(peer.url()), answers.one());
  gate.wait_for(1);
  Answers waiting;
  caller->cancel(caller->call(request_to(peer.url()), waiting.one()));
  REQUIRE(waiting.wait_for(1));
  CHECK(waiting.of("cancelled") == 1);
  gate.open();
  REQUIRE(answers.wait_for(1));
}

TEST_CASE("stopping answers every call, in the air or waiting, and refuses later ones",
          "[outbound]") {
  auto options = open_for_loopback();
  options.calls_max = 20;
  Gate gate(1'000'000);
  MisbehavingPeer peer(through(gate));
  const auto caller = make_caller(options);
  Answers answers;
  const auto alive = std::make_shared<int>(0);
  for (int i = 0; i < 100; ++i) {
    caller->call(request_to(peer.url()),
                 [alive, done = answers.one()](HttpOutcome outcome) { done(std::move(outcome)); });
  }
  gate.wait_for(20);
  caller->stop();
  CHECK(answers.count() == 100);
  CHECK(answers.of("overloaded") == 100);
  CHECK(alive.use_count() == 1);
  CHECK(code_of(send(*caller, request_to(peer.url()))) == "overloaded");
  caller->cancel(1);
  caller->stop();
  gate.open();
}

TEST_CASE("calls may be made and cancelled from inside an answer", "[outbound]") {
  MisbehavingPeer peer(MisbehavingPeer::serving(
      [](PeerConnection& connection, const PeerRequest&) { connection.answer(200, "ok"); }));
  const auto caller = make_caller();
  Answers answers;
  std::function<void(int)> next = [&](int left) {
    caller->call(request_to(peer.url()), [&, left](HttpOutcome outcome) {
      if (left > 0) next(left - 1);
      caller->cancel(1);
      answers.one()(std::move(outcome));
    });
  };
  next(50);
  REQUIRE(answers.wait_for(51));
  CHECK(answers.of("status 200") == 51);
}

TEST_CASE("calls, cancellations and a stop from many threads end in one answer each",
          "[outbound]") {
  MisbehavingPeer peer(MisbehavingPeer::serving(
      [](PeerConnection& connection, const PeerRequest&) { connection.answer(200, "ok"); }));
  auto options = open_for_loopback();
  options.calls_max = 16;
  const auto caller = make_caller(options);
  Answers answers;
  std::atomic<std::size_t> made{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        auto request = request_to(peer.url());
        request.project = ProjectId(std::to_string(t));
        const auto id = caller->call(std::move(request), answers.one());
        if (i % 3 == 0) caller->cancel(id);
        if (++made == 600) caller->stop();
      }
    });
  }
  for (auto& each : threads) each.join();
  caller->stop();
  CHECK(answers.count() == 800);
}

}  // namespace millrace::tests
