#pragma once
// Snapshot of a branch's state: what a replay of its first `last_sequence` events leads to. It only
// shortens recovery; journals stay, because they are the history. Format: '1', then a JSON object;
// members are only added.

#include "runtime/execution/branch_machine.h"

#include <string>
#include <string_view>

namespace millrace {

class BranchSnapshotCodec {
 public:
  static std::string write(const BranchMachine& machine);
  /// Restores into a machine that has applied nothing. Error corrupt_data: the machine is then
  /// good for nothing but to be dropped.
  static Outcome restore(BranchMachine& machine, std::string_view state);

 private:
  static void check_restored(const BranchMachine& machine);
};

}  // namespace millrace
