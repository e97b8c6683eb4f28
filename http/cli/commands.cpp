#include "http/cli/commands.h"

namespace millrace {

void add_client_commands(CLI::App& app, int& exit_code, MakeFunctionEngine make_engine) {
  add_projects_command(app, exit_code);
  add_key_commands(app, exit_code);
  add_secrets_command(app, exit_code);
  add_validate_command(app, exit_code, std::move(make_engine));
  add_deploy_command(app, exit_code);
  add_workflows_command(app, exit_code);
  add_import_command(app, exit_code);
  add_trigger_command(app, exit_code);
  add_executions_command(app, exit_code);
  add_event_logs_command(app, exit_code);
  add_completion_command(app, exit_code);
}

}  // namespace millrace
