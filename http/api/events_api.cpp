#include "http/api/events_api.h"

#include "actors/gateway/gateway.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/event_registry.h"
#include "http/api/account_choice.h"
#include "http/api/admission_api.h"
#include "http/api/idempotency_header.h"
#include "http/api/log_query.h"
#include "http/api/trace_header.h"
#include "http/api/trigger_limits.h"
#include "runtime/reading/strict_json.h"
#include "runtime/text/hex_text.h"
#include "runtime/text/time_text.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace {
namespace {

constexpr std::size_t log_page = 100;

JsonObject shown(const EventRegistry::Entry& entry) {
  return {{"name", entry.name}, {"schema", entry.schema}, {"dateUpdated", to_text(entry.updated)}};
}

Result<Reply> show(const ApiCall& call, ApiServices& services, int status) {
  const auto entry = services.events.get(call.project, call.path_value("name"));
  if (!entry) return entry.error();
  return json_reply(status, shown(*entry));
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

JsonObject shown(const storage::EventLogRow& row) {
  return {{"at", to_text(row.at)},
          {"level", row.level},
          {"type", row.type},
          {"message", row.message},
          {"traceId", text_or_null(row.trace_id)},
          {"userId", text_or_null(row.user.text)},
          {"workflowId", text_or_null(row.workflow.text)},
          {"integration", text_or_null(row.integration)},
          {"code", text_or_null(row.code)}};
}

/// `after` is the time and the number of an entry: "1767225600000-9f3c…".
Result<storage::EventLogQuery> read_query(const ApiCall& call) {
  storage::EventLogQuery query;
  query.project = call.project;
  query.limit = log_page;
  query.level = call.query_value("level").value_or("");
  constexpr std::array<std::string_view, 3> levels{"info", "warning", "error"};
  const bool is_level = std::find(levels.begin(), levels.end(), query.level) != levels.end();
  if (!query.level.empty() && !is_level) {
    return Error(ErrorCode::invalid_request, "\"level\" is info, warning or error");
  }
  query.type = call.query_value("type").value_or("");
  if (auto user = call.query_value("userId")) query.user = UserId(std::move(*user));
  if (auto workflow = call.query_value("workflowId")) {
    query.workflow = WorkflowId(std::move(*workflow));
  }
  auto since = read_since(call);
  if (!since) return since.error();
  query.since = *since;
  auto after = read_after(call);
  if (!after) return after.error();
  query.after = *after;
  return query;
}

}  // namespace

Result<Reply> list_events(const ApiCall& call, ApiServices& services) {
  const auto events = services.events.list(call.project);
  if (!events) return events.error();
  JsonArray list;
  for (const auto& entry : *events) list.push_back(shown(entry));
  return json_reply(200, JsonObject{{"events", std::move(list)}});
}

Result<Reply> put_event(const ApiCall& call, ApiServices& services) {
  const auto body = parse_strict_json(call.http.body);
  if (!body) return body.error();
  if (!body->is_object()) {
    return Error(ErrorCode::invalid_request,
                 "an app event is put as {\"schema\": an example payload}");
  }
  const JsonObject& object = body->get_object();
  if (auto checked = refuse_others(object, {"name", "schema"}); !checked) return checked.error();
  const auto name = string_member(object, "name");
  if (!name) return name.error();
  if (*name && **name != call.path_value("name")) {
    return wrong_member("name", "is another one than the path's");
  }
  const Json* const schema = object.if_contains("schema");
  const auto stored = services.events.put(call.project, call.path_value("name"),
                                          schema == nullptr ? Json(JsonObject()) : *schema);
  if (!stored) return stored.error();
  return show(call, services, *stored == Stored::created ? 201 : 200);
}

Result<Reply> get_event(const ApiCall& call, ApiServices& services) {
  return show(call, services, 200);
}

Result<Reply> delete_event(const ApiCall& call, ApiServices& services) {
  const auto removed = services.events.remove(call.project, call.path_value("name"));
  if (!removed) return removed.error();
  return no_content();
}

Result<Reply> trigger_event(const ApiCall& call, ApiServices& services) {
  if (auto admitted = services.trigger_limits.admit(call.project, call.user, call.http.body.size());
      !admitted) {
    return admitted.error();
  }
  auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto checked = refuse_others(*body, {"name", "payload"}); !checked) return checked.error();
  const auto name = string_member(*body, "name");
  if (!name) return name.error();
  if (!*name) return wrong_member("name", "is missing: which event is it?");
  if (auto known = services.events.get(call.project, **name); !known) {
    services.event_log.note(
        {call.project, call.user, {}, std::string(event_trigger_kind.type), {}, {}}, known.error());
    return known.error();
  }
  EventRequest request;
  request.project = call.project;
  request.user = call.user;
  request.event = **name;
  if (Json* const payload = body->if_contains("payload")) request.payload = std::move(*payload);
  if (request.payload.is_null()) request.payload = JsonObject();
  const auto kept = intern_files(
      request.payload, [&](std::string bytes) { return request.files.keep(std::move(bytes)); },
      HandlesInData::refused);
  if (!kept) return kept.error();
  auto accounts = accounts_for_run(call, services, {});
  if (!accounts) return accounts.error();
  request.accounts = std::move(*accounts);
  request.trace = trace_of(call.http);
  auto idempotency = read_idempotency(call);
  if (!idempotency) return idempotency.error();
  request.idempotency = std::move(*idempotency);
  const auto started = services.gateway.trigger_event(std::move(request));
  if (!started) return started.error();
  JsonArray ids;
  std::string header;
  for (const ExecutionId& id : started->executions) {
    ids.emplace_back(id.text());
    header += (header.empty() ? "" : ", ") + id.text();
  }
  JsonObject answer{{"executionIds", std::move(ids)}};
  if (!started->held_back.empty()) {
    JsonArray waiting;
    for (const auto& [workflow, held] : started->held_back) {
      JsonObject each = shown(held);
      each["workflowId"] = workflow.text;
      waiting.push_back(std::move(each));
    }
    answer["heldBack"] = std::move(waiting);
  }
  Reply reply = json_reply(201, std::move(answer));
  // A list that no proxy would let pass is in the body alone.
  constexpr std::size_t header_bytes_max = 4'000;
  if (!header.empty() && header.size() <= header_bytes_max) {
    reply.headers.emplace_back("Millrace-Execution-Ids", std::move(header));
  }
  if (started->is_replayed) mark_replayed(reply);
  return reply;
}

Result<Reply> list_event_logs(const ApiCall& call, ApiServices& services) {
  const auto query = read_query(call);
  if (!query) return query.error();
  const auto page = services.event_log.list(*query);
  if (!page) return page.error();
  JsonArray entries;
  for (const auto& row : page->entries) entries.push_back(shown(row));
  return json_reply(200,
                    JsonObject{{"eventLogs", std::move(entries)}, {"next", next_of(page->next)}});
}

namespace {

constexpr RouteParameter name_in_path{"name", "string", "The event's name.",
                                      RouteParameter::In::path};

constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/events/trigger",
     .operation = "triggerEvent",
     .summary = "Starts every workflow that listens to the event and that the user has enabled",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &trigger_event,
     .parameters = {project_in_path, selected_account_header, selected_configuration_header,
                    idempotency_key},
     .body = {"{name: string, payload?: any}"},
     .answers =
         {{201,
           "The runs are durable, all or none; an event may start none. `heldBack`: what waits for "
           "its workflow's `admission`, and is durable as well.",
           "{executionIds: [string], heldBack?: [HeldBack]}"},
          {409, "The key was used for another event.", "Error"},
          {404, "The project has no such event.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/events",
     .operation = "listEvents",
     .summary = "All app events",
     .access = Access::project_key,
     .handler = &list_events,
     .parameters = {project_in_path},
     .answers = {{200, "The events.", "{events: [AppEvent]}"}}},
    {.method = "PUT",
     .pattern = "/projects/{project}/events/{name}",
     .operation = "putEvent",
     .summary = "Creates or replaces an app event",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &put_event,
     .stores = true,
     .parameters = {project_in_path, name_in_path},
     .body = {"{name?: string, schema?: any}"},
     .answers = {{200, "Replaced.", "AppEvent"},
                 {201, "Created.", "AppEvent"},
                 {400, "What is wrong with it.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/events/{name}",
     .operation = "getEvent",
     .summary = "One app event",
     .access = Access::project_key,
     .handler = &get_event,
     .parameters = {project_in_path, name_in_path},
     .answers = {{200, "The event.", "AppEvent"}, {404, "There is none.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/events/{name}",
     .operation = "deleteEvent",
     .summary = "Removes an app event; workflows that listen to it stay",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &delete_event,
     .parameters = {project_in_path, name_in_path},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/event-logs",
     .operation = "listEventLogs",
     .summary = "What came in and started nothing, and why; newest first, of the last 30 days",
     .access = Access::project_key,
     .handler = &list_event_logs,
     .parameters =
         {project_in_path,
          {"level", "\"info\"|\"warning\"|\"error\"", "Only of this level."},
          {"type", "string",
           "Only what came in this way: request, event, webhook, integration, scheduler."},
          {"userId", "string", "Only of this user."},
          {"workflowId", "string", "Only of this workflow."},
          {"since", "date", "Only from this time on."},
          {"after", "string", "Goes on behind the page whose `next` this is."}},
     .answers = {{200, "A page; `next` is null when that was all.",
                  "{eventLogs: [EventLog], next: string|null}"}}},
};

constexpr NamedShape shapes[]{
    {"AppEvent", "{name: string, schema: any, dateUpdated: date}",
     "An app event; `schema` is an example payload, which serves as test data."},
    {"EventLog",
     "{at: date, level: string, type: string, message: string, traceId: string|null, "
     "userId: string|null, workflowId: string|null, integration: string|null, code: string|null}",
     "Something that came in and started nothing."},
};

}  // namespace

constinit const RouteGroup event_routes{
    "Events", "What a project's application tells, and what became of it.", routes, shapes};

}  // namespace millrace
