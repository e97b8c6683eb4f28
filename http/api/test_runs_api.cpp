#include "http/api/test_runs_api.h"

#include "actors/tenants/event_registry.h"
#include "actors/tenants/workflow_library.h"
#include "actors/test_runs/test_runs.h"
#include "runtime/definitions/found_by.h"
#include "runtime/text/ascii_text.h"
#include "runtime/triggers/request_trigger.h"
#include "runtime/triggers/trigger_catalog.h"
#include "runtime/webhooks/delivery.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr const char* preview_user = "preview";

/// The names of headers are in lower case, as those of requests that come in are.
Json lower_names(const Json& headers) {
  if (!headers.is_object()) return headers;
  JsonObject lowered;
  for (const auto& member : headers.get_object()) {
    lowered[lower_case(std::string_view(member.key()))] = member.value();
  }
  return lowered;
}

bool is_parameter(const Json& value) {
  const auto* const list = value.if_array();
  if (list == nullptr) return value.is_string() || value.is_number();
  return std::all_of(list->begin(), list->end(), [](const Json& each) { return each.is_string(); });
}

/// Headers and parameters come over the wire as text; anything else is no test of what happens. A number as a
/// parameter is let pass: it is what people write.
Outcome check_texts(const JsonObject& request) {
  for (const char* const part : {"headers", "params"}) {
    const Json* const values = request.if_contains(part);
    if (values == nullptr) continue;
    if (!values->is_object()) {
      return wrong_member(std::string("request.") + part,
                          "must be an object, got " + std::string(kind_name(*values)));
    }
    const bool is_params = std::string_view(part) == "params";
    for (const auto& member : values->get_object()) {
      if (member.value().is_string() || (is_params && is_parameter(member.value()))) continue;
      return wrong_member(std::string("request.") + part + '.' + std::string(member.key()),
                          std::string("must be a string") +
                              (is_params ? ", a number or an array of strings" : "") + ", got " +
                              std::string(kind_name(member.value())));
    }
  }
  return Done{};
}

Result<JsonObject> object_member(const JsonObject& body, std::string_view key) {
  const Json* const value = body.if_contains(key);
  if (value == nullptr || value->is_null()) return JsonObject();
  if (value->is_object()) return value->get_object();
  return Error(ErrorCode::invalid_request, "\"" + std::string(key) + "\" must be an object, got " +
                                               std::string(kind_name(*value)));
}

/// The one given, else the event's example.
Result<Json> payload_of(const ProjectId& project, const JsonObject& body, const std::string& event,
                        ApiServices& services) {
  if (const Json* const given = body.if_contains("payload")) return *given;
  auto known = services.events.get(project, event);
  if (!known) return known.error();
  return std::move(known->schema);
}

Result<TestRequest> read_test(const ApiCall& call, ApiServices& services) {
  const auto body = json_object_body(call);
  if (!body) return body.error();
  if (auto known =
          refuse_others(*body, {"userId", "credentialId", "request", "payload", "outputs"});
      !known) {
    return known.error();
  }
  const auto user = string_member(*body, "userId");
  const auto credential = string_member(*body, "credentialId");
  const auto request = object_member(*body, "request");
  const auto outputs = object_member(*body, "outputs");
  if (!user) return user.error();
  if (!credential) return credential.error();
  if (!request) return request.error();
  if (!outputs) return outputs.error();
  if (auto known = refuse_others(*request, {"headers", "params", "body", "file"}); !known) {
    return known.error();
  }
  if (auto texts = check_texts(*request); !texts) return texts.error();

  TestRequest test;
  test.project = call.project;
  test.user = UserId(user->value_or(preview_user));
  test.workflow = WorkflowId(call.path_value("workflow"));
  test.credential = credential->value_or("");
  auto entry = services.workflows.get(call.project, test.workflow);
  if (!entry) return entry.error();
  test.definition = std::move(entry->draft);
  test.is_trigger_given = body->contains("request");
  const FoundBy found = found_by(test.definition, Stage::deployed);
  Json given = JsonObject{{"trigger", test_request_output(*request, found.trigger_kind)},
                          {"outputs", *outputs}};
  if (found.trigger_kind == event_trigger_kind.type) {
    if (test.is_trigger_given) {
      return wrong_member("request",
                          "is not what starts the workflow: give the event's \"payload\"");
    }
    auto payload = payload_of(call.project, *body, found.trigger_name, services);
    if (!payload) return payload.error();
    given.get_object()["trigger"] = std::move(*payload);
  } else if (found.trigger_kind == scheduler_trigger_kind.type) {
    if (test.is_trigger_given) {
      return wrong_member("request", "is not what starts the workflow: its schedule does");
    }
    const Json* const payload = body->if_contains("payload");
    given.get_object()["trigger"] =
        payload != nullptr ? *payload : tick_output(services.clock.now());
  } else if (found.trigger_kind == poll_trigger_kind.type) {
    if (!body->contains("payload")) {
      return wrong_member("payload", "is what starts the workflow: give a record of its poll");
    }
    given.get_object()["trigger"] = poll_output(body->at("payload"));
  } else if (found.trigger_kind == integration_trigger_kind.type && body->contains("payload")) {
    given.get_object()["trigger"] = poll_output(body->at("payload"));  // of one that is polled
  } else if (body->contains("payload")) {
    return wrong_member("payload", "is of app events: give a \"request\"");
  }
  const auto kept = intern_files(
      given, [&](std::string bytes) { return test.files.keep(std::move(bytes)); },
      HandlesInData::refused);
  if (!kept) return kept.error();
  test.trigger = given.get_object().at("trigger");
  test.outputs = given.get_object().at("outputs").get_object();
  return test;
}

JsonObject shown(const StepDetail& detail) {
  JsonArray console;
  for (const auto& [level, text] : detail.console) {
    console.push_back(JsonObject{{"level", level}, {"text", text}});
  }
  JsonArray indexes;
  for (const auto index : detail.step.indexes) indexes.push_back(index);
  JsonObject object{{"id", detail.step.id},
                    {"stepId", detail.step.step.text},
                    {"status", detail.step.status},
                    {"type", detail.step.type},
                    {"indexes", std::move(indexes)},
                    {"start", to_text(detail.step.start)},
                    {"end", detail.step.end ? Json(to_text(*detail.step.end)) : Json(nullptr)},
                    {"input", detail.input},
                    {"output", detail.output},
                    {"console", std::move(console)}};
  if (detail.is_shortened) object["isShortened"] = true;
  return object;
}

Json shown(const TestReport& report) {
  JsonArray steps;
  for (const auto& step : report.steps) steps.push_back(shown(step));
  JsonObject body{{"status", wire_name(report.status)}, {"error", nullptr}};
  if (report.error) {
    body["error"] = JsonObject{{"stepId", report.failed_step.text},
                               {"code", wire_name(report.error->code)},
                               {"message", report.error->message}};
  }
  body["steps"] = std::move(steps);
  return body;
}

Result<Reply> run(const TestRequest& test, ApiServices& services) {
  const auto report = services.tests.run(test);
  if (!report) return report.error();
  return json_reply(200, shown(*report));
}

}  // namespace

Json test_request_output(const JsonObject& given, std::string_view trigger_kind) {
  JsonObject request{{"headers", JsonObject()}, {"params", JsonObject()}, {"body", JsonObject()}};
  for (const auto& member : given) request[member.key()] = member.value();
  request["headers"] = lower_names(request["headers"]);
  const bool is_delivered =
      trigger_kind == webhook_trigger_kind.type || trigger_kind == integration_trigger_kind.type;
  if (is_delivered) {
    const DeliveryParts parts{request["headers"], request["params"], nullptr};
    return delivery_output(parts, request["body"]);
  }
  return request_output(std::move(request));
}

Result<Reply> test_workflow(const ApiCall& call, ApiServices& services) {
  auto test = read_test(call, services);
  if (!test) return test.error();
  test->is_trigger_given = true;  // an empty request, at least
  return run(*test, services);
}

Result<Reply> test_step(const ApiCall& call, ApiServices& services) {
  auto test = read_test(call, services);
  if (!test) return test.error();
  test->step = call.path_value("step");
  return run(*test, services);
}

namespace {

// The project's owner has the draft; the user in the body is known too late to forward by.
constexpr Route routes[]{
    {.method = "POST",
     .pattern = "/projects/{project}/workflows/{workflow}/test",
     .operation = "testWorkflow",
     .summary = "Runs the draft outside of the history and waits for its end",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &test_workflow,
     .parameters = {project_in_path, workflow_in_path},
     .body = {"{userId?: string, credentialId?: string, request?: TestRequest, payload?: any}",
              false},
     .answers = {{200, "The run has ended, well or not.", "TestReport"},
                 {400, "The trigger refuses the request, or the draft has findings.", "Error"},
                 {404, "There is no such workflow.", "Error"}}},
    {.method = "POST",
     .pattern = "/projects/{project}/workflows/{workflow}/steps/{step}/test",
     .operation = "testStep",
     .summary = "Runs one step of the draft with the outputs that it refers to",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &test_step,
     .parameters = {project_in_path,
                    workflow_in_path,
                    {"step", "string", "The step's id.", RouteParameter::In::path}},
     .body = {"{userId?: string, credentialId?: string, request?: TestRequest, "
              "payload?: any, outputs?: {[stepId]: any}}",
              false},
     .answers = {{200, "The step has ended, well or not.", "TestReport"},
                 {404, "There is no such workflow or step.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"TestRequest", "{headers?: object, params?: object, body?: any}",
     "The request that the trigger is given."},
    {"TestReport",
     "{status: \"SUCCEEDED\"|\"FAILED\"|\"CANCELLED\", "
     "error: {stepId: string, code: string, message: string}|null, steps: [TestedStep]}",
     "What became of a test run."},
    {"TestedStep",
     "{id: string, stepId: string, status: ExecutionStatus, type: string, indexes: [integer], "
     "start: date, end: date|null, input: any, output: any, console: [ConsoleLine]}",
     "A step of a test run with what it was given and what it gave."},
};

}  // namespace

constinit const RouteGroup test_run_routes{"Tests", "Trying a draft out.", routes, shapes};

}  // namespace millrace
