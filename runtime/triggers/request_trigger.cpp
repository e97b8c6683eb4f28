// The request trigger in a definition:
//
//   {"type": "request", "allowArbitraryPayload": true}
//   {"type": "request", "paramValidations":  [{"key", "required"}],
//                       "headerValidations": [{"key", "value", "required"}],
//                       "bodyValidations":   [{"key", "dataType", "required"}]}
//
// Without any list, every payload is accepted. `required` is false, and `dataType` ANY, if left out.

#include "runtime/triggers/request_trigger.h"

#include "runtime/reading/object_reader.h"
#include "runtime/triggers/trigger_catalog.h"

#include <array>
#include <set>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view output_key = "request";

/// In the order of the enumeration.
constexpr std::array<Choice<DataType>, 6> data_types{{
    {"STRING", DataType::string},
    {"NUMBER", DataType::number},
    {"BOOLEAN", DataType::boolean},
    {"OBJECT", DataType::object},
    {"ARRAY", DataType::array},
    {"ANY", DataType::any},
}};

RequestTrigger::ParamValidation read_param(ObjectReader& json) {
  return {json.required_text("key").value_or(""), json.boolean("required", false)};
}

RequestTrigger::HeaderValidation read_header(ObjectReader& json) {
  return {json.required_text("key").value_or(""), json.text("value"),
          json.boolean("required", false)};
}

RequestTrigger::BodyValidation read_field(ObjectReader& json) {
  return {json.required_text("key").value_or(""),
          json.choice<DataType>("dataType", data_type_words()).value_or(DataType::any),
          json.boolean("required", false)};
}

/// A list of validations, each with its own key.
template <class Validation>
std::vector<Validation> read_list(ObjectReader& trigger, std::string_view key,
                                  Validation (*read)(ObjectReader&)) {
  std::vector<Validation> validations;
  const JsonArray* const list = trigger.array(key);
  if (list == nullptr) return validations;
  std::set<std::string> keys;
  for (std::size_t i = 0; i < list->size(); ++i) {
    ObjectReader json((*list)[i], trigger.pointer_to(key) + '/' + std::to_string(i), "",
                      trigger.findings());
    if (!(*list)[i].is_object()) continue;
    validations.push_back(read(json));
    json.finish();
    if (!keys.insert(validations.back().key).second) {
      json.report("key", "`" + validations.back().key + "` is listed twice");
    }
  }
  return validations;
}

RequestTrigger read_request_trigger(ObjectReader& json) {
  RequestTrigger trigger;
  const bool allows_all = json.boolean("allowArbitraryPayload", false);
  trigger.params = read_list(json, "paramValidations", read_param);
  trigger.headers = read_list(json, "headerValidations", read_header);
  trigger.body = read_list(json, "bodyValidations", read_field);
  const bool has_lists =
      !trigger.params.empty() || !trigger.headers.empty() || !trigger.body.empty();
  if (allows_all && has_lists) {
    json.report("allowArbitraryPayload",
                "a trigger either allows any payload or validates it, not both",
                "false, or no validations", "true");
  }
  trigger.allow_arbitrary_payload = !has_lists;
  return trigger;
}

void read(ObjectReader& json, Trigger& trigger) { trigger = read_request_trigger(json); }

std::vector<TriggerOutput> outputs(const Trigger&) {
  return {{std::string(output_key), {"headers", "params", "body", "file"}}};
}

/// A request names the workflow itself: there is nothing to look it up by.
std::string name(const Trigger&) { return {}; }

Outcome check(const Trigger& trigger, const Json& output) {
  const auto* const object = output.if_object();
  const Json* const request = object == nullptr ? nullptr : object->if_contains(output_key);
  if (request == nullptr) {
    return Error(ErrorCode::invalid_request, "the workflow is started by requests only");
  }
  return check_request(std::get<RequestTrigger>(trigger), *request);
}

}  // namespace

const TriggerKind request_trigger_kind{
    .type = "request",
    .history_type = "TRIGGER/ENDPOINT",
    .started_by = "requests",
    .read = read,
    .templates = no_templates,
    .outputs = outputs,
    .name = name,
    .check = check,
};

std::span<const Choice<DataType>> data_type_words() { return data_types; }

std::string_view wire_name(DataType type) {
  return data_types[static_cast<std::size_t>(type)].name;
}

Json request_output(Json request) { return JsonObject{{output_key, std::move(request)}}; }

}  // namespace millrace
