#include "http/api/run_details_api.h"

#include "actors/gateway/task_history.h"
#include "http/api/step_json.h"
#include "runtime/history/value_level.h"
#include "runtime/text/time_text.h"

#include <charconv>

namespace millrace {
namespace {

Error bad_parameter(const std::string& name, const std::string& expected, const std::string& got) {
  return {ErrorCode::invalid_request,
          "the query parameter " + name + " must be " + expected + ", not '" + got + "'"};
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return is_whole ? std::optional(number) : std::nullopt;
}

Outcome read_number(const ApiCall& call, const std::string& name, std::size_t least,
                    std::size_t most, std::size_t& to) {
  const auto text = call.query_value(name);
  if (!text) return Done{};
  const auto number = number_of<std::size_t>(*text);
  if (!number || *number < least || *number > most) {
    return bad_parameter(
        name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
        *text);
  }
  to = *number;
  return Done{};
}

Outcome read_indexes(const ApiCall& call, std::vector<std::uint32_t>& to) {
  const auto text = call.query_value("indexes");
  if (!text) return Done{};
  std::string_view rest = *text;
  while (to.size() < limits::step_nesting_max) {
    const auto comma = rest.find(',');
    const auto index = number_of<std::uint32_t>(rest.substr(0, comma));
    if (!index) break;
    to.push_back(*index);
    if (comma == std::string_view::npos) return Done{};
    rest.remove_prefix(comma + 1);
  }
  return bad_parameter("indexes", "an element such as 3, or 3,1 of a fan-out inside another one",
                       *text);
}

Outcome read_step_status(const ApiCall& call, std::vector<std::string>& to) {
  const auto text = call.query_value("status");
  if (!text) return Done{};
  const auto status = parse_execution_status(*text);
  if (!status) {
    return bad_parameter("status", "EXECUTING, DELAYED, SUCCEEDED, FAILED or CANCELLED", *text);
  }
  to.emplace_back(wire_name(*status));
  return Done{};
}

Outcome read_after(const ApiCall& call, std::optional<StepPosition>& to) {
  const auto text = call.query_value("after");
  if (!text) return Done{};
  to = parse_step_position(*text);
  if (to) return Done{};
  return bad_parameter("after", "the `next` of another page of this run", *text);
}

Result<StepQuery> read_step_query(const ApiCall& call) {
  StepQuery query;
  query.limit = limits::step_page_usual;
  query.step = call.query_value("stepId");
  for (const auto& outcome : {read_indexes(call, query.indexes),
                              read_step_status(call, query.statuses), read_after(call, query.after),
                              read_number(call, "limit", 1, limits::step_page_max, query.limit)}) {
    if (!outcome) return outcome.error();
  }
  return query;
}

Json date_or_null(const std::optional<Instant>& time) {
  return time ? Json(to_text(*time)) : Json(nullptr);
}

JsonObject counts_of(StepCount count) {
  JsonObject counts;
  for (const char* status : {"SUCCEEDED", "FAILED", "CANCELLED", "EXECUTING", "DELAYED"}) {
    const std::int64_t number = count.of_status(status);
    if (number > 0) counts[status] = number;
  }
  return counts;
}

JsonObject shown(const RunDetails::GraphStep& step) {
  JsonObject object{
      {"stepId", step.step},
      {"type", step.type},
      {"counts", counts_of(step.count)},
      {"start", date_or_null(step.count.start)},
      {"end", date_or_null(step.count.end)},
      {"selectedChoice", step.selected_choice.empty() ? Json(nullptr) : Json(step.selected_choice)},
      {"elements", step.is_fan_out ? Json(step.count.elements) : Json(nullptr)}};
  if (step.version != 0) object["workflowVersion"] = step.version;
  return object;
}

}  // namespace

Result<Reply> show_graph(const ApiCall& call, ApiServices& services) {
  const auto id = execution_id(call);
  if (!id) return id.error();
  auto graph = services.history.runs().graph(call.project, *id);
  if (!graph) return graph.error();
  JsonArray steps;
  for (const auto& step : graph->steps) steps.push_back(shown(step));
  JsonObject body{{"status", wire_name(graph->summary.status)},
                  {"definition", std::move(graph->definition)},
                  {"steps", std::move(steps)}};
  if (graph->is_partial) body["isPartial"] = true;
  return json_reply(200, body);
}

Result<Reply> list_step_executions(const ApiCall& call, ApiServices& services) {
  const auto id = execution_id(call);
  if (!id) return id.error();
  const auto query = read_step_query(call);
  if (!query) return query.error();
  const auto page = services.history.runs().steps(call.project, *id, *query);
  if (!page) return page.error();
  JsonArray steps;
  for (const auto& step : page->steps) steps.push_back(step_json(step, id->text()));
  return json_reply(200,
                    JsonObject{{"stepExecutions", std::move(steps)},
                               {"next", page->next ? Json(to_text(*page->next)) : Json(nullptr)},
                               {"total", page->total ? Json(*page->total) : Json(nullptr)}});
}

Result<Reply> show_value(const ApiCall& call, ApiServices& services) {
  const auto id = execution_id(call);
  if (!id) return id.error();
  const std::string part = call.query_value("part").value_or("output");
  if (part != "input" && part != "output") return bad_parameter("part", "input or output", part);
  LevelQuery query;
  query.path = call.query_value("path").value_or("");
  constexpr std::size_t offset_max = std::size_t{1} << 40;
  for (const auto& outcome : {read_number(call, "offset", 0, offset_max, query.offset),
                              read_number(call, "limit", 1, offset_max, query.limit)}) {
    if (!outcome) return outcome.error();
  }
  const auto value = services.history.runs().value(
      call.project, *id, call.path_value("step"),
      part == "input" ? RunDetails::Part::input : RunDetails::Part::output);
  if (!value) return value.error();
  auto level = level_of(*value, query);
  if (!level) return level.error();
  (*level)["part"] = part;
  (*level)["path"] = query.path;
  return json_reply(200, *level);
}

namespace {

#define EXECUTION "/projects/{project}/task-history/workflow-executions/{execution}"

constexpr Route routes[]{
    {.method = "GET",
     .pattern = EXECUTION "/graph",
     .operation = "showExecutionGraph",
     .summary = "A run's workflow, and how often each step went how",
     .access = Access::project_key,
     .handler = &show_graph,
     .rate = Rate::history,
     .parameters = {project_in_path, execution_in_path},
     .answers = {{200, "As large as the workflow, whatever its fan-outs have done.",
                  "ExecutionGraph"},
                 {404, "There is none.", "Error"}}},
    {.method = "GET",
     .pattern = EXECUTION "/step-executions",
     .operation = "listStepExecutions",
     .summary = "A run's steps, page by page",
     .access = Access::project_key,
     .handler = &list_step_executions,
     .rate = Rate::history,
     .parameters = {project_in_path,
                    execution_in_path,
                    {"stepId", "string", "Only of this step."},
                    {"indexes", "string", "Only inside this element: `3`, nested `3,1`."},
                    {"status", "ExecutionStatus", "Only with this status."},
                    {"after", "string", "The page behind: `next` of the one before."},
                    {"limit", "integer", "1 to 1,000; 100 unless given."}},
     .answers =
         {{200,
           "A page, which may hold less than `limit`, even nothing, while `next` says where to "
           "go on; `total` is null where nobody knows it without reading everything.",
           "{stepExecutions: [StepExecution], next: string|null, total: integer|null}"},
          {404, "There is no such execution.", "Error"}}},
    {.method = "GET",
     .pattern = EXECUTION "/step-executions/{step}/value",
     .operation = "showStepValue",
     .summary = "One level of what a step was given or gave",
     .access = Access::project_key,
     .handler = &show_value,
     .rate = Rate::history,
     .parameters = {project_in_path,
                    execution_in_path,
                    {"step", "string", "The step execution's `id`.", RouteParameter::In::path},
                    {"part", "\"input\"|\"output\"", "`output` unless given."},
                    {"path", "string", "A JSON pointer into the value: `/result/items/0`."},
                    {"offset", "integer", "The first member or element; of a string, byte."},
                    {"limit", "integer",
                     "How many: 100, up to 1,000; of a string 64 KiB, up to 256."}},
     .answers = {{200, "The level.", "ValueLevel"},
                 {404, "There is no such step, or nothing at the path.", "Error"}}},
};

#undef EXECUTION

#define VALUE_MEMBERS \
  "type: string, length: integer, bytes: integer, value?: any, name?: string, mimeType?: string"

constexpr NamedShape shapes[]{
    {"ExecutionGraph",
     "{status: ExecutionStatus, definition: any, steps: [{stepId: string, type: string, "
     "counts: {SUCCEEDED?: integer, FAILED?: integer, CANCELLED?: integer, EXECUTING?: integer, "
     "DELAYED?: integer}, start: date|null, end: date|null, selectedChoice: string|null, "
     "elements: integer|null, workflowVersion?: integer}], isPartial?: boolean}",
     "The trigger and every step of the workflow, in its order, then what a run that was migrated "
     "did in steps that are gone. `elements`: of a fan-out. `workflowVersion`: of such a run, "
     "under which the step ran. "
     "`isPartial`: the run is older than its counts, and too large to be counted."},
    {"StepExecution",
     "{id: string, stepId: string, workflowExecutionId: string, status: ExecutionStatus, "
     "type: string, start: date, end: date|null, wakesAt?: date, next: [string], "
     "prev: string|null, inputSize: integer, outputSize: integer, "
     "error?: {code: string, message: string}, selectedChoice?: string, "
     "index?: integer, indexes?: [integer], keptFrom?: string, isGiven?: boolean, "
     "workflowVersion?: integer}",
     "A step; inside a fan-out once per element, with its `indexes`, outermost first. `wakesAt`: "
     "of a "
     "delay, and of what waits for its next attempt."},
    {"ValueLevel",
     "{part: string, path: string, " VALUE_MEMBERS ", text?: string, "
     "items?: [{key?: string, index?: integer, " VALUE_MEMBERS "}], next: integer|null}",
     "`length`: members, elements, or bytes of UTF-8; `bytes`: as JSON."},
};

#undef VALUE_MEMBERS

}  // namespace

constinit const RouteGroup run_details_routes{
    "One run", "A run of any size: its graph, its steps by pages, values by levels.", routes,
    shapes};

}  // namespace millrace
