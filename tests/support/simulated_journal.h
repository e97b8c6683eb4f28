#pragma once
// The journals of one simulated run, as a store would hold them: encoded, one journal a branch, in
// one order of appending over all of them. That order is what a commit queue keeps, so a crash
// loses a tail of it and nothing else.

#include "runtime/execution/branch_path.h"
#include "runtime/execution/event.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class SimulatedJournal {
 public:
  void append(const BranchPath& path, const Event& event);
  /// An element that is left before its first event: it has a journal, without events.
  void note_begun(const BranchPath& path) { pages_[path]; }
  /// Forgets the last `count` events, whatever branches they belong to.
  void lose_last(std::size_t count);
  std::size_t size() const { return order_.size(); }

  /// Decoded from the pages; empty for a branch that has not begun.
  std::vector<Event> events(const BranchPath& path) const;
  /// Nothing: the branch has no journal.
  std::optional<std::vector<Event>> stored(const BranchPath& path) const {
    return pages_.contains(path) ? std::optional(events(path)) : std::nullopt;
  }
  /// The elements of a fan-out that have journals, in order.
  std::vector<std::uint32_t> children(const BranchPath& parent, StepIndex fan_out) const;
  /// Every branch that has a journal; the root first, then in element order.
  std::vector<BranchPath> branches() const;

 private:
  std::map<BranchPath, std::vector<std::string>> pages_;  // one event a page
  std::vector<BranchPath> order_;
};

}  // namespace millrace
