#pragma once
// Many users with an account each, written from inside while their server is down: over HTTP it would take longer
// than what is measured.

#include "runtime/base/ids.h"
#include "storage/rocks/rocks_store.h"
#include "storage/tables/credential_table.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace millrace::bench {

/// The store in the data directory of a server that is down.
std::unique_ptr<storage::RocksStore> open_directory(const std::string& directory);

struct ManyAccounts {
  ProjectId project;
  std::string integration;
  WorkflowId workflow;  // which all of them have enabled
  std::size_t count = 0;
};
/// Adds to the commit of an account.
using AlsoPut = std::function<void(storage::WriteBatch&, const storage::CredentialRow&)>;

/// `directory` has the key that seals. BenchFailure when something cannot be written.
void put_accounts(storage::OrderedStore& store, const std::string& directory,
                  const ManyAccounts& accounts, const AlsoPut& also = {});

}  // namespace millrace::bench
