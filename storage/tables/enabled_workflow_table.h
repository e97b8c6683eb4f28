#pragma once
// Index rows of credentials: on which accounts is a workflow enabled, and in which of their configurations? Those
// of one workflow are one range on each shard, in the order of users. They are views of credential rows and lie
// beside them, on the user's shard.

#include "runtime/base/ids.h"
#include "storage/tables/credential_table.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

struct EnabledWorkflowRow {
  UserId user;
  std::string credential;  // with its configuration: runtime/integrations/account_text.h

  bool operator==(const EnabledWorkflowRow&) const = default;
};

class EnabledWorkflowTable {
 public:
  explicit EnabledWorkflowTable(const OrderedStore& store) : store_(store) {}

  /// Follows a credential from its row before a change to the one after it, null where there is
  /// none. Belongs into the batch that writes or removes the credential's row. What an account has disabled
  /// is not polled for it any more (poll_table.h): enabled again, it begins anew.
  static void follow(WriteBatch& batch, const CredentialRow* before, const CredentialRow* after);

  /// At most `rows_max` of those on the shard who have the workflow enabled, beginning behind `after`
  /// (null: from the start). Fewer: there are no more. A user has a row for each such configuration of an account.
  Result<std::vector<EnabledWorkflowRow>> list(ShardId shard, const ProjectId& project,
                                               const WorkflowId& workflow, std::size_t rows_max,
                                               const EnabledWorkflowRow* after = nullptr) const;

  static Result<EnabledWorkflowRow> decode(std::string_view bytes);

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
