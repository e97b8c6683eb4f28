#pragma once
// `millrace serve`: runs the server until SIGTERM or SIGINT.

#include <memory>

namespace CLI {
class App;
}

namespace millrace {

/// Exit codes: 0 ended by a signal after draining, 2 could not start.
void add_serve_command(CLI::App& app, int& exit_code);

}  // namespace millrace
