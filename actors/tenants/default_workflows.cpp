#include "actors/tenants/default_workflows.h"

#include "runtime/base/json.h"

namespace millrace {
namespace {

/// The definition by which the workflow goes.
Result<std::string> definition_of(const storage::ProjectTable& table, const ProjectId& project,
                                  const storage::WorkflowRow& row) {
  if (row.deployed_version == 0) return row.draft;
  const auto version = table.version(project, row.id, row.deployed_version);
  if (!version) return version.error();
  return *version ? (*version)->definition : row.draft;
}

bool is_default_for(const Json& definition, const std::string& integration) {
  if (!definition.is_object()) return false;
  const Json* const enabled = definition.get_object().if_contains("defaultEnabled");
  const Json* const type = definition.get_object().if_contains("integration");
  return enabled != nullptr && *enabled == Json(true) && type != nullptr &&
         *type == Json(integration);
}

}  // namespace

Result<std::vector<WorkflowId>> default_workflows(const storage::ProjectTable& table,
                                                  const ProjectId& project,
                                                  const std::string& integration) {
  const auto rows = table.workflows(project);
  if (!rows) return rows.error();
  std::vector<WorkflowId> ids;
  for (const auto& row : *rows) {
    const auto text = definition_of(table, project, row);
    if (!text) return text.error();
    const auto definition = parse_json(*text);
    if (definition && is_default_for(*definition, integration)) ids.push_back(row.id);
  }
  return ids;
}

}  // namespace millrace
