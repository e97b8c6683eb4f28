#pragma once
// Good definitions to start from: those of examples/ and of tests/scenarios/.

#include "runtime/base/json.h"

#include <filesystem>
#include <fstream>
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

inline std::vector<Json> sample_definitions() {
  namespace fs = std::filesystem;
  const fs::path root(MILLRACE_SOURCE_DIR);
  std::vector<fs::path> files;
  for (const char* const folder : {"examples", "tests/scenarios"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());  // a seed means the same on every machine
  std::vector<Json> samples;
  for (const fs::path& file : files) {
    const bool is_scenario = file.extension() == ".scenario";
    if (!is_scenario && file.parent_path().filename() != "workflows") continue;
    if (!is_scenario && file.extension() != ".json") continue;
    const std::string text = text_of_file(file);
    auto value = parse_json(is_scenario ? workflow_of_scenario(text) : text);
    if (!value) continue;  // a scenario may name its workflow otherwise
    if (value->is_array()) {
      *value = JsonObject{{"trigger", {{"type", "request"}}}, {"steps", Json(*value)}};
    }
    put_code_in_place(*value);
    samples.push_back(std::move(*value));
  }
  return samples;
}

}  // namespace millrace
