#include "runtime/retries/retry_policy.h"

#include "runtime/base/check.h"

#include <algorithm>
#include <cmath>

namespace millrace {

RetryPolicy RetryPolicy::none() { return {}; }

RetryPolicy RetryPolicy::standard() {
  using namespace std::chrono_literals;
  return {{10s, 20s, 30s, 50s, 80s}, {}, {}};
}

std::optional<Millis> next_retry(const RetryPolicy& policy, std::uint32_t failed_attempt,
                                 ErrorCode error, double jitter, Millis at_least) {
  CHECK(failed_attempt >= 1, "attempts are counted from 1");
  const bool is_named =
      std::find(policy.codes.begin(), policy.codes.end(), error) != policy.codes.end();
  if (retry_class(error) == RetryClass::do_not_retry && !is_named) return std::nullopt;
  if (failed_attempt > policy.delays.size()) return std::nullopt;
  const auto delay = static_cast<double>(policy.delays[failed_attempt - 1].count());
  const double factor = 1.0 + retry_jitter * std::clamp(jitter, -1.0, 1.0);
  return std::max(Millis(std::llround(delay * factor)), at_least);
}

}  // namespace millrace
