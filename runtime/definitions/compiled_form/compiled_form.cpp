// From linked steps to nested ones.

#include "runtime/definitions/compiled_form.h"

#include "runtime/base/limits.h"
#include "runtime/definitions/compiled_form/choice_branches.h"
#include "runtime/definitions/compiled_form/read_conditions.h"
#include "runtime/definitions/compiled_form/read_step.h"
#include "runtime/definitions/compiled_form/read_trigger.h"
#include "runtime/definitions/compiled_form/step_links.h"
#include "runtime/definitions/compiled_form/step_list.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace compiled_form {
namespace {

bool is_compiled_type(std::string_view type) {
  return type.starts_with("TRIGGER/") || type.starts_with("ACTION/") ||
         type.starts_with("TRANSITION/") || is_unselected(type);
}

bool is_compiled_step(const Json& value) {
  const auto* const object = value.if_object();
  return object != nullptr && is_compiled_type(text_member(*object, "type").value_or(""));
}

/// One step, read, without the steps inside.
struct TranslatedStep {
  JsonObject json;
  std::vector<Choice> choices;
};

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
    if (steps != nullptr && list_.read(*steps)) translate_steps(definition);
    if (is_deeper_than(definition, limits::json_depth_max)) {
      add(FindingCode::not_in_order, "", "",
          "the translated workflow is nested too deeply to be stored",
          "at most " + std::to_string(limits::json_depth_max) + " levels");
    }
    CompiledTranslation translation{std::move(definition), log_.take()};
    for (const CompiledStep& step : list_.steps()) {
      if (const auto name = list_.names().find(step.id)) {
        translation.step_ids.emplace(step.id, *name);
      }
    }
    return translation;
  }

 private:
  void add(FindingCode code, const std::string& step, const std::string& pointer,
           std::string message, std::string expected = {}, std::string got = {},
           std::string nearest = {}) {
    log_.add(code, finding_at(step, pointer, std::move(message), std::move(expected),
                              std::move(got), std::move(nearest)));
  }

  void add_at(StepPosition at, FindingCode code, std::string message, std::string expected = {}) {
    const CompiledStep& step = list_.steps()[at];
    add(code, step.id, step.pointer, std::move(message), std::move(expected));
  }

  // --- what each does ----------------------------------------------------------------------------

  void translate_steps(JsonObject& definition) {
    integration_ = around_.integration.empty() ? list_.integration() : around_.integration;
    const auto& steps = list_.steps();
    const auto trigger = list_.trigger();
    links_.resize(steps.size());
    translated_.resize(steps.size());
    for (StepPosition at = 0; at < steps.size(); ++at) {
      read_step(at);
      if (!steps[at].is_trigger || at == trigger) continue;
      add(FindingCode::not_understood, steps[at].id, steps[at].pointer,
          "a workflow has one trigger, and this is another one");
    }
    if (!integration_.empty()) definition.emplace("integration", integration_);
    if (trigger && !is_unselected(steps[*trigger].type)) {
      definition.emplace("trigger", std::move(translated_[*trigger].json));
    } else {
      add(FindingCode::no_trigger, "", "/steps", "the workflow has no trigger: choose one",
          "a step of type `TRIGGER/...`");
    }
    definition.emplace("steps", nest());
  }

  void read_step(StepPosition at) {
    const CompiledStep& step = list_.steps()[at];
    JsonObject& translated = translated_[at].json;
    ObjectReader json(*step.json, step.pointer, step.id, log_.plain());
    const SourceReader sources(list_.names(), around_, step.id, log_);
    for (const std::string_view key : {"id", "type", "workflowId", "dateCreated", "dateUpdated"}) {
      json.find(key);
    }
    const auto description = json.text("description").value_or("");
    links_[at].next = read_link(json, "next");
    const Json* const given = json.find("parameters");
    const Json parameters = given == nullptr || given->is_null() ? Json(JsonObject()) : *given;
    const std::string place = json.pointer_to("parameters");
    if (step.is_trigger) {
      if (!is_unselected(step.type)) {
        translated = read_trigger(sources, step.type, parameters, place);
      }
    } else {
      translated.emplace("id", list_.names().find(step.id).value_or(""));
      translated.emplace("type", type_of(step));
    }
    if (!description.empty()) translated.emplace("description", description);
    if (!step.is_trigger && !step_type(step.type).empty()) {
      read_parameters_of(at, sources, json, parameters, place);
    }
    sources.finish(json, *step.json);
  }

  /// A type without a counterpart stays as it is, so that a draft shows what it was.
  static std::string_view type_of(const CompiledStep& step) {
    if (is_unselected(step.type)) return "unselected";
    const auto type = step_type(step.type);
    return type.empty() ? std::string_view(step.type) : type;
  }

  void read_parameters_of(StepPosition at, const SourceReader& sources, ObjectReader& step,
                          const Json& parameters, const std::string& place) {
    const std::string& type = list_.steps()[at].type;
    JsonObject& translated = translated_[at].json;
    if (type == "TRANSITION/IFELSE") links_[at].is_conditional = true;
    ObjectReader json(parameters, place, step.step(), log_.plain());
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
    const auto found = list_.find(text);
    if (!found) {
      is_linked_soundly_ = false;
      add(FindingCode::broken_link, step, pointer, "there is no step `" + text + "`",
          "the id of a step", text, nearest_name(text, list_.names().ids()));
    }
    return found;
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
    for (const Choice& choice : translated_[at].choices) {
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
    translated_[at].choices.push_back(std::move(choice));
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
      add_at(*loop, FindingCode::not_in_order,
             "the links from this step lead back to it; loops cannot be translated",
             "steps that only follow each other; a map to repeat steps");
      return {};
    }
    joins_ = find_joins(links_);
    placed_.assign(links_.size(), false);
    const auto trigger = list_.trigger();
    if (trigger) placed_[*trigger] = true;
    JsonArray steps = sequence(trigger ? links_[*trigger].next : list_.first(), std::nullopt, 0);
    if (is_linked_soundly_) report_unreached();
    return steps;
  }

  JsonArray sequence(std::optional<StepPosition> at, std::optional<StepPosition> end,
                     std::size_t depth) {
    JsonArray steps;
    if (depth > limits::step_nesting_max) {
      is_linked_soundly_ = false;
      if (at) {
        add_at(*at, FindingCode::not_in_order,
               "steps may be inside each other at most " +
                   std::to_string(limits::step_nesting_max) + " levels deep");
      }
      return steps;
    }
    while (at && at != end) {
      if (placed_[*at]) {
        add_at(*at, FindingCode::not_in_order,
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
    JsonObject step = std::move(translated_[at].json);
    if (links_[at].body) step.emplace("steps", sequence(links_[at].body, std::nullopt, depth + 1));
    if (links_[at].is_conditional) {
      add_branches(step, translated_[at].choices, [&](std::size_t choice) {
        return sequence(links_[at].heads[choice], joins_[at], depth + 1);
      });
    }
    return step;
  }

  void report_unreached() {
    for (StepPosition at = 0; at < placed_.size(); ++at) {
      if (placed_[at] || list_.steps()[at].is_trigger) continue;
      add_at(at, FindingCode::never_reached, "no link leads to this step: it would never run",
             "a step that follows another one");
    }
  }

  const CompiledSurroundings& around_;
  FindingLog log_;
  StepList list_{log_};
  std::string integration_;
  std::vector<TranslatedStep> translated_;  // by position, as all below
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
  std::vector<ErrorDetail> refused;
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

namespace {

/// The pointer of the step with that id, wherever it is nested.
std::optional<std::string> place_of_step(const Json& value, const std::string& id,
                                         const std::string& pointer) {
  if (const auto* const array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (auto at = place_of_step((*array)[i], id, pointer + '/' + std::to_string(i))) return at;
    }
  } else if (const auto* const object = value.if_object()) {
    const bool is_step =
        object->contains("type") && compiled_form::text_member(*object, "id") == id;
    if (is_step) return pointer;
    for (const std::string_view key : {"steps", "then", "else", "branches"}) {
      const Json* const inner = object->if_contains(key);
      if (inner == nullptr) continue;
      if (auto at = place_of_step(*inner, id, pointer + '/' + std::string(key))) return at;
    }
  }
  return std::nullopt;
}

}  // namespace

Json draft_with_open_points(CompiledTranslation translation) {
  JsonArray open;
  for (const CompiledFinding& each : translation.findings) {
    if (each.weight < FindingWeight::refused) continue;
    JsonObject point{{"code", each.code}, {"path", each.detail.path}};
    const auto named = translation.step_ids.find(each.detail.step);
    if (named != translation.step_ids.end()) {
      const auto at = place_of_step(translation.definition, named->second, "");
      if (at) point.emplace("at", *at);
      point.emplace("step", at ? named->second : each.detail.step);  // it was left out
    }
    point.emplace("message", each.detail.message);
    open.emplace_back(std::move(point));
  }
  if (!open.empty()) translation.definition.get_object()["openPoints"] = std::move(open);
  return std::move(translation.definition);
}

}  // namespace millrace
