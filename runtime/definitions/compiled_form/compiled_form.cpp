// From linked steps to nested ones.

#include "runtime/definitions/compiled_form.h"

#include "runtime/base/limits.h"
#include "runtime/definitions/compiled_form/read_conditions.h"
#include "runtime/definitions/compiled_form/read_step.h"
#include "runtime/definitions/compiled_form/read_trigger.h"
#include "runtime/definitions/compiled_form/step_links.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"

#include <map>
#include <set>
#include <utility>

namespace millrace {
namespace compiled_form {
namespace {

bool is_compiled_type(std::string_view type) {
  return type.starts_with("TRIGGER/") || type.starts_with("ACTION/") ||
         type.starts_with("TRANSITION/");
}

bool is_compiled_step(const Json& value) {
  const auto* const object = value.if_object();
  return object != nullptr && is_compiled_type(text_member(*object, "type").value_or(""));
}

constexpr std::string_view default_label = "Else";

struct Choice {
  std::string label;
  std::optional<JsonArray> condition;  // absent: when no other choice holds
};

struct CompiledStep {
  const Json* json = nullptr;
  std::string pointer;
  std::string id;    // as given
  std::string type;  // as given
  bool is_trigger = false;
  JsonObject translated;  // without the steps inside
  std::vector<Choice> choices;
};

class Translation {
 public:
  Result<Json> translate(const Json& compiled) {
    JsonObject definition;
    ObjectReader json(compiled, "", "", findings_);
    json.find("id");  // its place is the URL or the file's name
    // The state of the editor, not of the workflow.
    for (const std::string_view key :
         {"dateCreated", "dateUpdated", "projectId", "integrationId"}) {
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
    finish(json, compiled);
    if (steps != nullptr && note_steps(*steps)) translate_steps(definition);
    if (is_deeper_than(definition, limits::json_depth_max)) {
      add("", "", "the translated workflow is nested too deeply to be stored",
          "at most " + std::to_string(limits::json_depth_max) + " levels");
    }
    if (!findings_.empty()) return invalid_definition(std::move(findings_));
    return Json(std::move(definition));
  }

 private:
  void add(const std::string& step, const std::string& pointer, std::string message,
           std::string expected = {}, std::string got = {}, std::string nearest = {}) {
    findings_.push_back(finding_at(step, pointer, std::move(message), std::move(expected),
                                   std::move(got), std::move(nearest)));
  }

  // --- which steps there are ---------------------------------------------------------------------

  /// False if there are too many to look at.
  bool note_steps(const JsonArray& list) {
    if (list.size() > limits::steps_per_workflow_max + 1) {
      add("", "/steps", "a workflow has too many steps",
          "a trigger and at most " + std::to_string(limits::steps_per_workflow_max) + " steps",
          std::to_string(list.size()) + " steps");
      return false;
    }
    for (std::size_t i = 0; i < list.size(); ++i) note_step(list[i], "/steps/" + std::to_string(i));
    name_steps();
    return true;
  }

  void note_step(const Json& value, const std::string& pointer) {
    ObjectReader json(value, pointer, "", findings_);
    if (!value.is_object()) return;
    CompiledStep step;
    step.json = &value;
    step.pointer = pointer;
    step.id = json.required_text("id").value_or("");
    step.type = json.required_text("type").value_or("");
    step.is_trigger = step.type.starts_with("TRIGGER/");
    if (!step.id.empty() && !position_by_id_.emplace(step.id, steps_.size()).second) {
      add(step.id, pointer + "/id", "another step has this id", "an id of its own", step.id);
    }
    if (!step.is_trigger && !step.type.empty() && step_type(step.type).empty()) {
      const auto types = compiled_step_types();
      add(step.id, pointer + "/type", "steps of this type cannot be translated", list_names(types),
          step.type, nearest_name(step.type, types));
    }
    steps_.push_back(std::move(step));
  }

  /// Valid ids first: they keep their names whatever the others become.
  void name_steps() {
    for (const bool is_valid : {true, false}) {
      for (const auto& [id, position] : position_by_id_) {
        if (StepNames::is_valid_name(id) != is_valid) continue;
        if (steps_[position].is_trigger) {
          names_.add_trigger(id);
        } else {
          names_.add_step(id);
        }
      }
    }
  }

  // --- what each does ----------------------------------------------------------------------------

  void translate_steps(JsonObject& definition) {
    links_.resize(steps_.size());
    std::optional<StepPosition> trigger;
    for (StepPosition at = 0; at < steps_.size(); ++at) {
      read_step(at);
      if (!steps_[at].is_trigger) continue;
      if (trigger) {
        add(steps_[at].id, steps_[at].pointer,
            "a workflow has one trigger, and this is another one");
      }
      if (!trigger) trigger = at;
    }
    if (!trigger) {
      add("", "/steps", "the workflow has no trigger", "a step of type `TRIGGER/...`");
      return;
    }
    const std::string integration = integration_of(*trigger);
    if (!integration.empty()) definition.emplace("integration", integration);
    definition.emplace("trigger", std::move(steps_[*trigger].translated));
    definition.emplace("steps", nest(*trigger));
  }

  void read_step(StepPosition at) {
    CompiledStep& step = steps_[at];
    ObjectReader json(*step.json, step.pointer, step.id, findings_);
    const SourceReader sources(names_, step.id, findings_);
    for (const std::string_view key : {"id", "type", "workflowId", "dateCreated", "dateUpdated"}) {
      json.find(key);
    }
    const auto description = json.text("description").value_or("");
    links_[at].next = read_link(json, "next");
    const Json* const given = json.find("parameters");
    const Json parameters = given == nullptr || given->is_null() ? Json(JsonObject()) : *given;
    const std::string place = json.pointer_to("parameters");
    if (step.is_trigger) {
      step.translated = read_trigger(sources, step.type, parameters, place);
    } else if (!step_type(step.type).empty()) {
      step.translated.emplace("id", names_.find(step.id).value_or(""));
      step.translated.emplace("type", step_type(step.type));
      if (!description.empty()) step.translated.emplace("description", description);
      ObjectReader inner(parameters, place, step.id, findings_);
      if (step.type == "TRANSITION/IFELSE") links_[at].is_conditional = true;
      if (parameters.is_object()) read_parameters_of(at, sources, json, inner);
      if (parameters.is_object()) finish(inner, parameters);
    }
    finish(json, *step.json);
  }

  void read_parameters_of(StepPosition at, const SourceReader& sources, ObjectReader& step,
                          ObjectReader& parameters) {
    const std::string& type = steps_[at].type;
    if (type == "TRANSITION/IFELSE") read_choices(at, sources, parameters);
    if (type == "TRANSITION/MAP") links_[at].body = read_body_link(step, parameters);
    read_parameters(sources, type, parameters, steps_[at].translated);
  }

  /// The type of the integration that the trigger or, failing that, some step belongs to.
  std::string integration_of(StepPosition trigger) const {
    const auto* const object = steps_[trigger].json->if_object();
    const Json* const parameters = object->if_contains("parameters");
    if (parameters != nullptr && parameters->is_object()) {
      const auto type = text_member(parameters->get_object(), "actionType").value_or("");
      if (!type.empty() && !steps_[trigger].translated.contains("resource")) return type;
    }
    for (const CompiledStep& step : steps_) {
      const auto type = text_member(step.translated, "integration");
      if (type) return *type;
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
      json.report(key, "a step is followed by one step; parallel ones cannot be translated",
                  "at most one id", std::to_string(list.size()) + " ids");
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
      add(step, pointer, "a link is the id of a step", "a string", describe(id));
      return std::nullopt;
    }
    const std::string text(id.get_string());
    const auto found = position_by_id_.find(text);
    if (found == position_by_id_.end()) {
      is_linked_soundly_ = false;
      add(step, pointer, "there is no step `" + text + "`", "the id of a step", text,
          nearest_name(text, names_.ids()));
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
      ObjectReader choice((*list)[i], pointer, json.step(), findings_);
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
    finish(json, value);
    steps_[at].choices.push_back(std::move(choice));
  }

  /// `{"type": "JOIN", "join": "OR", "conditions": []}`: what the editor writes for "otherwise".
  static bool has_no_conditions(const Json& tree) {
    const auto* const object = tree.if_object();
    const Json* const conditions = object == nullptr ? nullptr : object->if_contains("conditions");
    return conditions != nullptr && says_nothing(*conditions);
  }

  // --- nesting -----------------------------------------------------------------------------------

  JsonArray nest(StepPosition trigger) {
    if (const auto loop = find_loop(links_)) {
      add(steps_[*loop].id, steps_[*loop].pointer,
          "the links from this step lead back to it; loops cannot be translated",
          "steps that only follow each other; a map to repeat steps");
      return {};
    }
    joins_ = find_joins(links_);
    placed_.assign(steps_.size(), false);
    placed_[trigger] = true;
    JsonArray steps = sequence(links_[trigger].next, std::nullopt, 0);
    if (is_linked_soundly_) report_unreached();
    return steps;
  }

  JsonArray sequence(std::optional<StepPosition> at, std::optional<StepPosition> end,
                     std::size_t depth) {
    JsonArray steps;
    if (depth > limits::step_nesting_max) {
      is_linked_soundly_ = false;
      if (at) {
        add(steps_[*at].id, steps_[*at].pointer,
            "steps may be inside each other at most " + std::to_string(limits::step_nesting_max) +
                " levels deep");
      }
      return steps;
    }
    while (at && at != end) {
      if (placed_[*at]) {
        add(steps_[*at].id, steps_[*at].pointer,
            "several ways lead to this step, but not all of them; where branches come together, "
            "all "
            "of them must",
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
    if (links_[at].is_conditional) add_branches(at, depth, step);
    return step;
  }

  void add_branches(StepPosition at, std::size_t depth, JsonObject& step) {
    const auto& choices = steps_[at].choices;
    const auto steps_of = [&](std::size_t choice) {
      return sequence(links_[at].heads[choice], joins_[at], depth + 1);
    };
    const bool is_plain =
        !choices.empty() && choices.size() <= 2 && choices[0].condition &&
        is_label(choices[0], "Yes") &&
        (choices.size() == 1 || (!choices[1].condition && is_label(choices[1], "No")));
    if (is_plain) {
      step.emplace("if", *choices[0].condition);
      step.emplace("then", steps_of(0));
      if (choices.size() == 2) step.emplace("else", steps_of(1));
      return;
    }
    JsonArray branches;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (!choices[i].condition && is_label(choices[i], default_label)) {
        step.emplace("else", steps_of(i));
        continue;
      }
      // A default with a name of its own is a branch that always holds.
      const JsonArray always{
          JsonArray{JsonObject{{"variable", true}, {"operator", "BooleanTrue"}}}};
      branches.emplace_back(JsonObject{{"label", label_of(choices, i)},
                                       {"if", choices[i].condition.value_or(always)},
                                       {"steps", steps_of(i)}});
    }
    step.emplace("branches", std::move(branches));
  }

  static bool is_label(const Choice& choice, std::string_view label) {
    return choice.label.empty() || choice.label == label;
  }

  static std::string label_of(const std::vector<Choice>& choices, std::size_t position) {
    const std::string& label = choices[position].label;
    return label.empty() ? "Choice " + std::to_string(position + 1) : label;
  }

  void report_unreached() {
    for (StepPosition at = 0; at < steps_.size(); ++at) {
      if (placed_[at] || steps_[at].is_trigger) continue;
      add(steps_[at].id, steps_[at].pointer, "no link leads to this step: it would never run",
          "a step that follows another one");
    }
  }

  Findings findings_;
  std::vector<CompiledStep> steps_;
  std::map<std::string, StepPosition> position_by_id_;
  StepNames names_;
  std::vector<StepLinks> links_;
  std::vector<std::optional<StepPosition>> joins_;
  std::vector<bool> placed_;
  bool is_linked_soundly_ = true;
};

}  // namespace
}  // namespace compiled_form

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

Result<Json> translate_compiled_form(const Json& compiled) {
  if (is_deeper_than(compiled, limits::json_depth_max)) {
    return Error(ErrorCode::invalid_json, "the definition is nested deeper than " +
                                              std::to_string(limits::json_depth_max) + " levels");
  }
  return compiled_form::Translation().translate(compiled);
}

}  // namespace millrace
