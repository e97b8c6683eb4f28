#pragma once
// What comes back to a branch from the threads beside the tree: engine, caller, storage reader,
// credential source, commit thread. Plain values, free of CAF, so that the parts of a branch are tested without actors.

#include "actors/runs/loaded_branch.h"
#include "actors/runs/run_files.h"
#include "runtime/functions/function_engine.h"
#include "runtime/integrations/credential.h"
#include "runtime/outbound/http_caller.h"

#include <cstdint>
#include <memory>
#include <variant>

namespace millrace {

/// `number` names the call, so that an outcome that comes late is recognised.
struct FunctionFinished {
  std::uint64_t number = 0;
  std::shared_ptr<FunctionOutcome> outcome;
};
struct RequestAnswered {
  std::uint64_t number = 0;
  std::shared_ptr<HttpOutcome> outcome;
};
/// The files whose bytes the call needs.
struct FilesRead {
  std::uint64_t number = 0;
  std::shared_ptr<Result<RunFiles>> files;
};
/// The account that the request goes with, as it is now.
struct CredentialAnswered {
  std::uint64_t number = 0;
  std::shared_ptr<Result<SharedCredential>> credential;
};
/// Everything that led to the call is on the disk: it may leave.
struct CallIsDurable {
  std::uint64_t number = 0;
};

/// What this incarnation believes is ahead of the disk.
struct CommitFailed {
  Error error{ErrorCode::storage_failed, ""};
  bool is_start = false;  // of the run: there is nothing to rebuild it from
};
/// The shard has another owner. Nothing has failed: that owner goes on from what is on the disk.
struct ShardMoved {};
/// The flush with this number is durable.
struct CommitDone {
  std::uint64_t number = 0;
};

/// What waits in the journal has waited long enough for company (FlushReminder).
struct FlushDue {};

/// An element of the open fan-out, rebuilt from its rows.
struct ChildLoaded {
  StepIndex fan_out = 0;
  std::uint32_t index = 0;
  std::shared_ptr<Result<LoadedBranch>> loaded;
};

using BranchNews =
    std::variant<FunctionFinished, RequestAnswered, FilesRead, CredentialAnswered, CallIsDurable,
                 CommitFailed, ShardMoved, CommitDone, FlushDue, ChildLoaded>;

/// The way to one branch, for those threads. Thread-safe, never blocks; news for a branch that has left
/// memory are dropped, since whatever they say is on the disk or will be done again.
class BranchMail {
 public:
  virtual ~BranchMail() = default;
  virtual void deliver(BranchNews news) = 0;
};

}  // namespace millrace
