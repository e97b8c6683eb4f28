#pragma once
// Limits of requests over a time, as token buckets: whoever has one may use the whole allowance in one burst, and gets
// it back evenly. Held in memory: a restart forgets them. Thread-safe.
//
// Bounded: at `buckets_max` those that are full again are forgotten, which says the same; if none is, the new one
// begins full and is not remembered.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <unordered_map>

namespace millrace {

class RequestRate {
 public:
  static constexpr std::size_t buckets_max = 100'000;

  /// Allowances are for this long.
  explicit RequestRate(Millis window) : window_(window) {}

  struct Claim {
    std::string key;              // whose allowance
    std::uint64_t allowance = 0;  // requests in a window; 0: no limit
  };
  /// Takes one request from each of the allowances, or none. Zero: go ahead; otherwise how long to wait.
  Millis take(std::initializer_list<Claim> claims, Instant now);
  /// Requests that have been taken of it and are not given back yet.
  std::uint64_t taken(const Claim& claim, Instant now);

 private:
  struct Bucket {
    double allowance = 0;
    /// And not given back by `counted`. Kept in place of what is left, which follows an allowance that changes.
    double taken = 0;
    Instant counted{};
  };
  double taken_at(const Bucket& bucket, Instant now) const;
  /// Null: it cannot be remembered.
  Bucket* bucket_of(const Claim& claim, Instant now);
  void forget_full(Instant now);

  const Millis window_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
  Instant swept_{};
};

/// rate_limited, with when to try again. `why` is a sentence without its end.
Error rate_limited(const std::string& why, Millis wait);

}  // namespace millrace
