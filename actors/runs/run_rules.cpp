#include "actors/runs/run_rules.h"

#include "runtime/base/check.h"

#include <limits>
#include <utility>

namespace millrace {
namespace {

constexpr auto never = std::numeric_limits<std::uint64_t>::max();

}  // namespace

RunRules::RunRules(SharedTenant tenant, Begin begin)
    : tenant_(std::move(tenant)),
      looked_at_(begin == Begin::granted ? tenant_->version() : never) {}

std::optional<Error> RunRules::refusal(const Workflow& workflow, const std::string& credential) {
  // A change that comes after this is seen the next time.
  const std::uint64_t version = tenant_->version();
  CHECK(version != never, "a tenant has changed too often");
  if (looked_at_.load(std::memory_order_acquire) == version) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (refusal_) return refusal_;
  const auto grant = tenant_->grant(workflow, credential);
  const ErrorCode code = grant ? ErrorCode::internal_error : grant.error().code;
  if (code == ErrorCode::user_disabled || code == ErrorCode::workflow_disabled ||
      code == ErrorCode::integration_inactive || code == ErrorCode::permission_denied) {
    refusal_ = grant.error();
    looked_at_ = never;  // nobody passes any more
    return refusal_;
  }
  looked_at_.store(version, std::memory_order_release);
  return std::nullopt;
}

}  // namespace millrace
