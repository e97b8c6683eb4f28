#include "http/api/drafts_api.h"

#include "http/api/workflow_reply.h"
#include "http/api/workflows_api.h"
#include "http/wire/error_response.h"
#include "runtime/definitions/definition_changes.h"
#include "runtime/drafts/apply_patch.h"
#include "runtime/drafts/draft_patch.h"
#include "runtime/drafts/raw_json.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace millrace {
namespace {

using Kind = DefinitionChange::Kind;

JsonArray findings_of(std::vector<ErrorDetail> details) {
  if (details.empty()) return {};
  const Error error(ErrorCode::invalid_definition, "", std::move(details));
  return error_body(error).at("details").as_array();
}

/// One side of a comparison.
struct Side {
  std::string text;
  Json definition;
  /// The values that were parsed say all that the text says.
  bool is_plain = false;
};

Result<Side> side_of(std::string text) {
  auto definition = parse_json(text, limits::stored_depth_max);
  if (!definition) return Error(ErrorCode::corrupt_data, definition.error().message);
  const bool is_plain = to_text(*definition) == text;
  return Side{std::move(text), std::move(*definition), is_plain};
}

Result<Side> side_of(Result<WorkflowLibrary::VersionText> version) {
  if (!version) return version.error();
  return side_of(std::move(version->text));
}

/// What `to` names: a version's number, "draft" or "deployed".
Result<Side> compared_side(const ApiCall& call, ApiServices& services, const WorkflowId& id) {
  const std::string to = call.query_value("to").value_or("draft");
  WorkflowVersion version = 0;
  const auto read = std::from_chars(to.data(), to.data() + to.size(), version);
  if (read.ec == std::errc() && read.ptr == to.data() + to.size() && version > 0) {
    return side_of(services.workflows.version_text(call.project, id, version));
  }
  if (to != "draft" && to != "deployed") {
    return Error(ErrorCode::invalid_request,
                 "\"to\" is a version's number, \"draft\" or \"deployed\", got \"" + to + '"');
  }
  auto entry = services.workflows.get(call.project, id);
  if (!entry) return entry.error();
  if (to == "draft") return side_of(std::move(entry->text));
  if (entry->deployed_version == 0) {
    return Error(ErrorCode::workflow_not_deployed,
                 "workflow \"" + id.text + "\" is not deployed: compare with \"draft\"");
  }
  return side_of(services.workflows.version_text(call.project, id, entry->deployed_version));
}

/// The value as it was written.
std::string written(const Side& side, const std::string& path, const Json& value) {
  if (side.is_plain) return to_text(value);
  const std::string_view text = value_at(side.text, path);
  return text.empty() ? to_text(value) : std::string(text);
}

std::string shown(const DefinitionChange& change, const Side& from, const Side& to) {
  std::string object =
      to_text(JsonObject{{"step", change.step.empty() ? Json(nullptr) : Json(change.step)},
                         {"path", change.path},
                         {"kind", name_of(change.kind)}});
  const bool is_of_places = change.kind == Kind::moved || change.kind == Kind::reordered;
  const bool has_from = !is_of_places && change.kind != Kind::added;
  const bool has_to = !is_of_places && change.kind != Kind::removed;
  object =
      with_member(std::move(object), "from",
                  has_from ? written(from, change.from_path, change.from) : to_text(change.from));
  return with_member(std::move(object), "to",
                     has_to ? written(to, change.path, change.to) : to_text(change.to));
}

JsonObject summary_of(const std::vector<DefinitionChange>& changes) {
  std::size_t added = 0;
  std::size_t removed = 0;
  for (const DefinitionChange& change : changes) {
    added += change.kind == Kind::added ? 1 : 0;
    removed += change.kind == Kind::removed ? 1 : 0;
  }
  const std::size_t listed = std::min(changes.size(), limits::listed_changes_max);
  return {{"added", added},
          {"removed", removed},
          {"changed", changes.size() - added - removed},
          {"notListed", changes.size() - listed}};
}

}  // namespace

Result<Reply> patch_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto condition = draft_condition(call);
  if (!condition) return condition.error();
  if (call.http.body.size() > limits::definition_bytes_max) {
    return Error(ErrorCode::payload_too_large,
                 "a patch has at most " + std::to_string(limits::definition_bytes_max) + " bytes");
  }
  const auto patch = read_draft_patch(call.http.body);
  if (!patch) return patch.error();
  std::vector<ErrorDetail> findings;
  const auto change = [&](const std::string& text) -> Result<std::string> {
    auto patched = apply_patch(text, *patch);
    if (!patched) return patched.error();
    findings = std::move(patched->findings);
    return std::move(patched->text);
  };
  const auto entry = services.workflows.change_draft(call.project, *id, *condition, change);
  if (!entry) return entry.error();
  return workflow_reply(call, services, *entry, {{"findings", findings_of(std::move(findings))}});
}

Result<Reply> validate_workflow(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  std::optional<DraftText> definition;
  if (!call.http.body.empty()) {
    auto given = definition_in(call);
    if (!given) return given.error();
    definition = std::move(*given);
  }
  const auto checked = services.workflows.validate(call.project, *id, definition);
  if (!checked && checked.error().code != ErrorCode::invalid_definition) return checked.error();
  if (!checked) {
    return json_reply(200, JsonObject{{"valid", false},
                                      {"message", checked.error().message},
                                      {"findings", findings_of(checked.error().details)}});
  }
  auto body = deployment_json(call, services, *checked);
  if (!body) return body.error();
  body->emplace("valid", true);
  body->emplace("findings", JsonArray());
  return json_reply(200, std::move(*body));
}

Result<Reply> diff_versions(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto number = version_in(call);
  if (!number) return number.error();
  const auto from = side_of(services.workflows.version_text(call.project, *id, *number));
  if (!from) return from.error();
  const auto to = compared_side(call, services, *id);
  if (!to) return to.error();
  const auto changes =
      definition_changes({from->definition, from->text}, {to->definition, to->text});
  std::string list = "[";
  for (std::size_t i = 0; i < changes.size() && i < limits::listed_changes_max; ++i) {
    if (i > 0) list += ',';
    list += shown(changes[i], *from, *to);
  }
  list += ']';
  Reply reply;
  reply.body = with_member(with_member("{}", "changes", list), "summary",
                           to_text(Json(summary_of(changes))));
  return reply;
}

Result<Reply> restore_version(const ApiCall& call, ApiServices& services) {
  const auto id = workflow_in(call);
  if (!id) return id.error();
  const auto number = version_in(call);
  if (!number) return number.error();
  const auto condition = draft_condition(call);
  if (!condition) return condition.error();
  const auto version = services.workflows.version_text(call.project, *id, *number);
  if (!version) return version.error();
  // A version never changes: it may be read before the lock is held.
  const auto change = [&](const std::string&) { return Result<std::string>(version->text); };
  const auto entry = services.workflows.change_draft(call.project, *id, *condition, change);
  if (!entry) return entry.error();
  return workflow_reply(call, services, *entry);
}

namespace {

#define WORKFLOW "/projects/{project}/workflows/{workflow}"

constexpr RouteParameter diff_to{"to", "string",
                                 "A version's number, `draft` (unless given) or `deployed`."};

constexpr Route routes[]{
    {.method = "PATCH",
     .pattern = WORKFLOW,
     .operation = "patchWorkflow",
     .summary = "Changes the draft's own members and its steps: all of it or nothing",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &patch_workflow,
     .stores = true,
     .parameters = {project_in_path, workflow_in_path, if_match},
     .body = {"WorkflowPatch"},
     .answers = {{200, "The workflow with its new draft, and references to what was removed.",
                  "PatchedWorkflow"},
                 {400, "An edit that cannot be made, by its place; nothing was changed.", "Error"},
                 {404, "There is no such workflow.", "Error"},
                 {412, "The draft is another one by now (`draft_changed`).", "Error"},
                 {413, "The patch is too large.", "Error"}}},
    {.method = "POST",
     .pattern = WORKFLOW "/validate",
     .operation = "validateWorkflow",
     .summary = "What deploy would find in the draft, or in the definition that is sent; nothing "
                "is saved",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &validate_workflow,
     .only_tries = true,
     .parameters = {project_in_path, workflow_in_path},
     .body = {"Definition", false},
     .answers = {{200, "The findings; none if it can be deployed.",
                  "{valid: boolean, findings: [Finding], message?: string, version?: integer, "
                  "unchanged?: boolean, missingSecrets?: [string], unknownEvent?: UnknownEvent}"},
                 {404, "There is no such workflow, and no definition was sent.", "Error"},
                 {413, "The definition is too large.", "Error"}}},
    {.method = "GET",
     .pattern = WORKFLOW "/versions/{version}/diff",
     .operation = "diffVersions",
     .summary = "What differs between a version and another one, the draft or what is deployed",
     .access = Access::project_key,
     .handler = &diff_versions,
     .parameters = {project_in_path, workflow_in_path, version_in_path, diff_to},
     .answers = {{200, "The changes, up to 1,000, in the order of the newer definition.",
                  "{changes: [DefinitionChange], summary: {added: integer, removed: integer, "
                  "changed: integer, notListed: integer}}"},
                 {404, "There is no such workflow or version.", "Error"},
                 {409, "`to=deployed`, and it is not deployed.", "Error"}}},
    {.method = "POST",
     .pattern = WORKFLOW "/versions/{version}/restore",
     .operation = "restoreVersion",
     .summary = "Makes the draft what the version was; what is deployed stays as it is",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &restore_version,
     .stores = true,
     .parameters = {project_in_path, workflow_in_path, version_in_path, if_match},
     .answers = {{200, "The workflow with its new draft.", "Workflow"},
                 {404, "There is no such workflow or version.", "Error"},
                 {412, "The draft is another one by now (`draft_changed`).", "Error"}}},
};

#undef WORKFLOW

constexpr NamedShape shapes[]{
    {"WorkflowPatch",
     "{name?: string|null, description?: string|null, infoText?: string|null, "
     "order?: number|null, hidden?: boolean|null, defaultEnabled?: boolean|null, "
     "settings?: [object]|null, permissions?: [any]|null, integration?: string|null, "
     "trigger?: object|null, edits?: [{insert?: {after?: string|null, in?: string|null, step: "
     "object}, duplicate?: "
     "string, as?: string, remove?: string, move?: any, after?: string|null, in?: string|null, "
     "rename?: {from: string, to: string}}]}",
     "Members of the draft (null removes one), and edits of its steps, one after the other."},
    {"PatchedWorkflow",
     "{id: string, name: any, latestVersion: integer|null, deployedVersion: integer|null, "
     "dateUpdated: date, integration?: any, description?: any, infoText?: any, order?: any, "
     "hidden?: any, defaultEnabled?: any, definition: Definition, findings: [Finding], "
     "endpoint?: Endpoint}",
     "A workflow after a patch; `findings` are references to steps that were removed."},
    {"DefinitionChange",
     "{step: string|null, path: string, kind: \"added\"|\"removed\"|\"changed\", from: any, to: "
     "any}",
     "One change; `path` is a JSON pointer into the newer definition, of what was removed into "
     "the older one."},
};

}  // namespace

constinit const RouteGroup draft_routes{
    "Drafts", "Edits, findings, comparison and return of versions.", routes, shapes};

}  // namespace millrace
