#pragma once
// For who decides by rows, and commits what he has decided: after a commit that failed nobody knows what is on the
// disk, until that takes commits again. Rows that are read before could show less than there is, and what they call
// for would be done twice. So each failure is noted, and settled before anything is read. Thread-safe.

#include "actors/tenants/fenced_commits.h"

#include <atomic>
#include <cstdint>

namespace millrace {

class UnsettledCommits {
 public:
  /// A commit has failed.
  void note() { ++noted_; }
  /// What they have left can be read. Error: not yet. Blocks on the disk if there are any.
  Outcome settle(const FencedCommits& commits) {
    const std::uint64_t noted = noted_;
    if (settled_ >= noted) return Done{};
    if (auto settled = commits.commit({}); !settled) return settled;
    // Only now: whoever comes meanwhile must not read, either.
    for (std::uint64_t before = settled_;
         before < noted && !settled_.compare_exchange_weak(before, noted);) {
    }
    return Done{};
  }

 private:
  std::atomic<std::uint64_t> noted_{0};
  std::atomic<std::uint64_t> settled_{0};  // of those
};

}  // namespace millrace
