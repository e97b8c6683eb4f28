#include "runtime/retries/retry_policy.h"

#include "tests/support/catch.h"

using namespace millrace;
using namespace std::chrono_literals;

TEST_CASE("the standard policy waits along its ladder and then gives up") {
  const RetryPolicy policy = RetryPolicy::standard();
  const std::vector<Millis> ladder{10s, 20s, 30s, 50s, 80s};
  for (std::uint32_t attempt = 1; attempt <= 5; ++attempt) {
    REQUIRE(next_retry(policy, attempt, ErrorCode::function_threw, 0) == ladder[attempt - 1]);
  }
  REQUIRE_FALSE(next_retry(policy, 6, ErrorCode::function_threw, 0));
  REQUIRE_FALSE(next_retry(policy, 4'000'000'000, ErrorCode::function_threw, 0));
}

TEST_CASE("a policy without delays never tries again") {
  REQUIRE_FALSE(next_retry(RetryPolicy::none(), 1, ErrorCode::function_threw, 0));
}

TEST_CASE("jitter moves a wait by at most ten percent") {
  const RetryPolicy policy{{10s}, {}, {}};
  REQUIRE(next_retry(policy, 1, ErrorCode::function_threw, 1) == 11s);
  REQUIRE(next_retry(policy, 1, ErrorCode::function_threw, -1) == 9s);
  REQUIRE(next_retry(policy, 1, ErrorCode::function_threw, 0.5) == 10500ms);
  REQUIRE(next_retry(policy, 1, ErrorCode::function_threw, 100) == 11s);
}

TEST_CASE("an error that cannot get better is not tried again") {
  const RetryPolicy policy = RetryPolicy::standard();
  for (const ErrorCode error : {ErrorCode::template_error, ErrorCode::type_mismatch,
                                ErrorCode::function_syntax, ErrorCode::function_memory}) {
    REQUIRE_FALSE(next_retry(policy, 1, error, 0));
  }
  REQUIRE(next_retry(policy, 1, ErrorCode::function_timeout, 0));
  REQUIRE(next_retry(policy, 1, ErrorCode::function_worker_died, 0));
}

TEST_CASE("an error that the policy names is tried again although it looks final") {
  const RetryPolicy policy{{1s, 2s}, {}, {ErrorCode::function_memory}};
  REQUIRE(next_retry(policy, 1, ErrorCode::function_memory, 0) == 1s);
  REQUIRE_FALSE(next_retry(policy, 3, ErrorCode::function_memory, 0));
  REQUIRE_FALSE(next_retry(policy, 1, ErrorCode::function_syntax, 0));
  REQUIRE(next_retry(policy, 1, ErrorCode::function_threw, 0) == 1s);
}
