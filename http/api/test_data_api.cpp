#include "http/api/test_data_api.h"

#include "actors/tenants/integration_registry.h"
#include "actors/tenants/test_data.h"
#include "actors/tenants/workflow_library.h"
#include "http/api/history_query.h"
#include "http/api/hooks_api.h"
#include "http/api/request_payload.h"
#include "http/api/test_input.h"
#include "runtime/text/time_text.h"

#include <functional>

namespace millrace {
namespace {

constexpr std::string_view captures_path = "/captures/";

/// Of a workflow that there is.
Result<WorkflowId> known_workflow(const ApiCall& call, ApiServices& services) {
  WorkflowId workflow(call.path_value("workflow"));
  const auto entry = services.workflows.get(call.project, workflow);
  if (!entry) return entry.error();
  return workflow;
}

/// One of the two, as a test run would take it.
Outcome check_content(const JsonObject& content) {
  if (auto known = refuse_others(content, {"request", "payload"}); !known) return known;
  if (content.size() != 1) {
    return Error(ErrorCode::invalid_request,
                 "give a \"request\" or, of what is started by no request, a \"payload\"");
  }
  if (const Json* const request = content.if_contains("request")) {
    if (!request->is_object()) return wrong_member("request", "must be an object");
    if (auto checked = check_test_request(request->get_object()); !checked) return checked;
  }
  Json copy = content;  // read as it will be for a test, and dropped
  RunFiles files;
  return intern_files(
      copy, [&](std::string bytes) { return files.keep(std::move(bytes)); },
      HandlesInData::refused);
}

Result<Reply> show(const ApiCall& call, ApiServices& services, const WorkflowId& workflow) {
  auto data = services.test_data.find(call.project, workflow);
  if (!data) return data.error();
  if (!*data) return Error(ErrorCode::not_found, "the workflow has no test data");
  Json body = shown_test_data(std::move((*data)->content));
  body.get_object()["source"] = (*data)->capture.empty() ? "typed" : "captured";
  body.get_object()["dateUpdated"] = to_text((*data)->updated);
  return json_reply(200, body);
}

std::string_view word_of(TestData::Capture::State state) {
  switch (state) {
    case TestData::Capture::State::waiting:
      return "waiting";
    case TestData::Capture::State::captured:
      return "captured";
    case TestData::Capture::State::expired:
      break;
  }
  return "expired";
}

/// What this URL has caught, as long as nothing else has taken its place.
Result<Json> caught_by(const ApiCall& call, ApiServices& services, const WorkflowId& workflow,
                       const TestData::Capture& capture) {
  auto data = services.test_data.find(call.project, workflow);
  if (!data) return data.error();
  if (!*data || (*data)->capture != capture.id) return Json(nullptr);
  Json content = shown_test_data(std::move((*data)->content));
  return std::move(content.get_object()["request"]);
}

}  // namespace

Result<Reply> put_test_data(const ApiCall& call, ApiServices& services) {
  const auto workflow = known_workflow(call, services);
  if (!workflow) return workflow.error();
  const auto content = json_object_body(call);
  if (!content) return content.error();
  if (auto checked = check_content(*content); !checked) return checked.error();
  auto stored = services.test_data.put(call.project, *workflow, *content);
  if (!stored) return stored.error();
  return show(call, services, *workflow);
}

Result<Reply> get_test_data(const ApiCall& call, ApiServices& services) {
  const auto workflow = known_workflow(call, services);
  if (!workflow) return workflow.error();
  return show(call, services, *workflow);
}

Result<Reply> delete_test_data(const ApiCall& call, ApiServices& services) {
  const auto workflow = known_workflow(call, services);
  if (!workflow) return workflow.error();
  auto removed = services.test_data.remove(call.project, *workflow);
  if (!removed) return removed.error();
  return no_content();
}

Result<Reply> begin_test_capture(const ApiCall& call, ApiServices& services) {
  const auto workflow = known_workflow(call, services);
  if (!workflow) return workflow.error();
  const auto capture = services.test_data.begin_capture(call.project, *workflow);
  if (!capture) return capture.error();
  return json_reply(201, JsonObject{{"url", own_address(call, services.options) +
                                                std::string(captures_path) + capture->id},
                                    {"expiresAt", to_text(capture->expires)}});
}

Result<Reply> get_test_capture(const ApiCall& call, ApiServices& services) {
  const auto workflow = known_workflow(call, services);
  if (!workflow) return workflow.error();
  const auto capture = services.test_data.capture_of(call.project, *workflow);
  if (!capture) return capture.error();
  if (!*capture) {
    return Error(ErrorCode::not_found, "no request is being waited for: begin with a POST");
  }
  auto request = caught_by(call, services, *workflow, **capture);
  if (!request) return request.error();
  return json_reply(200, JsonObject{{"state", word_of((*capture)->state)},
                                    {"expiresAt", to_text((*capture)->expires)},
                                    {"request", std::move(*request)}});
}

namespace {

std::string text_in(const JsonObject& object, std::string_view key) {
  const Json* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// A provider's question whether we are there, by the webhook that the workflow's draft is on; nothing: there is
/// none, or it asks nothing.
std::optional<ChallengeAnswer> challenge_in(const Json& request, ApiServices& services,
                                            const TestData::Waiting& waiting) {
  const auto entry = services.workflows.get(waiting.project, waiting.workflow);
  const auto* const draft = entry ? entry->draft.if_object() : nullptr;
  const Json* const given = draft == nullptr ? nullptr : draft->if_contains("trigger");
  if (given == nullptr || !given->is_object()) return std::nullopt;
  const JsonObject& trigger = given->get_object();
  const std::string resource = text_in(trigger, "resource");
  const auto found =
      resource.empty() ? services.integrations.get(waiting.project, text_in(*draft, "integration"))
                       : services.resources.get(waiting.project, resource);
  if (!found) return std::nullopt;
  const Integration& integration = *found->integration;
  std::string name = text_in(trigger, "webhook");
  const auto* const offered =
      find_by_name_or_intent(integration.triggers, integration.type, text_in(trigger, "trigger"));
  if (name.empty() && offered != nullptr) name = offered->webhook;
  const auto webhook = integration.webhooks.find(name);
  if (webhook == integration.webhooks.end()) return std::nullopt;
  auto answer = answer_challenge(webhook->second, parts_of(request));
  return answer ? std::move(*answer) : std::nullopt;
}

}  // namespace

Result<Reply> catch_test_request(const ApiCall& call, ApiServices& services) {
  const std::string& id = call.path_value("hook");
  const auto waiting = services.test_data.check_waiting(id);
  if (!waiting) return waiting.error();
  // Who only asks whether the URL is there has not sent what it waits for.
  if (call.http.method == "HEAD") return json_reply(200, JsonObject{{"captured", false}});
  auto payload = read_request_payload(call);
  if (!payload) return payload.error();
  // A provider that is told of the URL asks first, and delivers then.
  if (const auto challenge = challenge_in(payload->request, services, *waiting)) {
    return challenge_reply(*challenge);
  }
  FileBudget budget([&](const FileHandle& file) { return payload->files.find(file); },
                    limits::test_data_bytes_max);
  expand_file_handles(payload->request, std::ref(budget));
  if (budget.is_exceeded()) {
    return Error(ErrorCode::payload_too_large, "the files of test data have at most " +
                                                   std::to_string(limits::test_data_bytes_max / 2) +
                                                   " bytes");
  }
  auto caught = services.test_data.catch_request(id, payload->request);
  if (!caught) return caught.error();
  return json_reply(200, JsonObject{{"captured", true}});
}

namespace {

constexpr std::string_view content_shape = "{request: TestRequest}|{payload: any}";
constexpr std::string_view data_shape =
    "{request?: TestRequest, payload?: any, source: \"typed\"|\"captured\", dateUpdated: date}";

constexpr Route routes[]{
    {.method = "PUT",
     .pattern = "/projects/{project}/workflows/{workflow}/test-data",
     .operation = "putTestData",
     .summary = "What tests of the workflow begin with when they are given nothing",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &put_test_data,
     .stores = true,
     .parameters = {project_in_path, workflow_in_path},
     .body = {content_shape},
     .answers = {{200, "As it is stored.", data_shape},
                 {400, "It is neither a request nor a payload.", "Error"},
                 {404, "There is no such workflow.", "Error"},
                 {413, "It is too large.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/workflows/{workflow}/test-data",
     .operation = "getTestData",
     .summary = "The workflow's test data",
     .access = Access::project_key,
     .handler = &get_test_data,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{200, "Headers that prove who somebody is are masked.", data_shape},
                 {404, "There is none.", "Error"}}},
    {.method = "DELETE",
     .pattern = "/projects/{project}/workflows/{workflow}/test-data",
     .operation = "deleteTestData",
     .summary = "Forgets the workflow's test data",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &delete_test_data,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{204, "It is gone."}, {404, "There is none.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/workflows/{workflow}/test-capture",
     .operation = "beginTestCapture",
     .summary = "A URL whose first request becomes the workflow's test data",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &begin_test_capture,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{201, "It waits for one request; a URL before is worth nothing any more.",
                  "{url: string, expiresAt: date}"},
                 {404, "There is no such workflow.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/workflows/{workflow}/test-capture",
     .operation = "getTestCapture",
     .summary = "Whether the URL has caught its request",
     .access = Access::project_key,
     .handler = &get_test_capture,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{200, "`request` is null until it is there, and when other test data replaced it.",
                  "{state: \"waiting\"|\"captured\"|\"expired\", expiresAt: date, "
                  "request: TestRequest|null}"},
                 {404, "None was begun.", "Error"}}},
    {.method = "ANY",
     .pattern = "/captures/{hook}",
     .operation = "captureTestRequest",
     .summary = "Catches one request as test data, without a token",
     .access = Access::url_key,
     .runs_on = RunsOn::hook_shard,
     .handler = &catch_test_request,
     .parameters = {{"hook", "string", "The id that makes the URL unguessable.",
                     RouteParameter::In::path}},
     .body = {"any", false, "*/*"},
     .answers = {{200, "It is stored: `{captured}`. A challenge is answered with its value.", "any",
                  "*/*"},
                 {404, "There is no such URL, its hour is over, or it has caught one.", "Error"},
                 {413, "It is too large; the URL goes on waiting.", "Error"}}},
};

}  // namespace

constinit const RouteGroup test_data_routes{
    "Test data", "What tests of a workflow begin with, typed or caught.", routes};

}  // namespace millrace
