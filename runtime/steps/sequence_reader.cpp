#include "runtime/steps/sequence_reader.h"

#include "runtime/base/limits.h"
#include "runtime/retries/read_retry_policy.h"
#include "runtime/steps/step_catalog.h"
#include "runtime/text/nearest_name.h"

#include <utility>

namespace millrace {
namespace {

/// Of a step that an editor has made and nobody has filled in.
constexpr std::string_view unselected_type = "unselected";

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

/// The id for findings, before anything else is read.
std::string id_of(const Json& step) {
  const auto* const object = step.if_object();
  const Json* const id = object == nullptr ? nullptr : object->if_contains("id");
  return id != nullptr && id->is_string() && is_step_id(std::string_view(id->get_string()))
             ? std::string(id->get_string())
             : std::string();
}

/// Null when `type` is missing or names none, which `read_kind` reports.
const StepKind* kind_named_by(ObjectReader& json) {
  const Json* const type = json.find("type");
  return type != nullptr && type->is_string() ? find_step_kind(std::string_view(type->get_string()))
                                              : nullptr;
}

void read_supervision(ObjectReader& json, const StepKind& kind, Step& step) {
  if (kind.supervision == Supervision::retried) {
    step.retry = read_retry_policy(json);
    // What is neither true nor false is reported here alone, not again where `error` is referred to.
    const Json* const goes_on = json.find("continueOnError");
    step.continue_on_error =
        json.boolean("continueOnError", false) || (goes_on != nullptr && !goes_on->is_bool());
    return;
  }
  const std::string why =
      "a " + std::string(kind.type) +
      " step is not retried: this key is for function, request and action steps";
  json.refuse("autoRetry", why);
  json.refuse("retry", why);
  json.refuse("continueOnError", why);
}

}  // namespace

bool is_step_id(std::string_view text) {
  if (text.empty() || text.size() > limits::id_bytes_max || !is_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

Sequence SequenceReader::read(ObjectReader& parent, std::string_view key) {
  const JsonArray* const list = parent.array(key);
  return list == nullptr ? Sequence() : read_list(*list, parent.pointer_to(key));
}

Sequence SequenceReader::read_some(ObjectReader& parent, std::string_view key) {
  const Json* const value = parent.require(key, "an array of steps");
  if (value != nullptr && value->is_array() && value->get_array().empty()) {
    parent.report_obstacle(key, "at least one step is needed", "an array of steps",
                           "an empty array");
  }
  return read(parent, key);
}

Sequence SequenceReader::read_list(const JsonArray& list, const std::string& pointer) {
  Sequence sequence;
  if (nesting_ > limits::step_nesting_max) {
    add_finding(pointer, "steps may be inside each other at most " +
                             std::to_string(limits::step_nesting_max) + " levels deep");
    return sequence;
  }
  ++nesting_;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = pointer + '/' + std::to_string(i);
    if (!has_room_for_step(place)) break;
    sequence.push_back(read_step(list[i], place));
  }
  --nesting_;
  return sequence;
}

bool SequenceReader::has_room_for_step(const std::string& pointer) {
  // Reported once, however many steps follow.
  if (++steps_ == limits::steps_per_workflow_max + 1) {
    add_finding(pointer, "a workflow may have at most " +
                             std::to_string(limits::steps_per_workflow_max) + " steps");
  }
  return steps_ <= limits::steps_per_workflow_max;
}

void SequenceReader::add_finding(const std::string& pointer, std::string message) {
  // Steps that are left out leave another workflow.
  findings_.add_obstacle(finding_at("", pointer, std::move(message)));
}

Step SequenceReader::read_step(const Json& value, const std::string& pointer) {
  Step step;
  step.pointer = pointer;
  ObjectReader json(value, pointer, id_of(value), findings_);
  if (!value.is_object()) return step;
  read_id(json, step);
  step.description = json.text("description").value_or("");
  const StepKind* const kind = kind_named_by(json);
  step.timeout =
      json.duration("timeout", kind == nullptr ? limits::step_timeout_max : kind->timeout_max);
  read_kind(json, step);
  return step;
}

void SequenceReader::read_id(ObjectReader& json, Step& step) {
  const auto id = json.required_text("id");
  if (!id) return;
  if (!is_step_id(*id)) {
    json.report_obstacle(
        "id",
        "a step's id starts with a letter or `_` and goes on with letters, digits, "
        "`_` and `-`, at most " +
            std::to_string(limits::id_bytes_max) + " characters",
        "[A-Za-z_][A-Za-z0-9_-]*", *id);
    return;
  }
  if (parse_root(*id)) {
    json.report_obstacle("id",
                         "a step cannot be named `" + *id + "`: in references, `{{" + *id +
                             "}}` always means something else",
                         "an id other than " + list_names(root_names()), *id);
    return;
  }
  const auto [place, is_new] = pointer_by_id_.emplace(*id, step.pointer);
  if (!is_new) {
    json.report_obstacle("id",
                         "the id `" + *id + "` is already that of the step at " + place->second,
                         "an id that no other step has", *id);
    uncertain_.insert(*id);
    return;
  }
  step.id = StepId(*id);
}

void SequenceReader::read_kind(ObjectReader& json, Step& step) {
  const auto type = json.required_text("type");
  if (const StepKind* const kind = type ? find_step_kind(*type) : nullptr) {
    read_supervision(json, *kind, step);
    kind->read(json, *this, step);
    if (step.timeout && std::holds_alternative<ConditionalStep>(step.config)) {
      json.report(
          "timeout",
          "choosing a branch takes no time, and the steps of the branch are not bound by it: "
          "give them a `timeout` each");
    }
    json.finish();
    return;
  }
  uncertain_.insert(step.id.text);
  if (!type) return;
  if (*type == unselected_type) {
    json.report_obstacle("type",
                         "what this step does has not been chosen: choose it, or remove the step");
    return;
  }
  const std::string supported = list_names(step_types());
  json.report_obstacle("type", "there is no step type `" + *type + "`; the types are " + supported,
                       supported, *type, nearest_name(*type, step_types()));
}

}  // namespace millrace
