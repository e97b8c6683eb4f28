#pragma once
// What a group commit tells about itself, for /metrics. Owned by whoever builds the commit, and
// outlives it; recorded on the commit thread, read by any.

#include "runtime/base/clock.h"
#include "runtime/base/histogram.h"

namespace millrace::storage {

struct CommitTimings {
  explicit CommitTimings(const Clock& time) : clock(time) {}

  const Clock& clock;
  /// Of a commit that became durable, its first write to the end of its sync.
  Histogram commit{buckets::short_times};
  /// How many batches with rows it made durable; those without are not timed anywhere here.
  Histogram batches{buckets::counts};
  /// Each batch's wait from its submission to the begin of its commit.
  Histogram wait{buckets::short_times};
};

}  // namespace millrace::storage
