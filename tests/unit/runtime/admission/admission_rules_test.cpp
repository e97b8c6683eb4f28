// When triggers begin a run, by the rules of their workflow.
#include "runtime/admission/admission_rules.h"

#include "runtime/admission/admission_limits.h"
#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <algorithm>

using namespace millrace;

namespace {

Instant at(std::int64_t ms) { return Instant(Millis(ms)); }

using OnConflict = Singleton::OnConflict;

}  // namespace

TEST_CASE(
    "a debounce ends when nothing has come for a while, and at the latest after its longest wait") {
  Debounce rule;
  rule.wait = Millis(30);
  rule.max_wait = Millis(100);
  CHECK(debounce_end(rule, at(0), at(0)) == at(30));
  CHECK(debounce_end(rule, at(0), at(60)) == at(90));
  CHECK(debounce_end(rule, at(0), at(90)) == at(100));
}

TEST_CASE(
    "a batch is full by its items or by their bytes, and one that is too large begins the next") {
  Batch rule;
  rule.size = 3;
  CHECK_FALSE(batch_is_full(rule, {2, 10}));
  CHECK(batch_is_full(rule, {3, 10}));
  CHECK(batch_is_full(rule, {1, limits::batch_bytes_max}));
  CHECK_FALSE(batch_is_too_large_with({0, 0}, 2 * limits::batch_bytes_max));
  CHECK(batch_is_too_large_with({1, limits::batch_bytes_max - 1}, 2));
  CHECK_FALSE(batch_is_too_large_with({1, limits::batch_bytes_max - 2}, 2));
}

TEST_CASE(
    "a throttle lets its limit through at once and then waits for the oldest start to be over") {
  Throttle rule;
  rule.limit = 2;
  rule.per = Millis(100);
  std::vector<Instant> starts;
  CHECK(throttle_free_at(rule, starts, at(5)) == at(5));
  note_start(rule, starts, at(5));
  note_start(rule, starts, at(10));
  CHECK(throttle_free_at(rule, starts, at(10)) == at(105));
  CHECK(throttle_free_at(rule, starts, at(105)) == at(105));
  note_start(rule, starts, at(105));
  CHECK(throttle_free_at(rule, starts, at(105)) == at(110));
}

TEST_CASE("no stretch of time holds more starts than a throttle allows, whenever triggers come") {
  SeededRandom random{7};
  const auto below = [&](std::uint8_t n) {
    std::uint8_t byte = 0;
    random.fill({&byte, 1});
    return static_cast<std::int64_t>(byte % n);
  };
  for (int round = 0; round < 200; ++round) {
    Throttle rule;
    rule.limit = static_cast<std::size_t>(1 + below(5));
    rule.per = Millis(1 + below(50));
    std::vector<Instant> kept;
    std::vector<Instant> all;
    Instant now = at(0);
    for (int i = 0; i < 100; ++i) {
      now += Millis(below(10));
      now = std::max(now, throttle_free_at(rule, kept, now));
      note_start(rule, kept, now);
      all.push_back(now);
      REQUIRE(kept.size() <= rule.limit);
    }
    for (std::size_t i = rule.limit; i < all.size(); ++i) {
      REQUIRE(all[i] - all[i - rule.limit] >= rule.per);
    }
  }
}

TEST_CASE("a clock that was set back makes a throttle wait for one stretch and no longer") {
  Throttle rule;
  rule.limit = 1;
  rule.per = Millis(100);
  std::vector<Instant> starts{at(1'000'000)};
  CHECK(throttle_free_at(rule, starts, at(50)) == at(150));
}

TEST_CASE("a rule with a larger limit counts the starts that are known") {
  Throttle rule;
  rule.limit = 3;
  rule.per = Millis(100);
  const std::vector<Instant> starts{at(10), at(20)};
  CHECK(throttle_free_at(rule, starts, at(30)) == at(30));
  rule.limit = 1;
  CHECK(throttle_free_at(rule, starts, at(30)) == at(120));
}

TEST_CASE("what a singleton does with a trigger follows from its rule and who has the place") {
  CHECK(decide(OnConflict::skip, Holder::nobody, 0) == SingletonAnswer::pass);
  CHECK(decide(OnConflict::queue, Holder::nobody, 0) == SingletonAnswer::pass);
  CHECK(decide(OnConflict::replace, Holder::nobody, 0) == SingletonAnswer::pass);
  CHECK(decide(OnConflict::skip, Holder::running, 0) == SingletonAnswer::skip);
  CHECK(decide(OnConflict::queue, Holder::running, 5) == SingletonAnswer::queue);
  // Nobody overtakes those that wait already.
  CHECK(decide(OnConflict::queue, Holder::nobody, 1) == SingletonAnswer::queue);
  CHECK(decide(OnConflict::replace, Holder::running, 0) == SingletonAnswer::cancel);
  CHECK(decide(OnConflict::replace, Holder::waiting, 0) == SingletonAnswer::replace);
}
