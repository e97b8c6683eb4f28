// When the requests of one account may leave.
#include "runtime/integrations/send_slots.h"

#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"

#include <random>
#include <vector>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

const RateLimit three_in_ten{3, 10s, {}};

}  // namespace

TEST_CASE("as many requests leave at once as the interval allows and the others in their order") {
  SendSlots slots;
  const Instant now = test_epoch;
  for (std::uint64_t ticket = 1; ticket <= 3; ++ticket) {
    CHECK(slots.admit(three_in_ten, ticket, now) == now);
  }
  CHECK(slots.admit(three_in_ten, 4, now) == now + 10s);
  CHECK(slots.admit(three_in_ten, 5, now + 1s) == now + 10s);
  CHECK(slots.admit(three_in_ten, 6, now + 1s) == now + 10s);
  CHECK(slots.admit(three_in_ten, 7, now + 1s) == now + 20s);
  // Whoever comes back early is told the same time again; at it, it leaves.
  CHECK(slots.admit(three_in_ten, 4, now + 5s) == now + 10s);
  CHECK(slots.admit(three_in_ten, 4, now + 10s) == now + 10s);
  CHECK(slots.admit(three_in_ten, 7, now + 20s) == now + 20s);
  // Nobody who comes later overtakes those who wait.
  CHECK(slots.admit(three_in_ten, 8, now + 15s) == now + 20s);
}

TEST_CASE("no interval ever sees more requests than it may, whoever asks when") {
  std::mt19937 random(7);
  SendSlots slots;
  std::vector<Instant> left;
  Instant now = test_epoch;
  for (std::uint64_t ticket = 0; ticket < 500; ++ticket) {
    now += Millis(random() % 4'000);
    left.push_back(slots.admit(three_in_ten, ticket, now));
  }
  for (std::size_t i = 3; i < left.size(); ++i) {
    CHECK(left[i] >= left[i - 1]);
    CHECK(left[i] - left[i - 3] >= 10s);
  }
}

TEST_CASE("a pause holds everybody and gives those who wait their turns behind it") {
  SendSlots slots;
  const Instant now = test_epoch;
  for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) slots.admit(three_in_ten, ticket, now);
  slots.hold(now + 1min, now);
  CHECK(slots.admit(three_in_ten, 9, now) == now + 1min);
  CHECK(slots.admit(three_in_ten, 4, now + 10s) == now + 1min);
  CHECK(slots.held_until() == now + 1min);
  slots.hold(now + 30s, now);  // a shorter one changes nothing
  CHECK(slots.held_until() == now + 1min);
  CHECK(slots.admit(three_in_ten, 9, now + 1min) == now + 1min);
  CHECK_FALSE(slots.is_idle(now + 1min));
}

TEST_CASE("without a number of requests only a pause holds") {
  SendSlots slots;
  const RateLimit none;
  for (std::uint64_t ticket = 1; ticket < 50; ++ticket) {
    CHECK(slots.admit(none, ticket, test_epoch) == test_epoch);
  }
  slots.hold(test_epoch + 5s, test_epoch);
  CHECK(slots.admit(none, 1, test_epoch) == test_epoch + 5s);
  CHECK(slots.admit(none, 1, test_epoch + 5s) == test_epoch + 5s);
  CHECK(slots.is_idle(test_epoch + 5s));
}

TEST_CASE("a slot that nobody comes for is forgotten and not given to another run") {
  SendSlots slots;
  const Instant now = test_epoch;
  for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) slots.admit(three_in_ten, ticket, now);
  CHECK(slots.waiting() == 1);
  const Instant late = now + 10s + limits::slot_kept_for + 1ms;
  CHECK(slots.admit(three_in_ten, 5, late) == late);
  CHECK(slots.waiting() == 0);
  CHECK(slots.is_idle(late + 10s));
}
