#pragma once
// What a project's own people set for it (its limits are the operator's: runtime/admission/project_limits.h), and
// what follows from it.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

namespace limits {
inline constexpr std::uint32_t retention_days_usual = 90;
inline constexpr std::uint32_t retention_days_max = 3'650;
inline constexpr std::size_t portal_origins_max = 50;
inline constexpr std::size_t project_name_bytes_max = 200;
}  // namespace limits

struct ProjectSettings {
  /// Pages that may show the portal, as "https://app.example.com"; each once.
  std::vector<std::string> portal_origins{};
  /// For whom tests run that name nobody.
  UserId preview_user{"preview"};
  /// How long runs are kept after their end. 0: for ever.
  std::uint32_t retention_days = limits::retention_days_usual;

  bool operator==(const ProjectSettings&) const = default;
};

/// Runs that ended before this are removed. Nothing: none is.
std::optional<Instant> removal_horizon(const ProjectSettings& settings, Instant now);

}  // namespace millrace
