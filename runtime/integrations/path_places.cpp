#include "runtime/integrations/path_places.h"

#include <algorithm>
#include <string_view>

namespace millrace {
namespace {

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_character);
}

/// The path's text with references in its places.
std::string rewritten(std::string_view path, const JsonObject* declared, PathPlaces& places) {
  std::string out;
  std::size_t at = 0;
  while (at < path.size()) {
    if (path.substr(at).starts_with("{{")) {
      const auto close = path.find("}}", at);
      const auto end = close == std::string_view::npos ? path.size() : close + 2;
      out += path.substr(at, end - at);
      at = end;
      continue;
    }
    const auto close = path[at] == '{' ? path.find('}', at) : std::string_view::npos;
    const std::string_view name =
        close == std::string_view::npos ? "" : path.substr(at + 1, close - at - 1);
    if (!is_name(name)) {
      out += path[at++];
      continue;
    }
    if (declared != nullptr && declared->contains(name)) {
      places.parameters.emplace_back(name);
      out.append("{{parameters[\"").append(name).append("\"]}}");
    } else {
      places.unknown.emplace_back(name);
      out.append(path.substr(at, close + 1 - at));
    }
    at = close + 1;
  }
  return out;
}

}  // namespace

Json with_path_references(const Json& action, PathPlaces& places) {
  const auto* const object = action.if_object();
  const Json* const path = object == nullptr ? nullptr : object->if_contains("path");
  if (path == nullptr || !path->is_string()) return action;
  const Json* const parameters = object->if_contains("parameters");
  JsonObject with_references = *object;
  with_references["path"] = rewritten(
      path->get_string(), parameters == nullptr ? nullptr : parameters->if_object(), places);
  return with_references;
}

Outcome check_path_parameters(const std::vector<std::string>& names, const Json& parameters) {
  for (const std::string& name : names) {
    const Json* const value = parameters.get_object().if_contains(name);
    const bool is_text = value != nullptr && value->is_string();
    if (value == nullptr || value->is_null() || value->is_structured()) {
      return Error(ErrorCode::invalid_parameters,
                   "`" + name + "` is a segment of the action's path: text was expected, got " +
                       std::string(value == nullptr ? "nothing" : kind_name(*value)));
    }
    if (!is_text) continue;
    const std::string_view text = value->get_string();
    if (text.empty() || text == "." || text == "..") {
      return Error(ErrorCode::invalid_parameters,
                   "`" + name + "` is a segment of the action's path and cannot be " +
                       (text.empty() ? "empty" : "a dot segment"));
    }
  }
  return Done{};
}

}  // namespace millrace
