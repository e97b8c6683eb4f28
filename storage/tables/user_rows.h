#pragma once
// What is stored of one user: its own row and those of its accounts, all on the user's shard.

#include "storage/tables/credential_table.h"
#include "storage/tables/user_table.h"

#include <optional>
#include <vector>

namespace millrace::storage {

struct UserRows {
  std::optional<UserRow> user;             // nothing: never seen
  std::vector<CredentialRow> credentials;  // in the order of connecting
};

/// Reads all of it in one round trip.
Result<UserRows> read_user_rows(const OrderedStore& store, const ProjectId& project,
                                const UserId& user);

}  // namespace millrace::storage
