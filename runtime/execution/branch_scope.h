#pragma once
// What one branch's references can see: the run's facts, the outputs of its own steps, and through
// `outer` whatever the enclosing branch had when the fan-out opened.

#include "runtime/base/execution_id.h"
#include "runtime/execution/event.h"
#include "runtime/templates/scope.h"
#include "runtime/workflows/workflow.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace millrace {

/// The parts of ExecutionStarted that references see; shared by all branches of a run.
struct ExecutionFacts {
  ExecutionFacts(const ExecutionId& id, const ExecutionStarted& started);

  ExecutionStarted started;
  Json execution;  // {"id": ...}
  Json project;    // {"id": ...}
  Json user;       // {"id": ..., "meta": ...}
};

class BranchScope final : public Scope {
 public:
  /// The root branch: all steps of the workflow.
  BranchScope(std::shared_ptr<const ExecutionFacts> facts, const Workflow& workflow);
  /// One element of `fan_out`; `outer` is frozen.
  BranchScope(std::shared_ptr<const BranchScope> outer, const Step& fan_out, Json instance,
              std::uint32_t index);

  const Json& root_value(const Reference& reference) const override;

  const SharedJson& output(StepIndex step) const;
  void set_output(StepIndex step, SharedJson output);
  /// Of a root: it goes on in another version. What the steps have given is their counterparts'.
  void move_to(const Workflow& workflow,
               const std::vector<std::pair<StepIndex, StepIndex>>& counterparts);
  /// The position in each fan-out around the branch, outermost first.
  std::vector<std::uint32_t> indexes() const;
  /// True if the step belongs to this branch (not to an enclosing one).
  bool owns(StepIndex step) const { return step >= first_ && step < first_ + outputs_.size(); }
  StepIndex first_step() const { return first_; }
  const std::vector<SharedJson>& outputs() const { return outputs_; }
  const std::shared_ptr<const ExecutionFacts>& facts() const { return facts_; }

 private:
  const Json& element() const;

  std::shared_ptr<const ExecutionFacts> facts_;
  std::shared_ptr<const BranchScope> outer_;  // null: the root
  StepIndex fan_out_ = 0;                     // meaningful with outer_
  Json element_;                              // {"instance": ..., "index": ...}
  std::optional<StepIndex> given_element_;    // see element()
  StepIndex first_ = 0;
  const Json* masked_secrets_;       // the workflow's
  std::vector<SharedJson> outputs_;  // null pointer: no output (yet)
};

}  // namespace millrace
