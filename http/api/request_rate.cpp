#include "http/api/request_rate.h"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

constexpr std::size_t buckets_max = 10'000;

}  // namespace

Millis RequestRate::take(const ProjectId& project, Instant now) {
  if (requests_max_ == 0) return Millis(0);
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= buckets_max) drop_full_buckets(now);
  auto& bucket =
      buckets_.try_emplace(project, Bucket{static_cast<double>(requests_max_), now}).first->second;
  bucket.left = left_at(bucket, now);
  bucket.counted = now;
  if (bucket.left >= 1) {
    bucket.left -= 1;
    return Millis(0);
  }
  const double per_request =
      static_cast<double>(window.count()) / static_cast<double>(requests_max_);
  return Millis(static_cast<std::int64_t>(std::ceil((1 - bucket.left) * per_request)));
}

double RequestRate::left_at(const Bucket& bucket, Instant now) const {
  const double limit = static_cast<double>(requests_max_);
  const double passed = static_cast<double>(std::max(Millis(0), now - bucket.counted).count());
  return std::min(limit, bucket.left + limit * passed / static_cast<double>(window.count()));
}

/// A bucket that is full again says the same as none.
void RequestRate::drop_full_buckets(Instant now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    return left_at(entry.second, now) >= static_cast<double>(requests_max_);
  });
}

}  // namespace millrace
