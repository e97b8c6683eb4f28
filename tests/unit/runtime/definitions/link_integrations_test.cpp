// How workflows find their integrations and actions, and which constants are checked at deploy.
#include "runtime/definitions/link_integrations.h"

#include "compile_text.h"
#include "runtime/definitions/compile_stored_workflow.h"
#include "runtime/integrations/resource.h"

using namespace millrace;

namespace {

std::string add(const std::string& parameters,
                const std::string& keys = R"("integration":"crm",)") {
  return R"({"id":"add","type":"action",)" + keys + R"("action":"createContact","parameters":)" +
         parameters + '}';
}

std::string refusal(const std::string& steps) { return finding_of_steps(steps).path; }

}  // namespace

TEST_CASE("an action belongs to the step's integration, or to the workflow's") {
  const auto own = compile_steps(add(R"({"email":"a"})"));
  const auto& step = std::get<ActionStep>(own->by_index[0]->config);
  REQUIRE(step.integration == "crm");
  REQUIRE(step.declared == &step.frozen_integration->actions.at("createContact"));
  REQUIRE(history_type(*own->by_index[0]) == "ACTION/CUSTOM");
  const auto inherited =
      compile_text(R"({"integration":"crm","trigger":{"type":"request"},"steps":[)" +
                   add(R"({"email":"a"})", "") + "]}");
  REQUIRE(inherited.ok());
  REQUIRE((*inherited)->frozen_integration != nullptr);
  REQUIRE(std::get<ActionStep>((*inherited)->by_index[0]->config).integration == "crm");
  const auto none = finding_of_steps(add(R"({"email":"a"})", ""));
  REQUIRE(none.path == "/steps/0/integration");
  REQUIRE(none.step == "add");
}

TEST_CASE("integrations and actions that are not there are refused with the nearest name") {
  const auto integration = finding_of_steps(add("{}", R"("integration":"cmr",)"));
  REQUIRE(integration.path == "/steps/0/integration");
  REQUIRE(integration.nearest == "crm");
  const auto action =
      finding_of_steps(R"({"id":"a","type":"action","integration":"crm","action":"createContct"})");
  REQUIRE(action.path == "/steps/0/action");
  REQUIRE(action.nearest == "createContact");
  REQUIRE(refusal(R"({"id":"a","type":"request","integration":"x","method":"GET","path":"/"})") ==
          "/steps/0/integration");
  REQUIRE(findings_of_text(
              R"({"integration":"zzz","trigger":{"type":"request"},"steps":[
                 {"id":"w","type":"delay","value":1,"unit":"DAYS"}]})")[0]
              .path == "/integration");
  REQUIRE(refusal(R"({"id":"a","type":"action","integration":"crm"})") == "/steps/0/action");
}

TEST_CASE("constant parameters are checked when the workflow is deployed") {
  REQUIRE(refusal(add("{}")) == "/steps/0/parameters/email");
  REQUIRE(refusal(add(R"({"email":5})")) == "/steps/0/parameters/email");
  REQUIRE(refusal(add(R"({"email":null})")) == "/steps/0/parameters/email");
  const auto unknown = finding_of_steps(add(R"({"email":"a","tagz":[]})"));
  REQUIRE(unknown.path == "/steps/0/parameters/tagz");
  REQUIRE(unknown.nearest == "tags");
  REQUIRE(refusal(add("[]")) == "/steps/0/parameters");
}

TEST_CASE("beside references names and constants are checked and the rest is left to the run") {
  REQUIRE(compile_steps(add(R"({"email":"{{user.meta.Email}}","age":"{{user.meta.age}}"})")) !=
          nullptr);
  REQUIRE(compile_steps(add(R"({"email":"x {{user.id}}","address":{"a":"{{user.id}}"}})")) !=
          nullptr);
  REQUIRE(compile_steps(add(R"("{{trigger.request.body}}")")) != nullptr);
  REQUIRE(refusal(add(R"("all of {{trigger.request.body}}")")) == "/steps/0/parameters");
}

TEST_CASE("beside a reference every wrong constant is still found") {
  REQUIRE(refusal(add(R"({"email":"{{user.meta.Email}}","age":"36"})")) ==
          "/steps/0/parameters/age");
  REQUIRE(refusal(add(R"({"age":"{{user.meta.age}}"})")) == "/steps/0/parameters/email");
  REQUIRE(refusal(add(R"({"email":"a","agee":"{{user.meta.age}}"})")) ==
          "/steps/0/parameters/agee");
}

TEST_CASE("actions inside branches and fan-outs are linked as well") {
  const auto workflow = compile_steps(
      R"({"id":"f","type":"fanOut","items":[1],"steps":[
           {"id":"c","type":"conditional","if":[{"variable":1,"operator":"Exists"}],
            "then":[)" +
      add(R"({"email":"a"})") + R"(],"else":[{"id":"r","type":"request","integration":"salesforce",
            "method":"GET","path":"/"}]}]})");
  REQUIRE(std::get<ActionStep>(workflow->by_index[2]->config).declared != nullptr);
  REQUIRE(std::get<RequestStep>(workflow->by_index[3]->config).frozen_integration != nullptr);
  REQUIRE(integrations_of(*workflow) == std::vector<std::string>{"crm", "salesforce"});
}

TEST_CASE("the secrets of an action are those of the step that runs it") {
  const auto workflow =
      compile_steps(R"({"id":"p","type":"action","integration":"crm","action":"signedPing"})");
  REQUIRE(workflow->by_index[0]->secrets == std::vector<std::string>{"CRM_SIGNATURE"});
  REQUIRE(to_text(workflow->masked_secrets) == R"({"CRM_SIGNATURE":"[secret CRM_SIGNATURE]"})");
}

TEST_CASE("without integrations every name of one is refused") {
  const auto definition =
      parse_json(R"({"trigger":{"type":"request"},"steps":[)" + add(R"({"email":"a"})") + "]}");
  const auto compiled = compile_workflow(*definition, test_identity());
  REQUIRE_FALSE(compiled.ok());
  REQUIRE(compiled.error().details[0].expected == "an integration of the project");
}

TEST_CASE("the pages that are missing from an action's result can be seen") {
  const std::string use = R"(,{"id":"u","type":"response","body":"{{a.error.message}}"})";
  const auto action = [](const std::string& name) {
    return R"({"id":"a","type":"action","integration":"crm","action":")" + name + "\"}";
  };
  REQUIRE(compile_steps(action("listContacts") + use) != nullptr);
  REQUIRE(finding_of_steps(action("signedPing") + use).expected == "`result`");
  // Whether an action that is not there has pages is not known.
  REQUIRE(refusal(action("listContact") + use) == "/steps/0/action");
}

TEST_CASE("a request to an integration may have an authorization of its own") {
  const auto request = [](const std::string& integration, const std::string& type) {
    return R"({"id":"r","type":"request","method":"GET","path":"/","integration":")" + integration +
           R"(","authorization":)" + type + '}';
  };
  const std::string bearer = R"({"type":"bearer","token":"t"})";
  REQUIRE(compile_steps(request("crm", bearer)) != nullptr);
  REQUIRE(compile_steps(request("crm", R"({"type":"none"})")) != nullptr);
  REQUIRE(compile_steps(request("crm", "null")) != nullptr);
  // An integration without accounts leaves it to the definition.
  REQUIRE(compile_steps(request("salesforce", bearer)) != nullptr);
  REQUIRE(refusal(request("cmr", bearer)) == "/steps/0/integration");
}

TEST_CASE("a workflow that sign-ins start is of an integration where users sign in") {
  const auto findings =
      findings_of_text(R"({"integration":"crm","trigger":{"type":"oauth"},"steps":[
      {"id":"w","type":"delay","value":1,"unit":"DAYS"}]})");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].path == "/trigger/type");
  // What was accepted once stays.
  const auto stored = compile_stored_workflow(
      *parse_json(R"({"integration":"crm","trigger":{"type":"oauth"},"steps":[
          {"id":"w","type":"delay","value":1,"unit":"DAYS"}]})"),
      test_identity(), &test_integrations());
  CHECK(stored.ok());
}

TEST_CASE("steps and triggers name a resource by its name, and integrations are none") {
  IntegrationSet catalog;
  REQUIRE(catalog
              .put(resource_type("api"), *parse_json(R"({"level":"user",
      "baseUrl":"https://{{settings.tenant}}.acme.example",
      "settings":[{"id":"tenant","type":"text"}],"webhooks":{"made":{}}})"))
              .ok());
  const auto compiled = [&](const std::string& trigger, const std::string& step) {
    return compile_workflow(*parse_json(R"({"trigger":)" + trigger + R"(,"steps":[{"id":"a",
        "type":"request","method":"GET","path":"/",)" +
                                        step + "}]}"),
                            test_identity(), &catalog);
  };
  const std::string on_request = R"({"type":"request"})";
  const auto good =
      compiled(R"({"type":"resource","resource":"api","webhook":"made"})", R"("resource":"api")");
  REQUIRE(good.ok());
  CHECK((*good)->resources_with_settings.contains("resource:api"));
  CHECK(integrations_of(**good) == std::vector<std::string>{"resource:api"});
  CHECK(history_type(*(*good)->by_index[0]) == "ACTION/CUSTOM_INTEGRATION_REQUEST");
  const auto path = [&](const std::string& trigger, const std::string& step) {
    const auto refused = compiled(trigger, step);
    REQUIRE_FALSE(refused.ok());
    return refused.error().details.front().path;
  };
  CHECK(path(on_request, R"("resource":"apj")") == "/steps/0/resource");
  CHECK(path(on_request, R"("integration":"resource:api")") == "/steps/0/integration");
  CHECK(path(on_request, R"("integration":"crm","resource":"api")") == "/steps/0/resource");
  CHECK(path(R"({"type":"resource","resource":"apj","webhook":"made"})", R"("resource":"api")") ==
        "/trigger/resource");
}
