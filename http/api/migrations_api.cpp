#include "http/api/migrations_api.h"

#include "http/api/bulk_order.h"
#include "http/api/workflows_api.h"

#include <string>
#include <utility>

namespace millrace {
namespace {

Result<WorkflowVersion> read_version(const JsonObject& body, const char* name) {
  const Json* const member = body.if_contains(name);
  boost::system::error_code error;
  const auto number = member == nullptr ? 0 : member->to_number<WorkflowVersion>(error);
  if (number != 0 && !error && !member->is_double()) return number;
  return wrong_member(name, "must be the number of a version: `GET …/versions` lists them");
}

Result<JsonObject> read_map(const JsonObject& body) {
  const Json* const map = body.if_contains("map");
  if (map == nullptr) return JsonObject();
  if (map->is_object()) return map->get_object();
  return wrong_member("map", "must be an object: the ids of steps as they were, and as they are");
}

Result<bool> read_dry_run(const JsonObject& body) {
  const Json* const is_dry = body.if_contains("dryRun");
  if (is_dry == nullptr) return false;
  if (is_dry->is_bool()) return is_dry->get_bool();
  return wrong_member("dryRun", "must be true or false");
}

JsonObject shown(const Migrations::Line& line) {
  JsonObject object{{"id", line.execution.text()}};
  if (line.status) object["status"] = wire_name(*line.status);
  if (!line.code.empty()) object["code"] = line.code;
  if (!line.step.empty()) object["stepId"] = line.step;
  if (!line.step_to.empty()) object["toStepId"] = line.step_to;
  if (!line.message.empty()) object["message"] = line.message;
  return object;
}

Reply shown(const Migration& migration, const Migrations::Preview& preview) {
  JsonArray executions;
  for (const auto& line : preview.lines) executions.push_back(shown(line));
  JsonObject reasons;
  std::size_t staying = 0;
  for (const auto& [code, count] : preview.staying) {
    reasons[code] = count;
    staying += count;
  }
  return json_reply(200, JsonObject{{"dryRun", true},
                                    {"from", migration.from().version},
                                    {"to", migration.to().version},
                                    {"wouldMove", preview.moving},
                                    {"wouldStay", staying},
                                    {"reasons", std::move(reasons)},
                                    {"executions", std::move(executions)},
                                    {"isPartial", preview.is_partial}});
}

}  // namespace

Result<Reply> migrate_executions(const ApiCall& call, ApiServices& services) {
  if (services.bulk_jobs == nullptr) {
    return Error(ErrorCode::not_found, "runs are not migrated here");
  }
  const auto workflow = read_workflow_id(call.path_value("workflow"));
  if (!workflow) return workflow.error();
  const auto body = json_object_body(call);
  if (!body) return body.error();
  const auto known = refuse_others(*body, {"from", "to", "map", "dryRun", "ids", "filter"});
  if (!known) return known.error();
  const auto from = read_version(*body, "from");
  if (!from) return from.error();
  const auto to = read_version(*body, "to");
  if (!to) return to.error();
  const auto map = read_map(*body);
  if (!map) return map.error();
  const auto is_dry_run = read_dry_run(*body);
  if (!is_dry_run) return is_dry_run.error();
  auto order = read_bulk_order(call, *body);
  if (!order) return order.error();
  const Migrations& migrations = services.bulk_jobs->migrations();
  auto migration = migrations.between(call.project, *workflow, *from, *to, *map);
  if (!migration) return migration.error();
  if (*is_dry_run) {
    const auto preview =
        migrations.preview(call.project, **migration, order->executions, order->filter);
    if (!preview) return preview.error();
    Reply reply = shown(**migration, *preview);
    reply.has_only_tried = true;
    return reply;
  }
  order->kind = storage::BulkKind::migrate;
  order->migration = std::move(*migration);
  order->step_map = to_text(*map);
  return start_bulk_order(call, *services.bulk_jobs, std::move(*order));
}

namespace {

constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects/{project}/workflows/{workflow}/migrate",
     .operation = "migrateExecutions",
     .summary =
         "Moves runs that are in the middle to another version, or says what would come of it",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &migrate_executions,
     .parameters = {project_in_path, workflow_in_path, idempotency_key},
     .body = {"{from: integer, to: integer, map?: {[stepId]: string}, dryRun?: "
              "boolean, " MILLRACE_BULK_MEMBERS "}"},
     .answers = {{200, "All of them have been looked at.", "BulkJob|MigrationPreview"},
                 {202, "It goes on; `Location` says how far it has come.", "BulkJob"},
                 {400, "No run can move so; all findings as details.", "Error"},
                 {404, "There is no such version.", "Error"},
                 {409, "The key was used for another request.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"MigrationPreview",
     "{dryRun: boolean, from: integer, to: integer, wouldMove: integer, wouldStay: integer, "
     "reasons: {[code]: integer}, executions: [{id: string, status?: ExecutionStatus, "
     "code?: string, stepId?: string, toStepId?: string, message?: string}], isPartial: boolean}",
     "What a migration would do, by what is stored. `executions` describes the first 1,000; one "
     "with a `code` would stay. `isPartial`: there are more than were looked at."},
};

}  // namespace

constinit const RouteGroup migration_routes{
    "Migrations", "Runs that are in the middle, on another version of their workflow.", routes,
    shapes};

}  // namespace millrace
