#pragma once
// A limit of requests per project over ten minutes, as a token bucket: a project may use its whole
// allowance in one burst, and gets it back evenly. Held in memory: a restart forgets it.
// Thread-safe.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"

#include <mutex>
#include <unordered_map>

namespace millrace {

class RequestRate {
 public:
  static constexpr Millis window{600'000};

  /// `requests_max` 0: no limit.
  explicit RequestRate(std::size_t requests_max) : requests_max_(requests_max) {}

  /// Takes one request from the allowance. Zero: go ahead; otherwise how long to wait.
  Millis take(const ProjectId& project, Instant now);

 private:
  struct Bucket {
    double left = 0;
    Instant counted{};
  };
  void drop_full_buckets(Instant now);
  double left_at(const Bucket& bucket, Instant now) const;

  const std::size_t requests_max_;
  std::mutex mutex_;
  std::unordered_map<ProjectId, Bucket> buckets_;
};

}  // namespace millrace
