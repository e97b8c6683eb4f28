#pragma once
// Virtual shards: the unit of ownership in a cluster. `shard = hash(projectId, userId)`, every key
// begins with its shard, and an execution id carries its shard so that any id finds its owner.

#include "runtime/base/ids.h"

#include <cstdint>
#include <string_view>

namespace millrace {

inline constexpr std::uint16_t shard_count = 256;

enum class ShardId : std::uint16_t {};

/// Generation of a shard's ownership. Every commit names the epoch it was made under; a store
/// refuses a commit whose epoch is not the current one.
enum class Epoch : std::uint64_t {};

/// FNV-1a (64 bit) over `project NUL user`, folded to 8 bits. The function is part of the stored
/// format: changing it would strand every row.
/// Source: Fowler, Noll, Vo; draft-eastlake-fnv.
ShardId shard_of(const ProjectId& project, const UserId& user);

/// Where a project's own rows (keys, workflows, versions) live.
ShardId shard_of(const ProjectId& project);

}  // namespace millrace
