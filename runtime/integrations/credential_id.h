#pragma once
// How accounts and their configurations are named: UUIDs of version 4 (RFC 9562, 5.4), because clients' libraries
// take anything else for a name of their user's own.

#include "runtime/base/random.h"
#include "runtime/base/shard.h"

#include <string>
#include <string_view>

namespace millrace {

/// A new one. It embeds the user's shard where the ids of executions do, so that `ExecutionId::parse` finds it.
std::string make_credential_id(ShardId shard, Random& random);

/// Of the one configuration that every account has. It follows from the account's id, so nothing of it is
/// stored.
std::string default_configuration_id(std::string_view credential_id);

}  // namespace millrace
