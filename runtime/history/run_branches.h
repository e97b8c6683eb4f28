#pragma once
// The branches of one run, opened one by one by their path: a step deep inside a fan-out is found by reading
// the journals of the branches around it and its own, whatever else the run has done. Remembers what the
// branches around the last one have shown, so that neighbours cost one journal each.
//
// Used by one thread. The journals come from the caller.

#include "runtime/history/branch_replay.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace millrace {

class RunBranches {
 public:
  /// The events of one branch; nothing: it has no journal. One without events has begun, and was left then.
  using ReadBranch = std::function<Result<std::optional<std::vector<Event>>>(const BranchPath&)>;
  /// A fan-out, and its elements once they are asked for.
  class FanOut {
   public:
    explicit FanOut(OpenedFanOut opened) : opened_(std::move(opened)) {}
    const OpenedFanOut& opened() const { return opened_; }
    /// Rendered anew, and kept. Errors: corrupt_data.
    Result<const JsonArray*> items();

   private:
    const OpenedFanOut opened_;
    std::optional<Json> items_;
  };
  using FanOuts = std::vector<std::shared_ptr<FanOut>>;

  /// `root_events`: the root's journal; not empty.
  RunBranches(std::shared_ptr<const VersionsOfRun> versions, ExecutionId execution,
              std::vector<Event> root_events, ReadBranch read,
              std::shared_ptr<const RepeatedAttempts> repeated = nullptr);

  const VersionsOfRun& versions() const { return *versions_; }
  const std::vector<Event>& root_events() const { return root_events_; }

  /// Tells the listener of the branch's steps. Errors: not_found (there is no such element), corrupt_data, and
  /// what reading gives.
  Outcome replay(const BranchPath& path, BranchListener& listener);
  /// The same of one whose events are at hand.
  Outcome replay(const BranchPath& path, const std::vector<Event>& events,
                 BranchListener& listener);
  /// What the root's steps are shown by.
  BranchContext context() const;
  /// The fan-outs that the branch has opened, in their order.
  Result<const FanOuts*> fan_outs(const BranchPath& path);

 private:
  /// A branch that was replayed.
  struct Level {
    BranchPath path;
    FanOuts fan_outs;
  };
  class Noting;

  /// The fan-out that `path`'s branch is an element of.
  Result<std::shared_ptr<FanOut>> around(const BranchPath& path);
  Level& make_level(const BranchPath& path);

  const std::shared_ptr<const VersionsOfRun> versions_;
  const ExecutionId execution_;
  const std::vector<Event> root_events_;
  const ReadBranch read_;
  const std::shared_ptr<const RepeatedAttempts> repeated_;
  std::vector<std::unique_ptr<Level>>
      levels_;  // by depth; the last branch of each that was replayed
};

}  // namespace millrace
