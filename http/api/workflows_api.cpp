#include "http/api/workflows_api.h"

#include "actors/tenants/workflow_library.h"

#include <algorithm>

namespace millrace {
namespace {

Json version_or_null(WorkflowVersion version) {
  return version == 0 ? Json(nullptr) : Json(version);
}

JsonObject outline(const WorkflowLibrary::Entry& entry) {
  const auto* name =
      entry.draft.is_object() ? entry.draft.get_object().if_contains("name") : nullptr;
  return {{"id", entry.id.text},
          {"name", name != nullptr ? *name : Json(nullptr)},
          {"latestVersion", version_or_null(entry.latest_version)},
          {"deployedVersion", version_or_null(entry.deployed_version)},
          {"dateUpdated", to_text(entry.updated)}};
}

/// Ids stand in URLs, keys and logs.
Result<WorkflowId> workflow_id(const ApiCall& call) {
  const std::string& text = call.path_value("workflow");
  const bool has_control = std::any_of(text.begin(), text.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (text.size() > limits::id_bytes_max || has_control) {
    return Error(ErrorCode::invalid_request, "a workflow id has at most " +
                                                 std::to_string(limits::id_bytes_max) +
                                                 " bytes and no control characters");
  }
  return WorkflowId(text);
}

Result<Reply> show(const ApiCall& call, ApiServices& services, const WorkflowId& id) {
  const auto entry = services.workflows.get(call.project, id);
  if (!entry) return entry.error();
  JsonObject body = outline(*entry);
  body["definition"] = entry->draft;
  return json_reply(200, std::move(body));
}

JsonObject outline(const WorkflowLibrary::Version& version) {
  return {{"version", version.version}, {"dateDeployed", to_text(version.deployed_at)}};
}

}  // namespace

Result<Reply> list_workflows(const ApiCall& call, ApiServices& services) {
  const auto entries = services.workflows.list(call.project);
  if (!entries) return entries.error();
  JsonArray list;
  for (const auto& entry : *entries) list.push_back(outline(entry));
  return json_reply(200, JsonObject{{"workflows", std::move(list)}});
}

Result<Reply> put_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_id(call);
  if (!id) return id.error();
  if (call.http.body.size() > limits::definition_bytes_max) {
    return Error(
        ErrorCode::payload_too_large,
        "a definition has at most " + std::to_string(limits::definition_bytes_max) + " bytes");
  }
  const auto definition = parse_json(call.http.body);
  if (!definition) return definition.error();
  const auto put = services.workflows.put_draft(call.project, *id, *definition);
  if (!put) return put.error();
  return show(call, services, *id);
}

Result<Reply> get_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_id(call);
  if (!id) return id.error();
  return show(call, services, *id);
}

Result<Reply> delete_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_id(call);
  if (!id) return id.error();
  const auto removed = services.workflows.remove(call.project, *id);
  if (!removed) return removed.error();
  return no_content();
}

Result<Reply> deploy_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_id(call);
  if (!id) return id.error();
  const auto version = services.workflows.deploy(call.project, *id);
  if (!version) return version.error();
  return json_reply(200, JsonObject{{"version", *version}});
}

Result<Reply> undeploy_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_id(call);
  if (!id) return id.error();
  const auto undeployed = services.workflows.undeploy(call.project, *id);
  if (!undeployed) return undeployed.error();
  return show(call, services, *id);
}

Result<Reply> list_versions(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_id(call);
  if (!id) return id.error();
  const auto versions = services.workflows.versions(call.project, *id);
  if (!versions) return versions.error();
  JsonArray list;
  for (const auto& version : *versions) list.push_back(outline(version));
  return json_reply(200, JsonObject{{"versions", std::move(list)}});
}

Result<Reply> get_version(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_id(call);
  if (!id) return id.error();
  const auto versions = services.workflows.versions(call.project, *id);
  if (!versions) return versions.error();
  for (const auto& version : *versions) {
    if (std::to_string(version.version) != call.path_value("version")) continue;
    JsonObject body = outline(version);
    body["definition"] = version.definition;
    return json_reply(200, std::move(body));
  }
  return Error(ErrorCode::not_found, "the workflow has no such version");
}

}  // namespace millrace
