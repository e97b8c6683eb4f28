#include "tests/support/documented_commands.h"

#include "tests/support/child_process.h"

#include <sstream>
#include <stdexcept>

namespace millrace::tests {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string commands_of(const std::string& page, const std::string& name) {
  std::istringstream in(read_file(page));
  std::string commands;
  bool is_inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      is_inside = name.empty() ? line.starts_with("```sh") : line == "```sh " + name;
    } else if (is_inside) {
      commands += line + '\n';
    }
  }
  if (commands.empty()) throw std::runtime_error("no commands " + name + " in " + page);
  return commands;
}

std::string output_of(const TestProject& project, const std::string& commands,
                      const std::string& before) {
  const std::string script = "URL=http://127.0.0.1:" + std::to_string(project.port()) +
                             "\nKEY=" + project.api_key() + "\nTOKEN=" + project.token() + '\n' +
                             before + '\n' +
                             replaced(commands, "projects/demo", "projects/" + project.id());
  const ProgramEnd end = run_program({"/bin/bash", "-c", script});
  if (end.exit_code == 0) return end.output;
  throw std::runtime_error("the commands end with " + std::to_string(end.exit_code) + ":\n" +
                           end.output + end.errors);
}

std::vector<Json> answers_in(const std::string& output) {
  std::vector<Json> answers;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) answers.push_back(json_of(line));
  }
  return answers;
}

}  // namespace millrace::tests
