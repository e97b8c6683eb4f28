#include "runtime/integrations/read_settings.h"

#include "runtime/integrations/check_settings.h"
#include "runtime/integrations/data_source.h"
#include "runtime/reading/object_reader.h"

#include <algorithm>
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

bool is_choice(const Json& value) {
  return value.is_string() || value.is_number() || value.is_bool();
}

/// `["a", "b"]`, or `[{"value": "a", "label": "First"}]`.
std::vector<Json> choices_in(ObjectReader& setting) {
  std::vector<Json> choices;
  const JsonArray* const options = setting.array("options");
  if (options == nullptr) return choices;
  for (std::size_t i = 0; i < options->size(); ++i) {
    const Json& option = (*options)[i];
    const auto* const object = option.if_object();
    const Json* const value = object == nullptr ? &option : object->if_contains("value");
    if (value != nullptr && is_choice(*value)) {
      choices.push_back(*value);
      continue;
    }
    setting.findings().push_back(
        finding_at("", setting.pointer_to("options") + '/' + std::to_string(i),
                   "an option is a value to choose, or an object with it",
                   "a string, or {value, label}", std::string(kind_name(option))));
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

void check_default(const Setting& setting, ObjectReader& json) {
  const Json* const value = json.find("default");
  if (value == nullptr || value->is_null()) return;
  const std::string expected = unmet_expectation(setting, *value);
  if (expected.empty()) return;
  json.findings().push_back(finding_at("", json.pointer_to("default"),
                                       "the default of `" + setting.id + "` must be " + expected,
                                       expected, std::string(kind_name(*value))));
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
    setting.choices = choices_in(json);
    setting.fields = fields_in(json);
    setting.source = source_in(json);
    check_default(setting, json);
    json.finish();
    const bool is_second = std::any_of(settings.begin(), settings.end(), [&](const Setting& each) {
      return !setting.id.empty() && each.id == setting.id;
    });
    if (is_second) {
      json.findings().push_back(finding_at("", json.pointer_to("id"),
                                           "two settings have the id `" + setting.id + '`',
                                           "an id of its own", setting.id));
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace millrace
