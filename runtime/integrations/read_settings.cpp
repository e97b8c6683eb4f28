#include "runtime/integrations/read_settings.h"

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
    json.find("default");
    json.finish();
    settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace millrace
