#pragma once
// For whom a scheduled workflow runs: the accounts that have it enabled, or, of a workflow that needs no
// account, the users of its project. In the order of their keys, so that whoever goes through them can say
// how far he has come by one key. It reads index rows; whether a run may begin is for the tenant's views.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "storage/ordered_store.h"

#include <cstddef>
#include <string>
#include <vector>

namespace millrace::storage {

struct AudienceMember {
  UserId user;  // empty: the row is damaged, and nobody knows whose it is
  std::string
      credential;   // with its configuration (account_text.h); empty: the workflow needs none
  Instant since{};  // first seen; of accounts nothing is known
  ShardId shard{};
  std::string key;  // of its row: where it stands in the order
};

enum class Audience : std::uint8_t { accounts, users };

class ScheduleAudience {
 public:
  ScheduleAudience(const OrderedStore& store, const ShardSet& shards, ProjectId project,
                   WorkflowId workflow, Audience audience);

  /// At most `members_max` of those behind `after` (a key; empty: from the start). Fewer: there are no more.
  Result<std::vector<AudienceMember>> list(const std::string& after, std::size_t members_max) const;
  /// How many there are behind `after`. Reads their keys.
  Result<std::size_t> count(const std::string& after) const;

 private:
  std::vector<KeyRange> ranges_behind(const std::string& after) const;

  const OrderedStore& store_;
  const ShardSet shards_;
  const ProjectId project_;
  const WorkflowId workflow_;
  const Audience audience_;
};

}  // namespace millrace::storage
