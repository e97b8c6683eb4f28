#pragma once
// How often an integration may be asked with one account, and how it says "not now":
//
//   "rateLimit": {"requests": 110, "interval": "10s",
//     "pause": {"statuses": [429], "codes": ["ratelimited"],
//               "until": ["headers.retry-after", "headers.x-ratelimit-reset"], "default": "30s"}}
//
// Of each account at most so many requests leave within any interval; further ones wait. An answer that `pause`
// names (by its status, or by the code that `errors` reads) holds the account's requests to the integration until
// the time that it says, no retry being used.
//
// A time is the first of `until` that is there and readable: a number below 10^8 is seconds from now, a larger one
// seconds or milliseconds since 1970 (text/time_text.h), a text a number or a time (HTTP date, ISO 8601). Without
// any: `default`. Never less than limits::pause_min nor more than limits::pause_max. Pure.

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/templates/reference.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class ObjectReader;

struct RateLimit {
  std::uint32_t requests = 0;  // within each interval; 0: as many as there are
  Millis interval{0};
  struct Pause {
    std::vector<int> statuses;
    std::vector<std::string> codes;
    std::vector<std::vector<PathSegment>> until;  // below {"response": ...}
    Millis otherwise{0};
  };
  std::optional<Pause> pause{};
};

/// The key `rateLimit`; nothing when it is not given.
std::optional<RateLimit> read_rate_limit(ObjectReader& integration);

/// Until when the answer holds the account; nothing: it does not. `code` is the provider's own, or empty.
std::optional<Instant> pause_of(const RateLimit& limit, const Json& output, const std::string& code,
                                Instant now);
/// A time as `until` finds it.
std::optional<Instant> time_said(const Json& value, Instant now);

namespace limits {
inline constexpr Millis pause_min{1'000};
inline constexpr Millis pause_max = std::chrono::hours(24);
inline constexpr Millis pause_default{30'000};
/// Further answers of the kind to one attempt are failures as others are.
inline constexpr std::uint32_t pauses_per_attempt_max = 100;
inline constexpr std::uint32_t rate_requests_max = 10'000;
inline constexpr Millis rate_interval_max = std::chrono::hours(24);
}  // namespace limits

}  // namespace millrace
