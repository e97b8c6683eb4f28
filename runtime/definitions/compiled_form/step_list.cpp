#include "runtime/definitions/compiled_form/step_list.h"

#include "runtime/base/limits.h"
#include "runtime/definitions/compiled_form/read_step.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"

#include <utility>

namespace millrace::compiled_form {
namespace {

/// The variable that held the step in the code, if the build says so.
std::string name_in_code(const JsonObject& step) {
  const Json* const migrations = step.if_contains("_migrations");
  const auto* const object = migrations == nullptr ? nullptr : migrations->if_object();
  return object == nullptr ? std::string() : text_member(*object, "name").value_or("");
}

/// The integration that the step's parameters name; a resource is none.
std::string integration_of(const JsonObject& step) {
  const Json* const parameters = step.if_contains("parameters");
  const auto* const object = parameters == nullptr ? nullptr : parameters->if_object();
  if (object == nullptr || !text_member(*object, "resourceId").value_or("").empty()) return {};
  return text_member(*object, "actionType").value_or("");
}

void note_link(const Json* link, std::set<std::string>& targets) {
  if (link == nullptr) return;
  if (link->is_string()) targets.emplace(link->get_string());
  if (!link->is_array()) return;
  for (const Json& each : link->get_array()) {
    if (each.is_string()) targets.emplace(each.get_string());
  }
}

/// The ids of the steps that it leads to.
void note_links(const JsonObject& step, std::set<std::string>& targets) {
  note_link(step.if_contains("next"), targets);
  note_link(step.if_contains("nextToIterate"), targets);
  const Json* const parameters = step.if_contains("parameters");
  const auto* const object = parameters == nullptr ? nullptr : parameters->if_object();
  if (object == nullptr) return;
  note_link(object->if_contains("nextToIterate"), targets);
  const Json* const choices = object->if_contains("choices");
  if (choices == nullptr || !choices->is_array()) return;
  for (const Json& choice : choices->get_array()) {
    if (choice.is_object()) note_link(choice.get_object().if_contains("next"), targets);
  }
}

}  // namespace

bool is_unselected(std::string_view type) {
  return type.find("UNSELECTED") != std::string_view::npos;
}

bool StepList::read(const JsonArray& list) {
  if (list.size() > limits::steps_per_workflow_max + 1) {
    log_.add(FindingCode::not_in_order,
             finding_at("", "/steps", "a workflow has too many steps",
                        "a trigger and at most " + std::to_string(limits::steps_per_workflow_max) +
                            " steps",
                        std::to_string(list.size()) + " steps"));
    return false;
  }
  for (std::size_t i = 0; i < list.size(); ++i) note(list[i], "/steps/" + std::to_string(i));
  choose_trigger();
  report_unselected();
  name_steps();
  return true;
}

void StepList::note(const Json& value, const std::string& pointer) {
  ObjectReader json(value, pointer, "", log_.plain());
  if (!value.is_object()) return;
  CompiledStep step;
  step.json = &value;
  step.pointer = pointer;
  step.id = json.required_text("id").value_or("");
  step.type = json.required_text("type").value_or("");
  step.is_trigger = step.type.starts_with("TRIGGER/") ||
                    (is_unselected(step.type) && step.type.find("TRIGGER") != std::string::npos);
  if (!step.id.empty() && !position_by_id_.emplace(step.id, steps_.size()).second) {
    log_.add(FindingCode::not_in_order,
             finding_at(step.id, pointer + "/id", "another step has this id", "an id of its own",
                        step.id));
  }
  if (!step.is_trigger && !is_unselected(step.type)) check_type(step);
  note_links(value.get_object(), linked_);
  steps_.push_back(std::move(step));
}

void StepList::check_type(const CompiledStep& step) {
  if (step.type.empty() || !step_type(step.type).empty()) return;
  const auto types = compiled_step_types();
  log_.add(FindingCode::no_counterpart,
           finding_at(step.id, step.pointer + "/type", "steps of this type cannot be translated",
                      list_names(types), step.type, nearest_name(step.type, types)));
}

/// Where no step says that it is the trigger, a step that does nothing yet and comes first is.
void StepList::choose_trigger() {
  for (StepPosition at = 0; at < steps_.size() && !trigger_; ++at) {
    if (steps_[at].is_trigger) trigger_ = at;
  }
  for (StepPosition at = 0; at < steps_.size() && !trigger_; ++at) {
    if (!is_unselected(steps_[at].type) || linked_.contains(steps_[at].id)) continue;
    steps_[at].is_trigger = true;
    trigger_ = at;
  }
}

void StepList::report_unselected() {
  for (const CompiledStep& step : steps_) {
    if (step.is_trigger || !is_unselected(step.type)) continue;
    log_.add(FindingCode::not_selected,
             finding_at(step.id, step.pointer + "/type",
                        "what this step does has not been chosen: choose it, or remove the step"));
  }
}

/// Those that can be names first: they stay as they are whatever the others become.
void StepList::name_steps() {
  for (const bool is_valid : {true, false}) {
    for (StepPosition at = 0; at < steps_.size(); ++at) {
      const CompiledStep& step = steps_[at];
      if (find(step.id) != at) continue;
      const std::string in_code = name_in_code(step.json->get_object());
      const std::string& wanted = in_code.empty() ? step.id : in_code;
      if (StepNames::is_valid_name(wanted) != is_valid) continue;
      if (step.is_trigger) {
        names_.add_trigger(step.id);
      } else {
        names_.add_step(step.id, wanted);
      }
    }
  }
}

std::optional<StepPosition> StepList::find(const std::string& id) const {
  const auto found = position_by_id_.find(id);
  if (found == position_by_id_.end()) return std::nullopt;
  return found->second;
}

std::optional<StepPosition> StepList::first() const {
  for (StepPosition at = 0; at < steps_.size(); ++at) {
    if (!linked_.contains(steps_[at].id)) return at;
  }
  return std::nullopt;
}

std::string StepList::integration() const {
  if (trigger_) {
    auto type = integration_of(steps_[*trigger_].json->get_object());
    if (!type.empty()) return type;
  }
  for (const CompiledStep& step : steps_) {
    const auto kind = step_type(step.type);
    if (kind != "request" && kind != "action") continue;
    auto type = integration_of(step.json->get_object());
    if (!type.empty()) return type;
  }
  return {};
}

}  // namespace millrace::compiled_form
