#include "http/api/admission_api.h"

#include "actors/gateway/admission_door.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/api_call.h"
#include "runtime/text/time_text.h"

#include <utility>

namespace millrace {
namespace {

Json execution_or_null(const std::optional<ExecutionId>& execution) {
  return execution ? Json(execution->text()) : Json(nullptr);
}

JsonObject shown(const storage::AdmissionLineRow& line) {
  const bool is_running = line.running != ExecutionId{};
  const auto key = parse_json(line.key);
  return {{"stage", wire_name(line.stage)},
          {"userId", line.user.text},
          {"credential", line.account.empty() ? Json(nullptr) : Json(line.account)},
          {"key", key ? *key : Json(line.key)},
          {"waiting", line.size()},
          {"bytes", line.bytes},
          {"since", to_text(line.since)},
          {"next", line.wake == Instant{} ? Json(nullptr) : Json(to_text(line.wake))},
          {"waitsFor", is_running ? Json(line.running.text()) : Json(nullptr)}};
}

}  // namespace

JsonObject shown(const HeldBack& held) {
  return {{"status", held.is_left_out ? "SKIPPED" : "WAITING"},
          {"admission", wire_name(held.by)},
          {"waitsUntil", held.until ? Json(to_text(*held.until)) : Json(nullptr)},
          {"waitsFor", execution_or_null(held.behind)}};
}

JsonObject shown(const AdmittedStart& admitted) {
  JsonArray waited;
  for (std::uint8_t stage = 1; stage < 8; ++stage) {
    const auto known = admission_stage(stage);
    if (known && (admitted.waited & (1u << stage)) != 0) waited.emplace_back(wire_name(*known));
  }
  return {{"dateReceived", to_text(admitted.received)},
          {"triggers", admitted.triggers},
          {"waitedFor", std::move(waited)}};
}

Result<Reply> list_admission(const ApiCall& call, ApiServices& services) {
  const WorkflowId workflow(call.path_value("workflow"));
  if (auto known = services.workflows.get(call.project, workflow); !known) return known.error();
  if (services.admission == nullptr) {
    return json_reply(200, JsonObject{{"lines", JsonArray()}, {"truncated", false}});
  }
  const auto lines = services.admission->lines(call.project, workflow,
                                               UserId(call.query_value("user").value_or("")));
  if (!lines) return lines.error();
  JsonArray list;
  for (const auto& line : lines->lines) list.push_back(shown(line));
  return json_reply(200,
                    JsonObject{{"lines", std::move(list)}, {"truncated", lines->is_truncated}});
}

namespace {

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/workflows/{workflow}/admission",
     .operation = "listAdmission",
     .summary = "The triggers that wait for the workflow's `admission`, line by line",
     .access = Access::project_key,
     .handler = &list_admission,
     .parameters = {project_in_path, workflow_in_path, {"user", "string", "Only of this user."}},
     .answers = {{200, "The lines in which somebody waits; `truncated`: there are more than 1,000.",
                  "{lines: [AdmissionLine], truncated: boolean}"},
                 {404, "There is no such workflow.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"AdmissionLine",
     "{stage: \"debounce\"|\"batch\"|\"singleton\"|\"throttle\", userId: string, "
     "credential: string|null, key: any, waiting: integer, bytes: integer, since: date, "
     "next: date|null, waitsFor: string|null}",
     "Triggers of one workflow, account and key that wait; `next` is when they are looked at, at "
     "the latest."},
    {"HeldBack",
     "{workflowId: string, status: \"WAITING\"|\"SKIPPED\", "
     "admission: \"debounce\"|\"batch\"|\"singleton\"|\"throttle\", waitsUntil: date|null, "
     "waitsFor: string|null}",
     "A trigger that starts no run now, because of its workflow's `admission`."},
};

}  // namespace

constinit const RouteGroup admission_routes{
    "Admission", "Triggers that wait before they begin a run.", routes, shapes};

}  // namespace millrace
