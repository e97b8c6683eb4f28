#include "runtime/definitions/compiled_form/read_step.h"

#include "runtime/definitions/compiled_form/action_parameters.h"
#include "runtime/reading/object_reader.h"

#include <array>

namespace millrace::compiled_form {
namespace {

void read_function(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  step.emplace("code", json.required_text("code").value_or(""));
  if (const Json* const parameters = json.find("parameters")) {
    step.emplace("parameters", sources.keyed_values(*parameters, json.pointer_to("parameters")));
  }
  read_supervision(json, step);
}

void read_action(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  step.emplace("action", json.required_text("intent").value_or(""));
  const auto integration = json.text("actionType").value_or("");
  if (!integration.empty()) step.emplace("integration", integration);
  json.find("credentials");  // the account is chosen when a run begins
  if (const Json* const parameters = json.find("actionParameters")) {
    step.emplace("parameters",
                 action_parameters(sources, *parameters, json.pointer_to("actionParameters")));
  }
  read_supervision(json, step);
}

void read_delay(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  if (const Json* const value = json.require("value", "how many units")) {
    step.emplace("value", sources.number(*value, json.pointer_to("value")));
  }
  step.emplace("unit", json.required_text("unit").value_or(""));
}

/// The body is a list of keys and sources, or one source, or a constant.
Json read_body(const SourceReader& sources, const Json& body, const std::string& pointer) {
  if (body.is_array()) return sources.keyed_values(body, pointer);
  return sources.value(body, pointer);
}

void read_response(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  if (const Json* const status = json.find("statusCode"); status != nullptr && !status->is_null()) {
    step.emplace("statusCode", sources.number(*status, json.pointer_to("statusCode")));
  }
  if (const Json* const headers = json.find("headers"); headers != nullptr) {
    if (!says_nothing(*headers)) {
      step.emplace("headers", sources.keyed_texts(*headers, json.pointer_to("headers")));
    }
  }
  const bool is_file = json.text("responseType").value_or("JSON") == "FILE";
  // Releases differ in what they call the body. The part for the other type stays behind in the
  // editor.
  for (const std::string_view key : {"body", "bodyData"}) {
    const Json* const body = json.find(key);
    if (is_file || body == nullptr || body->is_null() || step.contains("body")) continue;
    step.emplace("body", read_body(sources, *body, json.pointer_to(key)));
  }
  for (const std::string_view key : {"bodyFile", "file"}) {
    const Json* const file = json.find(key);
    if (!is_file || file == nullptr || file->is_null() || step.contains("file")) continue;
    step.emplace("file", sources.value(*file, json.pointer_to(key)));
  }
  if (is_file && !step.contains("file"))
    json.report("bodyFile", "`bodyFile` is missing", "a source");
}

void read_map(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  if (const Json* const iterator = json.require("iterator", "a source that is an array")) {
    step.emplace("items", sources.value(*iterator, json.pointer_to("iterator")));
  }
}

/// Its choices are read with the links.
void read_conditional(const SourceReader&, ObjectReader&, JsonObject&) {}

struct Kind {
  std::string_view compiled_type;
  std::string_view type;
  void (*read)(const SourceReader& sources, ObjectReader& json, JsonObject& step);
};

constexpr std::array<Kind, 8> kinds{{
    {"ACTION/FUNCTION", "function", read_function},
    {"ACTION/REQUEST", "request", read_request},
    {"ACTION/CUSTOM_INTEGRATION_REQUEST", "request", read_integration_request},
    {"ACTION/CUSTOM", "action", read_action},
    {"ACTION/RESPONSE", "response", read_response},
    {"TRANSITION/IFELSE", "conditional", read_conditional},
    {"TRANSITION/MAP", "fanOut", read_map},
    {"TRANSITION/DELAY", "delay", read_delay},
}};

const Kind* find_kind(std::string_view compiled_type) {
  for (const Kind& kind : kinds) {
    if (kind.compiled_type == compiled_type) return &kind;
  }
  return nullptr;
}

}  // namespace

std::string_view step_type(std::string_view compiled_type) {
  const Kind* const kind = find_kind(compiled_type);
  return kind == nullptr ? std::string_view() : kind->type;
}

std::vector<std::string> compiled_step_types() {
  std::vector<std::string> all;
  for (const Kind& kind : kinds) all.emplace_back(kind.compiled_type);
  return all;
}

void read_supervision(ObjectReader& json, JsonObject& step) {
  if (json.boolean("retryOnFailure", false)) step.emplace("autoRetry", true);
  if (json.boolean("ignoreFailure", false)) step.emplace("continueOnError", true);
}

void read_parameters(const SourceReader& sources, std::string_view compiled_type,
                     ObjectReader& json, JsonObject& step) {
  if (const Kind* const kind = find_kind(compiled_type)) kind->read(sources, json, step);
}

}  // namespace millrace::compiled_form
