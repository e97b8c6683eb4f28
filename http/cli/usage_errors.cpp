#include "http/cli/usage_errors.h"

#include "runtime/text/nearest_name.h"

#include <CLI/CLI.hpp>

namespace millrace {
namespace {

/// The last command that was understood.
const CLI::App& deepest(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : deepest(*parsed.front());
}

std::string full_name(const CLI::App& app) {
  const CLI::App* const parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string hint_for(const std::string& word, const std::vector<std::string>& names) {
  const std::string nearest = nearest_name(word, names);
  return nearest.empty() ? std::string() : "; did you mean " + nearest + "?";
}

std::string about_word(const CLI::App& command, const std::string& word) {
  const std::string name = full_name(command);
  if (word.starts_with('-')) {
    const std::string option = word.substr(0, word.find('='));
    return name + " has no option " + option + hint_for(option, option_names(command));
  }
  const auto commands = command_names(command);
  if (commands.empty()) return name + " takes no further argument '" + word + "'";
  return name + " has no command '" + word + "'" + hint_for(word, commands) + " (there are " +
         CLI::detail::join(commands, ", ") + ")";
}

}  // namespace

std::string usage_error_text(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = deepest(app);
  const auto words = app.remaining(true);
  const auto commands = command_names(command);
  std::string text;
  if (!words.empty()) {
    text = about_word(command, words.front());
  } else if (!commands.empty()) {
    text = full_name(command) + " needs a command: " + CLI::detail::join(commands, ", ");
  } else {
    text = full_name(command) + ": " + error.what();
  }
  return text + "\n" + full_name(command) + " --help explains";
}

}  // namespace millrace
