#pragma once
// The files of one run as its rows hold them: bytes as they are, those that hold a secret of the run
// sealed. The run gets what it was given in either case. Reading blocks on the disk: for the storage
// reader's threads.

#include "actors/runs/run_secrets.h"
#include "storage/tables/file_table.h"

#include <memory>

namespace millrace {

class StoredFiles {
 public:
  /// `store` outlives it; `secrets` are the run's.
  StoredFiles(const storage::OrderedStore& store, const ExecutionId& execution,
              std::shared_ptr<RunSecrets> secrets)
      : table_(store), execution_(execution), secrets_(std::move(secrets)) {}

  /// Null pointer: the run has no such file. Errors: those of the store, secrets_locked, corrupt_data.
  Result<SharedBytes> get(const FileHandle& file) const;

  static void put(storage::WriteBatch& batch, const ExecutionId& execution, const FileHandle& file,
                  const std::string& bytes, const RunSecrets& secrets);

 private:
  const storage::FileTable table_;
  const ExecutionId execution_;
  const std::shared_ptr<RunSecrets> secrets_;
};

}  // namespace millrace
