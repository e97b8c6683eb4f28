#include "runtime/integrations/read_settings.h"

#include "runtime/integrations/data_source.h"
#include "runtime/reading/object_reader.h"

#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<Choice<std::string_view>, 9> setting_types{{
    {"text", "text"},
    {"number", "number"},
    {"boolean", "boolean"},
    {"email", "email"},
    {"password", "password"},
    {"url", "url"},
    {"enum", "enum"},
    {"field", "field"},
    {"mapping", "mapping"},
}};

/// `["a", "b"]`, or `[{"value": "a", "label": "First"}]`. Anything else is for the form that shows it.
std::vector<Json> choices_in(const Json& options) {
  std::vector<Json> choices;
  if (!options.is_array()) return choices;
  for (const Json& option : options.get_array()) {
    const auto* const object = option.if_object();
    const Json* const value = object == nullptr ? &option : object->if_contains("value");
    if (value != nullptr) choices.push_back(*value);
  }
  return choices;
}

/// `["email", {"id": "name", "title": "Name", "required": true}]`.
std::vector<MappedField> fields_in(ObjectReader& setting) {
  std::vector<MappedField> fields;
  const JsonArray* const list = setting.array("fields");
  if (list == nullptr) return fields;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& each = (*list)[i];
    if (each.is_string() && !each.get_string().empty()) {
      fields.push_back({std::string(each.get_string()), false});
      continue;
    }
    ObjectReader field(each, setting.pointer_to("fields") + '/' + std::to_string(i), "",
                       setting.findings());
    if (!each.is_object()) continue;
    MappedField read{field.required_constant_text("id").value_or(""), false};
    read.is_required = field.boolean("required", false);
    for (const char* const shown : {"title", "label", "description", "type"}) field.text(shown);
    field.finish();
    if (!read.id.empty()) fields.push_back(std::move(read));
  }
  return fields;
}

std::shared_ptr<const DataSource> source_in(ObjectReader& setting) {
  const Json* const given = setting.find("source");
  if (given == nullptr) return nullptr;
  ObjectReader json(*given, setting.pointer_to("source"), "", setting.findings());
  if (!given->is_object()) return nullptr;
  auto source = std::make_shared<DataSource>(read_data_source(json));
  json.finish();
  return source;
}

}  // namespace

std::vector<Setting> read_settings(ObjectReader& parent) {
  std::vector<Setting> settings;
  const JsonArray* const list = parent.array("settings");
  if (list == nullptr) return settings;
  for (std::size_t i = 0; i < list->size(); ++i) {
    Setting setting;
    ObjectReader json((*list)[i], parent.pointer_to("settings") + '/' + std::to_string(i), "",
                      parent.findings());
    if (!(*list)[i].is_object()) continue;
    setting.id = json.required_constant_text("id").value_or("");
    setting.type = json.choice<std::string_view>("type", setting_types).value_or("text");
    setting.is_required = json.boolean("required", false);
    for (const char* const shown : {"title", "label", "description", "placeholder"}) {
      json.text(shown);
    }
    if (const Json* const options = json.find("options")) setting.choices = choices_in(*options);
    setting.fields = fields_in(json);
    setting.source = source_in(json);
    json.find("default");
    json.finish();
    settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace millrace
