#include "http/api/replay_api.h"

#include "actors/gateway/replay_limits.h"
#include "http/api/bulk_order.h"
#include "http/api/idempotency_header.h"
#include "http/api/task_history_api.h"
#include "http/api/trace_header.h"
#include "runtime/files/file_value.h"

#include <charconv>
#include <string>
#include <utility>

namespace millrace {
namespace {

Error not_here() { return {ErrorCode::not_found, "runs are not replayed here"}; }

/// `version` and `fromStep` of the query.
Result<ReplayChoice> read_choice(const ApiCall& call) {
  const auto from_step = call.query_value("fromStep");
  if (from_step && from_step->empty()) {
    return Error(
        ErrorCode::invalid_request,
        "the query parameter fromStep is a step's id; without it the whole run is done again");
  }
  ReplayChoice choice;
  choice.from_step = StepId(from_step.value_or(""));
  const auto version = call.query_value("version");
  if (!version) return choice;
  if (*version == "deployed") {
    choice.which = ReplayChoice::Version::deployed;
    return choice;
  }
  const auto read =
      std::from_chars(version->data(), version->data() + version->size(), choice.version);
  const bool is_number = read.ec == std::errc() && read.ptr == version->data() + version->size();
  if (!is_number || choice.version == 0) {
    return Error(ErrorCode::invalid_request,
                 "the query parameter version must be `deployed` or a version's number, not '" +
                     *version + "'");
  }
  choice.which = ReplayChoice::Version::numbered;
  return choice;
}

Result<ReplayRequest> read_replay(const ApiCall& call) {
  auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto known = refuse_others(*body, {"input", "outputs"}); !known) return known.error();
  auto choice = read_choice(call);
  if (!choice) return choice.error();
  ReplayRequest request;
  request.project = call.project;
  request.how = std::move(*choice);
  request.trace = trace_of(call.http);
  // Files come as hex; one that the history showed by its handle is the original's.
  Json given = std::move(*body);
  auto kept =
      intern_files(given, [&](std::string bytes) { return request.files.keep(std::move(bytes)); });
  if (!kept) return kept.error();
  if (Json* const input = given.get_object().if_contains("input")) {
    request.input = std::move(*input);
  }
  if (Json* const outputs = given.get_object().if_contains("outputs")) {
    if (!outputs->is_object()) {
      return wrong_member("outputs", "must be an object of outputs by the ids of their steps");
    }
    request.outputs = std::move(outputs->get_object());
  }
  return request;
}

// --- many -----------------------------------------------------------------------------------------

Result<Reply> start_bulk(const ApiCall& call, ApiServices& services, storage::BulkKind kind) {
  if (services.bulk_jobs == nullptr) return not_here();
  const auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto known = refuse_others(*body, {"ids", "filter"}); !known) return known.error();
  auto order = read_bulk_order(call, *body);
  if (!order) return order.error();
  order->kind = kind;
  if (kind == storage::BulkKind::replay) {
    auto choice = read_choice(call);
    if (!choice) return choice.error();
    order->how = std::move(*choice);
  }
  return start_bulk_order(call, *services.bulk_jobs, std::move(*order));
}

}  // namespace

Result<Reply> replay_execution(const ApiCall& call, ApiServices& services) {
  if (services.replays == nullptr) return not_here();
  const auto original = execution_id(call);
  if (!original) return original.error();
  auto request = read_replay(call);
  if (!request) return request.error();
  request->original = *original;
  const auto idempotency = read_idempotency(call);
  if (!idempotency) return idempotency.error();
  const auto run = services.replays->replay(std::move(*request), *idempotency);
  if (!run) return run.error();
  const std::string id = run->execution.text();
  Reply reply = json_reply(201, JsonObject{{"id", id},
                                           {"userId", run->user.text},
                                           {"workflowId", run->workflow.text},
                                           {"workflowVersion", run->version},
                                           {"status", wire_name(ExecutionStatus::executing)},
                                           {"dateStarted", to_text(run->submitted)},
                                           {"replayOf", original->text()}});
  reply.headers.emplace_back("Location", execution_path(call.project, id));
  if (run->is_repeated) mark_replayed(reply);
  return reply;
}

Result<Reply> replay_executions(const ApiCall& call, ApiServices& services) {
  return start_bulk(call, services, storage::BulkKind::replay);
}

Result<Reply> cancel_executions(const ApiCall& call, ApiServices& services) {
  return start_bulk(call, services, storage::BulkKind::cancel);
}

Result<Reply> show_bulk_job(const ApiCall& call, ApiServices& services) {
  if (services.bulk_jobs == nullptr) return not_here();
  const auto job = services.bulk_jobs->find(call.project, call.path_value("job"));
  if (!job) return job.error();
  return json_reply(200, shown(*job));
}

namespace {

#define TASK_HISTORY "/projects/{project}/task-history"
#define EXECUTIONS TASK_HISTORY "/workflow-executions"

constexpr RouteParameter version_in_query{
    "version", "string",
    "`deployed`: on the version that is live; a number: on that one. Else on the run's own."};
constexpr RouteParameter from_step_in_query{
    "fromStep", "string", "The id of the step to begin at; the outputs before it are kept."};

constexpr std::string_view bulk_body = "{" MILLRACE_BULK_MEMBERS "}";

constexpr Route routes[]{
    {.method = "POST",
     .pattern = EXECUTIONS "/{execution}/replay",
     .operation = "replayExecution",
     .summary = "Does a run again, as a new execution",
     .access = Access::project_key,
     .runs_on = RunsOn::execution_shard,
     .handler = &replay_execution,
     .rate = Rate::history,
     .parameters = {project_in_path, execution_in_path, version_in_query, from_step_in_query,
                    idempotency_key},
     .body = {"{input?: any, outputs?: {[stepId]: any}}", false},
     .answers = {{201, "The new run is durable; `Location` leads to its history.",
                  "{id: string, userId: string, workflowId: string, workflowVersion: integer, "
                  "status: ExecutionStatus, dateStarted: date, replayOf: string}"},
                 {400, "It cannot begin so; all findings as details.", "Error"},
                 {404, "There is no such execution.", "Error"},
                 {409,
                  "What the run needs is missing, or the key was used for another request; the "
                  "code says what.",
                  "Error"}}},
    {.method = "POST",
     .pattern = EXECUTIONS "/replay",
     .operation = "replayExecutions",
     .summary = "Does many runs again",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &replay_executions,
     .rate = Rate::history,
     .parameters = {project_in_path, version_in_query, from_step_in_query, idempotency_key},
     .body = {bulk_body},
     .answers = {{200, "All of them have been looked at.", "BulkJob"},
                 {202, "It goes on; `Location` says how far it has come.", "BulkJob"},
                 {409, "The key was used for another request.", "Error"}}},
    {.method = "POST",
     .pattern = EXECUTIONS "/cancel",
     .operation = "cancelExecutions",
     .summary = "Asks many runs to end",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &cancel_executions,
     .rate = Rate::history,
     .parameters = {project_in_path, idempotency_key},
     .body = {bulk_body},
     .answers = {{200, "All of them have been looked at.", "BulkJob"},
                 {202, "It goes on; `Location` says how far it has come.", "BulkJob"},
                 {409, "The key was used for another request.", "Error"}}},
    {.method = "GET",
     .pattern = TASK_HISTORY "/bulk-jobs/{job}",
     .operation = "showBulkJob",
     .summary = "How far a bulk job has come",
     .access = Access::project_key,
     .handler = &show_bulk_job,
     .rate = Rate::history,
     .parameters = {project_in_path, {"job", "string", "The job's id.", RouteParameter::In::path}},
     .answers = {{200, "The job.", "BulkJob"},
                 {404, "There is none, or it was through a day ago.", "Error"}}},
};

#undef EXECUTIONS
#undef TASK_HISTORY

constexpr NamedShape shapes[]{
    {"BulkJob",
     "{id: string, kind: \"replay\"|\"cancel\"|\"migrate\", status: \"RUNNING\"|\"DONE\", "
     "accepted: integer, "
     "refused: [{id: string, code: string, stepId?: string}], refusedTotal: integer, dateStarted: "
     "date, "
     "dateEnded: date|null}",
     "Many runs replayed, cancelled or moved to another version; `refused` lists the first 1,000 "
     "of `refusedTotal`."},
};

}  // namespace

constinit const RouteGroup replay_routes{"Replays", "Runs that are done again, and many at once.",
                                         routes, shapes};

}  // namespace millrace
