#include "runtime/history/step_history.h"

#include "runtime/history/begun_elements.h"

#include <algorithm>
#include <utility>

namespace millrace {

StepHistory::StepHistory(std::shared_ptr<const VersionsOfRun> versions, ExecutionId execution,
                         ReadChildren children, Visit visit, HasEnough has_enough,
                         std::shared_ptr<const RepeatedAttempts> repeated)
    : versions_(std::move(versions)),
      execution_(execution),
      read_children_(std::move(children)),
      visit_(std::move(visit)),
      has_enough_(std::move(has_enough)),
      repeated_(std::move(repeated)) {}

/// One branch: its steps go to whoever visits, its fan-outs are replayed on the spot.
class StepHistory::Listener final : public BranchListener {
 public:
  Listener(StepHistory& history, const BranchPath& path) : history_(history), path_(path) {}
  void found(StepFinding&& finding) override { history_.visit_(std::move(finding)); }
  Outcome opened(const OpenedFanOut& fan_out, const BranchMachine& machine) override {
    return history_.replay_children(fan_out, machine, path_);
  }

 private:
  StepHistory& history_;
  const BranchPath& path_;
};

Outcome StepHistory::replay(const std::vector<Event>& root_events) {
  if (root_events.empty() || kind_of(root_events.front()) != EventKind::execution_started) {
    return Error(ErrorCode::corrupt_data, "a journal does not begin with ExecutionStarted");
  }
  visit_(trigger_finding(*versions_->first(), root_events.front()));
  const BranchContext open = root_context(root_events, repeated_);
  BranchMachine machine(versions_->first(), execution_);
  const BranchPath root;
  Listener listener(*this, root);
  return replay_branch(*versions_, machine, root, root_events, trigger_step_id, open, listener);
}

Outcome StepHistory::replay_children(const OpenedFanOut& fan_out, const BranchMachine& machine,
                                     const BranchPath& path) {
  const Json rendered = machine.fan_out_items();
  const JsonArray& items = rendered.get_array();
  Outcome problem = Done{};
  std::uint32_t next = 0;  // the first element that was not met
  const auto take = [&](std::uint32_t index, const std::vector<Event>& events) {
    if (has_enough_ && has_enough_()) return false;
    const BranchPath child_path = path.child(fan_out.number, index);
    BranchMachine child(fan_out.workflow, fan_out.scope, *fan_out.step, items[index], index);
    Listener listener(*this, child_path);
    problem =
        replay_branch(*versions_, child, child_path, events, fan_out.id, fan_out.inside, listener);
    next = index + 1;
    return problem.ok();
  };
  bool goes_on = true;
  // Elements begin in their order: those before one with a journal have begun.
  const auto take_up_to = [&](std::size_t end) {
    while (goes_on && fan_out.is_open() && next < std::min(end, items.size())) {
      goes_on = take(next, {});
    }
    return goes_on;
  };
  BegunElements begun(fan_out);
  auto read = read_children_(
      path, fan_out.number, [&](std::uint32_t index, const std::vector<Event>& events) {
        if (index >= items.size()) {
          problem =
              Error(ErrorCode::corrupt_data, "a fan-out has a journal for an element it lacks");
          return goes_on = false;
        }
        if (!take_up_to(index) || !take(index, events)) return goes_on = false;
        if (fan_out.is_open()) problem = begun.meet(index, events);
        return goes_on = problem.ok();
      });
  if (!read) return read;
  take_up_to(begun.end());
  return problem;
}

}  // namespace millrace
