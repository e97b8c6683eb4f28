#include "http/api/request_trigger_api.h"

#include "http/api/request_payload.h"
#include "http/api/task_history_api.h"
#include "http/api/trace_header.h"
#include "http/wire/response_headers.h"
#include "runtime/text/ascii_text.h"
#include "runtime/triggers/request_trigger.h"

namespace millrace {
namespace {

constexpr int still_going_status = 542;  // fixed by the contract; not an IANA status

Reply reply_of(const RunAccepted& accepted, const ApiCall& call) {
  Reply reply = json_reply(202, JsonObject{{"executionId", accepted.execution.text()},
                                           {"workflowId", call.path_value("workflow")},
                                           {"status", "EXECUTING"},
                                           {"dateSubmitted", to_text(accepted.submitted)}});
  reply.headers.emplace_back("Location", execution_path(call.project, accepted.execution.text()));
  return reply;
}

Reply reply_of(const RunFailed& failed) {
  return json_reply(
      500, JsonObject{{"message", failed.error.message},
                      {"executionId", failed.execution.text()},
                      {"stepId", failed.step.empty() ? Json(nullptr) : Json(failed.step.text)},
                      {"error", JsonObject{{"code", wire_name(failed.error.code)},
                                           {"message", failed.error.message}}}});
}

Reply reply_of(const RunStillGoing& going, const ApiCall& call) {
  return json_reply(still_going_status,
                    JsonObject{{"message", "Workflow has been enqueued but has not completed."},
                               {"dateSubmitted", to_text(going.submitted)},
                               {"projectId", call.project.text},
                               {"workflowId", call.path_value("workflow")},
                               {"executionId", going.execution.text()}});
}

}  // namespace

Reply reply_of(const RunResponded& responded) {
  Reply reply;
  reply.status = responded.status;
  if (responded.file) {
    if (responded.file->bytes == nullptr) {
      return json_reply(500, JsonObject{{"code", wire_name(ErrorCode::invalid_file)},
                                        {"message", "the response's file is none of this run"}});
    }
    reply.content_type =
        responded.file->mime_type.empty() ? "application/octet-stream" : responded.file->mime_type;
    reply.body = *responded.file->bytes;
  } else if (responded.body.is_string()) {
    reply.content_type = "text/plain; charset=utf-8";
    reply.body = std::string(responded.body.get_string());
  } else if (!responded.body.is_null()) {
    reply.body = to_text(responded.body);
  }
  // These have no body by definition; sending one would be read as the next answer.
  if (reply.status == 204 || reply.status == 205 || reply.status == 304) reply.body.clear();
  if (!responded.headers.is_object()) return reply;
  for (const auto& member : responded.headers.get_object()) {
    const std::string_view name = member.key();
    const Json& value = member.value();
    const std::string text = value.is_string() ? std::string(value.get_string()) : to_text(value);
    if (!may_set_header(name) || !is_header_value(text)) continue;
    if (equal_but_for_case(name, "content-type")) {
      reply.content_type = text;
    } else {
      reply.headers.emplace_back(name, text);
    }
  }
  return reply;
}

Result<Reply> trigger_workflow(const ApiCall& call, ApiServices& services) {
  auto payload = read_request_payload(call);
  if (!payload) return payload.error();
  TriggerRequest request{call.project,
                         call.user,
                         WorkflowId(call.path_value("workflow")),
                         request_output(std::move(payload->request)),
                         std::move(payload->files),
                         call.http.get_header_value("X-Paragon-Credential"),
                         trace_of(call.http)};
  const auto outcome = services.gateway.trigger(std::move(request), services.options.response_hold);
  if (!outcome) return outcome.error();
  const TriggerReply& answer = *outcome;
  if (const auto* accepted = std::get_if<RunAccepted>(&answer)) return reply_of(*accepted, call);
  if (const auto* responded = std::get_if<RunResponded>(&answer)) return reply_of(*responded);
  if (const auto* failed = std::get_if<RunFailed>(&answer)) return reply_of(*failed);
  return reply_of(std::get<RunStillGoing>(answer), call);
}

namespace {

constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects/{project}/sdk/triggers/{workflow}",
     .operation = "triggerWorkflow",
     .summary = "Starts a workflow and waits for its Response step, if it has one",
     .access = Access::user_token,
     .runs_on = RunsOn::user_shard,
     .handler = &trigger_workflow,
     .parameters = {project_in_path,
                    workflow_in_path,
                    {"X-Paragon-Credential", "string", "The account to use, by its id.",
                     RouteParameter::In::header}},
     .body = {"any", false, "*/*"},
     .answers = {{200, "A Response step's answer; its status, headers and body are the step's own.",
                  "any", "*/*"},
                 {202,
                  "The run is durable and nobody waits for it; `Location` leads to its history.",
                  "{executionId: string, workflowId: string, status: \"EXECUTING\", "
                  "dateSubmitted: date}"},
                 {409, "What the run needs is missing; the code says what.", "Error"},
                 {500, "The run failed first.",
                  "{message: string, executionId: string, stepId: string|null, "
                  "error: {code: string, message: string}}"},
                 {542, "The Response step was not reached in time; the run goes on.",
                  "{message: string, dateSubmitted: date, projectId: string, workflowId: string, "
                  "executionId: string}"}}},
};

}  // namespace

constinit const RouteGroup request_trigger_routes{"Triggers", "Starting workflows for a user.",
                                                  routes};

}  // namespace millrace
