#include "http/wire/connection_threads.h"

#include "runtime/base/json.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <atomic>
#include <latch>
#include <string>
#include <thread>

namespace millrace {
namespace {

using namespace std::chrono_literals;

ConnectionThreads::Options bounded(std::size_t threads_max) {
  ConnectionThreads::Options options;
  options.threads_max = threads_max;
  return options;
}

}  // namespace

TEST_CASE("connections beyond the bound find no room until one ends", "[http]") {
  ConnectionThreads threads(bounded(2));
  std::latch release(1);
  REQUIRE(threads.run([&] { release.wait(); }));
  REQUIRE(threads.wait_for_room(0ms));
  REQUIRE(threads.run([&] { release.wait(); }));
  CHECK_FALSE(threads.wait_for_room(10ms));
  CHECK_FALSE(threads.run([] {}));
  CHECK(threads.busy() == 2);
  release.count_down();
  CHECK(threads.wait_for_room(10s));
  CHECK(threads.run([] {}));
}

TEST_CASE("a thread whose connection ended takes the next one", "[http]") {
  ConnectionThreads threads(bounded(100));
  for (int i = 0; i < 50; ++i) {
    std::latch done(1);
    REQUIRE(threads.run([&] { done.count_down(); }));
    done.wait();
    while (threads.busy() > 0) std::this_thread::yield();
  }
  CHECK(threads.threads() == 1);
}

TEST_CASE("threads without work end after their idle time", "[http]") {
  auto options = bounded(8);
  options.idle_life = 20ms;
  ConnectionThreads threads(options);
  std::latch done(8);
  for (int i = 0; i < 8; ++i) REQUIRE(threads.run([&] { done.arrive_and_wait(); }));
  CHECK(tests::poll_until([&] { return threads.threads() == 0; }));
}

TEST_CASE("stopping waits for running connections, but only up to its deadline", "[http]") {
  ConnectionThreads threads(bounded(4));
  std::latch release(1);
  REQUIRE(threads.run([&] { release.wait(); }));
  CHECK_FALSE(threads.stop(std::chrono::steady_clock::now() + 20ms));
  CHECK_FALSE(threads.run([] {}));
  release.count_down();
  CHECK(threads.stop(std::chrono::steady_clock::now() + 30s));
}

TEST_CASE("JSON of the deepest permitted nesting fits on a connection's stack", "[http]") {
  ConnectionThreads threads(bounded(1));
  std::string text(limits::json_depth_max, '[');
  text.append(limits::json_depth_max, ']');
  std::string written;
  std::latch done(1);
  REQUIRE(threads.run([&] {
    const auto value = parse_json(text);
    if (value) written = to_text(*value);
    done.count_down();
  }));
  done.wait();
  CHECK(written == text);
}

}  // namespace millrace
