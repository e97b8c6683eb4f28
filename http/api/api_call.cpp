#include "http/api/api_call.h"

#include "actors/tenants/project_registry.h"
#include "actors/tenants/storage_room.h"
#include "runtime/reading/strict_json.h"
#include "runtime/text/nearest_name.h"

#include <algorithm>

namespace millrace {

const std::string& ApiCall::path_value(std::string_view name) const {
  for (const auto& [key, value] : path_values) {
    if (key == name) return value;
  }
  CHECK(false, "the route's pattern has no {" + std::string(name) + "}");
}

std::optional<std::string> ApiCall::query_value(std::string_view name) const {
  std::optional<std::string> last;
  for (const auto& [key, value] : query) {
    if (key == name) last = value;
  }
  return last;
}

Reply json_reply(int status, const Json& body) {
  Reply reply;
  reply.status = status;
  reply.body = to_text(body);
  return reply;
}

Reply no_content() {
  Reply reply;
  reply.status = 204;
  reply.content_type.clear();
  return reply;
}

Result<JsonObject> json_object_body(const ApiCall& call) {
  if (call.http.body.empty()) return JsonObject();
  auto value = parse_strict_json(call.http.body);
  if (!value) return value.error();
  if (!value->is_object()) {
    return Error(ErrorCode::invalid_request,
                 "the body must be a JSON object, not " + std::string(kind_name(*value)));
  }
  return std::move(value->get_object());
}

Result<std::optional<std::string>> string_member(const JsonObject& object, std::string_view key) {
  const auto* member = object.if_contains(key);
  if (member == nullptr) return std::optional<std::string>();
  if (!member->is_string()) {
    return Error(
        ErrorCode::invalid_request,
        "\"" + std::string(key) + "\" must be a string, not " + std::string(kind_name(*member)),
        {ErrorDetail{.step = {},
                     .path = "/" + pointer_token(key),
                     .message = "must be a string",
                     .expected = "string",
                     .got = std::string(kind_name(*member)),
                     .nearest = {},
                     .in = {}}});
  }
  return std::optional(std::string(member->get_string()));
}

Outcome require_room(const ApiCall& call, const ApiServices& services) {
  if (services.room == nullptr) return Done{};
  const auto limits = services.projects.limits(call.project);
  if (!limits) return limits.error();
  return services.room->check(call.project, *limits);
}

Outcome refuse_others(const JsonObject& object, const std::vector<std::string>& known) {
  for (const auto& member : object) {
    const std::string key(member.key());
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return wrong_member(key, "is not known here", nearest_name(key, known));
  }
  return Done{};
}

Error wrong_member(const std::string& key, const std::string& message, const std::string& nearest) {
  ErrorDetail detail;
  detail.path = "/" + pointer_token(key);
  detail.message = message;
  detail.nearest = nearest;
  return Error(ErrorCode::invalid_request, "\"" + key + "\" " + message + did_you_mean(nearest),
               {std::move(detail)});
}

Result<ExecutionId> execution_id(const ApiCall& call) {
  const auto id = ExecutionId::parse(call.path_value("execution"));
  if (!id) return Error(ErrorCode::not_found, "there is no such execution");
  return *id;
}

}  // namespace millrace
