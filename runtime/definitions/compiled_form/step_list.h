#pragma once
// The steps of a compiled workflow before any of them is read: which there are, which one is the trigger,
// and what each is called here.

#include "runtime/definitions/compiled_form/finding_log.h"
#include "runtime/definitions/compiled_form/step_links.h"
#include "runtime/definitions/compiled_form/step_names.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::compiled_form {

struct CompiledStep {
  const Json* json = nullptr;  // an object
  std::string pointer;
  std::string id;    // as given
  std::string type;  // as given
  bool is_trigger = false;
};

class StepList {
 public:
  explicit StepList(FindingLog& log) : log_(log) {}

  /// False if there are too many to look at. The list must outlive this.
  bool read(const JsonArray& list);

  const std::vector<CompiledStep>& steps() const { return steps_; }
  std::optional<StepPosition> trigger() const { return trigger_; }
  std::optional<StepPosition> find(const std::string& id) const;
  /// Of a workflow without a trigger: the first that no other one leads to.
  std::optional<StepPosition> first() const;
  /// The integration that the trigger or, failing that, some step belongs to; empty if none does.
  std::string integration() const;
  const StepNames& names() const { return names_; }

 private:
  void note(const Json& value, const std::string& pointer);
  void check_type(const CompiledStep& step);
  void choose_trigger();
  void report_unselected();
  void name_steps();

  FindingLog& log_;
  std::vector<CompiledStep> steps_;
  std::map<std::string, StepPosition> position_by_id_;
  std::set<std::string> linked_;  // ids of steps that some step leads to
  std::optional<StepPosition> trigger_;
  StepNames names_;
};

/// What nobody has chosen yet: `UNSELECTED`, `TRIGGER/UNSELECTED`, `ACTION/UNSELECTED`.
bool is_unselected(std::string_view type);

}  // namespace millrace::compiled_form
