#include "runtime/text/ascii_text.h"
#include "runtime/triggers/request_trigger.h"

#include <utility>

namespace millrace {
namespace {

bool is_form(const JsonObject& request) {
  const Json* const headers = request.if_contains("headers");
  if (headers == nullptr || !headers->is_object()) return false;
  const Json* const type = headers->get_object().if_contains("content-type");
  if (type == nullptr || !type->is_string()) return false;
  const std::string text = lower_case(std::string_view(type->get_string()));
  return text.starts_with("application/x-www-form-urlencoded") ||
         text.starts_with("multipart/form-data");
}

std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// As JSON writes numbers: no other notation is one in a body either.
std::optional<Json> number_in(std::string_view text) {
  auto value = parse_json(std::string(text));
  if (!value || !value->is_number()) return std::nullopt;
  return std::move(*value);
}

/// What forms and their scripts send for a box.
std::optional<Json> boolean_in(std::string_view text) {
  const std::string word = lower_case(text);
  if (word == "true" || word == "on" || word == "1") return Json(true);
  if (word == "false" || word == "off" || word == "0") return Json(false);
  return std::nullopt;
}

std::optional<Json> declared_value(const RequestTrigger::BodyValidation& field, const Json& given) {
  if (field.type == DataType::array) {
    if (given.is_array()) return std::nullopt;
    if (given.is_string() && given.get_string().empty() && !field.required) return Json(nullptr);
    return Json(JsonArray{given});
  }
  const bool is_read = field.type == DataType::number || field.type == DataType::boolean;
  if (!is_read || !given.is_string()) return std::nullopt;
  const std::string_view text = without_spaces(given.get_string());
  if (text.empty() && !field.required) return Json(nullptr);
  return field.type == DataType::number ? number_in(text) : boolean_in(text);
}

}  // namespace

void read_form_fields(const RequestTrigger& trigger, JsonObject& request) {
  if (trigger.body.empty() || !is_form(request)) return;
  Json* const body = request.if_contains("body");
  if (body == nullptr || !body->is_object()) return;
  for (const auto& field : trigger.body) {
    Json* const given = body->get_object().if_contains(field.key);
    if (given == nullptr) continue;
    if (auto value = declared_value(field, *given)) *given = std::move(*value);
  }
}

}  // namespace millrace
