#include "actors/tenants/hook_registry.h"

#include <utility>

namespace millrace {
namespace {

std::string lock_of(const storage::HookPlace& place) {
  return place.project.text + '\0' + place.user.text;
}

}  // namespace

Result<std::string> HookRegistry::id_of(const storage::HookPlace& place) {
  auto known = table_.find(place);
  if (!known) return known.error();
  if (*known) return std::move((*known)->id);
  const KeyedLocks::Hold hold(making_, lock_of(place));
  auto batch = commits_.begin(place.shard());
  if (!batch) return batch.error();
  known = table_.find(place);  // somebody else may have made it in the meantime
  if (!known) return known.error();
  if (*known) return std::move((*known)->id);
  return make(place, std::nullopt, std::move(*batch));
}

Result<std::string> HookRegistry::rotate(const storage::HookPlace& place) {
  const KeyedLocks::Hold hold(making_, lock_of(place));
  auto batch = commits_.begin(place.shard());
  if (!batch) return batch.error();
  const auto known = table_.find(place);
  if (!known) return known.error();
  return make(place, *known, std::move(*batch));
}

KeyedLocks::Hold HookRegistry::hold(const ProjectId& project, const UserId& user) {
  return {making_, lock_of({project, user, {}, {}, {}})};
}

std::string HookRegistry::put_another(const storage::HookPlace& place, storage::WriteBatch& batch) {
  storage::HookRow row{storage::make_hook_id(place.shard(), random_), place, clock_.now()};
  storage::HookTable::put(batch, row);
  return std::move(row.id);
}

Result<std::string> HookRegistry::make(const storage::HookPlace& place,
                                       const std::optional<storage::HookRow>& before,
                                       storage::WriteBatch batch) {
  if (before) storage::HookTable::remove(batch, *before);
  storage::HookRow row{storage::make_hook_id(place.shard(), random_), place, clock_.now()};
  storage::HookTable::put(batch, row);
  if (auto stored = commits_.commit(std::move(batch)); !stored) return stored.error();
  return std::move(row.id);
}

}  // namespace millrace
