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

/// Empty: it is the default of none.
std::string default_of(const Json& definition) {
  if (!definition.is_object()) return {};
  const Json* const enabled = definition.get_object().if_contains("defaultEnabled");
  const Json* const type = definition.get_object().if_contains("integration");
  const bool is_default = enabled != nullptr && *enabled == Json(true) && type != nullptr;
  return is_default && type->is_string() ? std::string(type->get_string()) : std::string();
}

}  // namespace

void note_default(storage::WorkflowRow& row, const Json& definition) {
  row.default_for = default_of(definition);
  row.knows_default = true;
}

Result<std::vector<WorkflowId>> default_workflows(const storage::ProjectTable& table,
                                                  const ProjectId& project,
                                                  const std::string& integration) {
  auto rows = table.workflows(project);
  if (!rows) return rows.error();
  std::vector<WorkflowId> ids;
  for (auto& row : *rows) {
    if (!row.knows_default) {
      const auto text = definition_of(table, project, row);
      if (!text) return text.error();
      const auto definition = parse_json(*text);
      if (!definition) continue;
      note_default(row, *definition);
    }
    if (row.default_for == integration) ids.push_back(row.id);
  }
  return ids;
}

}  // namespace millrace
