#include "http/api/trigger_limits.h"

namespace millrace {

Outcome TriggerLimits::admit(const ProjectId& project, const UserId& user, std::size_t body_bytes) {
  const auto view = projects_.now(project);
  if (!view) return view.error();
  const ProjectLimits& limits = (*view)->row.limits;
  if (limits.payload_bytes != 0 && body_bytes > limits.payload_bytes) {
    return Error(ErrorCode::payload_too_large,
                 "a trigger of this project has at most " + std::to_string(limits.payload_bytes) +
                     " bytes, this one has " + std::to_string(body_bytes));
  }
  const std::uint64_t of_user = user.empty() ? 0 : limits.triggers_per_minute_per_user;
  if (limits.triggers_per_minute == 0 && of_user == 0) return Done{};
  const Millis wait = rate_.take(
      {{project.text, limits.triggers_per_minute}, {project.text + '\0' + user.text, of_user}},
      clock_.now());
  if (wait == Millis(0)) return Done{};
  std::string taken;
  if (limits.triggers_per_minute > 0) {
    taken = std::to_string(limits.triggers_per_minute) + " triggers a minute";
  }
  if (of_user > 0) {
    taken += (taken.empty() ? "" : ", and ") + std::to_string(of_user) + " of each user";
    if (limits.triggers_per_minute == 0) taken += " a minute";
  }
  return rate_limited("the project takes " + taken, wait);
}

}  // namespace millrace
