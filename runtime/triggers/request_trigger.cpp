// The request trigger in a definition:
//
//   {"type": "request", "allowArbitraryPayload": true}
//   {"type": "request", "paramValidations":  [{"key", "required"}],
//                       "headerValidations": [{"key", "value", "required"}],
//                       "bodyValidations":   [{"key", "dataType", "required"}]}
//
// Without any list, every payload is accepted. `required` is false, and `dataType` ANY, if left out. The
// `value` of a header may name secrets.
//
//   {"type": "request", "method": "GET", "public": true, "runAs": "visitor"}
//
// `method` is GET, POST (if left out), PUT, PATCH or DELETE. `public` gives the workflow a URL that needs
// no token; it runs for the user `runAs` then, `public` if left out.

#include "runtime/triggers/request_trigger.h"

#include "runtime/base/limits.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/ascii_text.h"
#include "runtime/triggers/object_mapping.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>
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

constexpr std::array<Choice<std::string_view>, 5> methods{
    {{"GET", "GET"}, {"POST", "POST"}, {"PUT", "PUT"}, {"PATCH", "PATCH"}, {"DELETE", "DELETE"}}};

constexpr std::string_view default_run_as = "public";

/// There is neither a run nor, when it is public, a user of whom a value could be.
constexpr std::array template_roots{Reference::Root::secrets};

RequestTrigger::ParamValidation read_param(ObjectReader& json) {
  return {json.required_constant_text("key").value_or(""), json.boolean("required", false)};
}

RequestTrigger::HeaderValidation read_header(ObjectReader& json) {
  RequestTrigger::HeaderValidation header;
  header.key = json.required_constant_text("key").value_or("");
  header.required = json.boolean("required", false);
  if (!json.text("value")) return header;
  Template value = json.any("value", nullptr);
  if (value.is_constant()) {
    const Json text = value.constant();  // what `\\{{` stands for
    if (text.is_string()) header.value = std::string(text.get_string());
    return header;
  }
  header.secret_value = secret_text_of(std::move(value));
  return header;
}

RequestTrigger::BodyValidation read_field(ObjectReader& json) {
  return {json.required_constant_text("key").value_or(""),
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

void read_public(ObjectReader& json, RequestTrigger& trigger) {
  trigger.is_public = json.boolean("public", false);
  const auto run_as = json.constant_text("runAs");
  if (!trigger.is_public) {
    if (run_as) {
      json.report("runAs", "it runs for the user of the token: `runAs` is of public workflows only",
                  "`\"public\": true` beside it");
    }
    return;
  }
  trigger.run_as = UserId(run_as.value_or(std::string(default_run_as)));
  const std::string& id = trigger.run_as.text;
  const bool has_control = std::any_of(id.begin(), id.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (id.empty() || id.size() > limits::id_bytes_max || has_control) {
    json.report("runAs", "a user's id has 1 to " + std::to_string(limits::id_bytes_max) +
                             " bytes and no control characters");
  }
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
  trigger.method = json.choice<std::string_view>("method", methods).value_or("POST");
  read_public(json, trigger);
  trigger.object_mapping = read_object_mapping(json);
  return trigger;
}

void read(ObjectReader& json, Trigger& trigger) { trigger = read_request_trigger(json); }

std::vector<TriggerOutput> outputs(const Trigger& trigger) {
  std::vector<TriggerOutput> all{{std::string(output_key), {"headers", "params", "body", "file"}}};
  if (!std::get<RequestTrigger>(trigger).object_mapping.empty()) {
    for (const std::string_view key : {original_payload_key, mapped_object_key}) {
      all.push_back({std::string(key), {}});
    }
  }
  return all;
}

/// A request names the workflow itself: there is nothing to look it up by.
std::string name(const Trigger&) { return {}; }

std::vector<Template*> templates(Trigger& trigger) {
  std::vector<Template*> all;
  for (auto& header : std::get<RequestTrigger>(trigger).headers) {
    if (header.secret_value) all.push_back(&header.secret_value->text);
  }
  return all;
}

/// The trigger with the values that it expects now.
Result<RequestTrigger> with_secrets(RequestTrigger trigger, const SecretSource& secrets) {
  for (auto& header : trigger.headers) {
    if (!header.secret_value) continue;
    auto value = rendered(*header.secret_value, secrets);
    if (!value) return value.error();
    header.value = std::move(*value);
  }
  return trigger;
}

/// The request is stored with the run; what it proved is not.
void mask_secrets(const RequestTrigger& trigger, JsonObject& request) {
  Json* const headers = request.if_contains("headers");
  if (headers == nullptr || !headers->is_object()) return;
  for (const auto& header : trigger.headers) {
    if (!header.secret_value) continue;
    Json* const given = headers->get_object().if_contains(lower_case(header.key));
    if (given == nullptr) continue;
    *given = masked(*header.secret_value);
  }
}

bool has_secrets(const RequestTrigger& trigger) {
  return std::any_of(trigger.headers.begin(), trigger.headers.end(),
                     [](const auto& header) { return header.secret_value.has_value(); });
}

Result<Json> receive(const Trigger& any_trigger, Json output, const SecretSource& secrets) {
  auto* const object = output.if_object();
  Json* const request = object == nullptr ? nullptr : object->if_contains(output_key);
  if (request == nullptr) {
    return Error(ErrorCode::invalid_request, "the workflow is started by requests only");
  }
  const auto& trigger = std::get<RequestTrigger>(any_trigger);
  if (auto* const parts = request->if_object()) read_form_fields(trigger, *parts);
  if (!has_secrets(trigger)) {
    if (auto checked = check_request(trigger, *request); !checked) return checked.error();
    return output;
  }
  const auto expecting = with_secrets(trigger, secrets);
  if (!expecting) return expecting.error();
  if (auto checked = check_request(*expecting, *request); !checked) return checked.error();
  if (auto* const parts = request->if_object()) mask_secrets(trigger, *parts);
  return output;
}

}  // namespace

const TriggerKind request_trigger_kind{
    .type = "request",
    .history_type = "TRIGGER/ENDPOINT",
    .started_by = "requests",
    .read = read,
    .templates = templates,
    .roots = template_roots,
    .outputs = outputs,
    .name = name,
    .receive = receive,
    .may_wait = true,
};

std::span<const Choice<DataType>> data_type_words() { return data_types; }

std::string_view wire_name(DataType type) {
  return data_types[static_cast<std::size_t>(type)].name;
}

Outcome check_method(const RequestTrigger& trigger, std::string_view method) {
  if (method == trigger.method) return Done{};
  ErrorDetail detail;
  detail.message = "the workflow's trigger names its method";
  detail.expected = trigger.method;
  detail.got = method;
  return Error(
      ErrorCode::method_not_allowed,
      "the workflow is called with " + trigger.method + ", not with " + std::string(method),
      {std::move(detail)});
}

Json request_output(Json request) { return JsonObject{{output_key, std::move(request)}}; }

}  // namespace millrace
