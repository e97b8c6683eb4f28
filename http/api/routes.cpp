#include "http/api/routes.h"

#include "http/api/admission_api.h"
#include "http/api/audit_api.h"
#include "http/api/choices_api.h"
#include "http/api/configurations_api.h"
#include "http/api/credentials_api.h"
#include "http/api/deploy_folder_api.h"
#include "http/api/drafts_api.h"
#include "http/api/events_api.h"
#include "http/api/health_api.h"
#include "http/api/hooks_api.h"
#include "http/api/import_api.h"
#include "http/api/integrations_api.h"
#include "http/api/limits_api.h"
#include "http/api/migrations_api.h"
#include "http/api/oauth_api.h"
#include "http/api/projects_api.h"
#include "http/api/proxy_api.h"
#include "http/api/replay_api.h"
#include "http/api/request_trigger_api.h"
#include "http/api/resources_api.h"
#include "http/api/run_details_api.h"
#include "http/api/sdk_api.h"
#include "http/api/sdk_oauth_api.h"
#include "http/api/secrets_api.h"
#include "http/api/signing_keys_api.h"
#include "http/api/stream_api.h"
#include "http/api/task_history_api.h"
#include "http/api/test_data_api.h"
#include "http/api/test_runs_api.h"
#include "http/api/usage_api.h"
#include "http/api/users_api.h"
#include "http/api/workflows_api.h"

#include <vector>

namespace millrace {
namespace {

struct Routes {
  // The groups are constants of other files, initialised at compile time: in any order, this finds
  // them complete.
  const std::vector<RouteGroup> groups{
      request_trigger_routes,
      event_routes,
      hook_routes,
      own_execution_routes,
      me_routes,
      credential_routes,
      configuration_routes,
      sdk_oauth_routes,
      choices_routes,
      oauth_routes,
      proxy_routes,
      sdk_routes,
      task_history_routes,
      run_details_routes,
      stream_routes,
      replay_routes,
      migration_routes,
      workflow_routes,
      draft_routes,
      admission_routes,
      deploy_folder_routes,
      test_data_routes,
      test_run_routes,
      import_routes,
      secret_routes,
      integration_routes,
      resource_routes,
      user_routes,
      project_routes,
      limits_routes,
      usage_routes,
      audit_routes,
      signing_key_routes,
      server_routes,
  };
  const std::vector<Route> all = one_after_the_other(groups);
  const RouteTable table{all};

  static std::vector<Route> one_after_the_other(const std::vector<RouteGroup>& groups) {
    std::vector<Route> routes;
    for (const RouteGroup& group : groups) {
      routes.insert(routes.end(), group.routes.begin(), group.routes.end());
    }
    return routes;
  }
};

const Routes& routes() {
  static const Routes made;
  return made;
}

}  // namespace

std::span<const RouteGroup> route_groups() { return routes().groups; }

std::span<const Route> all_routes() { return routes().all; }

Result<RouteMatch> match_route(std::string_view method, std::string_view path) {
  return routes().table.match(method, path);
}

std::string allowed_methods(std::string_view path) { return routes().table.allowed_methods(path); }

}  // namespace millrace
