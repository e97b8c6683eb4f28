#include "http/api/limits_api.h"

#include "actors/tenants/project_registry.h"
#include "http/api/api_call.h"
#include "runtime/base/limits.h"

#include <array>
#include <string>
#include <vector>

namespace millrace {
namespace {

constexpr std::int64_t limit_max = std::int64_t{1}
                                   << 53;  // what every reader of JSON keeps exactly

struct Named {
  const char* name;
  std::uint64_t ProjectLimits::*limit;
  std::uint64_t standard;  // what holds when nothing is set; 0: no limit
};

constexpr std::array<Named, 7> all_limits{{
    {"concurrentSteps", &ProjectLimits::concurrent_steps, limits::live_executions_per_project_max},
    {"concurrentStepsPerUser", &ProjectLimits::concurrent_steps_per_user, 0},
    {"triggersPerMinute", &ProjectLimits::triggers_per_minute, 0},
    {"triggersPerMinutePerUser", &ProjectLimits::triggers_per_minute_per_user, 0},
    {"storedBytes", &ProjectLimits::stored_bytes, 0},
    {"payloadBytes", &ProjectLimits::payload_bytes, limits::request_body_bytes_max},
    {"heldResponses", &ProjectLimits::held_responses, limits::held_responses_per_project_max},
}};

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const Named& each : all_limits) names.emplace_back(each.name);
  return names;
}

Reply reply_of(const ProjectLimits& limits) {
  JsonObject shown;
  for (const Named& each : all_limits) {
    const std::uint64_t set = limits.*each.limit;
    const std::uint64_t holds = set != 0 ? set : each.standard;
    shown[each.name] = holds == 0 ? Json() : Json(holds);
  }
  return json_reply(200, std::move(shown));
}

Result<Reply> get_limits(const ApiCall& call, ApiServices& services) {
  const auto limits = services.projects.limits(call.project);
  if (!limits) return limits.error();
  return reply_of(*limits);
}

/// Null and what is absent: nothing is set.
Result<std::uint64_t> read_limit(const JsonObject& body, const Named& named) {
  const Json* const value = body.if_contains(named.name);
  if (value == nullptr || value->is_null()) return 0;
  const bool is_number =
      value->is_int64() && value->get_int64() > 0 && value->get_int64() <= limit_max;
  if (is_number) return static_cast<std::uint64_t>(value->get_int64());
  return wrong_member(named.name,
                      "is a whole number from 1 to 2^53, or null: no limit but the node's");
}

Result<Reply> put_limits(const ApiCall& call, ApiServices& services) {
  if (call.http.body.empty()) {
    return Error(ErrorCode::invalid_request,
                 "the body is the limits, as JSON: {} takes back all that were set");
  }
  const auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto checked = refuse_others(*body, names()); !checked) return checked.error();
  ProjectLimits limits;
  for (const Named& each : all_limits) {
    auto value = read_limit(*body, each);
    if (!value) return value.error();
    limits.*each.limit = *value;
  }
  if (auto stored = services.projects.put_limits(call.project, limits); !stored) {
    return stored.error();
  }
  return reply_of(limits);
}

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/limits",
     .operation = "getLimits",
     .summary = "What the project may use",
     .access = Access::project_or_admin,
     .runs_on = RunsOn::project_shard,
     .handler = &get_limits,
     .parameters = {project_in_path},
     .answers = {{200, "What holds for it; null: no limit.", "Limits"}}},
    {.method = "PUT",
     .pattern = "/projects/{project}/limits",
     .operation = "putLimits",
     .summary = "Sets what the project may use",
     .access = Access::admin_key,
     .runs_on = RunsOn::project_shard,
     .handler = &put_limits,
     .parameters = {project_in_path},
     .body = {"Limits"},
     .answers = {{200, "What holds now. What was null or left out is the node's default.",
                  "Limits"},
                 {404, "There is no such project.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"Limits",
     "{concurrentSteps?: integer|null, concurrentStepsPerUser?: integer|null, "
     "triggersPerMinute?: integer|null, triggersPerMinutePerUser?: integer|null, "
     "storedBytes?: integer|null, payloadBytes?: integer|null, heldResponses?: integer|null}",
     "What a project may use at once, and keep."},
};

}  // namespace

constinit const RouteGroup limits_routes{"Limits", "What projects may use.", routes, shapes};

}  // namespace millrace
