#include "tests/scenarios/scenario_file.h"

#include <sstream>

namespace millrace {
namespace {

Error mistake(std::size_t line, const std::string& what) {
  return Error(ErrorCode::invalid_request, "line " + std::to_string(line) + ": " + what);
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

Json whole_definition(Json written) {
  if (!written.is_array()) return written;
  return JsonObject{{"trigger", {{"type", "request"}}}, {"steps", std::move(written)}};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  return text;
}

}  // namespace

Result<Scenario> read_scenario(std::string_view text) {
  Scenario scenario;
  bool has_reason = false;
  std::istringstream in{std::string(text)};
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (trimmed(line).empty()) continue;
    if (line.starts_with("# why: ")) {
      has_reason = true;
    } else if (line.starts_with("# ")) {
      if (scenario.title.empty()) scenario.title = line.substr(2);
    } else if (line.starts_with(" ")) {
      if (scenario.lines.empty()) return mistake(number, "an indented line below nothing");
      scenario.lines.back().block.push_back(trimmed(line));
    } else {
      const auto space = line.find(' ');
      std::string verb = line.substr(0, space);
      if (verb != "workflow" && verb != "given" && verb != "when" && verb != "then") {
        return mistake(number, "expected workflow, given, when or then");
      }
      scenario.lines.push_back(
          {number, verb, space == std::string::npos ? "" : trimmed(line.substr(space)), {}});
    }
  }
  if (scenario.title.empty()) return mistake(1, "a scenario begins with `# its title`");
  if (!has_reason) return mistake(2, "a scenario says `# why: ...`");
  if (scenario.lines.empty() || scenario.lines.front().verb != "workflow") {
    return mistake(3, "the first line after the reason is `workflow`");
  }
  auto definition = parse_json(joined(scenario.lines.front().block));
  if (!definition) return mistake(scenario.lines.front().number, definition.error().message);
  scenario.definition = whole_definition(std::move(*definition));
  scenario.lines.erase(scenario.lines.begin());
  if (scenario.lines.empty() || scenario.lines.back().verb != "then") {
    return mistake(1, "a scenario ends with what is expected");
  }
  return scenario;
}

}  // namespace millrace
