#pragma once
// The statistics while they are being made: changed by the caller's thread (and by whoever is refused
// at the door), read by any. Thread-safe.

#include "http/outbound/outbound_stats.h"

#include <mutex>

namespace millrace {

class OutboundCounters {
 public:
  /// `change(OutboundStats&)`, under the lock: only count there.
  template <class Change>
  void count(Change change) {
    const std::lock_guard lock(mutex_);
    change(stats_);
  }

  OutboundStats stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  mutable std::mutex mutex_;
  OutboundStats stats_;
};

}  // namespace millrace
