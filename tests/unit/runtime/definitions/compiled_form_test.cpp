#include "runtime/definitions/compiled_form.h"

#include "compile_text.h"
#include "compiled_samples.h"
#include "runtime/conditions/operator_guide.h"

using namespace millrace;

namespace {

Json translated(const std::string& text) {
  const auto json = parse_json(text);
  if (!json) FAIL(json.error().message << '\n' << text);
  REQUIRE(is_compiled_form(*json));
  auto translation = translate_compiled_form(*json);
  if (!translation) {
    for (const auto& detail : translation.error().details) {
      UNSCOPED_INFO(detail.path << ": " << detail.message);
    }
    FAIL(translation.error().message);
  }
  return std::move(*translation);
}

/// "path: message" of each finding, one per line, of whatever weight.
std::string refused(const std::string& text) {
  const auto json = parse_json(text);
  if (!json) FAIL(json.error().message << '\n' << text);
  const auto translation = read_compiled_form(*json);
  REQUIRE(translation.ok());
  const auto strict = translate_compiled_form(*json);
  CHECK(strict.ok() == !translation->has(FindingWeight::refused));
  if (!strict) CHECK(strict.error().code == ErrorCode::invalid_definition);
  if (translation->findings.empty()) return "accepted: " + to_text(translation->definition);
  std::string all;
  for (const auto& finding : translation->findings) {
    all += finding.detail.path + ": " + finding.detail.message + '\n';
  }
  return all;
}

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

std::string at(const Json& value, const std::string& pointer) {
  boost::json::error_code error;
  const Json* const found = value.find_pointer(pointer, error);
  return found == nullptr ? "nothing" : to_text(*found);
}

/// A workflow on any request with these further steps; the trigger leads to `first`.
std::string with_steps(const std::string& steps, const std::string& first = "a") {
  return R"({"name":"w","steps":[{"id":"t","type":"TRIGGER/ENDPOINT","next":[")" + first +
         R"("],"parameters":{"allowArbitraryPayload":true}},)" + steps + "]}";
}

std::string function(const std::string& id, const std::string& next = "",
                     const std::string& parameters = "[]") {
  return R"({"id":")" + id + R"(","type":"ACTION/FUNCTION","next":[)" +
         (next.empty() ? "" : '"' + next + '"') +
         R"(],"parameters":{"code":"() => 1","parameters":)" + parameters + "}}";
}

/// A conditional; an empty id stands for a branch that ends.
std::string conditional(const std::string& id, const std::string& yes, const std::string& no,
                        const std::string& next = "") {
  const auto link = [](const std::string& to) { return to.empty() ? "null" : '"' + to + '"'; };
  return R"({"id":")" + id + R"(","type":"TRANSITION/IFELSE","next":[)" +
         (next.empty() ? "" : '"' + next + '"') +
         R"(],"parameters":{"choices":[{"label":"Yes","next":)" + link(yes) +
         R"(,"conditionWrapper":{"type":"OPERATOR","condition":{"operator":"$booleanTrue",)"
         R"("variable":{"type":"VALUE","value":true}}}},{"label":"No","next":)" +
         link(no) + "}]}}";
}

/// What one source becomes as a parameter of a function behind another function `a`.
Json value_of(const std::string& source) {
  const Json definition = translated(with_steps(
      function("a", "b") + ',' + function("b", "", R"([{"key":"v","source":)" + source + "}]")));
  return definition.at("steps").at(1).at("parameters").at("v");
}

std::string refused_value(const std::string& source) {
  return refused(with_steps(function("a", "b") + ',' +
                            function("b", "", R"([{"key":"v","source":)" + source + "}]")));
}

/// The shape of a list of steps: ids, with what is inside in brackets.
std::string shape(const Json& steps) {
  std::string text;
  for (const Json& step : steps.get_array()) {
    const JsonObject& object = step.get_object();
    if (!text.empty()) text += ' ';
    text += std::string(object.at("id").get_string());
    for (const char* const key : {"then", "else", "steps"}) {
      if (object.contains(key)) text += std::string(1, key[0]) + '(' + shape(object.at(key)) + ')';
    }
    if (!object.contains("branches")) continue;
    for (const Json& branch : object.at("branches").get_array()) {
      text += std::string(branch.at("label").get_string()) + '(' + shape(branch.at("steps")) + ')';
    }
  }
  return text;
}

std::string shape_of(const std::string& steps, const std::string& first = "a") {
  return shape(translated(with_steps(steps, first)).at("steps"));
}

std::string trigger_of(const std::string& type, const std::string& parameters) {
  return to_text(translated(R"({"steps":[{"id":"t","type":")" + type +
                            R"(","next":["a"],"parameters":)" + parameters + "}," + function("a") +
                            "]}")
                     .at("trigger"));
}

}  // namespace

TEST_CASE("only definitions with linked steps are in the compiled form") {
  CHECK(is_compiled_form(*parse_json(compiled_lead_flow)));
  for (const char* const other :
       {"null", "[]", "{}", R"({"steps":{}})", R"({"steps":[]})", R"({"steps":[1,{"type":7}]})",
        R"({"steps":[{"id":"a","type":"function"}]})",
        R"({"trigger":{},"steps":[{"id":"a","type":"ACTION/FUNCTION"}]})"}) {
    INFO(other);
    CHECK_FALSE(is_compiled_form(*parse_json(other)));
  }
}

TEST_CASE("a whole compiled workflow becomes the same workflow in our format") {
  const Json definition = translated(compiled_lead_flow);
  CHECK(to_text(definition) == to_text(*parse_json(R"json({"name":"Lead flow",
  "trigger":{"type":"request",
    "bodyValidations":[{"key":"email","dataType":"STRING","required":true}]},
  "steps":[
    {"id":"step_1a000000-0000-4000-8000-000000000000","type":"function","description":"Normalise",
     "code":"function f(p) { return { tags: p.lead.tags, label: p.label }; }",
     "parameters":{"lead":"{{trigger.request.body}}",
                   "label":"\\{{new}} {{trigger.request.body.email}}"}},
    {"id":"step_2a000000-0000-4000-8000-000000000000","type":"conditional",
     "if":[[{"variable":"{{step_1a000000-0000-4000-8000-000000000000.result.tags}}",
             "operator":"ArrayIsNotEmpty"}]],
     "then":[{"id":"step_3a000000-0000-4000-8000-000000000000","type":"fanOut",
       "items":"{{step_1a000000-0000-4000-8000-000000000000.result.tags}}",
       "steps":[{"id":"step_4a000000-0000-4000-8000-000000000000","type":"function",
         "code":"({ tag }) => tag.toUpperCase()",
         "parameters":{"tag":"{{step_3a000000-0000-4000-8000-000000000000.instance}}"}}]}],
     "else":[]},
    {"id":"step_5a000000-0000-4000-8000-000000000000","type":"response","statusCode":200,
     "body":{"label":"{{step_1a000000-0000-4000-8000-000000000000.result.label}}",
             "tags":"{{step_4a000000-0000-4000-8000-000000000000.result}}"}}]})json")));
  CHECK(compile_workflow(definition, test_identity()).ok());
}

TEST_CASE("conditionals and maps inside each other keep their structure") {
  const Json definition = translated(compiled_nested_flow);
  CHECK(shape(definition.at("steps")) ==
        "outere()A(innert(x)e(rowss(cellss(cell) row)) y)B(wait) last");
  CHECK(
      at(definition, "/steps/0/branches/1/if") ==
      R"([[{"variable":"{{trigger.request.body.n}}","operator":"NumberGreaterThan","argument":5}]])");
  const auto compiled = compile_workflow(definition, test_identity());
  if (!compiled) FAIL(compiled.error().message);
}

TEST_CASE("branches come together at the first step that all of them lead to") {
  const std::string rest = function("x", "z") + ',' + function("y", "z") + ',' + function("z");
  CHECK(shape_of(conditional("a", "x", "y") + ',' + rest) == "at(x)e(y) z");
  CHECK(shape_of(conditional("a", "x", "z") + ',' + function("x", "z") + ',' + function("z")) ==
        "at(x)e() z");
  CHECK(shape_of(conditional("a", "z", "z") + ',' + function("z")) == "at()e() z");
}

TEST_CASE("branches that do not come together end each by itself") {
  CHECK(shape_of(conditional("a", "x", "") + ',' + function("x", "y") + ',' + function("y")) ==
        "at(x y)e()");
  CHECK(shape_of(conditional("a", "", "") + ',' + function("b", "a"), "b") == "b at()e()");
  CHECK(shape_of(conditional("a", "b", "y") + ',' + conditional("b", "x", "") + ',' +
                 function("x") + ',' + function("y")) == "at(bt(x)e())e(y)");
}

TEST_CASE("a step behind a conditional runs whichever branch was taken") {
  CHECK(shape_of(conditional("a", "x", "", "z") + ',' + function("x") + ',' + function("z")) ==
        "at(x)e() z");
  // Also when the branch ends inside a conditional of its own, with or without a step behind it.
  CHECK(shape_of(conditional("a", "b", "", "z") + ',' + conditional("b", "x", "", "y") + ',' +
                 function("x") + ',' + function("y") + ',' + function("z")) ==
        "at(bt(x)e() y)e() z");
  CHECK(shape_of(conditional("a", "b", "", "z") + ',' + conditional("b", "x", "y") + ',' +
                 function("x", "w") + ',' + function("y", "w") + ',' + function("w") + ',' +
                 function("z")) == "at(bt(x)e(y) w)e() z");
}

TEST_CASE("ways that cannot be nested are refused with the step they lead to") {
  // z follows x, and y only sometimes.
  CHECK_THAT(refused(with_steps(conditional("a", "z", "b") + ',' + conditional("b", "z", "") + ',' +
                                function("z"))),
             says("/steps/3: several ways lead to this step"));
  CHECK_THAT(refused(with_steps(function("a", "b") + ',' + function("b", "a"))),
             says("loops cannot be translated"));
  CHECK_THAT(refused(with_steps(function("a", "a"))), says("loops cannot be translated"));
  CHECK_THAT(refused(with_steps(function("a", "t"))), says("loops cannot be translated"));
  CHECK(refused(with_steps(function("a", "b"))) == "/steps/1/next/0: there is no step `b`\n");
  CHECK(refused(with_steps(function("a") + ',' + function("b"))) ==
        "/steps/2: no link leads to this step: it would never run\n");
  CHECK_THAT(refused(with_steps(R"({"id":"a","type":"ACTION/FUNCTION","next":["b","c"],)"
                                R"("parameters":{"code":"x"}},)" +
                                function("b") + ',' + function("c"))),
             says("/steps/1/next: a step is followed by one step"));
}

TEST_CASE("ids that cannot be names here are replaced and references follow") {
  const Json definition = translated(
      with_steps(function("9 ä", "step_9___") + ',' + function("step_9___", "trigger") + ',' +
                     function("trigger", "", R"([{"key":"k","source":{"type":"TOKENIZED","parts":[
            {"type":"VARIABLE","stepId":"9 ä","path":["result"]},
            {"type":"VARIABLE","stepId":"step_9___","path":["result"]},
            {"type":"VARIABLE","stepId":"t","path":["request"]}]}}])"),
                 "9 ä"));
  CHECK(shape(definition.at("steps")) == "step_9____2 step_9___ step_trigger");
  CHECK(at(definition, "/steps/2/parameters/k") ==
        R"("{{step_9____2.result}}{{step_9___.result}}{{trigger.request}}")");
  CHECK(compile_workflow(definition, test_identity()).ok());
  const std::string long_id(300, 'x');
  CHECK(compile_workflow(translated(with_steps(function(long_id), long_id)), test_identity()).ok());
  CHECK_THAT(refused(with_steps(function("a") + ',' + function("a"))),
             says("/steps/2/id: another step has this id"));
}

TEST_CASE("values keep their types and literal braces stay literal") {
  CHECK(value_of(R"({"type":"VALUE","value":"a {{b}} \\{{c"})") == Json("a \\{{b}} \\\\{{c"));
  CHECK(value_of(R"({"type":"VALUE","value":{"a":["{{x"],"{{k":1}})") ==
        *parse_json(R"({"a":["\\{{x"],"{{k":1})"));
  CHECK(value_of(R"({"type":"VALUE"})") == Json(nullptr));
  CHECK(value_of(R"({"type":"VALUE","dataType":"NUMBER","value":"1.5"})") == Json(1.5));
  CHECK(value_of(R"({"type":"VALUE","dataType":"NUMBER","value":"many"})") == Json("many"));
  CHECK(value_of(R"({"type":"VALUE","dataType":"BOOLEAN","value":"true"})") == Json(true));
  CHECK(value_of(R"({"type":"VALUE","dataType":"ANY","value":"{\"a\":[1,\"{{\"]}"})") ==
        *parse_json(R"({"a":[1,"\\{{"]})"));
  CHECK(value_of(R"({"type":"VALUE","dataType":"STRING","value":"[1]"})") == Json("[1]"));
  CHECK(value_of(R"({"type":"VALUE","dataType":"ANY","value":"[not json"})") == Json("[not json"));
  CHECK(value_of("true") == Json(true));
}

TEST_CASE("every source with a counterpart becomes a reference") {
  const auto reference = [](const std::string& source) {
    return std::string(value_of(source).as_string());
  };
  CHECK(reference(R"({"type":"VARIABLE","stepId":"a","path":["result","0","a b","q\"\\}}"]})") ==
        R"({{a.result.0["a b"]["q\"\\}}"]}})");
  CHECK(reference(R"({"type":"VARIABLE","stepId":"t","path":["request","body",3]})") ==
        "{{trigger.request.body[3]}}");
  CHECK(reference(R"({"type":"PERSONA_METADATA","path":["Email"]})") == "{{user.meta.Email}}");
  CHECK(reference(R"({"type":"ENVIRONMENT_SECRET","environmentSecretId":"k 1"})") ==
        R"({{secrets["k 1"]}})");
  CHECK(reference(R"({"type":"CONNECT_CREDENTIAL_FIELD","fieldType":"WORKFLOW_SETTING",
                      "inputId":"6f-1","path":["x"]})") == "{{settings.6f-1.x}}");
  CHECK(reference(R"({"type":"CONNECT_CREDENTIAL_FIELD","fieldType":"SHARED_WORKFLOW_SETTING",
                      "inputId":"s"})") == "{{settings.s}}");
  CHECK(reference(R"({"type":"CONNECT_CREDENTIAL_FIELD","fieldType":"EXTERNAL_USER_ID"})") ==
        "{{user.id}}");
  CHECK(reference(R"({"type":"WORKFLOW_EXECUTION_FIELD","fieldType":"EXECUTION_ID"})") ==
        "{{execution.id}}");
  CHECK(reference(R"({"type":"WORKFLOW_EXECUTION_FIELD","fieldType":"PROJECT_ID"})") ==
        "{{project.id}}");
  CHECK(reference(R"({"type":"TOKENIZED","parts":[{"type":"VALUE","value":"{{"},
                      {"type":"VARIABLE","stepId":"a","path":["result"]},
                      {"type":"VALUE","value":"}"},{"type":"VALUE","value":7}]})") ==
        R"(\{{{{a.result}}}7)");
}

TEST_CASE("a nested value with tokens inside becomes a value with references inside") {
  const std::string source = R"({"type":"TOKENIZED","dataType":"ANY","parts":[
    {"type":"VALUE","value":"{\"a\":\"x "},{"type":"VARIABLE","stepId":"a","path":["result"]},
    {"type":"VALUE","value":" {{y\",\"b\":"},{"type":"VARIABLE","stepId":"t","path":["request"]},
    {"type":"VALUE","value":",\"c\":[null,\"\\\"\"]}"}]})";
  CHECK(to_text(value_of(source)) ==
        R"({"a":"x {{a.result}} \\{{y","b":"{{trigger.request}}","c":[null,"\""]})");
  // In a key, and where it is no JSON at all, it stays text.
  CHECK(value_of(R"({"type":"TOKENIZED","dataType":"ANY","parts":[
    {"type":"VALUE","value":"{\""},{"type":"VARIABLE","stepId":"a","path":["result"]},
    {"type":"VALUE","value":"\":1}"}]})") == Json(R"({"{{a.result}}":1})"));
  CHECK(value_of(R"({"type":"TOKENIZED","dataType":"ANY","parts":[
    {"type":"VALUE","value":"[b] "},{"type":"VARIABLE","stepId":"a","path":["result"]}]})") ==
        Json("[b] {{a.result}}"));
}

TEST_CASE("sources without a counterpart are named with their place") {
  const std::string place = "/steps/2/parameters/parameters/0/source";
  CHECK_THAT(refused_value(R"({"type":"UUID_NONCE"})"), says(place + ": random ids"));
  CHECK_THAT(
      refused_value(R"({"type":"CONNECT_CREDENTIAL_FIELD","fieldType":"OAUTH_ACCESS_TOKEN"})"),
      says(place + "/fieldType"));
  CHECK_THAT(refused_value(R"({"type":"WORKFLOW_EXECUTION_FIELD","fieldType":"WORKFLOW_ID"})"),
             says(place + "/fieldType"));
  CHECK_THAT(refused_value(R"({"type":"CONDITION","condition":{}})"), says(place + "/type"));
  CHECK_THAT(refused_value(R"({"type":"VARIABEL"})"), says(place + "/type"));
  CHECK_THAT(refused_value(R"({"type":"VARIABLE","stepId":"zz","path":[]})"),
             says(place + "/stepId: there is no step `zz`"));
  CHECK_THAT(refused_value(R"({"type":"VARIABLE","stepId":"b","path":[]})"),
             says("cannot refer to its own output"));
  CHECK_THAT(refused_value(R"({"type":"VARIABLE","stepId":"a","path":[{}]})"),
             says(place + "/path"));
  CHECK_THAT(refused_value(R"({"type":"TOKENIZED"})"), says(place + "/parts"));
  CHECK_THAT(refused_value(R"({"type":"TOKENIZED","parts":[{"type":"TOKENIZED","parts":[]},
                              {"type":"VALUE","value":1}]})"),
             says(place + "/parts/0"));
  CHECK_THAT(refused_value("[]"), says(place));
  for (const char* const before : {"a\\\\", "{", "{{{"}) {
    INFO(before);
    CHECK_THAT(refused_value(R"({"type":"TOKENIZED","parts":[{"type":"VALUE","value":")" +
                             std::string(before) +
                             R"("},{"type":"VARIABLE","stepId":"a","path":["result"]}]})"),
               says("right before a variable cannot be written"));
  }
}

TEST_CASE("every operator is translated from its wire name") {
  const auto condition = [](const std::string& op, const std::string& rest,
                            const std::string& variable = R"("v")") {
    const std::string wire = R"({"type":"OPERATOR","condition":{"operator":")" + op +
                             R"(","variable":{"type":"VALUE","value":)" + variable + '}' + rest +
                             "}}";
    return with_steps(R"({"id":"a","type":"TRANSITION/IFELSE","parameters":{"choices":[
      {"label":"Yes","next":null,"conditionWrapper":)" +
                      wire + "}]}}");
  };
  for (const std::string_view name : operator_names()) {
    const Operator op = *parse_operator(name);
    std::string wire = '$' + std::string(name);
    wire[1] = static_cast<char>(wire[1] - 'A' + 'a');
    if (wire == "$exists") wire = "$isNotUndefinedOrNull";
    if (wire == "$doesNotExist") wire = "$isUndefinedOrNull";
    if (wire == "$isNotNull") wire = "$exists";
    if (wire == "$isNull") wire = "$doesNotExist";
    INFO(wire);
    const std::string argument =
        takes_argument(op) ? R"(,"argument":{"type":"VALUE","value":["x"]})" : "";
    const Json definition = translated(condition(wire, argument));
    CHECK(at(definition, "/steps/0/if/0/0/operator") == '"' + std::string(name) + '"');
    CHECK(at(definition, "/steps/0/if/0/0/variable") == R"("v")");
    CHECK(at(definition, "/steps/0/if/0/0/argument") ==
          (takes_argument(op) ? R"(["x"])" : "nothing"));
    // With values that it can compare.
    const OperatorGuide& guide = guide_to(op);
    const std::string fitting_argument =
        takes_argument(op)
            ? R"(,"argument":{"type":"VALUE","value":)" + std::string(guide.example_argument) + '}'
            : "";
    const Json fitting =
        translated(condition(wire, fitting_argument, std::string(guide.example_variable)));
    CHECK(compile_workflow(fitting, test_identity()).ok());
  }
  // The variable is the array that is searched there, the argument here.
  const Json search =
      translated(condition("$arrayIsIn", R"(,"argument":{"type":"VALUE","value":1})"));
  CHECK(at(search, "/steps/0/if/0/0") == R"({"variable":1,"operator":"ArrayIsIn","argument":"v"})");
  CHECK_THAT(refused(condition("$stringContain", R"(,"argument":1)")),
             says("there is no operator `$stringContain`"));
  CHECK_THAT(refused(condition("$none", "")), says("there is no operator `$none`"));
  CHECK_THAT(refused(condition("$stringContains", "")), says("`argument` is missing"));
}

TEST_CASE("conditions in trees become an OR of ANDs") {
  const auto leaf = [](const std::string& name) {
    return R"({"type":"OPERATOR","condition":{"operator":"$exists","variable":{"type":"VALUE","value":")" +
           name + R"("}}})";
  };
  const auto join = [](const std::string& kind, const std::string& conditions) {
    return R"({"type":"JOIN","join":")" + kind + R"(","conditions":[)" + conditions + "]}";
  };
  const auto with = [](const std::string& tree) {
    return with_steps(R"({"id":"a","type":"TRANSITION/IFELSE","parameters":{"choices":[
      {"label":"Yes","conditionWrapper":)" +
                      tree + "}]}}");
  };
  const auto groups = [&](const std::string& tree) {
    const Json definition = translated(with(tree));
    std::string text;
    for (const Json& group : definition.at("steps").at(0).at("if").get_array()) {
      if (!text.empty()) text += '|';
      for (const Json& each : group.get_array()) text += each.at("variable").get_string();
    }
    return text;
  };
  CHECK(groups(leaf("a")) == "a");
  CHECK(groups(join("OR", leaf("a") + ',' + join("AND", leaf("b") + ',' + leaf("c")))) == "a|bc");
  CHECK(groups(join("AND", join("OR", leaf("a") + ',' + leaf("b")) + ',' +
                               join("OR", leaf("c") + ',' + leaf("d")))) == "ac|ad|bc|bd");
  std::string pairs;
  for (int i = 0; i < 40; ++i) {
    pairs += (i > 0 ? "," : "") + join("OR", leaf("a") + ',' + leaf("b"));
  }
  CHECK_THAT(refused(with(join("AND", pairs))), says("too many conditions"));
  CHECK_THAT(refused(with(join("XOR", leaf("a")))), says("conditions are joined by"));
  CHECK_THAT(refused(with(join("AND", join("OR", "")))), says("at least one condition"));
}

TEST_CASE("labels of choices are what the conditional shows") {
  const auto choices = [](const std::string& list) {
    return to_text(translated(with_steps(R"({"id":"a","type":"TRANSITION/IFELSE","parameters":
      {"choices":[)" + list + "]}}"))
                       .at("steps")
                       .at(0));
  };
  const std::string when = R"("conditionWrapper":{"type":"OPERATOR","condition":
    {"operator":"$exists","variable":{"type":"VALUE","value":1}}})";
  CHECK_THAT(choices(R"({"label":"Big",)" + when + R"(},{"label":"Small"})"),
             says(R"("label":"Small","if":[[{"variable":true,"operator":"BooleanTrue"}]])"));
  CHECK_THAT(choices(R"({"label":"Big",)" + when + R"(},{"label":"Else"})"), says(R"("else":[])"));
  CHECK_THAT(refused(with_steps(R"({"id":"a","type":"TRANSITION/IFELSE","parameters":{"choices":[
    {"label":"No"},{"label":"Yes",)" +
                                when + "}]}}")),
             says("/steps/1/parameters/choices: a choice behind the one without a condition"));
}

TEST_CASE("each kind of trigger is translated") {
  CHECK(trigger_of("TRIGGER/ENDPOINT", R"({"httpMethod":"GET","allowArbitraryPayload":true})") ==
        R"({"type":"request","method":"GET","allowArbitraryPayload":true})");
  CHECK(trigger_of("TRIGGER/ENDPOINT", R"({"headerValidations":[
          {"key":"X-Key","value":{"type":"VALUE","value":"s"},"required":true},
          {"key":"","value":""}],"paramValidations":[{"key":"p","required":false}]})") ==
        R"({"type":"request","paramValidations":[{"key":"p","required":false}],)"
        R"("headerValidations":[{"key":"X-Key","value":"s","required":true}]})");
  CHECK(trigger_of("TRIGGER/EVENT", R"({"eventName":"Contact Created"})") ==
        R"({"type":"event","event":"Contact Created"})");
  CHECK(trigger_of("TRIGGER/ACTION", R"({"actionType":"crm","intent":"custom","credentials":[],
          "customWebhookTriggerId":"hook-1","actionParameters":[]})") ==
        R"({"type":"webhook","webhook":"hook-1"})");
  CHECK(trigger_of("TRIGGER/ACTION", R"({"actionType":"slack","intent":"messagePosted"})") ==
        R"({"type":"webhook","webhook":"messagePosted"})");
  CHECK(
      trigger_of("TRIGGER/ACTION", R"({"resourceId":"api","customWebhookTriggerId":"created"})") ==
      R"({"type":"resource","resource":"api","webhook":"created"})");
  CHECK(trigger_of("TRIGGER/INTEGRATION_ENABLED", "{}") == R"({"type":"integrationEnabled"})");
  CHECK(trigger_of("TRIGGER/OAUTH", "null") == R"({"type":"oauth"})");
  CHECK_THAT(refused(R"({"steps":[{"id":"t","type":"TRIGGER/MAIL"}]})"),
             says("/steps/0/type: there is no trigger of type"));
  CHECK(
      trigger_of("TRIGGER/ACTION", R"({"intent":"x","actionParameters":[{"key":"recordType"}]})") ==
      R"({"type":"integration","trigger":"x","parameters":{"recordType":null}})");
  CHECK_THAT(
      refused(R"({"steps":[{"id":"a","type":"ACTION/FUNCTION","parameters":{"code":"x"}}]})"),
      says("the workflow has no trigger"));
}

TEST_CASE("each kind of schedule is translated with its time zone") {
  const auto schedule = [](const std::string& text) {
    return trigger_of("TRIGGER/CRON", R"({"schedule":)" + text + "}");
  };
  CHECK(schedule(R"({"unit":"SECONDS","seconds":5})") ==
        R"({"type":"scheduler","every":{"seconds":5}})");
  CHECK(schedule(R"({"unit":"MINUTES","minutes":30})") ==
        R"({"type":"scheduler","every":{"minutes":30}})");
  CHECK(schedule(R"({"unit":"HOURLY","hours":2,"offset":15})") ==
        R"({"type":"scheduler","every":{"hours":2,"minute":15}})");
  CHECK(
      schedule(R"({"unit":"DAILY","days":2,"time":{"minutes":545,"timezone":"Europe/Berlin"}})") ==
      R"({"type":"scheduler","timezone":"Europe/Berlin","every":{"days":2,"at":"09:05"}})");
  CHECK(schedule(R"({"unit":"WEEKLY","weekday":"MONDAY","time":{"minutes":720}})") ==
        R"({"type":"scheduler","timezone":"America/Los_Angeles",)"
        R"("every":{"weekdays":["monday"],"at":"12:00"}})");
  CHECK(schedule(R"({"unit":"CUSTOM","expression":"0 9 * * 1,3","timezone":
                     {"type":"TOKENIZED","parts":[{"type":"PERSONA_METADATA","path":["zone"]}]}})") ==
        R"({"type":"scheduler","cron":"0 0 9 * * 1,3","timezone":"{{user.meta.zone}}"})");
  CHECK_THAT(refused(R"({"steps":[{"id":"t","type":"TRIGGER/CRON","parameters":
    {"schedule":{"unit":"YEARLY"}}}]})"),
             says("there is no schedule by `YEARLY`"));
}

TEST_CASE("requests are translated with their parameters, bodies and authorization") {
  const Json definition = translated(compiled_request_flow);
  CHECK(at(definition, "/integration") == R"("salesforce")");
  CHECK(at(definition, "/steps/0") ==
        R"({"id":"get","type":"request","method":"GET",)"
        R"("url":"https://a.example/c/{{trigger.contact[\"odd key\"]}}?keep=1",)"
        R"("params":{"q":"{{trigger.contact.email}}"},"headers":{"x-user":"{{user.id}}"},)"
        R"("authorization":{"type":"bearer","token":"{{secrets.9f0c-key}}"},)"
        R"("autoRetry":true,"continueOnError":true})");
  CHECK(
      at(definition, "/steps/1") ==
      R"({"id":"post","type":"request","method":"POST","url":"https://a.example/",)"
      R"("body":{"plain":7,"nested":{"to":"{{get.response.body.id}}","list":[1,"{{user.meta.Email}}"]}},)"
      R"("bodyType":"json","authorization":{"type":"header","name":"X-Key","value":"k"}})");
  CHECK(at(definition, "/steps/2") ==
        R"({"id":"crm","type":"request","integration":"salesforce","method":"GET",)"
        R"("path":"/contacts","params":{"page":"{{self.pageToken}}"},)"
        R"("pagination":{"output":"response.body.items","pageToken":"response.body.next",)"
        R"("stopWhen":[[{"variable":"{{self.response.body.next}}","operator":"IsNull"}]]}})");
  CHECK(at(definition, "/steps/3") ==
        R"({"id":"add","type":"action","action":"createContact","integration":"salesforce",)"
        R"("parameters":{"email":"{{settings[\"a b\"].label}}"}})");
}

TEST_CASE("bodies of all kinds and what cannot be authorized") {
  const auto request = [](const std::string& rest) {
    return with_steps(R"({"id":"a","type":"ACTION/REQUEST","parameters":{"httpMethod":"POST",
      "url":{"type":"VALUE","value":"https://a.example"},)" +
                      rest + "}}");
  };
  const auto body = [&](const std::string& rest) {
    const Json definition = translated(request(rest));
    return at(definition, "/steps/0/bodyType") + ' ' + at(definition, "/steps/0/body");
  };
  CHECK(body(R"("bodyType":"raw","body":[],"rawBody":{"type":"TOKENIZED","dataType":"ANY",
    "parts":[{"type":"VALUE","value":"{\"a\":1}"}]})") == R"("raw" "{\"a\":1}")");
  CHECK(
      body(
          R"("bodyType":"form-data","body":[{"key":"f","source":{"type":"VALUE","value":"x"}}])") ==
      R"("form-data" {"f":"x"})");
  CHECK(body(R"("bodyType":"graphql","query":{"type":"TOKENIZED","parts":[
    {"type":"VALUE","value":"{ me }"}]},"variables":{"type":"TOKENIZED","parts":[
    {"type":"VALUE","value":"{\"n\":1}"}]})") ==
        R"("graphql" {"query":"{ me }","variables":{"n":1}})");
  CHECK(body(R"("bodyType":"json","body":[])") == R"("json" {})");
  CHECK_THAT(refused(request(R"("authorization":{"type":"oauth-refresh-token","oauthUrl":1})")),
             says("/steps/1/parameters/authorization/type: authorization by"));
  CHECK_THAT(refused(request(R"("paginationOptions":{"enabled":true,"type":"Range"})")),
             says("/steps/1/parameters/paginationOptions/type: pagination by `Range`"));
  CHECK_THAT(refused(request(R"("timeout":5)")), says("/steps/1/parameters/timeout"));
  CHECK_THAT(refused(request(R"("headers":[{"key":{"type":"TOKENIZED","parts":[
    {"type":"VARIABLE","stepId":"t","path":["request"]}]},"source":{"type":"VALUE","value":"x"}}])")),
             says("keys cannot be variable here"));
  CHECK_THAT(refused(request(R"("headers":[{"key":"","source":{"type":"VALUE","value":"x"}}])")),
             says("a value without a key"));
}

TEST_CASE("all that is wrong with a compiled workflow is reported at once") {
  const auto json = parse_json(R"json({"name": 5, "extra": true, "inputs": [{"id": "i"}], "steps": [
    {"id": "t", "type": "TRIGGER/ENDPOINT", "next": ["a"], "parameters": {}},
    {"id": "a", "type": "ACTION/FUNCTOIN", "next": ["gone"], "parameters": {}},
    {"id": "b", "type": "TRANSITION/DELAY", "parameters": {"unit": "DAYS"}}, 7]})json");
  const auto translation = translate_compiled_form(*json);
  REQUIRE_FALSE(translation.ok());
  std::string all;
  for (const auto& detail : translation.error().details) {
    all += detail.step + ' ' + detail.path + ' ' + detail.nearest + '\n';
  }
  CHECK(all ==
        " /name \n"
        " /inputs \n"
        " /extra \n"
        "a /steps/1/type ACTION/FUNCTION\n"
        " /steps/3 \n"
        "a /steps/1/next/0 \n"
        "b /steps/2/parameters/value \n");
}

TEST_CASE("compiled workflows that are too large or too deep are refused") {
  std::string steps = function("a", "s1");
  for (int i = 1; i < 501; ++i) {
    steps += ',' + function("s" + std::to_string(i), i < 500 ? "s" + std::to_string(i + 1) : "");
  }
  CHECK_THAT(refused(with_steps(steps)), says("too many steps"));

  std::string nested = conditional("a", "c1", "");
  for (int i = 1; i < 30; ++i) {
    nested +=
        ',' + conditional("c" + std::to_string(i), i < 29 ? "c" + std::to_string(i + 1) : "", "");
  }
  CHECK_THAT(refused(with_steps(nested)), says("levels deep"));

  Json deep = 1;
  for (int i = 0; i < 92; ++i) deep = JsonArray{std::move(deep)};
  CHECK_THAT(refused_value(R"({"type":"VALUE","dataType":"ANY","value":")" + to_text(deep) + "\"}"),
             says("accepted"));
  for (int i = 0; i < 7; ++i) deep = JsonArray{std::move(deep)};
  CHECK_THAT(refused_value(R"({"type":"VALUE","dataType":"ANY","value":")" + to_text(deep) + "\"}"),
             says("nested too deeply"));
}

TEST_CASE("the longest compiled workflow is translated in linear nesting") {
  std::string steps;
  for (int i = 0; i < 500; ++i) {
    const auto id = [](int n) { return n == 0 ? std::string("a") : "s" + std::to_string(n); };
    steps += (i > 0 ? "," : "") + function(id(i), i < 499 ? id(i + 1) : "");
  }
  CHECK(compile_workflow(translated(with_steps(steps)), test_identity()).ok());
}
