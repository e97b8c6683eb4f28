#pragma once
// The trigger of a schedule: the workflow runs at each tick, for every user who has it enabled. What the
// workflow sees as `trigger` is `{"scheduledAt"}`: the tick, which may be earlier than the run.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/schedules/schedule.h"
#include "runtime/templates/template.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// What becomes of the ticks that came while nobody was there to serve them.
enum class CatchUp : std::uint8_t {
  one,   // one run, of the last of them
  none,  // no run
  all,   // a run of each, of the last limits::schedule_caught_up_max
};

/// What a tick does while the run of an earlier one is still going, of the same user and account.
enum class Overlap : std::uint8_t {
  allow,  // a run beside it
  skip,   // no run
  queue,  // a run when that one has ended; one waits at most
};

struct SchedulerTrigger {
  Schedule schedule;
  Template zone{};                     // the zone's name
  std::optional<TimeZone> one_zone{};  // when it is the same for every user
  CatchUp catch_up = CatchUp::one;
  Overlap overlap = Overlap::allow;
  /// Over how long the runs of one tick begin when there are many.
  Millis spread{10'000};
  /// What `every` or `cron` and `timezone` say: another text is another schedule.
  std::string text{};
};

/// The zone in which the trigger ticks for a user; UTC where the template gives null or an empty text.
/// Error: invalid_request, there is no such zone.
Result<TimeZone> zone_for(const SchedulerTrigger& trigger, const UserId& user,
                          const JsonObject& user_meta);

/// The first tick after `instant` in the zone of any user.
std::optional<Instant> next_tick(const SchedulerTrigger& trigger, Instant instant);

/// The ticks of (from, until] that a run is started for, the earliest first. What came while somebody was there
/// is each of them; what was missed is for `catchUp` to say.
enum class Served : std::uint8_t { in_time, missed };
std::vector<Instant> ticks_to_run(const SchedulerTrigger& trigger, const TimeZone& zone,
                                  Instant from, Instant until, Served served);

/// The ticks of (from, until] that `catchUp` leaves out when they were missed.
struct LeftOutTicks {
  /// Counted no further: it is for somebody to read.
  static constexpr std::size_t count_max = 10'000;
  std::size_t count = 0;
  Instant first{};
  Instant last{};
};
LeftOutTicks left_out_ticks(const SchedulerTrigger& trigger, const TimeZone& zone, Instant from,
                            Instant until);

/// What the workflow sees of a tick.
Json tick_output(Instant scheduled_at);

}  // namespace millrace
