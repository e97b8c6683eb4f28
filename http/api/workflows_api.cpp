#include "http/api/workflows_api.h"

#include "actors/tenants/event_registry.h"
#include "actors/tenants/secret_registry.h"
#include "actors/tenants/user_registry.h"
#include "actors/tenants/workflow_library.h"
#include "actors/test_runs/test_runs.h"
#include "http/api/finding_json.h"
#include "http/api/workflow_reply.h"
#include "runtime/definitions/compiled_form.h"
#include "runtime/text/nearest_name.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>
#include <charconv>

namespace millrace {
namespace {

Result<Reply> show(const ApiCall& call, ApiServices& services, const WorkflowId& id) {
  const auto entry = services.workflows.get(call.project, id);
  if (!entry) return entry.error();
  return workflow_reply(call, services, *entry);
}

JsonObject outline(WorkflowVersion version, Instant deployed_at) {
  return {{"version", version}, {"dateDeployed", to_text(deployed_at)}};
}

}  // namespace

Result<WorkflowId> read_workflow_id(const std::string& text) {
  const bool has_control = std::any_of(text.begin(), text.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (text.size() > limits::id_bytes_max || has_control) {
    return Error(ErrorCode::invalid_request, "a workflow id has at most " +
                                                 std::to_string(limits::id_bytes_max) +
                                                 " bytes and no control characters");
  }
  return WorkflowId(text);
}

Result<Reply> list_workflows(const ApiCall& call, ApiServices& services) {
  const auto entries = services.workflows.list(call.project);
  if (!entries) return entries.error();
  JsonArray list;
  for (const auto& entry : *entries) list.push_back(workflow_outline(entry));
  return json_reply(200, JsonObject{{"workflows", std::move(list)}});
}

namespace {

/// The draft is the translation.
Result<Reply> put_compiled(const ApiCall& call, ApiServices& services, const WorkflowId& id,
                           const Json& compiled, const DraftCondition& condition) {
  const auto translation = read_compiled_form(compiled);
  if (!translation) return translation.error();
  const auto draft = accepted(*translation);
  if (!draft) return draft.error();
  const auto entry = services.workflows.put_draft(call.project, id, written_out(*draft), condition);
  if (!entry) return entry.error();
  return workflow_reply(call, services, *entry,
                        {{"findings", findings_json(translation->findings)}});
}

}  // namespace

Result<DraftText> definition_in(const ApiCall& call) {
  if (call.http.body.size() > limits::definition_bytes_max) {
    return Error(
        ErrorCode::payload_too_large,
        "a definition has at most " + std::to_string(limits::definition_bytes_max) + " bytes");
  }
  return read_draft_text(call.http.body);
}

Result<Reply> put_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto condition = draft_condition(call);
  if (!condition) return condition.error();
  const auto draft = definition_in(call);
  if (!draft) return draft.error();
  if (is_compiled_form(draft->definition)) {
    return put_compiled(call, services, *id, draft->definition, *condition);
  }
  const auto entry = services.workflows.put_draft(call.project, *id, *draft, *condition);
  if (!entry) return entry.error();
  return workflow_reply(call, services, *entry);
}

Result<Reply> get_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  return show(call, services, *id);
}

Result<Reply> delete_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto condition = draft_condition(call);
  if (!condition) return condition.error();
  const auto removed = services.workflows.remove(call.project, *id, *condition);
  if (!removed) return removed.error();
  services.tests.outputs().forget(call.project, *id);
  return no_content();
}

Result<JsonArray> missing_secrets(const ApiCall& call, ApiServices& services,
                                  const std::vector<std::string>& named) {
  JsonArray missing;
  if (named.empty()) return missing;
  const auto known = services.secrets.names(call.project);
  if (!known) return known.error();
  for (const std::string& name : named) {
    const bool is_there = std::any_of(known->begin(), known->end(),
                                      [&](const auto& each) { return each.name == name; });
    if (!is_there) missing.emplace_back(name);
  }
  return missing;
}

Result<Json> unknown_event(const ApiCall& call, ApiServices& services, const std::string& event,
                           const std::vector<std::string>& also) {
  if (event.empty()) return Json(nullptr);
  const auto known = services.events.list(call.project);
  if (!known) return known.error();
  std::vector<std::string> names = also;
  for (const auto& each : *known) names.push_back(each.name);
  if (std::find(names.begin(), names.end(), event) != names.end()) return Json(nullptr);
  JsonObject unknown{{"name", event}};
  if (const std::string nearest = nearest_name(event, names); !nearest.empty()) {
    unknown["nearest"] = nearest;
  }
  return Json(std::move(unknown));
}

Result<JsonObject> deployment_json(const ApiCall& call, ApiServices& services,
                                   const WorkflowLibrary::Deployment& deployment) {
  JsonObject body{{"version", deployment.version}};
  if (deployment.is_unchanged) body["unchanged"] = true;
  const auto missing = missing_secrets(call, services, deployment.secrets);
  if (!missing) return missing.error();
  if (!missing->empty()) body["missingSecrets"] = *missing;
  auto unknown = unknown_event(call, services, deployment.event);
  if (!unknown) return unknown.error();
  if (!unknown->is_null()) body["unknownEvent"] = std::move(*unknown);
  return body;
}

Result<Reply> deploy_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto condition = draft_condition(call);
  if (!condition) return condition.error();
  const auto deployed = services.workflows.deploy(call.project, *id, *condition);
  if (!deployed) return deployed.error();
  auto body = deployment_json(call, services, *deployed);
  if (!body) return body.error();
  return json_reply(200, std::move(*body));
}

Result<Reply> undeploy_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto undeployed = services.workflows.undeploy(call.project, *id);
  if (!undeployed) return undeployed.error();
  return show(call, services, *id);
}

Result<Reply> rotate_endpoint(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto endpoint = services.workflows.rotate_endpoint(call.project, *id);
  if (!endpoint) return endpoint.error();
  return json_reply(200, JsonObject{{"endpoint", endpoint_json(call, services, *id, *endpoint)}});
}

namespace {

constexpr std::size_t ticks_shown = 10;  // unless `count` says more or less

Result<std::size_t> read_count(const ApiCall& call) {
  const auto text = call.query_value("count");
  if (!text) return ticks_shown;
  std::size_t count = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), count);
  const bool is_number = read.ec == std::errc() && read.ptr == text->data() + text->size();
  if (is_number && count > 0 && count <= limits::schedule_ticks_shown_max) return count;
  return Error(ErrorCode::invalid_request, "\"count\" is a number from 1 to " +
                                               std::to_string(limits::schedule_ticks_shown_max) +
                                               ", got \"" + *text + '"');
}

/// That of the user, if each has his own.
Result<TimeZone> read_zone(const ApiCall& call, const ApiServices& services,
                           const SchedulerTrigger& trigger) {
  if (trigger.one_zone) return *trigger.one_zone;
  const UserId user(call.query_value("user").value_or(""));
  if (user.empty()) {
    return Error(ErrorCode::invalid_request,
                 "the schedule has a time zone for each user: say whose ticks, with \"user\"");
  }
  const auto known = services.users.find(call.project, user);
  if (!known) return known.error();
  if (*known == nullptr) {
    return Error(ErrorCode::not_found, "nothing is known of the user \"" + user.text + '"');
  }
  return zone_for(trigger, user, (*known)->meta);
}

}  // namespace

Result<Reply> show_schedule(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto count = read_count(call);
  if (!count) return count.error();
  const auto workflow = services.workflows.deployed(call.project, *id);
  if (!workflow) return workflow.error();
  const auto* const trigger = std::get_if<SchedulerTrigger>(&(*workflow)->trigger);
  if (trigger == nullptr) {
    return Error(ErrorCode::invalid_request,
                 "the workflow has no schedule: it is started by " +
                     std::string(kind_of((*workflow)->trigger).started_by));
  }
  const auto zone = read_zone(call, services, *trigger);
  if (!zone) return zone.error();
  JsonArray ticks;
  auto tick = next_after(trigger->schedule, *zone, services.clock.now());
  for (; tick && ticks.size() < *count; tick = next_after(trigger->schedule, *zone, *tick)) {
    ticks.push_back(Json(to_text(*tick)));
  }
  return json_reply(200, JsonObject{{"ticks", std::move(ticks)}});
}

Result<Reply> list_versions(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto versions = services.workflows.versions(call.project, *id);
  if (!versions) return versions.error();
  JsonArray list;
  for (const auto& version : *versions)
    list.push_back(outline(version.version, version.deployed_at));
  return json_reply(200, JsonObject{{"versions", std::move(list)}});
}

Result<Reply> get_version(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto number = version_in(call);
  if (!number) return number.error();
  const auto version = services.workflows.version_text(call.project, *id, *number);
  if (!version) return version.error();
  Reply reply;
  reply.body = with_member(to_text(outline(version->version, version->deployed_at)), "definition",
                           version->text);
  return reply;
}

namespace {

#define WORKFLOW "/projects/{project}/workflows/{workflow}"

constexpr RouteParameter if_none_match{"If-None-Match", "string",
                                       "`*`: only if there is no such workflow yet, else 412.",
                                       RouteParameter::In::header};
constexpr RouteParameter ticks_count{"count", "integer", "How many, up to 100; 10 if not given."};
constexpr RouteParameter ticks_user{"user", "string",
                                    "Whose, where each user has a time zone of his own."};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/workflows",
     .operation = "listWorkflows",
     .summary = "All workflows, without their definitions",
     .access = Access::project_key,
     .handler = &list_workflows,
     .parameters = {project_in_path},
     .answers = {{200, "The workflows.", "{workflows: [WorkflowOutline]}"}}},
    {.method = "PUT",
     .pattern = WORKFLOW,
     .operation = "putWorkflow",
     .summary = "Creates a workflow or replaces its draft; what is deployed stays as it is",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &put_workflow,
     .stores = true,
     .parameters = {project_in_path, workflow_in_path, if_match, if_none_match},
     .body = {"Definition"},
     .answers = {{200, "The workflow with its new draft, whose tag is the `ETag`.", "Workflow"},
                 {412, "The draft is another one by now (`draft_changed`).", "Error"},
                 {413, "The definition is too large.", "Error"}}},
    {.method = "GET",
     .pattern = WORKFLOW,
     .operation = "getWorkflow",
     .summary = "One workflow with its draft",
     .access = Access::project_key,
     .handler = &get_workflow,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{200, "The workflow; `ETag` is its draft's.", "Workflow"},
                 {404, "There is none.", "Error"}}},
    {.method = "DELETE",
     .pattern = WORKFLOW,
     .operation = "deleteWorkflow",
     .summary = "Deletes a workflow; runs in flight go on",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &delete_workflow,
     .parameters = {project_in_path, workflow_in_path, if_match},
     .answers = {{204, "It is gone."},
                 {404, "There is none.", "Error"},
                 {412, "The draft is another one by now (`draft_changed`).", "Error"}}},
    {.method = "POST",
     .pattern = WORKFLOW "/deploy",
     .operation = "deployWorkflow",
     .summary = "Freezes the draft as the next version and makes it live; one that is live already "
                "stays as it is",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &deploy_workflow,
     .stores = true,
     .parameters = {project_in_path, workflow_in_path, if_match},
     .answers = {{200, "The version that is live now.",
                  "{version: integer, unchanged?: boolean, missingSecrets?: [string], "
                  "unknownEvent?: UnknownEvent}"},
                 {400, "Every finding about the draft.", "Error"},
                 {404, "There is no such workflow.", "Error"},
                 {412, "The draft is another one by now (`draft_changed`).", "Error"}}},
    {.method = "POST",
     .pattern = WORKFLOW "/undeploy",
     .operation = "undeployWorkflow",
     .summary = "Withdraws the live version; its trigger answers 409 from now on",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &undeploy_workflow,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{200, "The workflow.", "Workflow"}, {404, "There is none.", "Error"}}},
    {.method = "POST",
     .pattern = WORKFLOW "/endpoint/rotate",
     .operation = "rotateEndpoint",
     .summary = "Gives a public workflow another URL; the one before answers 404 from now on",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &rotate_endpoint,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{200, "Where it is called now.", "{endpoint: Endpoint}"},
                 {404, "There is no such workflow.", "Error"},
                 {409, "It is not deployed, or not public.", "Error"}}},
    {.method = "GET",
     .pattern = WORKFLOW "/schedule",
     .operation = "showSchedule",
     .summary = "When a workflow with a schedule runs next",
     .access = Access::project_key,
     .handler = &show_schedule,
     .parameters = {project_in_path, workflow_in_path, ticks_count, ticks_user},
     .answers = {{200, "The next ticks, the earliest first.", "{ticks: [date]}"},
                 {400, "It has no schedule, or one for each user and none is named.", "Error"},
                 {404, "There is no such workflow or user.", "Error"},
                 {409, "It is not deployed.", "Error"}}},
    {.method = "GET",
     .pattern = WORKFLOW "/versions",
     .operation = "listVersions",
     .summary = "The versions that were deployed",
     .access = Access::project_key,
     .handler = &list_versions,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{200, "The versions.", "{versions: [{version: integer, dateDeployed: date}]}"},
                 {404, "There is no such workflow.", "Error"}}},
    {.method = "GET",
     .pattern = WORKFLOW "/versions/{version}",
     .operation = "getVersion",
     .summary = "One version with its definition",
     .access = Access::project_key,
     .handler = &get_version,
     .parameters = {project_in_path, workflow_in_path, version_in_path},
     .answers = {{200, "The version.",
                  "{version: integer, dateDeployed: date, definition: Definition}"},
                 {404, "There is none.", "Error"}}},
};

#undef WORKFLOW

constexpr NamedShape shapes[]{
    {"Definition", "object",
     "A workflow as docs/definitions.md describes it, or in compiled form."},
    {"WorkflowOutline",
     "{id: string, name: any, latestVersion: integer|null, deployedVersion: integer|null, "
     "dateUpdated: date, integration?: any, description?: any, infoText?: any, order?: any, "
     "hidden?: any, defaultEnabled?: any}",
     "A workflow in a list, with what its draft says of itself; a version is null where there is "
     "none."},
    {"Workflow",
     "{id: string, name: any, latestVersion: integer|null, deployedVersion: integer|null, "
     "dateUpdated: date, integration?: any, description?: any, infoText?: any, order?: any, "
     "hidden?: any, defaultEnabled?: any, definition: Definition, findings?: [ImportFinding], "
     "endpoint?: Endpoint}",
     "A workflow; `definition` is its draft, as it was written. `findings` are those of a "
     "translation from the compiled form, in the answer to `PUT` only. `endpoint` is there while "
     "a public version is deployed."},
    {"Endpoint", "{url: string, method: string, runAs: string}",
     "Where a public workflow is called without a token, and for which user it runs."},
};

}  // namespace

constinit const RouteGroup workflow_routes{"Workflows", "Drafts, versions, deployment.", routes,
                                           shapes};

}  // namespace millrace
