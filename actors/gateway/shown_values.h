#pragma once
// Values of one run for the eye: without its secrets, with its files up to limits::shown_files_bytes_max
// together. A file that is too much, or cannot be read, keeps its handle. Blocks on the disk.

#include "actors/runs/run_secrets.h"
#include "runtime/files/file_value.h"
#include "runtime/history/branch_replay.h"
#include "storage/ordered_store.h"

#include <memory>
#include <string>

namespace millrace {

class ShownValues {
 public:
  ShownValues(const storage::OrderedStore& store, const ExecutionId& execution,
              std::shared_ptr<RunSecrets> secrets);

  void show(Json& value);
  /// Part of it is put together here, of what the run was given.
  void show(StepAttempt& attempt);
  /// The step with its values.
  StepDetail detail_of(StepFinding finding);

 private:
  void show(std::string& text) { text = secrets_->known()->apply(std::move(text)); }

  const std::shared_ptr<RunSecrets> secrets_;
  FileBudget files_;
};

}  // namespace millrace
