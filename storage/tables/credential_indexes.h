#pragma once
// All index rows that follow from a credential's row, in one call: whoever writes or removes such a row
// adds them to the same batch.

#include "storage/tables/account_table.h"
#include "storage/tables/enabled_workflow_table.h"

namespace millrace::storage {

/// From the row before a change to the one after it, null where there is none.
inline void follow_credential(WriteBatch& batch, const CredentialRow* before,
                              const CredentialRow* after) {
  EnabledWorkflowTable::follow(batch, before, after);
  AccountTable::follow(batch, before, after);
}

}  // namespace millrace::storage
