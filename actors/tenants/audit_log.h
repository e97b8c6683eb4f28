#pragma once
// The audit log: every change of a project that was acknowledged, with who made it. An entry is durable before the
// change is answered; a crash between the two leaves a change that nobody was told of, without an entry. Entries are
// kept `kept_for`; old ones go as new ones come. Thread-safe; blocks on the disk: for request threads.

#include "actors/tenants/fenced_commits.h"
#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/random.h"
#include "storage/tables/audit_table.h"

#include <chrono>
#include <string>

namespace millrace {

struct AuditEntry {
  ProjectId project;
  std::string operation;
  std::string by;
  JsonObject target;  // names of what was changed; nothing that an erasure would have to find again
  int status = 0;
};

class AuditLog {
 public:
  static constexpr std::chrono::hours kept_for{365 * 24};
  /// One new entry removes at most so many old ones, so that the log shrinks as it grows.
  static constexpr std::size_t removed_max = 32;

  AuditLog(const storage::OrderedStore& store, FencedCommits commits, const Clock& clock,
           Random& random)
      : table_(store), commits_(std::move(commits)), clock_(clock), random_(random) {}

  /// Errors: those of the store, and shard_moved.
  Outcome note(const AuditEntry& entry);
  /// Those that are younger than `kept_for`. Errors: those of the store.
  Result<storage::AuditPage> list(storage::AuditQuery query) const;

 private:
  const storage::AuditTable table_;
  FencedCommits commits_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace millrace
