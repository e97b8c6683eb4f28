#include "http/api/workflow_reply.h"

#include "http/api/history_query.h"
#include "http/api/json_members.h"
#include "http/api/request_trigger_api.h"
#include "http/api/workflows_api.h"
#include "runtime/drafts/draft_text.h"

#include <charconv>
#include <utility>

namespace millrace {
namespace {

Json version_or_null(WorkflowVersion version) {
  return version == 0 ? Json(nullptr) : Json(version);
}

/// The lines of a header, as if it were one.
std::optional<std::string> header_lines(const ApiCall& call, const char* name) {
  const std::size_t count = call.http.get_header_value_count(name);
  if (count == 0) return std::nullopt;
  std::string value;
  for (std::size_t i = 0; i < count; ++i) {
    value += (i == 0 ? "" : ", ") + call.http.get_header_value(name, i);
  }
  return value;
}

}  // namespace

Result<WorkflowId> workflow_in(const ApiCall& call) {
  return read_workflow_id(call.path_value("workflow"));
}

Result<WorkflowVersion> version_in(const ApiCall& call) {
  const std::string& text = call.path_value("version");
  WorkflowVersion version = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), version);
  if (read.ec == std::errc() && version > 0 && std::to_string(version) == text) return version;
  return Error(ErrorCode::not_found, "the workflow has no such version");
}

Result<DraftCondition> draft_condition(const ApiCall& call) {
  return DraftCondition::read(header_lines(call, "If-Match"), header_lines(call, "If-None-Match"));
}

JsonObject workflow_outline(const WorkflowLibrary::Entry& entry) {
  JsonObject outline{{"id", entry.id.text},
                     {"name", member_or(entry.draft, "name", nullptr)},
                     {"latestVersion", version_or_null(entry.latest_version)},
                     {"deployedVersion", version_or_null(entry.deployed_version)},
                     {"dateUpdated", to_text(entry.updated)}};
  for (const char* const key :
       {"integration", "description", "infoText", "order", "hidden", "defaultEnabled"}) {
    if (const Json* const said = member_of(entry.draft, key)) outline[key] = *said;
  }
  return outline;
}

JsonObject endpoint_json(const ApiCall& call, const ApiServices& services, const WorkflowId& id,
                         const WorkflowLibrary::Endpoint& endpoint) {
  return {
      {"url", own_address(call, services.options) + endpoint_path(call.project, id, endpoint.key)},
      {"method", endpoint.method},
      {"runAs", endpoint.run_as.text}};
}

Reply workflow_reply(const ApiCall& call, ApiServices& services,
                     const WorkflowLibrary::Entry& entry, const JsonObject& beside) {
  JsonObject body = workflow_outline(entry);
  const auto endpoint = services.workflows.endpoint(call.project, entry.id);
  if (endpoint && *endpoint) body["endpoint"] = endpoint_json(call, services, entry.id, **endpoint);
  for (const auto& member : beside) body[member.key()] = member.value();
  Reply reply;
  reply.body = with_member(to_text(body), "definition", entry.text);
  reply.headers.emplace_back("ETag", draft_tag(entry.text));
  return reply;
}

std::string with_member(std::string object, std::string_view key, std::string_view value) {
  CHECK(object.size() >= 2 && object.back() == '}', "members are added to objects only");
  object.pop_back();
  if (object.back() != '{') object += ',';
  object += to_text(Json(key));
  object += ':';
  object += value;
  object += '}';
  return object;
}

}  // namespace millrace
