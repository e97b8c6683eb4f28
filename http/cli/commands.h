#pragma once
// The commands of the command line, except `serve`. Verbs equal the nouns of the API; each command
// takes long flags, and `--json` for scripts. Credentials and addresses may also come from the
// environment (MILLRACE_URL, MILLRACE_PROJECT, MILLRACE_API_KEY, MILLRACE_ADMIN_KEY).

#include <string>

namespace CLI {
class App;
}

namespace millrace {

/// Exit codes of all commands; `millrace --help` lists them.
namespace exit_codes {
inline constexpr int done = 0;
inline constexpr int refused = 1;
inline constexpr int usage = 2;
inline constexpr int unreachable = 3;
}  // namespace exit_codes

void add_client_commands(CLI::App& app, int& exit_code);

// One file each.
void add_deploy_commands(CLI::App& app, int& exit_code);     // deploy, validate
void add_executions_command(CLI::App& app, int& exit_code);  // executions list|show|cancel
void add_key_commands(CLI::App& app, int& exit_code);        // keys, token, signing-keys
void add_projects_command(CLI::App& app, int& exit_code);    // projects create|rotate-key
void add_secrets_command(CLI::App& app, int& exit_code);     // secrets put|list|remove
void add_trigger_command(CLI::App& app, int& exit_code);     // trigger

}  // namespace millrace
