#include "http/api/test_runs_api.h"

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/event_registry.h"
#include "actors/tenants/integration_registry.h"
#include "actors/tenants/project_registry.h"
#include "actors/tenants/test_data.h"
#include "actors/tenants/workflow_library.h"
#include "actors/test_runs/test_runs.h"
#include "http/api/test_input.h"
#include "runtime/definitions/found_by.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/triggers/trigger_catalog.h"

#include <algorithm>

namespace millrace {
namespace {

Result<JsonObject> object_member(const JsonObject& body, std::string_view key) {
  const Json* const value = body.if_contains(key);
  if (value == nullptr || value->is_null()) return JsonObject();
  if (value->is_object()) return value->get_object();
  return Error(ErrorCode::invalid_request, "\"" + std::string(key) + "\" must be an object, got " +
                                               std::string(kind_name(*value)));
}

/// What a test of this trigger is not given.
Outcome check_given(const JsonObject& body, std::string_view trigger_kind) {
  const bool has_request = body.contains("request");
  switch (tested_with(trigger_kind)) {
    case TestedWith::request:
      if (!body.contains("payload") || may_have_payload(trigger_kind)) return Done{};
      return wrong_member("payload", "is of app events: give a \"request\"");
    case TestedWith::record:
      if (!has_request) return Done{};
      return wrong_member("request",
                          "is not what starts the workflow: give a record as its \"payload\"");
    case TestedWith::payload:
      if (!has_request) return Done{};
      return wrong_member("request",
                          "is not what starts the workflow: give the event's \"payload\"");
    case TestedWith::nothing:
      if (!has_request) return Done{};
      return wrong_member("request", trigger_kind == scheduler_trigger_kind.type
                                         ? "is not what starts the workflow: its schedule does"
                                         : "is not what starts the workflow: an account does");
  }
  return Done{};
}

/// The account that the run would have; made up if there is none.
Result<Json> account_output(const TestRequest& test, std::string_view trigger_kind,
                            ApiServices& services) {
  std::string type;
  if (test.definition.is_object()) {
    const auto named = string_member(test.definition.get_object(), "integration");
    if (named) type = named->value_or("");
  }
  const auto account = services.credentials.find(test.project, test.user, type, test.credential);
  if (!account) return account.error();
  Credential made_up;
  made_up.id = "test-account";
  const auto known = services.integrations.get(test.project, type);
  const bool is_oauth = known && known->integration->auth.oauth != nullptr;
  return test_account_output(
      *account == nullptr ? made_up : **account,
      is_oauth ? known->integration->auth.oauth->scopes : std::vector<std::string>(), trigger_kind);
}

/// What the trigger makes itself, or an example of it.
Result<Json> own_output(const TestRequest& test, const FoundBy& found, ApiServices& services) {
  if (found.trigger_kind == event_trigger_kind.type) {
    auto known = services.events.get(test.project, found.trigger_name);
    if (!known) return known.error();
    return std::move(known->schema);
  }
  if (found.trigger_kind == scheduler_trigger_kind.type) return tick_output(services.clock.now());
  if (tested_with(found.trigger_kind) == TestedWith::record) {
    return wrong_member("payload", "is what starts the workflow: give a record of its poll");
  }
  if (tested_with(found.trigger_kind) == TestedWith::nothing) {
    return account_output(test, found.trigger_kind, services);
  }
  return test_request_output({}, found.trigger_kind);
}

/// The trigger's output: of what is given, else of the workflow's test data, else its own.
Result<Json> trigger_of(const JsonObject& body, TestRequest& test, ApiServices& services) {
  const FoundBy found = found_by(test.definition, Stage::deployed);
  if (auto given = check_given(body, found.trigger_kind); !given) return given.error();
  test.is_trigger_given = body.contains("request");
  if (const Json* const payload = body.if_contains("payload")) {
    return test_payload_output(*payload, found.trigger_kind);
  }
  if (test.is_trigger_given) {
    const auto request = object_member(body, "request");
    if (!request) return request.error();
    if (auto checked = check_test_request(*request); !checked) return checked.error();
    return test_request_output(*request, found.trigger_kind);
  }
  const auto data = services.test_data.find(test.project, test.workflow);
  if (!data) return data.error();
  if (!*data) return own_output(test, found, services);
  test.is_trigger_given = true;
  const auto catalog = services.integrations.catalog(test.project);
  if (!catalog) return catalog.error();
  return output_of_test_data((*data)->content.get_object(), test.definition, found.trigger_kind,
                             **catalog);
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
  const auto outputs = object_member(*body, "outputs");
  if (!user) return user.error();
  if (!credential) return credential.error();
  if (!outputs) return outputs.error();

  TestRequest test;
  test.project = call.project;
  if (*user) {
    test.user = UserId(**user);
  } else {
    const auto project = services.projects.describe(call.project);
    if (!project) return project.error();
    test.user = project->settings.preview_user;
  }
  test.workflow = WorkflowId(call.path_value("workflow"));
  test.credential = credential->value_or("");
  auto entry = services.workflows.get(call.project, test.workflow);
  if (!entry) return entry.error();
  test.definition = std::move(entry->draft);
  auto trigger = trigger_of(*body, test, services);
  if (!trigger) return trigger.error();
  Json given = JsonObject{{"trigger", std::move(*trigger)}, {"outputs", *outputs}};
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

Result<Reply> show_test_outputs(const ApiCall& call, ApiServices& services) {
  const WorkflowId workflow(call.path_value("workflow"));
  const auto entry = services.workflows.get(call.project, workflow);
  if (!entry) return entry.error();
  JsonObject outputs;
  for (auto& [step, tested] : services.tests.outputs().of(call.project, workflow)) {
    outputs.emplace(step, JsonObject{{"output", std::move(tested.output)},
                                     {"isCut", tested.is_cut},
                                     {"at", to_text(tested.at)}});
  }
  return json_reply(200, JsonObject{{"outputs", std::move(outputs)}});
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
     .only_tries = true,
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
     .only_tries = true,
     .parameters = {project_in_path,
                    workflow_in_path,
                    {"step", "string", "The step's id.", RouteParameter::In::path}},
     .body = {"{userId?: string, credentialId?: string, request?: TestRequest, "
              "payload?: any, outputs?: {[stepId]: any}}",
              false},
     .answers = {{200, "The step has ended, well or not.", "TestReport"},
                 {404, "There is no such workflow or step.", "Error"}}},
    {.method = "GET",
     .pattern = "/projects/{project}/workflows/{workflow}/test-outputs",
     .operation = "showTestOutputs",
     .summary = "What steps gave in the latest tests since the server was started, cut",
     .access = Access::project_key,
     .runs_on = RunsOn::project_shard,
     .handler = &show_test_outputs,
     .parameters = {project_in_path, workflow_in_path},
     .answers = {{200, "By step; the trigger's is under `trigger`.",
                  "{outputs: {[stepId]: {output: any, isCut: boolean, at: date}}}"},
                 {404, "There is no such workflow.", "Error"}}},
};

constexpr NamedShape shapes[]{
    {"TestRequest", "{headers?: object, params?: object, body?: any, file?: any}",
     "The request that the trigger is given."},
    {"TestReport",
     "{status: \"SUCCEEDED\"|\"FAILED\"|\"CANCELLED\", "
     "error: {stepId: string, code: string, message: string}|null, steps: [TestedStep]}",
     "What became of a test run."},
    {"TestedStep",
     "{id: string, stepId: string, status: ExecutionStatus, type: string, indexes: [integer], "
     "start: date, end: date|null, input: any, output: any, console: [ConsoleLine], "
     "isShortened?: boolean}",
     "A step of a test run with what it was given and what it gave."},
};

}  // namespace

constinit const RouteGroup test_run_routes{"Tests", "Trying a draft out.", routes, shapes};

}  // namespace millrace
