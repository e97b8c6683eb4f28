#pragma once
// `millrace move`: everything that a stopped server keeps goes from a data directory to PostgreSQL, or back. The source
// stays as it was. May be interrupted and repeated: until it has ended, the target serves nobody.

namespace CLI {
class App;
}

namespace millrace {

/// Exit codes: 0 done; 1 the target holds something already, a server uses one of the two, or one of them is damaged, of
/// another format, or not to be read or written; 2 wrong usage, or a source that is not there; 3 the database does not
/// answer, or has no room at the moment, or a disk is full: to be run again.
void add_move_command(CLI::App& app, int& exit_code);

}  // namespace millrace
