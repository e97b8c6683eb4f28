#pragma once
// When a poll looks. Pure.
//
// Each poll of an account has its own place in the interval, by a hash of its key: so many polls are spread
// evenly, whenever they begin and however often the server is started. The times of one poll are the same
// whoever works them out, so two who do so do not double it. Places are a second apart: the looks of one second
// begin together, which costs threads and disk far less than the same looks one by one.

#include "runtime/base/clock.h"

#include <cstdint>
#include <string_view>

namespace millrace {

/// The first time of the poll's grid after `after`.
Instant next_look(std::string_view key, Millis interval, Instant after);

/// When it looks first: within a minute, if that comes before its place in the interval. What is new is what
/// comes after that.
Instant first_look(std::string_view key, Millis interval, Instant now);

/// The wait behind the `failures`th failure in a row: twice as long each time, from the interval up to an hour,
/// or the interval where that is longer. `jitter` is uniform in [-1, 1] and makes a tenth of it.
Millis wait_after_failure(Millis interval, std::uint32_t failures, double jitter);

}  // namespace millrace
