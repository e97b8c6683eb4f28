#include "actors/tenants/storage_room.h"

namespace millrace {

Outcome StorageRoom::check(const ProjectId& project, const ProjectLimits& limits) {
  if (limits.stored_bytes == 0) return Done{};
  const auto used = bytes_.total(project, commits_);
  if (!used) return used.error();
  if (*used < limits.stored_bytes) return Done{};
  ++refused_;
  return Error(
      ErrorCode::stored_bytes_exceeded,
      "the project stores " + std::to_string(*used) + " bytes of the " +
          std::to_string(limits.stored_bytes) +
          " that it may: remove what is not needed any more, or have its `storedBytes` raised");
}

Result<StorageRoom::Use> StorageRoom::use(const ProjectId& project) {
  const auto used = bytes_.total(project, commits_);
  if (!used) return used.error();
  return Use{*used, bytes_.is_counted()};
}

}  // namespace millrace
