#pragma once
// Reads a schedule in a definition: one of
//
//   "every": {"seconds": 30} | {"minutes": 5}            an interval: real time, whatever the clocks do
//            {"hours": 1, "minute": 15}                   at that minute (0 if left out) of each hour, or of
//                                                        every nth, counted from 1970-01-01 00:00 in the zone
//            {"days": 1, "at": "09:00"}                   each day at that time, or every nth, counted alike
//            {"weekdays": ["monday"], "at": "12:00"}
//   "cron":  "0 0 9 * * MON-FRI"                          see cron.h

#include "runtime/reading/object_reader.h"
#include "runtime/schedules/schedule.h"

#include <optional>

namespace millrace {

/// Reads `every` or `cron` of the object. Nothing when it says none, which is a finding.
std::optional<Schedule> read_schedule(ObjectReader& json);

}  // namespace millrace
