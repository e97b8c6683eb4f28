#include "runtime/integrations/check_parameters.h"

#include "runtime/reading/findings.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {
namespace {

using Type = ActionParameter::Type;

std::vector<std::string> names_of(const IntegrationAction& action) {
  std::vector<std::string> names;
  for (const auto& parameter : action.parameters) names.push_back(parameter.name);
  return names;
}

}  // namespace

std::string_view wire_name(Type type) {
  switch (type) {
    case Type::any:
      return "any";
    case Type::string:
      return "string";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::object:
      return "object";
    case Type::array:
    case Type::filter:
      return "array";
  }
  return "any";
}

bool fits(Type type, const Json& value) {
  return type == Type::any || kind_name(value) == wire_name(type);
}

Result<Json> render_filters(const IntegrationAction& action, Json parameters) {
  auto& given = parameters.get_object();
  for (const auto& parameter : action.parameters) {
    Json* const value = given.if_contains(parameter.name);
    if (parameter.type != Type::filter || value == nullptr) continue;
    auto rendered = render_filter(parameter.language, *value);
    if (!rendered) {
      return Error(rendered.error().code, "action \"" + action.name + "\": `" + parameter.name +
                                              "`: " + rendered.error().message);
    }
    *value = std::move(*rendered);
  }
  return parameters;
}

Outcome check_parameters(const IntegrationAction& action, const Json& parameters) {
  const auto* const object = parameters.if_object();
  if (object == nullptr) {
    return Error(ErrorCode::invalid_parameters,
                 "\"parameters\" must be an object, got " + std::string(kind_name(parameters)));
  }
  Findings findings;
  const auto add = [&](const std::string& name, std::string message, std::string expected = {},
                       std::string got = {}, std::string nearest = {}) {
    findings.push_back(finding_at("", '/' + pointer_token(name), std::move(message),
                                  std::move(expected), std::move(got), std::move(nearest)));
  };
  for (const auto& parameter : action.parameters) {
    const std::string expected(wire_name(parameter.type));
    const Json* const value = object->if_contains(parameter.name);
    if (value == nullptr || value->is_null()) {
      if (!parameter.is_required) continue;
      add(parameter.name, "`" + parameter.name + "` is missing", expected);
    } else if (!fits(parameter.type, *value)) {
      add(parameter.name, "`" + parameter.name + "` has the wrong type", expected,
          std::string(kind_name(*value)));
    } else if (parameter.type == Type::filter) {
      if (auto checked = check_filter(parameter.language, *value); !checked) {
        add(parameter.name, "`" + parameter.name + "`: " + checked.error().message, {},
            "such a filter");
      }
    }
  }
  const auto names = names_of(action);
  for (const auto& given : *object) {
    const std::string name(given.key());
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    add(name, "the action \"" + action.name + "\" has no parameter `" + name + '`', {}, name,
        nearest_name(name, names));
  }
  if (findings.empty()) return Done{};
  std::string message = "action \"" + action.name + "\": " + findings.front().message;
  if (!findings.front().expected.empty()) message += ", expected " + findings.front().expected;
  return Error(ErrorCode::invalid_parameters, std::move(message), findings.take());
}

}  // namespace millrace
