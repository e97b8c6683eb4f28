#include "actors/tenants/audit_log.h"

#include <algorithm>
#include <utility>

namespace millrace {

Outcome AuditLog::note(const AuditEntry& entry) {
  auto batch = commits_.begin(shard_of(entry.project));
  if (!batch) return batch.error();
  storage::AuditRow row;
  row.at = clock_.now();
  row.number = random_number(random_);
  row.operation = entry.operation;
  row.by = entry.by;
  row.target = to_text(entry.target);
  row.status = static_cast<std::uint32_t>(entry.status);
  storage::AuditTable::put(*batch, entry.project, row);
  auto removed = table_.remove_old(*batch, entry.project, row.at - kept_for, removed_max);
  if (!removed) return removed;
  return commits_.commit(std::move(*batch));
}

Result<storage::AuditPage> AuditLog::list(storage::AuditQuery query) const {
  query.since = std::max(query.since, clock_.now() - kept_for);
  return table_.list(query);
}

}  // namespace millrace
