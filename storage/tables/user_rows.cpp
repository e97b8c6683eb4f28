#include "storage/tables/user_rows.h"

#include "storage/keys.h"

#include <algorithm>
#include <utility>

namespace millrace::storage {

Result<UserRows> read_user_rows(const OrderedStore& store, const ProjectId& project,
                                const UserId& user) {
  const std::string own_key = keys::user(project, user);
  UserRows rows;
  const auto cursor = store.scan_many({{own_key}, {keys::credentials(project, user)}}, {});
  for (; cursor->valid(); cursor->next()) {
    if (cursor->key() == own_key) {
      auto row = UserTable::decode(cursor->value());
      if (!row.ok()) return row.error();
      rows.user = std::move(*row);
    } else {
      auto row = CredentialTable::decode(cursor->value());
      if (!row.ok()) return row.error();
      rows.credentials.push_back(std::move(*row));
    }
  }
  if (const auto read = cursor->status(); !read.ok()) return read.error();
  std::stable_sort(
      rows.credentials.begin(), rows.credentials.end(),
      [](const CredentialRow& a, const CredentialRow& b) { return a.connected < b.connected; });
  return rows;
}

}  // namespace millrace::storage
