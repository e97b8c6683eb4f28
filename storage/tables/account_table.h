#pragma once
// Index rows of credentials: whose accounts does a provider know by this id? They are views of credential
// rows, written with them by the owner of the user's shard, and lie together on a shard that follows from the
// provider's id: a delivery finds them in one read, whoever the users are. A credential without a provider's id
// has none.

#include "runtime/base/ids.h"
#include "storage/tables/credential_table.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

struct AccountRow {
  UserId user;
  std::string credential;

  bool operator==(const AccountRow&) const = default;
};

class AccountTable {
 public:
  explicit AccountTable(const OrderedStore& store) : store_(store) {}

  /// Follows a credential from its row before a change to the one after it, null where there is none.
  /// Belongs into the batch that writes or removes the credential's row.
  static void follow(WriteBatch& batch, const CredentialRow* before, const CredentialRow* after);

  /// At most `rows_max` of them, in the order of users.
  Result<std::vector<AccountRow>> list(const ProjectId& project, std::string_view integration,
                                       std::string_view provider_id, std::size_t rows_max) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
