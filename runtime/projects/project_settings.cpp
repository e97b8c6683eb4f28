#include "runtime/projects/project_settings.h"

namespace millrace {

std::optional<Instant> removal_horizon(const ProjectSettings& settings, Instant now) {
  if (settings.retention_days == 0) return std::nullopt;
  return now - std::chrono::days(settings.retention_days);
}

}  // namespace millrace
