// From linked steps to nested ones.

#include "runtime/definitions/compiled_form.h"

#include "runtime/base/limits.h"
#include "runtime/definitions/compiled_form/choice_branches.h"
#include "runtime/definitions/compiled_form/read_conditions.h"
#include "runtime/definitions/compiled_form/read_step.h"
#include "runtime/definitions/compiled_form/read_trigger.h"
#include "runtime/definitions/compiled_form/step_links.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace millrace {
namespace compiled_form {
namespace {

/// What nobody has chosen yet: `UNSELECTED`, `TRIGGER/UNSELECTED`, `ACTION/UNSELECTED`.
bool is_unselected(std::string_view type) {
  return type.find("UNSELECTED") != std::string_view::npos;
}

bool is_compiled_type(std::string_view type) {
  return type.starts_with("TRIGGER/") || type.starts_with("ACTION/") ||
         type.starts_with("TRANSITION/") || is_unselected(type);
}

bool is_compiled_step(const Json& value) {
  const auto* const object = value.if_object();
  return object != nullptr && is_compiled_type(text_member(*object, "type").value_or(""));
}

struct CompiledStep {
  const Json* json = nullptr;
  std::string pointer;
  std::string id;    // as given
  std::string type;  // as given
  bool is_trigger = false;
  JsonObject translated;  // without the steps inside
  std::vector<Choice> choices;
};

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

class Translation {
 public:
  explicit Translation(const CompiledSurroundings& around) : around_(around) {}

  CompiledTranslation translate(const Json& compiled) {
    JsonObject definition;
    ObjectReader json(compiled, "", "", log_.plain());
    json.find("id");  // its place is the URL or the file's name
    // The state of the editor, not of the workflow.
    for (const std::string_view key :
         {"dateCreated", "dateUpdated", "projectId", "integrationId", "isDraft"}) {
      json.find(key);
    }
    if (const auto name = json.text("name")) definition.emplace("name", *name);
    if (const auto text = json.text("description"); text && !text->empty()) {
      definition.emplace("description", *text);
    }
    if (json.boolean("defaultEnabled", false)) definition.emplace("defaultEnabled", true);
    const Json* const inputs = json.find("inputs");
    if (inputs != nullptr && !says_nothing(*inputs)) {
      json.report("inputs", "inputs of a workflow cannot be translated; declare them as `settings`",
                  "no inputs");
    }
    const JsonArray* const steps = json.array("steps");
    finish(json, compiled, log_);
    if (steps != nullptr && note_steps(*steps)) translate_steps(definition);
    if (is_deeper_than(definition, limits::json_depth_max)) {
      add(FindingCode::not_in_order, "", "",
          "the translated workflow is nested too deeply to be stored",
          "at most " + std::to_string(limits::json_depth_max) + " levels");
    }
    return {std::move(definition), log_.take()};
  }

 private:
  void add(FindingCode code, const std::string& step, const std::string& pointer,
           std::string message, std::string expected = {}, std::string got = {},
           std::string nearest = {}) {
    log_.add(code, finding_at(step, pointer, std::move(message), std::move(expected),
                              std::move(got), std::move(nearest)));
  }

  // --- which steps there are ---------------------------------------------------------------------

  /// False if there are too many to look at.
  bool note_steps(const JsonArray& list) {
    if (list.size() > limits::steps_per_workflow_max + 1) {
      add(FindingCode::not_in_order, "", "/steps", "a workflow has too many steps",
          "a trigger and at most " + std::to_string(limits::steps_per_workflow_max) + " steps",
          std::to_string(list.size()) + " steps");
      return false;
    }
    for (std::size_t i = 0; i < list.size(); ++i) note_step(list[i], "/steps/" + std::to_string(i));
    choose_trigger();
    report_unselected();
    name_steps();
    return true;
  }

  void note_step(const Json& value, const std::string& pointer) {
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
      add(FindingCode::not_in_order, step.id, pointer + "/id", "another step has this id",
          "an id of its own", step.id);
    }
    if (!step.is_trigger && !is_unselected(step.type)) check_type(step);
    note_links(value.get_object(), linked_);
    steps_.push_back(std::move(step));
  }

  /// Where no step says that it is the trigger, a step that does nothing yet and comes first is.
  void choose_trigger() {
    for (StepPosition at = 0; at < steps_.size() && !trigger_; ++at) {
      if (steps_[at].is_trigger) trigger_ = at;
    }
    for (StepPosition at = 0; at < steps_.size() && !trigger_; ++at) {
      if (!is_unselected(steps_[at].type) || linked_.contains(steps_[at].id)) continue;
      steps_[at].is_trigger = true;
      trigger_ = at;
    }
  }

  void check_type(const CompiledStep& step) {
    if (step.type.empty() || !step_type(step.type).empty()) return;
    const auto types = compiled_step_types();
    add(FindingCode::no_counterpart, step.id, step.pointer + "/type",
        "steps of this type cannot be translated", list_names(types), step.type,
        nearest_name(step.type, types));
  }

  void report_unselected() {
    for (const CompiledStep& step : steps_) {
      if (step.is_trigger || !is_unselected(step.type)) continue;
      add(FindingCode::not_selected, step.id, step.pointer + "/type",
          "what this step does has not been chosen: choose it, or remove the step");
    }
  }

  /// Those that can be names first: they stay as they are whatever the others become.
  void name_steps() {
    for (const bool is_valid : {true, false}) {
      for (StepPosition at = 0; at < steps_.size(); ++at) {
        const CompiledStep& step = steps_[at];
        const auto known = position_by_id_.find(step.id);
        if (known == position_by_id_.end() || known->second != at) continue;
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

  // --- what each does ----------------------------------------------------------------------------

  void translate_steps(JsonObject& definition) {
    integration_ = integration_of_all();
    links_.resize(steps_.size());
    for (StepPosition at = 0; at < steps_.size(); ++at) {
      read_step(at);
      if (!steps_[at].is_trigger || at == trigger_) continue;
      add(FindingCode::not_understood, steps_[at].id, steps_[at].pointer,
          "a workflow has one trigger, and this is another one");
    }
    if (!integration_.empty()) definition.emplace("integration", integration_);
    if (trigger_ && !is_unselected(steps_[*trigger_].type)) {
      definition.emplace("trigger", std::move(steps_[*trigger_].translated));
    } else {
      add(FindingCode::no_trigger, "", "/steps", "the workflow has no trigger: choose one",
          "a step of type `TRIGGER/...`");
    }
    definition.emplace("steps", nest());
  }

  void read_step(StepPosition at) {
    CompiledStep& step = steps_[at];
    ObjectReader json(*step.json, step.pointer, step.id, log_.plain());
    const SourceReader sources(names_, around_, step.id, log_);
    for (const std::string_view key : {"id", "type", "workflowId", "dateCreated", "dateUpdated"}) {
      json.find(key);
    }
    const auto description = json.text("description").value_or("");
    links_[at].next = read_link(json, "next");
    const Json* const given = json.find("parameters");
    const Json parameters = given == nullptr || given->is_null() ? Json(JsonObject()) : *given;
    const std::string place = json.pointer_to("parameters");
    if (step.is_trigger) {
      read_trigger_step(step, sources, parameters, place);
    } else {
      step.translated.emplace("id", names_.find(step.id).value_or(""));
      // A type without a counterpart stays as it is, so that a draft shows what it was.
      step.translated.emplace("type", is_unselected(step.type)       ? "unselected"
                                      : step_type(step.type).empty() ? std::string_view(step.type)
                                                                     : step_type(step.type));
    }
    if (!description.empty()) step.translated.emplace("description", description);
    if (!step.is_trigger && !step_type(step.type).empty()) {
      read_parameters_of(at, sources, json, parameters, place);
    }
    sources.finish(json, *step.json);
  }

  void read_trigger_step(CompiledStep& step, const SourceReader& sources, const Json& parameters,
                         const std::string& place) {
    if (is_unselected(step.type)) return;
    step.translated = read_trigger(sources, step.type, parameters, place);
    const auto type = text_member(step.translated, "type");
    if (!type || find_trigger_kind(*type) != nullptr) return;
    add(FindingCode::waits_for_trigger, step.id, step.pointer + "/type",
        "triggers of type `" + *type +
            "` cannot start anything yet: the draft keeps it until then");
  }

  void read_parameters_of(StepPosition at, const SourceReader& sources, ObjectReader& step,
                          const Json& parameters, const std::string& place) {
    const std::string& type = steps_[at].type;
    JsonObject& translated = steps_[at].translated;
    if (type == "TRANSITION/IFELSE") links_[at].is_conditional = true;
    ObjectReader json(parameters, place, steps_[at].id, log_.plain());
    if (!parameters.is_object()) return;
    if (type == "TRANSITION/IFELSE") read_choices(at, sources, json);
    if (type == "TRANSITION/MAP") links_[at].body = read_body_link(step, json);
    read_parameters(sources, type, json, translated);
    // A request that carries the account's token and does not say of which integration.
    const Json* const integration = translated.if_contains("integration");
    if (integration != nullptr && says_nothing(*integration)) {
      if (integration_.empty()) {
        add(FindingCode::no_counterpart, json.step(), place,
            "the access token is that of an integration's account, and the workflow names none",
            "an `actionType`");
      }
      translated["integration"] = integration_;
    }
    sources.finish(json, parameters);
  }

  /// What the build says, or the type that the trigger or, failing that, some step belongs to.
  std::string integration_of_all() const {
    if (!around_.integration.empty()) return around_.integration;
    if (trigger_) {
      const auto type = integration_of(steps_[*trigger_].json->get_object());
      if (!type.empty()) return type;
    }
    for (const CompiledStep& step : steps_) {
      const auto kind = step_type(step.type);
      if (kind != "request" && kind != "action") continue;
      const auto type = integration_of(step.json->get_object());
      if (!type.empty()) return type;
    }
    return {};
  }

  // --- links -------------------------------------------------------------------------------------

  /// Absent, null and an empty list: none. A step has one successor at most.
  std::optional<StepPosition> read_link(ObjectReader& json, std::string_view key) {
    const Json* const link = json.find(key);
    if (link == nullptr || says_nothing(*link)) return std::nullopt;
    if (!link->is_array()) return target_of(*link, json.step(), json.pointer_to(key));
    const JsonArray& list = link->get_array();
    if (list.size() > 1) {
      add(FindingCode::not_in_order, json.step(), json.pointer_to(key),
          "a step is followed by one step; parallel ones cannot be translated", "at most one id",
          std::to_string(list.size()) + " ids");
    }
    return target_of(list[0], json.step(), json.pointer_to(key) + "/0");
  }

  /// In the parameters, or beside them.
  std::optional<StepPosition> read_body_link(ObjectReader& json, ObjectReader& parameters) {
    constexpr std::string_view key = "nextToIterate";
    const auto beside = read_link(json, key);
    const auto body = read_link(parameters, key);
    if (!body && !beside) {
      parameters.report(key, "the map has no steps for its elements", "the id of a step");
    }
    return body ? body : beside;
  }

  std::optional<StepPosition> target_of(const Json& id, const std::string& step,
                                        const std::string& pointer) {
    if (!id.is_string()) {
      add(FindingCode::not_understood, step, pointer, "a link is the id of a step", "a string",
          describe(id));
      return std::nullopt;
    }
    const std::string text(id.get_string());
    const auto found = position_by_id_.find(text);
    if (found == position_by_id_.end()) {
      is_linked_soundly_ = false;
      add(FindingCode::broken_link, step, pointer, "there is no step `" + text + "`",
          "the id of a step", text, nearest_name(text, names_.ids()));
      return std::nullopt;
    }
    return found->second;
  }

  void read_choices(StepPosition at, const SourceReader& sources, ObjectReader& json) {
    json.require("choices", "an array of choices");
    const JsonArray* const list = json.array("choices");
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string pointer = json.pointer_to("choices") + '/' + std::to_string(i);
      ObjectReader choice((*list)[i], pointer, json.step(), log_.plain());
      if ((*list)[i].is_object()) read_choice(at, sources, choice, (*list)[i]);
    }
    bool is_default_seen = false;
    for (const Choice& choice : steps_[at].choices) {
      if (is_default_seen) {
        json.report("choices", "a choice behind the one without a condition is never taken",
                    "one choice without a condition, the last");
      }
      is_default_seen = is_default_seen || !choice.condition;
    }
  }

  void read_choice(StepPosition at, const SourceReader& sources, ObjectReader& json,
                   const Json& value) {
    Choice choice;
    choice.label = json.text("label").value_or("");
    links_[at].heads.push_back(read_link(json, "next"));
    json.find("id");
    json.find("isDefault");  // also told by the condition that it does not have
    const Json* const condition = json.find("conditionWrapper");
    if (condition != nullptr && !says_nothing(*condition) && !has_no_conditions(*condition)) {
      choice.condition =
          read_condition_tree(sources, *condition, json.pointer_to("conditionWrapper"));
    }
    sources.finish(json, value);
    steps_[at].choices.push_back(std::move(choice));
  }

  /// `{"type": "JOIN", "join": "OR", "conditions": []}`: what the editor writes for "otherwise".
  static bool has_no_conditions(const Json& tree) {
    const auto* const object = tree.if_object();
    const Json* const conditions = object == nullptr ? nullptr : object->if_contains("conditions");
    return conditions != nullptr && says_nothing(*conditions);
  }

  // --- nesting -----------------------------------------------------------------------------------

  JsonArray nest() {
    if (const auto loop = find_loop(links_)) {
      add(FindingCode::not_in_order, steps_[*loop].id, steps_[*loop].pointer,
          "the links from this step lead back to it; loops cannot be translated",
          "steps that only follow each other; a map to repeat steps");
      return {};
    }
    joins_ = find_joins(links_);
    placed_.assign(steps_.size(), false);
    if (trigger_) placed_[*trigger_] = true;
    JsonArray steps = sequence(trigger_ ? links_[*trigger_].next : first_step(), std::nullopt, 0);
    if (is_linked_soundly_) report_unreached();
    return steps;
  }

  /// Of a workflow without a trigger: the first that no other one leads to.
  std::optional<StepPosition> first_step() const {
    for (StepPosition at = 0; at < steps_.size(); ++at) {
      if (!linked_.contains(steps_[at].id)) return at;
    }
    return std::nullopt;
  }

  JsonArray sequence(std::optional<StepPosition> at, std::optional<StepPosition> end,
                     std::size_t depth) {
    JsonArray steps;
    if (depth > limits::step_nesting_max) {
      is_linked_soundly_ = false;
      if (at) {
        add(FindingCode::not_in_order, steps_[*at].id, steps_[*at].pointer,
            "steps may be inside each other at most " + std::to_string(limits::step_nesting_max) +
                " levels deep");
      }
      return steps;
    }
    while (at && at != end) {
      if (placed_[*at]) {
        add(FindingCode::not_in_order, steps_[*at].id, steps_[*at].pointer,
            "several ways lead to this step, but not all of them; where branches come together, "
            "all of them must",
            "branches that all lead to a step, or one branch only");
        break;
      }
      placed_[*at] = true;
      steps.emplace_back(whole_step(*at, depth));
      at = links_[*at].is_conditional ? joins_[*at] : links_[*at].next;
    }
    return steps;
  }

  JsonObject whole_step(StepPosition at, std::size_t depth) {
    JsonObject step = std::move(steps_[at].translated);
    if (links_[at].body) step.emplace("steps", sequence(links_[at].body, std::nullopt, depth + 1));
    if (links_[at].is_conditional) {
      add_branches(step, steps_[at].choices, [&](std::size_t choice) {
        return sequence(links_[at].heads[choice], joins_[at], depth + 1);
      });
    }
    return step;
  }

  void report_unreached() {
    for (StepPosition at = 0; at < steps_.size(); ++at) {
      if (placed_[at] || steps_[at].is_trigger) continue;
      add(FindingCode::never_reached, steps_[at].id, steps_[at].pointer,
          "no link leads to this step: it would never run", "a step that follows another one");
    }
  }

  const CompiledSurroundings& around_;
  FindingLog log_;
  std::vector<CompiledStep> steps_;
  std::map<std::string, StepPosition> position_by_id_;
  std::set<std::string> linked_;  // ids of steps that some step leads to
  std::optional<StepPosition> trigger_;
  std::string integration_;
  StepNames names_;
  std::vector<StepLinks> links_;
  std::vector<std::optional<StepPosition>> joins_;
  std::vector<bool> placed_;
  bool is_linked_soundly_ = true;
};

}  // namespace
}  // namespace compiled_form

bool CompiledTranslation::has(FindingWeight at_least) const {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const CompiledFinding& each) { return each.weight >= at_least; });
}

bool is_compiled_form(const Json& definition) {
  const auto* const object = definition.if_object();
  if (object == nullptr || object->contains("trigger")) return false;
  const Json* const steps = object->if_contains("steps");
  if (steps == nullptr || !steps->is_array()) return false;
  for (const Json& step : steps->get_array()) {
    if (compiled_form::is_compiled_step(step)) return true;
  }
  return false;
}

Result<CompiledTranslation> read_compiled_form(const Json& compiled,
                                               const CompiledSurroundings& around) {
  if (is_deeper_than(compiled, limits::json_depth_max)) {
    return Error(ErrorCode::invalid_json, "the definition is nested deeper than " +
                                              std::to_string(limits::json_depth_max) + " levels");
  }
  return compiled_form::Translation(around).translate(compiled);
}

Result<Json> accepted(const CompiledTranslation& translation) {
  Findings refused;
  for (const CompiledFinding& each : translation.findings) {
    if (each.weight >= FindingWeight::refused) refused.push_back(each.detail);
  }
  if (!refused.empty()) return invalid_definition(std::move(refused));
  return translation.definition;
}

Result<Json> translate_compiled_form(const Json& compiled) {
  const auto translation = read_compiled_form(compiled);
  if (!translation) return translation.error();
  return accepted(*translation);
}

Json draft_with_open_points(CompiledTranslation translation) {
  JsonArray open;
  for (const CompiledFinding& each : translation.findings) {
    // A step that nothing leads to would not have run there either.
    const bool is_open = each.weight >= FindingWeight::refused && each.code != "never_reached";
    if (!is_open) continue;
    JsonObject point{{"code", each.code}, {"path", each.detail.path}};
    if (!each.detail.step.empty()) point.emplace("step", each.detail.step);
    point.emplace("message", each.detail.message);
    open.emplace_back(std::move(point));
  }
  if (!open.empty()) translation.definition.get_object()["openPoints"] = std::move(open);
  return std::move(translation.definition);
}

}  // namespace millrace
