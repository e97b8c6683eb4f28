#include "http/cli/commands.h"

namespace millrace {

void add_client_commands(CLI::App& app, int& exit_code) {
  add_projects_command(app, exit_code);
  add_key_commands(app, exit_code);
  add_secrets_command(app, exit_code);
  add_deploy_commands(app, exit_code);
  add_import_command(app, exit_code);
  add_trigger_command(app, exit_code);
  add_executions_command(app, exit_code);
}

}  // namespace millrace
