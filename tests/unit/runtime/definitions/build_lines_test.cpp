// What builds of the original platform contain, one case a line of what was seen in them. All ids and
// names are made up.
#include "compile_text.h"
#include "runtime/definitions/compiled_form.h"

using namespace millrace;

namespace {

constexpr const char* const trigger_id = "0a000000-0000-4000-8000-000000000000";

Json json_of(const std::string& text) {
  auto json = parse_json(text);
  if (!json) FAIL(json.error().message << '\n' << text);
  return std::move(*json);
}

Json translated(const std::string& text) {
  auto translation = translate_compiled_form(json_of(text));
  if (!translation) {
    for (const auto& detail : translation.error().details) {
      UNSCOPED_INFO(detail.path << ": " << detail.message);
    }
    FAIL(translation.error().message);
  }
  return std::move(*translation);
}

std::string at(const Json& value, const std::string& pointer) {
  boost::json::error_code error;
  const Json* const found = value.find_pointer(pointer, error);
  return found == nullptr ? "nothing" : to_text(*found);
}

/// "path: message" of each finding of a deploy, one a line.
std::string deploy_findings(const Json& definition,
                            const IntegrationCatalog* integrations = nullptr) {
  const auto compiled = compile_workflow(definition, test_identity(), integrations);
  std::string all;
  if (compiled) return all;
  for (const auto& detail : compiled.error().details) {
    all += detail.path + ": " + detail.message + '\n';
  }
  return all;
}

/// A workflow on any request with these further steps; the trigger leads to `first`.
std::string with_steps(const std::string& steps, const std::string& first = "a") {
  return R"({"id":"w","name":"w","isDraft":false,"steps":[{"id":")" + std::string(trigger_id) +
         R"(","type":"TRIGGER/ENDPOINT","description":"Request","_migrations":{"name":"triggerStep"},)"
         R"("next":[")" +
         first +
         R"("],"parameters":{"httpMethod":"POST","path":"w",)"
         R"("allowArbitraryPayload":true,"paramValidations":[],"headerValidations":[],)"
         R"("bodyValidations":[]}},)" +
         steps + "]}";
}

std::string step(const std::string& id, const std::string& type, const std::string& parameters,
                 const std::string& next = "") {
  return R"({"id":")" + id + R"(","type":")" + type +
         R"(","description":"","_migrations":{},)"
         R"("next":[)" +
         (next.empty() ? "" : '"' + next + '"') + R"(],"parameters":)" + parameters + '}';
}

std::string function(const std::string& id, const std::string& next = "",
                     const std::string& parameters = "[]") {
  return step(id, "ACTION/FUNCTION", R"({"code":"() => 1","parameters":)" + parameters + '}', next);
}

/// The first step of a workflow of one step.
Json only_step(const std::string& type, const std::string& parameters) {
  return translated(with_steps(step("a", type, parameters))).at("steps").at(0);
}

/// What one source becomes as a parameter of a function behind another function `a`.
Json value_of(const std::string& source) {
  return translated(with_steps(function("a", "b") + ',' +
                               function("b", "", R"([{"key":"v","source":)" + source + "}]")))
      .at("steps")
      .at(1)
      .at("parameters")
      .at("v");
}

std::string field(const std::string& type, const std::string& rest = "") {
  return R"({"type":"CONNECT_CREDENTIAL_FIELD","dataType":"STRING","fieldType":")" + type + '"' +
         rest + '}';
}

Json trigger_of(const std::string& type, const std::string& parameters) {
  return translated(R"({"steps":[)" + step("t", type, parameters, "a") + ',' + function("a") + "]}")
      .at("trigger");
}

}  // namespace

TEST_CASE("a step is called as its variable was in the code, and its description is kept") {
  const Json definition = translated(
      R"json({"id":"w","name":"w","isDraft":false,"_history":[1],"steps":[
    {"id":"0a000000-0000-4000-8000-000000000000","type":"TRIGGER/ENDPOINT","description":"On a request",
     "_migrations":{"name":"triggerStep"},"next":["1a000000-0000-4000-8000-000000000000"],
     "parameters":{"allowArbitraryPayload":true,"_seen":5}},
    {"id":"1a000000-0000-4000-8000-000000000000","type":"ACTION/FUNCTION","description":"Map rows",
     "_migrations":{"name":"mapRows"},"next":["2a000000-0000-4000-8000-000000000000"],
     "parameters":{"code":"() => 1","parameters":[]}},
    {"id":"2a000000-0000-4000-8000-000000000000","type":"ACTION/FUNCTION","description":"Map rows again",
     "_migrations":{"name":"mapRows"},"next":["3a000000-0000-4000-8000-000000000000"],
     "parameters":{"code":"() => 1","parameters":[{"key":"v","_note":1,"source":{"type":"VARIABLE",
       "stepId":"1a000000-0000-4000-8000-000000000000","path":["result"],"_at":1}}]}},
    {"id":"3a000000-0000-4000-8000-000000000000","type":"ACTION/FUNCTION","description":"",
     "_migrations":{"name":"user"},"next":["4a000000-0000-4000-8000-000000000000"],
     "parameters":{"code":"() => 1","parameters":[]}},
    {"id":"4a000000-0000-4000-8000-000000000000","type":"ACTION/FUNCTION","description":"Last",
     "_migrations":{},"next":[],"parameters":{"code":"() => 1","parameters":[]}}]})json");
  CHECK(at(definition, "/trigger/description") == R"("On a request")");
  CHECK(at(definition, "/steps/0/id") == R"("mapRows")");
  CHECK(at(definition, "/steps/0/description") == R"("Map rows")");
  CHECK(at(definition, "/steps/1/id") == R"("mapRows_2")");
  CHECK(at(definition, "/steps/1/parameters/v") == R"("{{mapRows.result}}")");
  CHECK(at(definition, "/steps/2/id") == R"("step_user")");
  CHECK(at(definition, "/steps/3/id") == R"("step_4a000000-0000-4000-8000-000000000000")");
  CHECK(deploy_findings(definition) == "");
}

TEST_CASE("what the editor left behind is a draft that says at deploy what is missing") {
  const Json unselected =
      translated(with_steps(R"({"id":"a","type":"UNSELECTED","description":"Choose","next":[],)"
                            R"("parameters":{},"_migrations":{}})"));
  CHECK(at(unselected, "/steps/0/id") == R"("a")");
  CHECK_THAT(deploy_findings(unselected),
             Catch::Contains("/steps/0/type: what this step does has not been chosen"));

  const Json no_trigger = translated(R"({"name":"w","isDraft":true,"steps":[)" +
                                     function("a", "b") + ',' + function("b") + "]}");
  CHECK(at(no_trigger, "/trigger") == "nothing");
  CHECK(at(no_trigger, "/steps/1/id") == R"("b")");
  CHECK(deploy_findings(no_trigger) == "/trigger: `trigger` is missing\n");

  for (const char* const type : {"TRIGGER/UNSELECTED", "UNSELECTED"}) {
    const Json unselected_trigger =
        translated(R"({"name":"w","isDraft":true,"steps":[)" + step("t", type, "{}", "a") + ',' +
                   function("a") + "]}");
    CHECK(at(unselected_trigger, "/trigger") == "nothing");
    CHECK(at(unselected_trigger, "/steps/0/id") == R"("a")");
  }
  CHECK(at(translated(R"({"name":"w","isDraft":true,"steps":[)" + step("t", "UNSELECTED", "{}") +
                      "]}"),
           "/steps") == "[]");
}

TEST_CASE("a trigger of an integration keeps its intent and its parameters") {
  const Json trigger =
      trigger_of("TRIGGER/ACTION", R"({"intent":"SALESFORCE_TRIGGER_RECORD_CREATED",
    "actionType":"salesforce","credentials":[],"actionParameters":[
      {"key":"recordType","source":{"type":"VALUE","value":"Contact","dataType":"STRING"}},
      {"key":"includeDeleted","source":{"type":"VALUE","value":"false","dataType":"ANY"}}]})");
  CHECK(to_text(trigger) ==
        R"({"type":"integration","trigger":"SALESFORCE_TRIGGER_RECORD_CREATED",)"
        R"("parameters":{"recordType":"Contact","includeDeleted":false}})");
}

TEST_CASE("schedules by cron expression keep their zone") {
  CHECK(to_text(trigger_of("TRIGGER/CRON",
                           R"({"schedule":{"cron":"0 30 9 * * *","timezone":"Europe/Berlin"}})")) ==
        R"({"type":"scheduler","cron":"0 30 9 * * *","timezone":"Europe/Berlin"})");
}

TEST_CASE("an endpoint whose body a field mapping maps names the setting and what comes of it") {
  const Json definition =
      translated(R"({"steps":[)" +
                 step("t", "TRIGGER/ENDPOINT",
                      R"({"httpMethod":"POST","path":"w","allowArbitraryPayload":true,
    "objectMapping":)" + field("WORKFLOW_SETTING", R"(,"inputId":"map-1")") +
                          "}",
                      "a") +
                 ',' + function("a", "", R"([{"key":"v","source":{"type":"VARIABLE","stepId":"t",
    "path":["mappedIntegrationObject","Name"]}}])") +
                 "]}");
  CHECK(at(definition, "/trigger/objectMapping") == R"("{{settings.map-1}}")");
  CHECK(at(definition, "/steps/0/parameters/v") == R"("{{trigger.mappedIntegrationObject.Name}}")");
  CHECK(deploy_findings(definition) == "");
}

TEST_CASE("an action is found by its intent") {
  const Json definition = translated(with_steps(step("a", "ACTION/CUSTOM",
                                                     R"({"actionType":"slack",
    "intent":"SLACK_SEND_MESSAGE","credentials":["1c000000-0000-4000-8000-000000000000"],
    "ignoreFailure":true,"retryOnFailure":true,
    "actionParameters":[{"key":"channel","source":{"type":"VALUE","value":"#a","dataType":"ANY"}},
                        {"key":"","source":{"type":"VALUE","value":"left over","dataType":"ANY"}}]})")));
  CHECK(at(definition, "/steps/0") ==
        R"({"id":"a","type":"action","action":"SLACK_SEND_MESSAGE","integration":"slack",)"
        R"("parameters":{"channel":"#a"},"autoRetry":true,"continueOnError":true})");
  IntegrationSet slack;
  REQUIRE(slack
              .put("slack", json_of(R"json({"baseUrl":"https://slack.example","actions":{
    "sendMessage":{"method":"POST","path":"/m","parameters":{"channel":{"type":"string"}}},
    "listChannels":{"method":"GET","path":"/c"}}})json"))
              .ok());
  CHECK(deploy_findings(definition, &slack) == "");
  const Json other = translated(
      with_steps(step("a", "ACTION/CUSTOM", R"({"actionType":"slack","intent":"SLACK_SEND"})")));
  CHECK_THAT(deploy_findings(other, &slack),
             Catch::Contains("/steps/0/action: \"slack\" has no action `SLACK_SEND`"));
}

TEST_CASE("a condition as a parameter of an action is a filter") {
  const Json action = only_step("ACTION/CUSTOM", R"({"actionType":"hubspot",
    "intent":"HUBSPOT_SEARCH_CONTACTS","actionParameters":[{"key":"filter","source":
    {"type":"CONDITION","condition":{"type":"JOIN","join":"AND","conditions":[
      {"type":"OPERATOR","condition":{"operator":"$stringExactlyMatches",
        "variable":{"type":"VALUE","value":"email","dataType":"STRING"},
        "argument":{"type":"VARIABLE","stepId":"0a000000-0000-4000-8000-000000000000",
                    "path":["request","body","email"]}}}]}}}]})");
  CHECK(at(action, "/parameters/filter") ==
        R"([[{"variable":"email","operator":"StringExactlyMatches",)"
        R"("argument":"{{trigger.request.body.email}}"}]])");
}

TEST_CASE("an integration request keeps a whole URL and a path without a slash") {
  for (const char* const url : {"https://crm.example/v1/contacts", "contacts", "/contacts"}) {
    const Json request = only_step(
        "ACTION/CUSTOM_INTEGRATION_REQUEST",
        R"({"actionType":"crm","httpMethod":"GET","credentials":[],"url":{"type":"VALUE","value":")" +
            std::string(url) + R"("},"params":[],"headers":[],"body":[]})");
    CHECK(at(request, "/path") == to_text(Json(url)));
    CHECK(at(request, "/integration") == R"("crm")");
  }
}

TEST_CASE("the same query in the URL and beside it is sent once") {
  const Json request = only_step("ACTION/REQUEST", R"({"httpMethod":"GET",
    "url":{"type":"TOKENIZED","parts":[{"type":"VALUE","value":"https://a.example/x?%24filter=a&limit=10"}]},
    "params":[{"key":"limit","source":{"type":"VALUE","value":"10"}},
              {"key":"$filter","source":{"type":"VALUE","value":"a"}},
              {"key":"","source":{"type":"VALUE","value":"left over"}}],"headers":[]})");
  CHECK(at(request, "/url") == R"("https://a.example/x")");
  CHECK(at(request, "/params") == R"({"limit":"10","$filter":"a"})");
}

TEST_CASE("parameters, headers and body may each be one source") {
  const std::string whole = R"({"type":"VARIABLE","stepId":"a","path":[]})";
  const auto request = [&](const std::string& rest) {
    return translated(with_steps(
        function("a", "b") + ',' +
        step("b", "ACTION/REQUEST",
             R"({"httpMethod":"POST","url":{"type":"VALUE","value":"https://a.example"},)" + rest +
                 "}")));
  };
  const Json json = request(R"("bodyType":"json","params":)" + whole + R"(,"headers":)" + whole +
                            R"(,"body":)" + whole);
  for (const char* const key : {"params", "headers", "body"}) {
    CHECK(at(json, std::string("/steps/1/") + key) == R"("{{a}}")");
  }
  CHECK(deploy_findings(json) == "");
  // A body that is a file's text is the file.
  const Json raw = request(R"("bodyType":"raw","params":[],"headers":[],"body":[],"rawBody":
    {"type":"TOKENIZED","parts":[{"type":"VARIABLE","stepId":"a","path":["result","file"]}]})");
  CHECK(at(raw, "/steps/1/body") == R"("{{a.result.file}}")");
  const Json beside = request(R"("bodyType":"raw","body":)" + whole);
  CHECK(at(beside, "/steps/1/body") == R"("{{a}}")");
  const Json call = translated(with_steps(
      function("a", "b") + ',' +
      step("b", "ACTION/FUNCTION", R"({"code":"(p) => p","parameters":)" + whole + "}")));
  CHECK(at(call, "/steps/1/parameters") == R"("{{a}}")");
}

TEST_CASE("pages are asked for by the step's own output") {
  const auto own = [](const std::string& path) {
    return R"({"type":"SAME_STEP_REFERENCE","stepId":"a","path":)" + path + '}';
  };
  const Json request = only_step(
      "ACTION/CUSTOM_INTEGRATION_REQUEST",
      R"({"actionType":"crm","httpMethod":"GET","url":{"type":"VALUE","value":"contacts"},"params":[
      {"key":"after","source":)" +
          own(R"(["pageToken"])") +
          R"(},{"key":"cursor","source":{"type":"VARIABLE","stepId":"a","path":["response","body","next"]}}],
      "headers":[],"paginationOptions":{"type":"TOKEN","pageToken":)" +
          own(R"(["response","body","next"])") +
          R"(,"outputPath":{"type":"VARIABLE","stepId":"a","path":["response","body","items"]},
          "stopCondition":{"type":"JOIN","join":"OR","conditions":[{"type":"OPERATOR","condition":
            {"operator":"$isUndefinedOrNull","variable":)" +
          own(R"(["response","body","next"])") + "}}]}}}");
  CHECK(at(request, "/params") ==
        R"({"after":"{{self.pageToken}}","cursor":"{{self.pageToken}}"})");
  CHECK(at(request, "/pagination") ==
        R"({"output":"response.body.items","pageToken":"response.body.next",)"
        R"("stopWhen":[[{"variable":"{{self.response.body.next}}","operator":"DoesNotExist"}]]})");
}

TEST_CASE("every field of an account has its name here") {
  CHECK(value_of(field("EXTERNAL_USER_ID")) == Json("{{user.id}}"));
  CHECK(value_of(field("EXTERNAL_USER_PROVIDER_ID")) == Json("{{account.providerId}}"));
  CHECK(value_of(field("EXTERNAL_USER_METADATA", R"(,"path":["Email"])")) ==
        Json("{{user.meta.Email}}"));
  CHECK(value_of(field("WORKFLOW_SETTING", R"(,"inputId":"s-1","path":["objectType","id"])")) ==
        Json("{{settings.s-1.objectType.id}}"));
  CHECK(value_of(field("SHARED_WORKFLOW_SETTING", R"(,"inputId":"s-2")")) ==
        Json("{{settings.s-2}}"));
}

TEST_CASE("an access token in a request's authorization is the account's own") {
  const std::string token = field("OAUTH_ACCESS_TOKEN");
  const std::string bearer =
      R"({"type":"TOKENIZED","parts":[{"type":"VALUE","value":"Bearer "},)" + token + "]}";
  const auto request = [](const std::string& type, const std::string& rest) {
    return only_step(type, R"({"actionType":"crm","httpMethod":"GET","params":[],
      "url":{"type":"VALUE","value":"https://crm.example/v1/me"},)" +
                               rest + "}");
  };
  const std::string expected =
      R"({"id":"a","type":"request","integration":"crm","method":"GET","path":"https://crm.example/v1/me"})";
  for (const char* const type : {"ACTION/REQUEST", "ACTION/CUSTOM_INTEGRATION_REQUEST"}) {
    CHECK(to_text(request(
              type, R"("headers":[{"key":"authorization","source":)" + bearer + "}]")) == expected);
    CHECK(to_text(request(type, R"("headers":[],"authorization":{"type":"bearer","token":)" +
                                    token + "}")) == expected);
  }
}

TEST_CASE("secrets are found by their ids wherever they stand") {
  const std::string secret =
      R"({"type":"ENVIRONMENT_SECRET","environmentSecretId":"5ec00000-0000-4000-8000-000000000001"})";
  const std::string name = "{{secrets.secret_5ec00000_0000_4000_8000_000000000001}}";
  CHECK(value_of(secret) == Json(name));
  const Json request = only_step("ACTION/CUSTOM_INTEGRATION_REQUEST", R"({"actionType":"crm",
    "httpMethod":"GET","url":{"type":"VALUE","value":"/x"},"params":[],
    "headers":[{"key":"X-Key","source":)" + secret + R"(}],
    "authorization":{"type":"bearer","token":)" + secret + "}}");
  CHECK(at(request, "/headers/X-Key") == to_text(Json(name)));
  CHECK(at(request, "/authorization/token") == to_text(Json(name)));
}

TEST_CASE("a request to an integration may authorize itself") {
  IntegrationSet crm;
  REQUIRE(crm.put("crm", json_of(R"({"baseUrl":"https://crm.example","auth":{"type":"bearer"}})"))
              .ok());
  const Json definition = translated(with_steps(step("a", "ACTION/CUSTOM_INTEGRATION_REQUEST",
                                                     R"({"actionType":"crm","httpMethod":"GET",
    "url":{"type":"VALUE","value":"/x"},"params":[],"headers":[],
    "authorization":{"type":"bearer","token":{"type":"VALUE","value":"own"}}})")));
  CHECK(deploy_findings(definition, &crm) == "");
}

TEST_CASE("maps and conditionals inside each other run as the graph says") {
  const auto choices = [](const std::string& yes, const std::string& no) {
    return R"({"choices":[{"label":"Yes","next":)" + yes +
           R"(,"conditionWrapper":{"type":"OPERATOR","condition":{"operator":"$booleanTrue",)"
           R"("variable":{"type":"VALUE","value":true}}}},{"label":"No","next":)" +
           no + "}]}";
  };
  const auto map = [](const std::string& id, const std::string& items, const std::string& body,
                      const std::string& next) {
    return R"({"id":")" + id + R"(","type":"TRANSITION/MAP","next":[)" + next +
           R"(],"parameters":{"nextToIterate":")" + body + R"(","iterator":)" + items + "}}";
  };
  const Json definition = translated(with_steps(
      map("a",
          R"({"type":"VARIABLE","stepId":"0a000000-0000-4000-8000-000000000000","path":["request","body","rows"]})",
          "inner", R"("last")") +
      ',' +
      map("inner", R"({"type":"VARIABLE","stepId":"a","path":["instance","cells"]})", "if1", "") +
      ',' + step("if1", "TRANSITION/IFELSE", choices(R"("if2")", "null")) + ',' +
      step("if2", "TRANSITION/IFELSE", choices(R"("deep")", R"("end")")) + ',' +
      function(
          "deep", "",
          R"([{"key":"row","source":{"type":"VARIABLE","stepId":"a","path":["instance","id"]}}])") +
      ',' + function("end") + ',' + function("last")));
  CHECK(at(definition, "/steps/0/steps/0/steps/0/then/0/then/0/parameters/row") ==
        R"("{{a.instance.id}}")");
  CHECK(at(definition, "/steps/0/steps/0/steps/0/then/0/else/0/id") == R"("end")");
  CHECK(at(definition, "/steps/0/steps/0/steps/0/else") == "[]");
  CHECK(at(definition, "/steps/1/id") == R"("last")");
  CHECK(deploy_findings(definition) == "");
}

TEST_CASE("values of any type that are written as text are what they read as") {
  const auto any = [](const std::string& text) {
    return value_of(R"({"type":"VALUE","dataType":"ANY","value":)" + text + '}');
  };
  CHECK(any(R"("false")") == Json(false));
  CHECK(any(R"("12")") == Json(12));
  CHECK(any(R"("-1.5")") == Json(-1.5));
  CHECK(any(R"("many")") == Json("many"));
  CHECK(any(R"("007")") == Json("007"));
  CHECK(any(R"("null")") == Json("null"));
  // What a number cannot hold stays text.
  CHECK(any(R"("12345678901234567890123")") == Json("12345678901234567890123"));
  CHECK(value_of(R"({"type":"VALUE","dataType":"STRING","value":"12"})") == Json("12"));
  // Operators on text compare text.
  const Json conditional = only_step("TRANSITION/IFELSE", R"({"choices":[{"label":"Yes","next":null,
    "conditionWrapper":{"type":"OPERATOR","condition":{"operator":"$stringExactlyMatches",
      "variable":{"type":"VALUE","value":"12","dataType":"ANY"},
      "argument":{"type":"VALUE","value":"12","dataType":"ANY"}}}}]})");
  CHECK(at(conditional, "/if/0/0") ==
        R"({"variable":"12","operator":"StringExactlyMatches","argument":"12"})");
}
