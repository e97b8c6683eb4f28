#include "storage/tables/schedule_audience.h"

#include "storage/keys.h"
#include "storage/tables/enabled_workflow_table.h"
#include "storage/tables/user_table.h"

#include <utility>

namespace millrace::storage {
namespace {

ShardId shard_of_key(std::string_view key) {
  return ShardId{static_cast<std::uint16_t>(static_cast<std::uint8_t>(key[0]) << 8 |
                                            static_cast<std::uint8_t>(key[1]))};
}

Result<AudienceMember> decode(Audience audience, std::string_view bytes) {
  if (audience == Audience::users) {
    auto user = UserTable::decode(bytes);
    if (!user) return user.error();
    return AudienceMember{std::move(user->user), {}, user->first_seen, {}, {}};
  }
  auto enabled = EnabledWorkflowTable::decode(bytes);
  if (!enabled) return enabled.error();
  return AudienceMember{std::move(enabled->user), std::move(enabled->credential), {}, {}, {}};
}

}  // namespace

ScheduleAudience::ScheduleAudience(const OrderedStore& store, const ShardSet& shards,
                                   ProjectId project, WorkflowId workflow, Audience audience)
    : store_(store),
      shards_(shards),
      project_(std::move(project)),
      workflow_(std::move(workflow)),
      audience_(audience) {}

std::vector<KeyRange> ScheduleAudience::ranges_behind(const std::string& after) const {
  std::vector<KeyRange> ranges;
  for (const ShardId shard : shards_) {
    if (!after.empty() && shard < shard_of_key(after)) continue;
    KeyRange range{audience_ == Audience::users
                       ? keys::users(shard, project_)
                       : keys::enabled_workflows(shard, project_, workflow_)};
    if (!after.empty()) range.from = after + '\0';  // harmless on the shards behind
    ranges.push_back(std::move(range));
  }
  return ranges;
}

Result<std::vector<AudienceMember>> ScheduleAudience::list(const std::string& after,
                                                           std::size_t members_max) const {
  ManyOptions options;
  options.limit = options.limit_each = members_max;
  const auto cursor = store_.scan_many(ranges_behind(after), options);
  std::vector<AudienceMember> members;
  for (; cursor->valid() && members.size() < members_max; cursor->next()) {
    auto member = decode(audience_, cursor->value());
    if (!member) member = AudienceMember();  // nobody
    member->key = std::string(cursor->key());
    member->shard = shard_of_key(member->key);
    members.push_back(std::move(*member));
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  return members;
}

Result<std::size_t> ScheduleAudience::count(const std::string& after) const {
  const auto cursor = store_.scan_many(ranges_behind(after), {});
  std::size_t count = 0;
  for (; cursor->valid(); cursor->next()) ++count;
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  return count;
}

}  // namespace millrace::storage
