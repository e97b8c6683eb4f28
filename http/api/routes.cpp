#include "http/api/routes.h"

#include "http/api/credentials_api.h"
#include "http/api/health_api.h"
#include "http/api/integrations_api.h"
#include "http/api/projects_api.h"
#include "http/api/request_trigger_api.h"
#include "http/api/secrets_api.h"
#include "http/api/signing_keys_api.h"
#include "http/api/task_history_api.h"
#include "http/api/test_runs_api.h"
#include "http/api/users_api.h"
#include "http/api/workflows_api.h"

#include <array>
#include <optional>

namespace millrace {
namespace {

#define WORKFLOW "/projects/{project}/workflows/{workflow}"
#define HISTORY "/projects/{project}/task-history/workflow-executions"

// clang-format off
constexpr std::array routes{
    // Users of a project's application.
    Route{"POST",   "/projects/{project}/sdk/triggers/{workflow}", Access::user_token, &trigger_workflow},
    Route{"GET",    "/projects/{project}/sdk/me",                  Access::user_token, &show_me},
    Route{"PATCH",  "/projects/{project}/sdk/me",                  Access::user_token, &change_me},
    Route{"GET",    "/projects/{project}/sdk/integrations",        Access::user_token, &list_connectable},
    Route{"POST",   "/projects/{project}/sdk/integrations/{type}/connect", Access::user_token, &connect_account},
    Route{"DELETE", "/projects/{project}/sdk/integrations/{credential}", Access::user_token, &disconnect_account},
    Route{"GET",    "/projects/{project}/sdk/credentials",         Access::user_token, &list_credentials},
    Route{"PATCH",  "/projects/{project}/sdk/credentials/{credential}", Access::user_token, &change_credential},
    Route{"DELETE", "/projects/{project}/sdk/workflows/{workflow}", Access::user_token, &disable_workflow},

    // The task history.
    Route{"GET",    HISTORY,                                       Access::project_key, &list_executions, Rate::history},
    Route{"GET",    HISTORY "/{execution}",                        Access::project_key, &show_execution, Rate::history},
    Route{"GET",    HISTORY "/{execution}/step-executions/{step}", Access::project_key, &show_step_execution, Rate::history},
    Route{"POST",   HISTORY "/{execution}/cancel",                 Access::project_key, &cancel_execution, Rate::history},

    // Workflows.
    Route{"GET",    "/projects/{project}/workflows",               Access::project_key, &list_workflows},
    Route{"PUT",    WORKFLOW,                                      Access::project_key, &put_workflow},
    Route{"GET",    WORKFLOW,                                      Access::project_key, &get_workflow},
    Route{"DELETE", WORKFLOW,                                      Access::project_key, &delete_workflow},
    Route{"POST",   WORKFLOW "/deploy",                            Access::project_key, &deploy_workflow},
    Route{"POST",   WORKFLOW "/undeploy",                          Access::project_key, &undeploy_workflow},
    Route{"POST",   WORKFLOW "/test",                              Access::project_key, &test_workflow},
    Route{"POST",   WORKFLOW "/steps/{step}/test",                 Access::project_key, &test_step},
    Route{"GET",    WORKFLOW "/versions",                          Access::project_key, &list_versions},
    Route{"GET",    WORKFLOW "/versions/{version}",                Access::project_key, &get_version},

    // What workflows use.
    Route{"GET",    "/projects/{project}/secrets",                 Access::project_key, &list_secrets},
    Route{"PUT",    "/projects/{project}/secrets/{name}",          Access::project_key, &put_secret},
    Route{"DELETE", "/projects/{project}/secrets/{name}",          Access::project_key, &delete_secret},
    Route{"GET",    "/projects/{project}/integrations",            Access::project_key, &list_integrations},
    Route{"PUT",    "/projects/{project}/integrations/{type}",     Access::project_key, &put_integration},
    Route{"GET",    "/projects/{project}/integrations/{type}",     Access::project_key, &get_integration},
    Route{"DELETE", "/projects/{project}/integrations/{type}",     Access::project_key, &delete_integration},

    // Its users.
    Route{"GET",    "/projects/{project}/users",                   Access::project_key, &list_users},
    Route{"PATCH",  "/projects/{project}/users/{user}",            Access::project_key, &change_user},

    // Projects and their keys.
    Route{"POST",   "/projects",                                   Access::admin_key, &create_project},
    Route{"GET",    "/projects",                                   Access::admin_key, &list_projects},
    Route{"POST",   "/projects/{project}/api-key",                 Access::project_or_admin, &rotate_api_key},
    Route{"GET",    "/projects/{project}/signing-keys",            Access::project_key, &list_signing_keys},
    Route{"PUT",    "/projects/{project}/signing-keys/{kid}",      Access::project_key, &put_signing_key},
    Route{"DELETE", "/projects/{project}/signing-keys/{kid}",      Access::project_key, &delete_signing_key},

    // The server itself.
    Route{"GET",    "/",                                           Access::open, &about},
    Route{"GET",    "/healthz",                                    Access::open, &is_alive},
    Route{"GET",    "/readyz",                                     Access::open, &is_ready},
    Route{"GET",    "/metrics",                                    Access::open, &metrics},
};
// clang-format on

#undef WORKFLOW
#undef HISTORY

std::string_view next_segment(std::string_view& path) {
  const auto end = path.find('/');
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  return segment;
}

/// The raw segments of `path` that stand where `pattern` has names; nothing when they do not match.
using RawValues = std::vector<std::pair<std::string_view, std::string_view>>;
std::optional<RawValues> match(std::string_view pattern, std::string_view path) {
  RawValues values;
  // Both begin with '/'. The same number of slashes means the same number of segments.
  while (!pattern.empty()) {
    if (path.empty()) return std::nullopt;
    const bool is_last = pattern.find('/') == std::string_view::npos;
    if (is_last != (path.find('/') == std::string_view::npos)) return std::nullopt;
    const std::string_view wanted = next_segment(pattern);
    const std::string_view given = next_segment(path);
    if (wanted.starts_with('{')) {
      if (given.empty()) return std::nullopt;
      values.emplace_back(wanted.substr(1, wanted.size() - 2), given);
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  if (!path.empty()) return std::nullopt;
  return values;
}

}  // namespace

std::span<const Route> all_routes() { return routes; }

Result<RouteMatch> match_route(std::string_view method, std::string_view path) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (const auto& route : routes) {
    if (route.method != wanted) continue;
    const auto values = match(route.pattern, path);
    if (!values) continue;
    RouteMatch found{&route, {}};
    for (const auto& [name, raw] : *values) {
      auto decoded = percent_decode(raw);
      if (!decoded) return decoded.error();
      found.path_values.emplace_back(name, std::move(*decoded));
    }
    return found;
  }
  const std::string allowed = allowed_methods(path);
  if (!allowed.empty()) {
    return Error(ErrorCode::method_not_allowed,
                 std::string(method) + " is not possible here; allowed: " + allowed);
  }
  return Error(ErrorCode::not_found, "there is no such route; GET / lists them all");
}

std::string allowed_methods(std::string_view path) {
  std::string methods;
  for (const auto& route : routes) {
    if (!match(route.pattern, path)) continue;
    if (!methods.empty()) methods += ", ";
    methods += route.method;
  }
  return methods;
}

}  // namespace millrace
