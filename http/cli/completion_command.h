#pragma once
// Completion scripts for shells, made from the commands themselves, so that they cannot lag behind.

#include <string>

namespace CLI {
class App;
}

namespace millrace {

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace millrace
