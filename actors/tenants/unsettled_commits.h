#pragma once
// For who decides by rows, and commits what he has decided: after a commit that failed nobody knows what is on the
// disk, until that takes commits again. Rows that are read before could show less than there is, and what they call
// for would be done twice. So each failure is noted, and settled before anything is read. Thread-safe.

#include "actors/tenants/fenced_commits.h"

#include <atomic>

namespace millrace {

class UnsettledCommits {
 public:
  /// A commit has failed.
  void note() { are_there_ = true; }
  /// What they have left can be read. Error: not yet. Blocks on the disk if there are any.
  Outcome settle(const FencedCommits& commits) {
    if (!are_there_.exchange(false)) return Done{};
    auto settled = commits.commit({});
    if (!settled) note();
    return settled;
  }

 private:
  std::atomic<bool> are_there_{false};
};

}  // namespace millrace
