#pragma once
// Who is told of everything that group commit writes, and may add to it: a view that has to be as durable as
// what it is of, without every writer knowing of it. Called on the commit thread alone, in turn: `before`,
// then `after`. Must be quick and must not throw; every commit waits for it.

#include "storage/ordered_store.h"

namespace millrace::storage {

class CommitFollower {
 public:
  virtual ~CommitFollower() = default;
  /// The batch is about to be committed: many submitted ones, as one. Rows of other fences than those
  /// that the batch has must not be added.
  virtual void before(WriteBatch& batch) = 0;
  /// How it went. After a failure the rows may be there all the same, when the store is opened anew; after
  /// `stale_epoch` they are not, and what was not refused is tried again.
  virtual void after(const Outcome& outcome) = 0;
};

}  // namespace millrace::storage
