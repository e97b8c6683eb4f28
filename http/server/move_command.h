#pragma once
// `millrace move`: everything that a stopped server keeps goes from a data directory to PostgreSQL, or back. The source
// stays as it was. May be interrupted and repeated: until it has ended, the target serves nobody.

namespace CLI {
class App;
}

namespace millrace {

/// Exit codes: 0 done; 1 the target holds something already, or a server uses one of the two; 2 nothing could be done.
void add_move_command(CLI::App& app, int& exit_code);

}  // namespace millrace
