#include "runtime/admission/admission.h"

#include "runtime/base/check.h"

namespace millrace {

Admission admit(const ProjectLimits& limits, const AdmissionState& state,
                const AdmissionOrder& order) {
  CHECK(limits.concurrent_steps > 0, "a project without places would never run anything");
  if (order.has_place) return Admission::run;
  const bool is_behind = state.user_waits || state.higher_waits;
  if (is_behind && !order.had_waited) return Admission::queue;
  if (state.live >= limits.concurrent_steps) return Admission::queue;
  if (user_is_full(limits, state.live_of_user)) return Admission::queue;
  return Admission::run;
}

bool user_is_full(const ProjectLimits& limits, std::size_t live_of_user) {
  return limits.concurrent_steps_per_user > 0 && live_of_user >= limits.concurrent_steps_per_user;
}

}  // namespace millrace
