#include "runtime/integrations/check_parameters.h"

#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {
namespace {

using Type = ActionParameter::Type;

ErrorDetail finding(std::string_view name, std::string message) {
  ErrorDetail detail;
  detail.path = '/' + pointer_token(name);
  detail.message = std::move(message);
  return detail;
}

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
      return "array";
  }
  return "any";
}

bool fits(Type type, const Json& value) {
  return type == Type::any || kind_name(value) == wire_name(type);
}

Outcome check_parameters(const IntegrationAction& action, const Json& parameters) {
  const auto* const object = parameters.if_object();
  if (object == nullptr) {
    return Error(ErrorCode::invalid_parameters,
                 "\"parameters\" must be an object, got " + std::string(kind_name(parameters)));
  }
  std::vector<ErrorDetail> findings;
  for (const auto& parameter : action.parameters) {
    const Json* const value = object->if_contains(parameter.name);
    if (value == nullptr || value->is_null()) {
      if (!parameter.is_required) continue;
      auto missing = finding(parameter.name, "`" + parameter.name + "` is missing");
      missing.expected = wire_name(parameter.type);
      findings.push_back(std::move(missing));
    } else if (!fits(parameter.type, *value)) {
      auto mismatch = finding(parameter.name, "`" + parameter.name + "` has the wrong type");
      mismatch.expected = wire_name(parameter.type);
      mismatch.got = kind_name(*value);
      findings.push_back(std::move(mismatch));
    }
  }
  const auto names = names_of(action);
  for (const auto& given : *object) {
    const std::string name(given.key());
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    auto unknown =
        finding(name, "the action \"" + action.name + "\" has no parameter `" + name + '`');
    unknown.got = name;
    unknown.nearest = nearest_name(name, names);
    findings.push_back(std::move(unknown));
  }
  if (findings.empty()) return Done{};
  std::string message = "action \"" + action.name + "\": " + findings.front().message;
  if (!findings.front().expected.empty()) message += ", expected " + findings.front().expected;
  return Error(ErrorCode::invalid_parameters, std::move(message), std::move(findings));
}

}  // namespace millrace
