#pragma once
// What is said about a command line that cannot be understood: which word, what there is instead.

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace millrace {

/// One or two sentences, for standard error. `app` is the root that threw the error.
std::string usage_error_text(const CLI::App& app, const CLI::ParseError& error);

}  // namespace millrace
