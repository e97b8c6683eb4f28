#pragma once
// `millrace rotate-secrets-key`: seals all secrets and credentials of a stopped server's data
// directory under another key. May be interrupted and repeated. A running server holds the
// directory, so that the command is refused.

namespace CLI {
class App;
}

namespace millrace {

/// Exit codes: 0 done; 1 some values do not open with the old key and stay as they are; 2 nothing
/// could be done.
void add_rotate_secrets_key_command(CLI::App& app, int& exit_code);

}  // namespace millrace
