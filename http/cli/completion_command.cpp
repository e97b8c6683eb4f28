// `millrace completion bash|zsh|fish`: prints a script for the shell.

#include "http/cli/completion_command.h"

#include "http/cli/commands.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace millrace {
namespace {

struct Word {
  std::string word;
  std::string help;
};

/// One command with what may follow it; the root's path is empty.
struct Node {
  std::string path;  // "executions list"
  std::vector<Word> commands;
  std::vector<Word> options;
};

/// The first clause: what a shell shows beside a word is one short line.
std::string short_help(std::string help) {
  for (const std::string_view end : {"; ", ". ", "\n", " (environment:"}) {
    help = help.substr(0, help.find(end));
  }
  if (help.ends_with('.')) help.pop_back();
  return help;
}

void collect(const CLI::App& app, const std::string& path, std::vector<Node>& nodes) {
  Node node{path, {}, {}};
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* const command : commands) {
    node.commands.push_back({command->get_name(), short_help(command->get_description())});
  }
  for (const CLI::Option* const option : app.get_options()) {
    for (const auto& name : option->get_lnames()) {
      node.options.push_back({"--" + name, short_help(option->get_description())});
    }
  }
  nodes.push_back(std::move(node));
  for (const CLI::App* const command : commands) {
    collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), nodes);
  }
}

std::vector<Node> nodes_of(const CLI::App& app) {
  std::vector<Node> nodes;
  collect(app, "", nodes);
  return nodes;
}

std::string joined(const std::vector<Word>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : " ") + word.word;
  return all;
}

/// Within single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// For zsh, `:` ends the word.
std::string described(const Word& word) { return quoted(word.word + ":" + word.help); }

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string script =
      "# millrace completion bash > /etc/bash_completion.d/millrace\n"
      "_millrace() {\n"
      "  local at='' word i commands options\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    [[ $word == -* ]] && continue\n"
      "    case \"${at:+$at }$word\" in\n";
  const auto nodes = nodes_of(app);
  std::string paths;
  std::string cases;
  for (const auto& node : nodes) {
    if (!node.path.empty()) paths += (paths.empty() ? "" : "|") + quoted(node.path);
    cases += "    " + quoted(node.path) + ") commands=" + quoted(joined(node.commands)) +
             " options=" + quoted(joined(node.options)) + " ;;\n";
  }
  script += "      " + paths + ") at=\"${at:+$at }$word\" ;;\n    esac\n  done\n";
  script += "  case \"$at\" in\n" + cases + "  esac\n";
  return script +
         "  word=${COMP_WORDS[COMP_CWORD]}\n"
         "  if [[ $word == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "  elif [[ -n $commands ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _millrace millrace\n";
}

std::string zsh_completion(const CLI::App& app) {
  std::string script =
      "#compdef millrace\n"
      "# millrace completion zsh > \"${fpath[1]}/_millrace\"\n"
      "_millrace() {\n"
      "  local at='' word\n"
      "  local -a commands options\n"
      "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
      "    [[ $word == -* ]] && continue\n"
      "    case \"${at:+$at }$word\" in\n";
  std::string paths;
  std::string cases;
  for (const auto& node : nodes_of(app)) {
    if (!node.path.empty()) paths += (paths.empty() ? "" : "|") + quoted(node.path);
    cases += "    " + quoted(node.path) + ")\n      commands=(";
    for (const auto& word : node.commands) cases += " " + described(word);
    cases += " )\n      options=(";
    for (const auto& word : node.options) cases += " " + described(word);
    cases += " ) ;;\n";
  }
  script += "      (" + paths + ") at=\"${at:+$at }$word\" ;;\n    esac\n  done\n";
  script += "  case \"$at\" in\n" + cases + "  esac\n";
  return script +
         "  if [[ ${words[CURRENT]} == -* ]]; then\n"
         "    _describe 'option' options\n"
         "  elif (( ${#commands} )); then\n"
         "    _describe 'command' commands\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "# As a file of $fpath this is the function itself; sourced, it is made known.\n"
         "if [[ ${funcstack[1]} == _millrace ]]; then _millrace; else compdef _millrace millrace; "
         "fi\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string script =
      "# millrace completion fish > ~/.config/fish/completions/millrace.fish\n"
      "function __millrace_words\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    string match -q -- '-*' $word; or echo $word\n"
      "  end\n"
      "end\n"
      "function __millrace_exactly_at\n"
      "  set -l at (__millrace_words)\n"
      "  test \"$at\" = \"$argv\"\n"
      "end\n"
      "function __millrace_at\n"
      "  set -l at (__millrace_words)\n"
      "  set -l deep (count $argv)\n"
      "  test (count $at) -ge $deep; and test \"$at[1..$deep]\" = \"$argv\"\n"
      "end\n";
  for (const auto& node : nodes_of(app)) {
    const std::string here = node.path.empty() ? "" : " " + node.path;
    for (const auto& word : node.commands) {
      script += "complete -c millrace -f -n '__millrace_exactly_at" + here + "' -a " +
                quoted(word.word) + " -d " + quoted(word.help) + "\n";
    }
    const std::string condition =
        node.path.empty() ? "__millrace_exactly_at" : "__millrace_at" + here;
    for (const auto& word : node.options) {
      script += "complete -c millrace -n '" + condition + "' -l " + quoted(word.word.substr(2)) +
                " -d " + quoted(word.help) + "\n";
    }
  }
  return script;
}

void add_completion_command(CLI::App& app, int& exit_code) {
  auto* group = app.add_subcommand("completion", "Print a completion script for a shell.");
  group->require_subcommand(1);
  const auto add = [&](const std::string& shell, std::string (*script)(const CLI::App&)) {
    auto* command = group->add_subcommand(shell, "For " + shell + ".");
    command->callback([&app, script, &exit_code] {
      std::cout << script(app) << std::flush;
      exit_code = exit_codes::done;
    });
  };
  add("bash", &bash_completion);
  add("zsh", &zsh_completion);
  add("fish", &fish_completion);
}

}  // namespace millrace
