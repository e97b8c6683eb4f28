#include "http/api/deploy_folder_api.h"

#include "actors/tenants/deploy_folder.h"
#include "http/api/workflows_api.h"
#include "http/wire/error_response.h"
#include "runtime/drafts/draft_text.h"
#include "runtime/drafts/raw_json.h"
#include "runtime/integrations/resource.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace millrace {
namespace {

std::string_view word_of(WorkflowLibrary::Change change) {
  switch (change) {
    case WorkflowLibrary::Change::added:
      return "added";
    case WorkflowLibrary::Change::changed:
      return "changed";
    case WorkflowLibrary::Change::unchanged:
      break;
  }
  return "unchanged";
}

Result<FolderContent> read_content(const ApiCall& call) {
  const auto written = read_draft_text(call.http.body);
  if (!written) return written.error();
  const Json* const body = &written->definition;
  if (!body->is_object()) return Error(ErrorCode::invalid_request, "the body must be an object");
  const auto known =
      refuse_others(body->get_object(), {"events", "integrations", "resources", "workflows"});
  if (!known) return known.error();
  FolderContent content;
  std::map<std::string, std::string_view> workflow_texts;  // drafts are kept as they were written
  for (RawMember& each : members_of(value_at(written->text, "/workflows"))) {
    workflow_texts.emplace(std::move(each.key), each.value);
  }
  for (const auto& member : body->get_object()) {
    const std::string key(member.key());
    if (!member.value().is_object()) {
      return wrong_member(key, "must be an object of definitions by their ids");
    }
    for (const auto& [id, definition] : member.value().get_object()) {
      if (key == "events") {
        content.events.push_back({std::string(id), definition});
        continue;
      }
      if (key == "integrations" && is_resource_type(id)) {
        return wrong_member(key, "names \"" + std::string(id) + "\", which is a resource");
      }
      if (key == "integrations" || key == "resources") {
        const std::string type = key == "resources" ? resource_type(id) : std::string(id);
        content.integrations.push_back({type, definition});
        continue;
      }
      const auto workflow = read_workflow_id(std::string(id));
      if (!workflow) return workflow.error();
      content.workflows.push_back(
          {*workflow, definition, std::string(workflow_texts[workflow->text])});
    }
  }
  return content;
}

Result<FolderMode> mode_of(const ApiCall& call) {
  const auto check = call.query_value("check").value_or("false");
  if (check == "true") return FolderMode::check;
  if (check == "false") return FolderMode::apply;
  return Error(ErrorCode::invalid_request, "\"check\" is true or false");
}

JsonObject refusal(std::string_view kind, const std::string& id, const Error& why) {
  JsonObject object{{"kind", kind}, {"id", id}};
  for (const auto& member : error_body(why)) object[member.key()] = member.value();
  return object;
}

Reply refused(const FolderPlan& plan) {
  JsonArray list;
  for (const auto& each : plan.refused_events) {
    list.push_back(refusal("event", each.name, each.why));
  }
  for (const auto& each : plan.refused_integrations) {
    list.push_back(refusal(is_resource_type(each.type) ? "resource" : "integration",
                           std::string(own_name(each.type)), each.why));
  }
  for (const auto& each : plan.refused_workflows) {
    list.push_back(refusal("workflow", each.id.text, each.why));
  }
  JsonObject body = error_body(Error(ErrorCode::invalid_definition,
                                     std::to_string(list.size()) +
                                         " of the folder's definitions are refused; nothing was "
                                         "changed"));
  body["refused"] = std::move(list);
  return json_reply(http_status(ErrorCode::invalid_definition), body);
}

/// What is live and not in the folder: it may have been there once, and goes on running.
Result<JsonArray> live_beside(const ApiCall& call, ApiServices& services, const FolderPlan& plan) {
  const auto all = services.workflows.list(call.project);
  if (!all) return all.error();
  JsonArray others;
  for (const auto& entry : *all) {
    const bool is_in_folder = std::any_of(plan.workflows.begin(), plan.workflows.end(),
                                          [&](const auto& each) { return each.id == entry.id; });
    if (entry.deployed_version == 0 || is_in_folder) continue;
    others.push_back(JsonObject{{"id", entry.id.text}, {"version", entry.deployed_version}});
  }
  return others;
}

}  // namespace

Result<Reply> deploy_whole_folder(const ApiCall& call, ApiServices& services) {
  const auto mode = mode_of(call);
  if (!mode) return mode.error();
  const auto content = read_content(call);
  if (!content) return content.error();
  const auto plan = deploy_folder(call.project, *content,
                                  {services.events, services.integrations, services.workflows,
                                   services.clock, services.check_code},
                                  *mode);
  if (!plan) return plan.error();
  if (plan->is_refused()) return refused(*plan);
  JsonArray events;
  std::vector<std::string> put_events;
  for (const auto& each : plan->events) {
    put_events.push_back(each.name);
    events.push_back(JsonObject{{"name", each.name}, {"change", word_of(each.change)}});
  }
  JsonArray integrations;
  JsonArray resources;
  for (const auto& each : plan->integrations) {
    const bool is_resource = is_resource_type(each.type);
    (is_resource ? resources : integrations)
        .push_back(JsonObject{{is_resource ? "name" : "type", own_name(each.type)},
                              {"change", word_of(each.change)}});
  }
  JsonArray workflows;
  for (const auto& each : plan->workflows) {
    JsonObject shown{
        {"id", each.id.text}, {"change", word_of(each.change)}, {"version", each.version}};
    const auto missing = missing_secrets(call, services, each.secrets);
    if (!missing) return missing.error();
    if (!missing->empty()) shown.emplace("missingSecrets", *missing);
    auto unknown = unknown_event(call, services, each.event, put_events);
    if (!unknown) return unknown.error();
    if (!unknown->is_null()) shown.emplace("unknownEvent", std::move(*unknown));
    workflows.push_back(std::move(shown));
  }
  const auto others = live_beside(call, services, *plan);
  if (!others) return others.error();
  return json_reply(200, JsonObject{{"applied", *mode == FolderMode::apply},
                                    {"events", std::move(events)},
                                    {"integrations", std::move(integrations)},
                                    {"resources", std::move(resources)},
                                    {"workflows", std::move(workflows)},
                                    {"liveBeside", *others}});
}

namespace {

constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects/{project}/deploy",
     .operation = "deployFolder",
     .summary =
         "Checks app events, integrations, resources and workflows, and then deploys all or none",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &deploy_whole_folder,
     .only_tries_with = "check",
     .stores = true,
     .parameters = {project_in_path,
                    {"check", "\"true\"|\"false\"",
                     "`true`: only say what would be done; `false` unless given."}},
     .body = {"{events?: {[name]: any}, integrations?: {[type]: object}, "
              "resources?: {[name]: object}, workflows?: {[id]: Definition}}"},
     .answers = {{200, "What was done with each.",
                  "{applied: boolean, events: [{name: string, change: FolderChange}], "
                  "integrations: [{type: string, change: FolderChange}], "
                  "resources: [{name: string, change: FolderChange}], "
                  "workflows: [{id: string, change: FolderChange, version: integer, "
                  "missingSecrets?: [string], unknownEvent?: UnknownEvent}], liveBeside: [{id: "
                  "string, version: integer}]}"},
                 {400,
                  "Something is refused, and nothing was done: `refused` has an error for each "
                  "definition.",
                  "FolderRefusal"},
                 {409, "Drafts were changed meanwhile; nothing was done.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"FolderRefusal",
     "{code: string, message: string, details?: [Finding], refused?: [{kind: string, id: string, "
     "code: string, message: string, details?: [Finding]}]}",
     "An error; `refused` has one for each definition that is."},
    {"FolderChange", "\"added\"|\"changed\"|\"unchanged\"",
     "Against what is saved and live; what is unchanged keeps its version."},
    {"UnknownEvent", "{name: string, nearest?: string}",
     "The app event that starts the workflow, which the project does not have yet."},
};

}  // namespace

constinit const RouteGroup deploy_folder_routes{"Folders", "Deploying a folder as one thing.",
                                                routes, shapes};

}  // namespace millrace
