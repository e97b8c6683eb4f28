#include "http/api/request_rate.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace millrace {
namespace {

/// How long it takes until there is one again.
Millis wait_for_one(double left, double allowance, Millis window) {
  return Millis(static_cast<std::int64_t>(
      std::ceil((1 - left) * static_cast<double>(window.count()) / allowance)));
}

}  // namespace

Error rate_limited(const std::string& why, Millis wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  Error error(ErrorCode::rate_limited, why + "; try again in " + std::to_string(seconds) + " s");
  error.retry_after = static_cast<std::uint32_t>(seconds);
  return error;
}

Millis RequestRate::take(std::initializer_list<Claim> claims, Instant now) {
  const std::lock_guard lock(mutex_);
  std::vector<Bucket*> buckets;
  Millis wait(0);
  for (const Claim& claim : claims) {
    if (claim.allowance == 0) continue;
    Bucket* const bucket = bucket_of(claim, now);
    if (bucket == nullptr) continue;
    buckets.push_back(bucket);
    const double left = bucket->allowance - bucket->taken;
    if (left < 1) wait = std::max(wait, wait_for_one(left, bucket->allowance, window_));
  }
  if (wait == Millis(0)) {
    for (Bucket* const bucket : buckets) bucket->taken += 1;
  }
  return wait;
}

std::uint64_t RequestRate::taken(const Claim& claim, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(claim.key);
  if (found == buckets_.end()) return 0;
  const double taken = std::ceil(taken_at(found->second, now));
  return std::min(claim.allowance, static_cast<std::uint64_t>(taken));
}

RequestRate::Bucket* RequestRate::bucket_of(const Claim& claim, Instant now) {
  if (buckets_.size() >= buckets_max && !buckets_.contains(claim.key)) {
    forget_full(now);
    if (buckets_.size() >= buckets_max) return nullptr;
  }
  const auto allowance = static_cast<double>(claim.allowance);
  Bucket& bucket = buckets_.try_emplace(claim.key, Bucket{allowance, 0, now}).first->second;
  bucket.taken = std::min(allowance, taken_at(bucket, now));
  bucket.allowance = allowance;
  bucket.counted = now;
  return &bucket;
}

double RequestRate::taken_at(const Bucket& bucket, Instant now) const {
  const double passed = static_cast<double>(std::max(Millis(0), now - bucket.counted).count());
  const double back = bucket.allowance * passed / static_cast<double>(window_.count());
  return std::max(0.0, bucket.taken - back);
}

/// At most once a second: a table full of buckets in use is not walked for every request.
void RequestRate::forget_full(Instant now) {
  if (now - swept_ < Millis(1'000) && now >= swept_) return;
  swept_ = now;
  std::erase_if(buckets_, [&](const auto& each) { return taken_at(each.second, now) == 0; });
}

}  // namespace millrace
