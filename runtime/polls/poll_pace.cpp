#include "runtime/polls/poll_pace.h"

#include "runtime/base/check.h"
#include "runtime/digests/sha256.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr Millis first_within{60'000};
constexpr Millis failure_wait_max{3'600'000};
constexpr std::uint32_t doublings_max = 20;
constexpr double jitter_share = 0.10;
constexpr std::int64_t place_size = 1'000;

std::int64_t place_in(std::string_view key, Millis interval) {
  const Sha256 digest = sha256(key);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[i];
  const std::int64_t places = std::max<std::int64_t>(1, interval.count() / place_size);
  return static_cast<std::int64_t>(number % static_cast<std::uint64_t>(places)) * place_size;
}

}  // namespace

Instant next_look(std::string_view key, Millis interval, Instant after) {
  CHECK(interval > Millis(0), "a poll without an interval would never rest");
  const std::int64_t place = place_in(key, interval);
  const std::int64_t since = std::chrono::duration_cast<Millis>(after.time_since_epoch()).count();
  const std::int64_t rounds = (since - place) / interval.count() + (since >= place ? 1 : 0);
  return Instant(Millis(rounds * interval.count() + place));
}

Instant first_look(std::string_view key, Millis interval, Instant now) {
  return next_look(key, std::min(interval, first_within), now);
}

Millis wait_after_failure(Millis interval, std::uint32_t failures, double jitter) {
  CHECK(failures > 0, "nothing has failed");
  const Millis most = std::max(interval, failure_wait_max);
  const std::int64_t factor = std::int64_t{1} << std::min(failures - 1, doublings_max);
  const Millis wait = interval > most / factor ? most : interval * factor;
  const double shifted = static_cast<double>(wait.count()) * (1.0 + jitter * jitter_share);
  return Millis(static_cast<std::int64_t>(shifted));
}

}  // namespace millrace
