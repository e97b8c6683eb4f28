#include "http/api/request_trigger_api.h"

#include "actors/tenants/user_registry.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/account_choice.h"
#include "http/api/admission_api.h"
#include "http/api/idempotency_header.h"
#include "http/api/request_payload.h"
#include "http/api/task_history_api.h"
#include "http/api/trace_header.h"
#include "http/api/trigger_limits.h"
#include "http/wire/error_response.h"
#include "http/wire/response_headers.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/percent_text.h"
#include "runtime/triggers/request_trigger.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace millrace {
namespace {

constexpr std::string_view execution_header = "Millrace-Execution-Id";

bool is_key(const std::string& given, const std::string& expected) {
  return given.size() == expected.size() &&
         CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
}

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

Reply reply_of(const HeldBack& held, const ApiCall& call) {
  JsonObject body = shown(held);
  body["executionId"] = nullptr;
  body["workflowId"] = call.path_value("workflow");
  body["dateSubmitted"] = to_text(held.received);
  return json_reply(202, std::move(body));
}

void set_header(Reply& reply, std::string_view name, const Json& value) {
  const std::string text = value.is_string() ? std::string(value.get_string()) : to_text(value);
  if (!may_set_header(name) || !is_header_value(text)) return;
  if (equal_but_for_case(name, "content-type")) {
    reply.content_type = text;
  } else {
    reply.headers.emplace_back(name, text);
  }
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
    const auto* const several = member.value().if_array();
    for (const Json& each : several != nullptr ? std::span(several->data(), several->size())
                                               : std::span(&member.value(), 1)) {
      set_header(reply, member.key(), each);
    }
  }
  return reply;
}

std::string endpoint_path(const ProjectId& project, const WorkflowId& workflow,
                          const std::string& key) {
  return "/projects/" + percent_encode_text(project.text) + "/endpoints/" +
         percent_encode_text(workflow.text) + '/' + key;
}

namespace {

/// The error with the header that belongs to it.
Reply method_not_allowed(const Error& error) {
  Reply reply = json_reply(http_status(error.code), error_body(error));
  if (!error.details.empty()) reply.headers.emplace_back("Allow", error.details.front().expected);
  return reply;
}

Reply answer_of(const TriggerReply& answer, const ApiCall& call) {
  if (const auto* accepted = std::get_if<RunAccepted>(&answer)) return reply_of(*accepted, call);
  if (const auto* responded = std::get_if<RunResponded>(&answer)) return reply_of(*responded);
  if (const auto* failed = std::get_if<RunFailed>(&answer)) return reply_of(*failed);
  if (const auto* held = std::get_if<HeldBack>(&answer)) return reply_of(*held, call);
  return reply_of(std::get<RunStillGoing>(answer), call);
}

/// Nothing: there is none yet.
std::optional<ExecutionId> execution_of(const TriggerReply& answer) {
  return std::visit(
      [](const auto& run) -> std::optional<ExecutionId> {
        if constexpr (std::is_same_v<std::decay_t<decltype(run)>, HeldBack>) {
          return std::nullopt;
        } else {
          return run.execution;
        }
      },
      answer);
}

/// What the headers select of the accounts that the workflow can use (account_text.h); empty: nothing.
Result<std::string> account_for_run(const ApiCall& call, ApiServices& services) {
  const AccountNames names = names_in_headers(call);
  if (names.credential.empty() && names.configuration.empty()) return std::string();
  const auto workflow =
      services.workflows.deployed(call.project, WorkflowId(call.path_value("workflow")));
  if (!workflow) return workflow.error();
  auto accounts = accounts_for_run(call, services, (*workflow)->integration);
  if (!accounts) return accounts.error();
  return std::move(accounts->front());
}

/// With a key, or as it comes.
Result<OnceReply> triggered(ApiServices& services, TriggerRequest request,
                            const std::optional<Idempotency>& idempotency) {
  const Millis hold = services.options.response_hold;
  if (idempotency) return services.gateway.trigger_once(std::move(request), *idempotency, hold);
  auto reply = services.gateway.trigger(std::move(request), hold);
  if (!reply) return reply.error();
  return OnceReply{std::move(*reply)};
}

}  // namespace

Result<Reply> trigger_workflow(const ApiCall& call, ApiServices& services) {
  if (auto admitted = services.trigger_limits.admit(call.project, call.user, call.http.body.size());
      !admitted) {
    return admitted.error();
  }
  auto payload = read_request_payload(call);
  if (!payload) return payload.error();
  auto account = account_for_run(call, services);
  if (!account) return account.error();
  TriggerRequest request{call.project,
                         call.user,
                         WorkflowId(call.path_value("workflow")),
                         request_output(std::move(payload->request)),
                         std::move(payload->files),
                         std::move(*account),
                         trace_of(call.http),
                         call.http.method};
  const auto idempotency = read_idempotency(call);
  if (!idempotency) return idempotency.error();
  const auto outcome = triggered(services, std::move(request), *idempotency);
  if (!outcome && outcome.error().code == ErrorCode::method_not_allowed) {
    return method_not_allowed(outcome.error());
  }
  if (!outcome) return outcome.error();
  Reply reply = answer_of(outcome->reply, call);
  const auto execution = execution_of(outcome->reply);
  if (execution) reply.headers.emplace_back(execution_header, execution->text());
  if (outcome->is_replayed) mark_replayed(reply);
  return reply;
}

namespace {

bool is_about_secrets(ErrorCode code) {
  return code == ErrorCode::secret_missing || code == ErrorCode::secrets_locked;
}

}  // namespace

Result<Reply> trigger_endpoint(const ApiCall& call, ApiServices& services) {
  const WorkflowId workflow(call.path_value("workflow"));
  const auto endpoint = services.workflows.endpoint(call.project, workflow);
  const bool is_unknown = endpoint ? !*endpoint || !is_key(call.path_value("key"), (*endpoint)->key)
                                   : endpoint.error().code == ErrorCode::not_found;
  // The same for whatever is wrong: nothing is learned by trying.
  if (is_unknown) return Error(ErrorCode::not_found, "there is no such endpoint");
  if (!endpoint) return endpoint.error();
  ApiCall as_user = call;
  as_user.user = (*endpoint)->run_as;
  services.users.see(as_user.project, as_user.user);
  auto reply = trigger_workflow(as_user, services);
  // Whoever calls is a stranger, whom names of secrets are no business of; the event log has it all.
  if (!reply && is_about_secrets(reply.error().code)) {
    return Error(reply.error().code,
                 "the workflow is not set up completely: its owner is told why");
  }
  // Nobody could follow it without a credential.
  if (reply)
    std::erase_if(reply->headers, [](const auto& each) { return each.first == "Location"; });
  return reply;
}

namespace {

constexpr RouteAnswer run_answers[]{
    {200, "A Response step's answer; its status, headers and body are the step's own.", "any",
     "*/*"},
    {202,
     "The run is durable and nobody waits for it; `Location` leads to its history. Or the "
     "workflow's `admission` "
     "holds the trigger back: no execution yet, and `admission` says where it waits.",
     "{executionId: string|null, workflowId: string, "
     "status: \"EXECUTING\"|\"WAITING\"|\"SKIPPED\", dateSubmitted: date, admission?: string, "
     "waitsUntil?: date|null, waitsFor?: string|null}"},
    {409,
     "What the run needs is missing, or the key was used for another request; the code says what.",
     "Error"},
    {500, "The run failed first.",
     "{message: string, executionId: string, stepId: string|null, "
     "error: {code: string, message: string}}"},
    {542, "The Response step was not reached in time; the run goes on.",
     "{message: string, dateSubmitted: date, projectId: string, workflowId: string, "
     "executionId: string}"}};

/// The same on every way to a run.
constexpr Route answered_by_run(Route route) {
  std::copy(std::begin(run_answers), std::end(run_answers), std::begin(route.answers));
  return route;
}

constexpr Route by_token(std::string_view method, std::string_view operation) {
  return answered_by_run(
      Route{.method = method,
            .pattern = "/projects/{project}/sdk/triggers/{workflow}",
            .operation = operation,
            .summary = "Starts a workflow and waits for its Response step, if it has one",
            .access = Access::user_token,
            .runs_on = RunsOn::user_shard,
            .handler = &trigger_workflow,
            .parameters = {project_in_path, workflow_in_path, selected_account_header,
                           selected_configuration_header, idempotency_key},
            .body = {"any", false, "*/*"}});
}

/// The user for whom it runs is known to the workflow alone, so the project's owner looks it up.
constexpr Route by_url(std::string_view method, std::string_view operation) {
  return answered_by_run(Route{
      .method = method,
      .pattern = "/projects/{project}/endpoints/{workflow}/{key}",
      .operation = operation,
      .summary = "Starts a public workflow by its endpoint's URL, without a token",
      .access = Access::url_key,
      .runs_on = RunsOn::project_shard,
      .handler = &trigger_endpoint,
      .parameters = {project_in_path,
                     workflow_in_path,
                     {"key", "string", "What makes the URL unguessable.", RouteParameter::In::path},
                     idempotency_key},
      .body = {"any", false, "*/*"}});
}

constexpr Route routes[]{
    by_token("POST", "triggerWorkflow"),
    by_token("GET", "triggerWorkflowGet"),
    by_token("PUT", "triggerWorkflowPut"),
    by_token("PATCH", "triggerWorkflowPatch"),
    by_token("DELETE", "triggerWorkflowDelete"),
    by_url("POST", "callEndpoint"),
    by_url("GET", "callEndpointGet"),
    by_url("PUT", "callEndpointPut"),
    by_url("PATCH", "callEndpointPatch"),
    by_url("DELETE", "callEndpointDelete"),
};

}  // namespace

constinit const RouteGroup request_trigger_routes{"Triggers", "Starting workflows for a user.",
                                                  routes};

}  // namespace millrace
