#pragma once
// How long calls wait in the function pool, for /metrics. Owned by whoever builds the pool, and
// outlives it.

#include "runtime/base/clock.h"
#include "runtime/base/histogram.h"

namespace millrace {

struct CallTimings {
  explicit CallTimings(const Clock& time) : clock(time) {}

  const Clock& clock;
  /// From submission until a worker gets the call for the first time; a repeat after the death of its
  /// worker is not counted again.
  Histogram wait{buckets::short_times};
};

}  // namespace millrace
