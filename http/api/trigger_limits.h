#pragma once
// What a project's limits say of its triggers before anything is read of them: how many come in a minute, of the
// project and of each of its users, and how large one may be. Counts requests, whatever each starts: one event may
// start many runs. What comes from inside (schedules, polls, records of an account) is not counted.
//
// Counts are in memory: a restart begins anew. Thread-safe; blocks only on a project's view that is not in memory.

#include "actors/tenants/project_views.h"
#include "http/api/request_rate.h"

namespace millrace {

class TriggerLimits {
 public:
  TriggerLimits(ProjectViews& projects, const Clock& clock) : projects_(projects), clock_(clock) {}

  /// `user` empty: nobody knows yet whose it is, and only the project's allowance counts. Errors: rate_limited,
  /// payload_too_large, those of the store.
  Outcome admit(const ProjectId& project, const UserId& user, std::size_t body_bytes);
  /// Of the project's `allowance` for a minute: what its triggers have taken and not got back yet.
  std::uint64_t taken(const ProjectId& project, std::uint64_t allowance) {
    return rate_.taken({project.text, allowance}, clock_.now());
  }

 private:
  ProjectViews& projects_;
  const Clock& clock_;
  RequestRate rate_{Millis(60'000)};
};

}  // namespace millrace
