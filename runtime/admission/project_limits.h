#pragma once
// What one project may use at once and keep. Set per project, kept in its row.

#include <cstdint>

namespace millrace {

/// 0 in a field: nothing was set for the project, and what the field says holds. Numbers above a limit
/// of the node (runtime/base/limits.h) are allowed; the lower one counts.
struct ProjectLimits {
  /// Executions in memory at once; those beyond it are accepted, stored and queued. 0: the node's
  /// `live_executions_per_project_max`.
  std::uint64_t concurrent_steps = 0;
  /// The same for each user of the project. 0: no limit but the project's.
  std::uint64_t concurrent_steps_per_user = 0;
  /// 0: no limit but the routes' own rates.
  std::uint64_t triggers_per_minute = 0;
  std::uint64_t triggers_per_minute_per_user = 0;
  /// Rows and files together. 0: what the disk takes.
  std::uint64_t stored_bytes = 0;
  /// Body of one trigger. 0: `request_body_bytes_max`.
  std::uint64_t payload_bytes = 0;
  /// Requests that wait for a Response step at once; those beyond it are answered 202. 0:
  /// `held_responses_per_project_max`.
  std::uint64_t held_responses = 0;

  bool operator==(const ProjectLimits&) const = default;
};

}  // namespace millrace
