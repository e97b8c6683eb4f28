#pragma once
// The supervision policy of one step, as data: how often it is tried again, how long it waits, and
// whether the workflow goes on when it has failed for good. Applied by the execution machine.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"

#include <optional>
#include <vector>

namespace millrace {

struct RetryPolicy {
  /// Wait before each retry, without jitter. Empty: never retried. The default ladder of `autoRetry`
  /// is 10, 20, 30, 50, 80 s.
  std::vector<Millis> delays;
  /// Response statuses that are tried again although they are not expected to get better.
  std::vector<int> statuses;
  /// Errors that are tried again although they are not expected to get better.
  std::vector<ErrorCode> codes;

  static RetryPolicy none();
  static RetryPolicy standard();
};

inline constexpr double retry_jitter = 0.10;

/// The wait before the attempt after `failed_attempt` (1 is the first attempt), or nothing when the
/// step has failed for good: no delay is left, or the error cannot get better and the policy does not
/// name it. `jitter` is uniform in [-1, 1] and comes from outside, so that the machine stays pure.
/// `at_least` is the wait that the peer asked for.
std::optional<Millis> next_retry(const RetryPolicy& policy, std::uint32_t failed_attempt,
                                 ErrorCode error, double jitter, Millis at_least = Millis(0));

}  // namespace millrace
