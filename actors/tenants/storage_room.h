#pragma once
// Whether a project may store something new: what it keeps (storage/usage) against the limit that was set for it.
// Asked by whoever starts runs (gateway/starter.h) and by the routes that take definitions. What was accepted is never
// asked: runs go on to their end, and may take a project beyond its limit by what they store.
//
// What counts is durable: requests that come in the same moment all see what was there before them. Thread-safe.

#include "runtime/admission/project_limits.h"
#include "storage/usage/stored_bytes.h"

#include <atomic>
#include <cstdint>

namespace millrace {

class StorageRoom {
 public:
  StorageRoom(storage::StoredBytes& bytes, storage::GroupCommit& commits)
      : bytes_(bytes), commits_(commits) {}

  /// Error: stored_bytes_exceeded. Without a limit nothing is asked; with one, the first question about a project waits
  /// for the commit that is under way. Not for actors.
  Outcome check(const ProjectId& project, const ProjectLimits& limits);

  struct Use {
    std::uint64_t bytes = 0;
    bool is_exact = true;  // false: the store is being counted, and there may be more
  };
  Result<Use> use(const ProjectId& project);

  std::uint64_t refused() const { return refused_; }
  storage::StoredBytesStats stats() const { return bytes_.stats(); }

 private:
  storage::StoredBytes& bytes_;
  storage::GroupCommit& commits_;
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace millrace
