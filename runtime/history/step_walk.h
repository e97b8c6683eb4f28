#pragma once
// A page of a run's steps, from where the last one ended: by their place in the workflow, a fan-out before its
// elements, and those in their order. So a page is found by seeking, not by counting up to it, and steps that
// end meanwhile do not move those that were listed.
//
// Reads as much as its budget allows: a page that is not full because of that says where to go on. Used by one
// thread.

#include "runtime/history/run_branches.h"
#include "runtime/history/step_history.h"
#include "runtime/history/step_query.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class StepWalk {
 public:
  /// The journals of the elements of a fan-out that have one, in their order from `from` on.
  using ReadChildren =
      std::function<Outcome(const BranchPath& parent, StepIndex fan_out, std::uint32_t from,
                            const StepHistory::TakeChild& take)>;
  /// Behind which element of an open fan-out none has begun (begun_elements.h). Asked once for each of them that the
  /// page comes to the end of.
  using BegunEnd =
      std::function<Result<std::uint32_t>(const BranchPath& parent, const OpenedFanOut& fan_out)>;
  /// Asked before each element but the first: may one more be looked at?
  using MayGoOn = std::function<bool()>;

  StepWalk(RunBranches& branches, ReadChildren children, BegunEnd begun_end, MayGoOn may_go_on);

  /// Errors: those of RunBranches and of reading.
  Result<StepPage> page(const StepQuery& query);

 private:
  /// The rest of a position, from one branch on; null: from its beginning.
  struct From;
  class Taking;

  Outcome walk_branch(const BranchPath& path, const std::vector<Event>& events, const From* from);
  Outcome walk_children(const BranchPath& path, RunBranches::FanOut& fan_out, const From* from);
  Outcome read_children(const BranchPath& path, const OpenedFanOut& opened, std::uint32_t first,
                        std::uint32_t end, const StepHistory::TakeChild& take);
  bool wants_inside(const BranchPath& path, const OpenedFanOut& fan_out) const;
  bool wants(const std::string& id, const BranchPath& path) const;
  /// False: the page is full.
  bool offer(StepExecution step, StepPosition at);
  void stop_at(StepPosition at);

  RunBranches& branches_;
  const ReadChildren children_;
  const BegunEnd begun_end_;
  const MayGoOn may_go_on_;

  const StepQuery* query_ = nullptr;
  StepPage page_;
  std::optional<StepPosition> last_;  // that was given
  std::size_t elements_ = 0;          // that were looked at
  bool is_over_ = false;
};

}  // namespace millrace
