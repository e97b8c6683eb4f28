#pragma once
// Good definitions to start from: those of examples/ and of tests/scenarios/, and the integrations that
// the latter name.

#include "runtime/base/json.h"
#include "runtime/integrations/integration_set.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace millrace {

inline std::string text_of_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// `codeFile` is for `millrace deploy`, which puts the text in its place.
inline void put_code_in_place(Json& value) {
  if (auto* const array = value.if_array()) {
    for (Json& element : *array) put_code_in_place(element);
  } else if (auto* const object = value.if_object()) {
    if (object->erase("codeFile") > 0) object->emplace("code", "() => 1");
    for (auto& member : *object) put_code_in_place(member.value());
  }
}

/// The indented lines below `workflow`.
inline std::string workflow_of_scenario(const std::string& scenario) {
  std::istringstream lines(scenario);
  std::string line;
  std::string workflow;
  while (std::getline(lines, line) && line != "workflow") {
  }
  while (std::getline(lines, line) && line.starts_with("  ")) workflow += line + '\n';
  return workflow;
}

inline std::vector<std::filesystem::path> sample_files() {
  namespace fs = std::filesystem;
  const fs::path root(MILLRACE_SOURCE_DIR);
  std::vector<fs::path> files;
  for (const char* const folder : {"examples", "tests/scenarios"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());  // a seed means the same on every machine
  return files;
}

/// Adds what one file says of an integration to what others have said: of each action, the last.
inline void add_integration(std::map<std::string, JsonObject>& all, const std::string& type,
                            const std::string& text) {
  const auto value = parse_json(text);
  if (!value || !value->is_object()) return;
  if (!IntegrationSet().put(type, *value)) return;  // a scenario may be of a bad one
  JsonObject& known = all[type];
  JsonObject actions;
  if (const auto* const before = known.if_contains("actions")) actions = before->get_object();
  for (const auto& member : value->get_object()) known[member.key()] = member.value();
  if (const auto* const own = value->get_object().if_contains("actions")) {
    for (const auto& action : own->get_object()) actions[action.key()] = action.value();
  }
  if (!actions.empty()) known["actions"] = std::move(actions);
}

/// From the scenarios' lines `given integration TYPE JSON` and from the examples' integrations.
inline IntegrationSet sample_integrations() {
  std::map<std::string, JsonObject> all;
  for (const auto& file : sample_files()) {
    if (file.filename() == "integration.json") {
      add_integration(all, file.parent_path().filename().string(), text_of_file(file));
    }
    if (file.extension() != ".scenario") continue;
    std::istringstream lines(text_of_file(file));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string given, integration, type, definition;
      words >> given >> integration >> type;
      if (given != "given" || integration != "integration") continue;
      std::getline(words, definition);
      add_integration(all, type, definition);
    }
  }
  IntegrationSet integrations;
  for (const auto& [type, definition] : all) {
    ignore_result(integrations.put(type, definition), "two that are good may not fit together");
  }
  return integrations;
}

inline std::vector<Json> sample_definitions() {
  std::vector<Json> samples;
  for (const auto& file : sample_files()) {
    const bool is_scenario = file.extension() == ".scenario";
    if (!is_scenario && file.parent_path().filename() != "workflows") continue;
    if (!is_scenario && file.extension() != ".json") continue;
    const std::string text = text_of_file(file);
    auto value = parse_json(is_scenario ? workflow_of_scenario(text) : text);
    if (!value) continue;  // e.g. no workflow below `workflow`
    if (value->is_array()) {
      *value = JsonObject{{"trigger", {{"type", "request"}}}, {"steps", Json(*value)}};
    }
    put_code_in_place(*value);
    samples.push_back(std::move(*value));
  }
  return samples;
}

}  // namespace millrace
