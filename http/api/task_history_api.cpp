#include "http/api/task_history_api.h"

#include "actors/gateway/gateway.h"
#include "actors/gateway/task_history.h"
#include "http/api/admission_api.h"
#include "http/api/execution_json.h"
#include "http/api/history_export.h"
#include "http/api/history_query.h"
#include "http/api/step_json.h"
#include "runtime/history/waiting.h"
#include "runtime/text/percent_text.h"

namespace millrace {
namespace {

JsonObject shown(const RunDetails::Move& move) {
  return {{"at", to_text(move.at)},
          {"from", move.from},
          {"to", move.to},
          {"stepId", move.step},
          {"by", move.by.empty() ? Json(nullptr) : Json(move.by)}};
}

JsonObject shown(const StepAttempt& attempt, bool wants_all) {
  JsonObject object{{"number", attempt.number},
                    {"start", to_text(attempt.started)},
                    {"end", to_text(attempt.ended)}};
  if (attempt.error) {
    object["error"] =
        JsonObject{{"code", wire_name(attempt.error->code)}, {"message", attempt.error->message}};
  }
  if (attempt.is_cut_off) object["cutOff"] = true;
  if (attempt.retry_at) object["retryAt"] = to_text(*attempt.retry_at);
  if (attempt.paused_until) {
    object["pausedUntil"] = to_text(*attempt.paused_until);
    if (attempt.pause_status != 0) object["pausedByStatus"] = attempt.pause_status;
  }
  if (!attempt.request.is_null()) object["request"] = attempt.request;
  if (attempt.response != nullptr) {
    const bool is_shown = wants_all || !is_large(*attempt.response);
    object["response"] = is_shown ? *attempt.response : Json(nullptr);
  }
  return object;
}

}  // namespace

std::string execution_path(const ProjectId& project, const std::string& execution) {
  return "/projects/" + percent_encode_text(project.text) + "/task-history/workflow-executions/" +
         execution;
}

namespace {

Result<Reply> page_reply(const ApiCall& call, ApiServices& services,
                         const TaskHistory::Query& query) {
  const auto page = services.history.list(query);
  if (!page) return page.error();
  JsonArray list;
  for (const auto& summary : page->executions) list.push_back(execution_json(summary));
  Json next_link(nullptr);
  if (page->has_more && page->last) {
    // By the place that it ends with: runs that start meanwhile move no page.
    next_link = page_link(call, services.options, query.offset + page->executions.size(),
                          place_text(*page->last));
  }
  JsonObject body{{"workflowExecutions", std::move(list)},
                  {"nextLink", std::move(next_link)},
                  {"total", page->total}};
  // There are more than were counted: narrower filters show them.
  if (page->is_total_cut) body["isTotalCut"] = true;
  return json_reply(200, std::move(body));
}

Json milliseconds_or_null(const std::optional<std::uint32_t>& milliseconds) {
  return milliseconds ? Json(*milliseconds) : Json(nullptr);
}

}  // namespace

Result<Reply> list_executions(const ApiCall& call, ApiServices& services) {
  const auto query = read_history_query(call);
  if (!query) return query.error();
  return page_reply(call, services, *query);
}

Result<Reply> list_own_executions(const ApiCall& call, ApiServices& services) {
  auto query = read_history_query(call);
  if (!query) return query.error();
  query->user = call.user;
  return page_reply(call, services, *query);
}

Result<Reply> export_history(const ApiCall& call, ApiServices& services) {
  auto query = read_export_query(call, services.clock.now());
  if (!query) return query.error();
  auto place = services.history.begin_export(call.project);
  if (!place) return place.error();
  const auto values = call.query_value("full") == "true" ? HistoryExport::Values::all
                                                         : HistoryExport::Values::small;
  const auto lines = std::make_shared<HistoryExport>(services.history, std::move(*place),
                                                     std::move(*query), values, services.clock);
  Reply reply;
  reply.content_type = "application/x-ndjson";
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.stream = StreamedBody{
      std::nullopt, [lines](const StreamedBody::Write& write) { return lines->next(write); }};
  return reply;
}

Result<Reply> show_statistics(const ApiCall& call, ApiServices& services) {
  const auto query = read_statistics_query(call, services.clock.now());
  if (!query) return query.error();
  const auto buckets = services.history.statistics(*query);
  if (!buckets) return buckets.error();
  JsonArray list;
  for (const auto& bucket : *buckets) {
    list.push_back(JsonObject{{"at", to_text(bucket.at)},
                              {"succeeded", bucket.succeeded},
                              {"failed", bucket.failed},
                              {"cancelled", bucket.cancelled},
                              {"p50", milliseconds_or_null(bucket.p50)},
                              {"p95", milliseconds_or_null(bucket.p95)}});
  }
  return json_reply(200, JsonObject{{"buckets", std::move(list)}});
}

Result<Reply> show_own_execution(const ApiCall& call, ApiServices& services) {
  const auto id = execution_id(call);
  if (!id) return id.error();
  const auto run = services.history.outline(call.project, *id);
  if (!run) return run.error();
  // The same as of none: nothing is learned of other users' runs.
  if (run->summary.user != call.user) {
    return Error(ErrorCode::not_found, "no execution " + id->text());
  }
  JsonObject body = execution_json(run->summary);
  if (run->failure) body["error"] = failure_json(*run->failure);
  return json_reply(200, std::move(body));
}

Result<Reply> show_execution(const ApiCall& call, ApiServices& services) {
  if (!call.user.empty()) {
    auto own = show_own_execution(call, services);
    if (own || own.error().code != ErrorCode::not_found) return own;
    return Error(
        ErrorCode::unauthorized,
        "the task history needs the project's API key; a user's token opens the user's own "
        "runs");
  }
  const auto id = execution_id(call);
  if (!id) return id.error();
  const auto execution = services.history.show(call.project, *id);
  if (!execution) return execution.error();
  JsonObject body = execution_json(execution->summary);
  if (execution->failure) body["error"] = failure_json(*execution->failure);
  if (execution->cancelled) {
    body["reason"] = JsonObject{{"code", wire_name(execution->cancelled->code)},
                                {"message", execution->cancelled->message}};
  }
  if (execution->admission) body["admission"] = shown(*execution->admission);
  if (!execution->moves.empty()) {
    JsonArray moves;
    for (const auto& move : execution->moves) moves.push_back(shown(move));
    body["migrations"] = std::move(moves);
  }
  JsonArray steps;
  for (const auto& step : execution->steps) steps.push_back(step_json(step, id->text()));
  body["stepExecutions"] = std::move(steps);
  body["stepExecutionsTotal"] = execution->steps_total;
  if (execution->is_total_cut) body["isTotalCut"] = true;
  return json_reply(200, std::move(body));
}

Result<Reply> show_step_execution(const ApiCall& call, ApiServices& services) {
  const auto id = execution_id(call);
  if (!id) return id.error();
  const auto detail = services.history.step(call.project, *id, call.path_value("step"));
  if (!detail) return detail.error();
  const bool wants_all = call.query_value("full") == "true";
  const bool large_input = is_large(detail->input);
  const bool large_output = is_large(detail->output);
  JsonObject body{{"isLargeInput", large_input}, {"isLargeOutput", large_output}};
  body["input"] = large_input && !wants_all ? Json(nullptr) : detail->input;
  body["output"] = large_output && !wants_all ? Json(nullptr) : detail->output;
  JsonArray attempts;
  for (const auto& attempt : detail->step.attempts) attempts.push_back(shown(attempt, wants_all));
  body["attempts"] = std::move(attempts);
  JsonArray console;
  for (const auto& [level, text] : detail->console) {
    console.push_back(JsonObject{{"level", level}, {"text", text}});
  }
  body["console"] = std::move(console);
  return json_reply(200, std::move(body));
}

std::string detail_of(const PlaceWait& wait) {
  const std::string waiting = std::to_string(wait.waiting);
  const std::string ahead = ", " + std::to_string(wait.ahead) +
                            " of them before this one of priority " + std::to_string(wait.priority);
  switch (wait.what) {
    case PlaceWait::For::place_of_project:
      return "the project has " + std::to_string(wait.limit) +
             " runs at work, its limit (concurrentSteps); " + waiting + " wait" + ahead +
             "; users take turns within a priority";
    case PlaceWait::For::place_of_user:
      return "the user has " + std::to_string(wait.limit) +
             " runs at work, the limit of each user (concurrentStepsPerUser); " + waiting +
             " of the user's wait" + ahead + "; the earliest first within a priority";
    case PlaceWait::For::entry_turn:
      return "it has a place and comes in with its project's next turn; " + waiting +
             " of the project's wait" + ahead;
    case PlaceWait::For::shard_owner:
      return "another node has the run's shard, or none has at the moment";
  }
  return {};
}

/// What keeps the run out of memory, though nothing that it waits for itself does.
std::optional<JsonObject> place_waited_for(Gateway& gateway, const ExecutionSummary& run,
                                           const std::vector<Waiting>& steps, Instant now) {
  Instant since = run.started;
  for (const Waiting& each : steps) {
    if (each.until && *each.until > now) return std::nullopt;
    since = std::max(since, each.until.value_or(each.since));
  }
  if (is_final(run.status)) return std::nullopt;
  const auto wait = gateway.place_wait(run);
  if (!wait) return std::nullopt;
  const bool is_of_shard = wait->what == PlaceWait::For::shard_owner;
  return JsonObject{{"kind", is_of_shard ? "lease" : "concurrencyLimit"},
                    {"stepId", nullptr},
                    {"since", to_text(since)},
                    {"until", nullptr},
                    {"detail", detail_of(*wait)}};
}

Result<Reply> explain_execution(const ApiCall& call, ApiServices& services) {
  const auto id = execution_id(call);
  if (!id) return id.error();
  const auto open = services.history.runs().open_steps(call.project, *id);
  if (!open) return open.error();
  JsonArray list;
  const Instant now = services.clock.now();
  const std::vector<Waiting> steps = waiting_for(open->steps, now);
  auto place = place_waited_for(services.gateway, open->summary, steps, now);
  const bool is_outside = place.has_value();
  if (place) list.push_back(std::move(*place));
  for (const Waiting& each : steps) {
    // Of a run that is not in memory no call is out: its step is yet to be begun.
    const bool is_call =
        each.kind == Waiting::Kind::request || each.kind == Waiting::Kind::function;
    if (is_outside && is_call) continue;
    JsonObject one{{"kind", wire_name(each.kind)},
                   {"stepId", each.step},
                   {"since", to_text(each.since)},
                   {"until", each.until ? Json(to_text(*each.until)) : Json(nullptr)}};
    if (each.status != 0) {
      one["detail"] = "the integration answered with status " + std::to_string(each.status);
    } else if (each.kind == Waiting::Kind::rate_limit) {
      one["detail"] = "the account is at its limit";
    }
    list.push_back(std::move(one));
  }
  JsonObject body{{"status", wire_name(open->summary.status)}, {"waitingFor", std::move(list)}};
  if (open->is_partial) body["isPartial"] = true;
  return json_reply(200, body);
}

Result<Reply> cancel_execution(const ApiCall& call, ApiServices& services) {
  const auto id = execution_id(call);
  if (!id) return id.error();
  const auto cancelled = services.gateway.cancel(call.project, *id, "API key");
  if (!cancelled) return cancelled.error();
  return json_reply(202, JsonObject{{"id", id->text()}, {"cancelRequested", true}});
}

namespace {

#define EXECUTIONS "/projects/{project}/task-history/workflow-executions"

constexpr RouteParameter user_in_query{"userId", "string", "Only this user's."};
constexpr RouteParameter workflow_in_query{"workflowId", "string", "Only of this workflow."};
constexpr RouteParameter integration_in_query{"integration", "string",
                                              "Only of workflows of this integration."};
constexpr RouteParameter status_in_query{"status", "ExecutionStatus", "Only with this status."};
constexpr RouteParameter after_date_in_query{"afterDate", "string",
                                             "Started at this date or time, or after it."};
constexpr RouteParameter before_date_in_query{"beforeDate", "string",
                                              "Started before this date or time."};
constexpr RouteParameter order_in_query{"sortBy", "\"ASC\"|\"DESC\"", "`ASC`: oldest first."};
constexpr RouteParameter after_in_query{
    "after", "string", "Where the page begins, as `nextLink` has it; instead of `offset`."};

constexpr Route routes[]{
    {.method = "GET",
     .pattern = EXECUTIONS,
     .operation = "listExecutions",
     .summary = "The executions, newest first, 100 at a time",
     .access = Access::project_key,
     .handler = &list_executions,
     .rate = Rate::history,
     .parameters = {project_in_path, user_in_query, workflow_in_query, integration_in_query,
                    status_in_query, after_date_in_query, before_date_in_query, offset_in_query,
                    after_in_query, order_in_query},
     .answers =
         {{200,
           "A page; `isTotalCut`: the history is being indexed, and `total` counted to 100,000.",
           "ExecutionPage"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/task-history/export",
     .operation = "exportHistory",
     .summary = "The executions with all their steps, one a line, the oldest first",
     .access = Access::project_key,
     .handler = &export_history,
     .rate = Rate::history,
     .parameters = {project_in_path,
                    {"from", "string", "Started at this date or time, or after it."},
                    {"to", "string", "Started before this date or time; now if left out."},
                    user_in_query,
                    workflow_in_query,
                    integration_in_query,
                    status_in_query,
                    {"after", "string", "Goes on behind the line with this `cursor`."},
                    {"full", "boolean", "`true`: values over 1 MiB, too."}},
     .answers = {{200,
                  "Lines of JSON: executions with `stepExecutions` and a `cursor`, and at the end "
                  "`{complete, next}`.",
                  "string", "application/x-ndjson"},
                 {429, "Another export of the project goes on.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/task-history/statistics",
     .operation = "showStatistics",
     .summary = "How runs ended and how long they took, by when they started",
     .access = Access::project_key,
     .handler = &show_statistics,
     .rate = Rate::history,
     .parameters = {project_in_path,
                    {"from", "string", "A date or time; a day before `to` if left out."},
                    {"to", "string", "A date or time, exclusive; now if left out."},
                    {"bucket", "string", "A duration, `1h` if left out; at most 1,000 of them."},
                    workflow_in_query},
     .answers = {{200, "A bucket for each stretch, also where nothing ran.",
                  "{buckets: [{at: date, succeeded: integer, failed: integer, cancelled: integer, "
                  "p50: integer|null, p95: integer|null}]}"},
                 {503, "The history is being indexed.", "Error"}}},
    {.method = "GET",
     .pattern = EXECUTIONS "/{execution}",
     .operation = "showExecution",
     .summary = "One execution with its steps; to its own user without them",
     .access = Access::project_key_or_user,
     .handler = &show_execution,
     .rate = Rate::history,
     .parameters = {project_in_path, execution_in_path},
     .answers = {{200, "The execution.", "ExecutionDetail"}, {404, "There is none.", "Error"}}},
    {.method = "GET",
     .pattern = EXECUTIONS "/{execution}/step-executions/{step}",
     .operation = "showStepExecution",
     .summary = "What one step was given and gave, with its attempts",
     .access = Access::project_key,
     .handler = &show_step_execution,
     .rate = Rate::history,
     .parameters = {project_in_path,
                    execution_in_path,
                    {"step", "string", "The step execution's `id`.", RouteParameter::In::path},
                    {"full", "boolean", "`true`: values over 1 MiB, too."}},
     .answers = {{200, "The step.", "StepExecutionDetail"}, {404, "There is none.", "Error"}}},
    {.method = "GET",
     .pattern = EXECUTIONS "/{execution}/explain",
     .operation = "explainExecution",
     .summary = "What a run waits for",
     .access = Access::project_key,
     .handler = &explain_execution,
     .rate = Rate::history,
     .parameters = {project_in_path, execution_in_path},
     .answers = {{200, "Its open steps, 1,000 at most; `isPartial`: there may be more.",
                  "{status: ExecutionStatus, waitingFor: [{kind: string, stepId: string|null, "
                  "since: date, "
                  "until: date|null, detail?: string}], isPartial?: boolean}"},
                 {404, "There is none.", "Error"}}},
    {.method = "POST",
     .pattern = EXECUTIONS "/{execution}/cancel",
     .operation = "cancelExecution",
     .summary = "Asks a run to end",
     .access = Access::project_key,
     .runs_on = RunsOn::execution_shard,
     .handler = &cancel_execution,
     .rate = Rate::history,
     .parameters = {project_in_path, execution_in_path},
     .answers = {{202, "The wish is durable.", "{id: string, cancelRequested: boolean}"},
                 {404, "There is no such execution.", "Error"},
                 {409, "The run has ended.", "Error"}}},
};

#undef EXECUTIONS

constexpr Route own_routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/executions",
     .operation = "listOwnExecutions",
     .summary = "The calling user's runs, newest first, 100 at a time",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &list_own_executions,
     .only_declared_query = true,
     .parameters = {project_in_path, workflow_in_query, integration_in_query, status_in_query,
                    after_date_in_query, before_date_in_query, offset_in_query, after_in_query,
                    order_in_query},
     .answers = {{200, "A page.", "ExecutionPage"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/sdk/executions/{execution}",
     .operation = "showOwnExecution",
     .summary = "One of the calling user's runs, without its steps",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &show_own_execution,
     .parameters = {project_in_path, execution_in_path},
     .answers = {{200, "The run.", "OwnExecution"},
                 {404, "The user has none of this id.", "Error"}}},
};

#define EXECUTION_MEMBERS                                                       \
  "id: string, userId: string, taskCount: integer, runDuration: integer|null, " \
  "workflowId: string, workflowVersion: integer, integration: string|null, "    \
  "status: ExecutionStatus, dateStarted: date, dateEnded: date|null, replayOf?: string"

constexpr NamedShape shapes[]{
    {"ExecutionStatus", "\"EXECUTING\"|\"DELAYED\"|\"SUCCEEDED\"|\"FAILED\"|\"CANCELLED\"",
     "The last three are final."},
    {"Execution", "{" EXECUTION_MEMBERS "}", "A run; `runDuration` is in milliseconds."},
    {"ExecutionPage",
     "{workflowExecutions: [Execution], nextLink: string|null, total: integer, "
     "isTotalCut?: boolean}",
     "A page of runs; `total` are all that match."},
    {"OwnExecution",
     "{" EXECUTION_MEMBERS ", error?: {stepId: string|null, code: string, message: string}}",
     "A run as its own user sees it."},
    {"ExecutionDetail",
     "{" EXECUTION_MEMBERS ", error?: {stepId: string|null, code: string, message: string}, "
     "reason?: {code: string, message: string}, "
     "admission?: {dateReceived: date, triggers: integer, waitedFor: [string]}, "
     "migrations?: [{at: date, from: integer, to: integer, stepId: string, by: string|null}], "
     "stepExecutions?: [StepExecution], stepExecutionsTotal?: integer, isTotalCut?: boolean}",
     "A run with its steps in the order in which they ended: those outside of fan-outs, and of the "
     "others so many "
     "that they are 1,000 together. `isTotalCut`: there are more than `stepExecutionsTotal`."},
    {"StepExecutionDetail",
     "{isLargeInput: boolean, isLargeOutput: boolean, input: any, output: any, "
     "attempts: [{number: integer, start: date, end: date, cutOff?: boolean, "
     "error?: {code: string, message: string}, retryAt?: date, pausedUntil?: date, "
     "pausedByStatus?: integer, "
     "request?: {method: string, url: string}, response?: any}], console: [ConsoleLine]}",
     "A large value is null unless `full=true` asks for it. `cutOff`: the server stopped during "
     "the attempt, which was "
     "begun again."},
    {"ConsoleLine", "{level: string, text: string}", "What a function wrote to its console."},
};

#undef EXECUTION_MEMBERS

}  // namespace

constinit const RouteGroup own_execution_routes{"Own runs", "What became of a user's own runs.",
                                                own_routes};

constinit const RouteGroup task_history_routes{"Task history", "What became of every run.", routes,
                                               shapes};

}  // namespace millrace
