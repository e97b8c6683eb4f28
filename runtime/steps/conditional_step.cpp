// The conditional step: takes the first branch whose condition holds, then goes on after itself.
//
//   {"id", "type": "conditional", "if": [[...]], "then": [steps], "else": [steps]}
//   {"id", "type": "conditional", "branches": [{"label", "if": [[...]], "steps": [...]}], "else":
//   [steps]}
//
// Output: `selectedChoice`: "Yes" or "No" in the first form; in the second the branch's label, or
// "Else" when no branch was taken. Every list of steps may be empty or left out.

#include "runtime/conditions/read_conditions.h"
#include "runtime/reading/object_reader.h"
#include "runtime/steps/sequence_reader.h"
#include "runtime/steps/step_catalog.h"

#include <set>

namespace millrace {
namespace {

constexpr std::string_view else_label = "Else";

ConditionalBranch read_branch(const Json& value, const std::string& pointer, ObjectReader& parent,
                              SequenceReader& sequences) {
  ConditionalBranch branch;
  ObjectReader json(value, pointer, parent.step(), parent.findings());
  if (!value.is_object()) return branch;
  branch.label = json.required_constant_text("label").value_or("");
  branch.when = read_conditions(json, "if");
  branch.steps = sequences.read(json, "steps");
  json.finish();
  return branch;
}

void read_branches(ObjectReader& json, SequenceReader& sequences, ConditionalStep& conditional) {
  conditional.otherwise_label = else_label;
  const JsonArray* const branches = json.array("branches");
  if (branches == nullptr) return;
  if (branches->empty()) json.report("branches", "at least one branch is needed");

  std::set<std::string> labels{std::string(else_label)};
  for (std::size_t i = 0; i < branches->size(); ++i) {
    const std::string pointer = json.pointer_to("branches") + '/' + std::to_string(i);
    auto branch = read_branch((*branches)[i], pointer, json, sequences);
    if (!branch.label.empty() && !labels.insert(branch.label).second) {
      json.report("branches", "the label `" + branch.label + "` is already taken",
                  "labels that differ, none of them `Else`", branch.label);
    }
    conditional.branches.push_back(std::move(branch));
  }
}

void read(ObjectReader& json, SequenceReader& sequences, Step& step) {
  ConditionalStep conditional;
  const bool has_branches = json.find("branches") != nullptr;
  if (has_branches) {
    json.refuse("if", "with `branches`, each branch has its own `if`");
    json.refuse("then", "with `branches`, each branch has its own `steps`");
    read_branches(json, sequences, conditional);
  } else {
    ConditionalBranch yes;
    yes.label = "Yes";
    yes.when = read_conditions(json, "if");
    yes.steps = sequences.read(json, "then");
    conditional.branches.push_back(std::move(yes));
  }
  conditional.otherwise = sequences.read(json, "else");
  step.config = std::move(conditional);
}

std::vector<Template*> templates(Step& step) {
  std::vector<Template*> all;
  for (auto& branch : std::get<ConditionalStep>(step.config).branches) {
    for (Template* const each : templates_of(branch.when)) all.push_back(each);
  }
  return all;
}

std::vector<Sequence*> sequences(Step& step) {
  auto& conditional = std::get<ConditionalStep>(step.config);
  std::vector<Sequence*> all;
  for (auto& branch : conditional.branches) all.push_back(&branch.steps);
  all.push_back(&conditional.otherwise);
  return all;
}

std::vector<std::string> outputs(const Step&) { return {"selectedChoice"}; }

}  // namespace

const StepKind conditional_step_kind{
    .type = "conditional",
    .history_type = "TRANSITION/IFELSE",
    .supervision = Supervision::plain,
    .read = read,
    .templates = templates,
    .sequences = sequences,
    .outputs = outputs,
};

}  // namespace millrace
