#pragma once
// The commands of the command line, except those that open a data directory themselves (http/server).
// Verbs equal the nouns of the API; each command takes long flags, and `--json` for scripts.
// Credentials and addresses may also come from the environment (MILLRACE_URL, MILLRACE_PROJECT,
// MILLRACE_API_KEY, MILLRACE_ADMIN_KEY).

#include "http/cli/check_folder.h"
#include "http/cli/exit_codes.h"

namespace CLI {
class App;
}

namespace millrace {

/// `exit_code` is set when a command has run, to one of `exit_codes`.
void add_client_commands(CLI::App& app, int& exit_code, MakeFunctionEngine make_engine);

// One file each.
void add_completion_command(CLI::App& app, int& exit_code);  // completion bash|zsh|fish
void add_deploy_command(CLI::App& app, int& exit_code);      // deploy
void add_event_logs_command(CLI::App& app, int& exit_code);  // event-logs list
void add_executions_command(CLI::App& app, int& exit_code);  // executions list|show|cancel
void add_import_command(CLI::App& app, int& exit_code);      // import
void add_key_commands(CLI::App& app, int& exit_code);        // keys, token, signing-keys
void add_projects_command(CLI::App& app, int& exit_code);    // projects list|create|rotate-key
void add_secrets_command(CLI::App& app, int& exit_code);     // secrets put|list|remove
void add_trigger_command(CLI::App& app, int& exit_code);     // trigger
void add_validate_command(CLI::App& app, int& exit_code, MakeFunctionEngine make_engine);
void add_workflows_command(CLI::App& app,
                           int& exit_code);  // workflows list|show|versions|diff|undeploy

}  // namespace millrace
