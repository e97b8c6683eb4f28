#include "http/api/usage_api.h"

#include "actors/gateway/actor_gateway.h"
#include "actors/gateway/task_history.h"
#include "actors/tenants/project_registry.h"
#include "actors/tenants/storage_room.h"
#include "actors/tenants/task_usage.h"
#include "http/api/api_call.h"
#include "http/api/trigger_limits.h"
#include "runtime/base/limits.h"

namespace millrace {
namespace {

/// Null: there is no such limit.
Json limit_of(std::uint64_t set, std::uint64_t standard) {
  const std::uint64_t holds = set != 0 ? set : standard;
  return holds == 0 ? Json() : Json(holds);
}

JsonObject used_of(std::uint64_t used, Json limit) {
  return {{"used", used}, {"limit", std::move(limit)}};
}

Result<JsonObject> stored_bytes(const ApiCall& call, ApiServices& services,
                                const ProjectLimits& limits) {
  const auto use = services.room->use(call.project);
  if (!use) return use.error();
  JsonObject shown = used_of(use->bytes, limit_of(limits.stored_bytes, 0));
  shown["isExact"] = use->is_exact;
  return shown;
}

JsonObject shown_month(const storage::MonthTasks& month) {
  return {{"month", to_text(month.month)}, {"used", month.tasks}};
}

Result<JsonObject> tasks_of(const TaskUsage& tasks, const ProjectId& project) {
  const auto use = tasks.use(project);
  if (!use) return use.error();
  JsonArray earlier;
  for (const auto& month : use->earlier) earlier.push_back(shown_month(month));
  JsonObject shown = shown_month(use->now);
  shown["earlier"] = std::move(earlier);
  return shown;
}

Result<Reply> get_usage(const ApiCall& call, ApiServices& services) {
  const auto limits = services.projects.limits(call.project);
  if (!limits) return limits.error();
  const auto sleeping = services.history.list(
      {.project = call.project, .status = ExecutionStatus::delayed, .limit = 1});
  if (!sleeping) return sleeping.error();
  JsonObject usage;
  if (services.room != nullptr) {
    auto bytes = stored_bytes(call, services, *limits);
    if (!bytes) return bytes.error();
    usage["storedBytes"] = std::move(*bytes);
  }
  const ProjectWork work = services.work ? services.work(call.project) : ProjectWork();
  usage["concurrentSteps"] = used_of(
      work.running, limit_of(limits->concurrent_steps, limits::live_executions_per_project_max));
  usage["heldResponses"] =
      used_of(work.held, limit_of(limits->held_responses, limits::held_responses_per_project_max));
  // Without a limit nobody counts them.
  usage["triggersPerMinute"] =
      used_of(services.trigger_limits.taken(call.project, limits->triggers_per_minute),
              limit_of(limits->triggers_per_minute, 0));
  if (services.tasks != nullptr) {
    auto tasks = tasks_of(*services.tasks, call.project);
    if (!tasks) return tasks.error();
    usage["tasks"] = std::move(*tasks);
  }
  usage["executions"] = JsonObject{{"queued", work.queued}, {"delayed", sleeping->total}};
  return json_reply(200, std::move(usage));
}

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/usage",
     .operation = "getUsage",
     .summary = "What the project uses of its limits",
     .access = Access::project_or_admin,
     .runs_on = RunsOn::project_shard,
     .handler = &get_usage,
     .parameters = {project_in_path},
     .answers = {{200, "What it uses at this moment.", "Usage"}}},
};

constexpr NamedShape shapes[]{
    {"Used", "{used: integer, limit: integer|null, isExact?: boolean}",
     "How much is used of one limit; null: there is none. `isExact` false: what was stored before "
     "is being counted, "
     "and more may be used."},
    {"MonthTasks", "{month: string, used: integer}",
     "Tasks that were done in a month of the calendar, in UTC: `2026-01`."},
    {"TaskUsage", "{month: string, used: integer, earlier: [MonthTasks]}",
     "Tasks that were done this month, and in the twelve before; months without any are left out."},
    {"Usage",
     "{storedBytes?: Used, concurrentSteps: Used, heldResponses: Used, triggersPerMinute: Used, "
     "tasks?: TaskUsage, executions: {queued: integer, delayed: integer}}",
     "What a project uses, by the names of its limits; `triggersPerMinute` is counted while it has "
     "a limit. "
     "`executions`: runs that wait for a place, and those that sleep."},
};

}  // namespace

constinit const RouteGroup usage_routes{"Usage", "What projects use.", routes, shapes};

}  // namespace millrace
