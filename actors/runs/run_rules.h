#pragma once
// Whether a run may still go on: its user, its workflow and its integration may be switched off while it
// runs. Asked between two steps, by all branches of the run; costs two counters as long as nothing of the
// tenant changes. Whoever was refused once stays refused, so that all branches agree. Thread-safe.

#include "actors/tenants/tenant_view.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

namespace millrace {

class RunRules {
 public:
  enum class Begin : std::uint8_t {
    granted,    // it is granted now: only later changes count
    unchecked,  // it was rebuilt: things may have changed before
  };
  RunRules(SharedTenant tenant, Begin begin);

  /// Why the run must not go on: user_disabled, permission_denied, workflow_disabled or integration_inactive. An
  /// account or a secret that is missing fails the step that needs it.
  std::optional<Error> refusal(const Workflow& workflow, const std::string& credential);

 private:
  const SharedTenant tenant_;
  std::atomic<std::uint64_t> looked_at_;  // the tenant's version at the last look
  std::mutex mutex_;
  std::optional<Error> refusal_;
};

}  // namespace millrace
