#pragma once
// Cron expressions of six fields, seconds first:
//
//   second  minute  hour  day-of-month  month  day-of-week
//   0-59    0-59    0-23  1-31          1-12   0-7 (0 and 7 are Sunday)
//
//   *        all                    1,15      a list of what follows
//   ?        all, of days           9-17      a range, both ends included
//   */5      every fifth from the first on; 10/5 from 10 on; 9-17/2 within the range
//   JAN, MON names of months and weekdays, in any case
//   L        the last day of the month; L-2 two days before it; 5L or FRIL the last Friday
//   5#2      the second Friday; FRI#2 likewise
//
// When days of the month and weekdays are both restricted, a day that fits either is in.

#include "runtime/base/result.h"
#include "runtime/schedules/schedule.h"

#include <string_view>
#include <vector>

namespace millrace {

/// Error: invalid_definition, with a detail for each field that is wrong (`got` is its text, `expected` what
/// may stand there), or for the whole when it has another number of fields or no day that ever comes.
Result<LocalTimes> parse_cron(std::string_view text);

}  // namespace millrace
