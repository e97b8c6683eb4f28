// What a request trigger makes of forms, of expected values from secrets, and of its method.

#include "runtime/definitions/compile_workflow.h"
#include "runtime/triggers/trigger_catalog.h"
#include "tests/support/catch.h"
#include "tests/unit/runtime/definitions/compile_text.h"

namespace millrace {
namespace {

const RequestTrigger& request_of(const Workflow& workflow) {
  return std::get<RequestTrigger>(workflow.trigger);
}

Result<std::shared_ptr<const Workflow>> with_trigger(const std::string& members) {
  return compile_text(R"({"trigger": {"type": "request")" + members +
                      R"(}, "steps": [{"id": "r", "type": "response", "body": 1}]})");
}

/// What the run gets of a request with this body; or the violations.
std::string received(const std::string& trigger, const std::string& content_type,
                     const std::string& body) {
  const auto workflow = with_trigger(trigger);
  REQUIRE(workflow.ok());
  const auto output = request_trigger_kind.receive(
      (*workflow)->trigger,
      request_output(JsonObject{{"headers", JsonObject{{"content-type", content_type}}},
                                {"body", *parse_json(body)}}),
      [](const std::string& name) -> Result<std::string> { return "secret of " + name; });
  if (output) return to_text(output->at("request").at("body"));
  std::string violations;
  for (const auto& detail : output.error().details) {
    violations += detail.path + ' ' + detail.expected + ' ' + detail.got + ';';
  }
  return violations;
}

const std::string fields = R"(, "bodyValidations": [
    {"key": "age", "dataType": "NUMBER"}, {"key": "ok", "dataType": "BOOLEAN"},
    {"key": "tags", "dataType": "ARRAY"}, {"key": "name", "dataType": "STRING"}])";
const std::string form = "application/x-www-form-urlencoded";

}  // namespace

TEST_CASE("fields of a form become the values that the trigger declares") {
  CHECK(received(fields, form, R"({"age": "5", "ok": "true", "tags": "a", "name": "7"})") ==
        R"({"age":5,"ok":true,"tags":["a"],"name":"7"})");
  CHECK(received(fields, "multipart/form-data; boundary=x", R"({"age": " 1.5 ", "ok": "on"})") ==
        R"({"age":1.5,"ok":true})");
  CHECK(received(fields, form, R"({"tags": ["a", "b"], "ok": "0"})") ==
        R"({"tags":["a","b"],"ok":false})");
}

TEST_CASE("a field of a form that was left empty is null unless it is required") {
  CHECK(received(fields, form, R"({"age": "", "ok": ""})") == R"({"age":null,"ok":null})");
  CHECK(received(R"(, "bodyValidations": [{"key": "age", "dataType": "NUMBER", "required": true}])",
                 form, R"({"age": ""})") == "age NUMBER STRING;");
}

TEST_CASE("text that is no such value and text that came as JSON are violations as before") {
  CHECK(received(fields, form, R"({"age": "five", "ok": "maybe"})") ==
        "age NUMBER STRING;ok BOOLEAN STRING;");
  CHECK(received(fields, "application/json", R"({"age": "5", "tags": "a"})") ==
        "age NUMBER STRING;tags ARRAY STRING;");
}

TEST_CASE("a header is compared with the secret and the run sees its name only") {
  const auto workflow = with_trigger(
      R"(, "headerValidations": [{"key": "X-Hook", "value": "v1={{secrets.HOOK}}", "required": true}])");
  REQUIRE(workflow.ok());
  const auto receive = [&](const std::string& value) {
    return request_trigger_kind.receive(
        (*workflow)->trigger,
        request_output(JsonObject{{"headers", JsonObject{{"x-hook", value}}}}),
        [](const std::string& name) -> Result<std::string> { return "plain " + name; });
  };
  const auto output = receive("v1=plain HOOK");
  REQUIRE(output.ok());
  CHECK(to_text(*output) == R"({"request":{"headers":{"x-hook":"v1=[secret HOOK]"}}})");
  for (const char* const wrong : {"v1={{secrets.HOOK}}", "v1=[secret HOOK]", "plain HOOK", ""}) {
    INFO(wrong);
    const auto refused = receive(wrong);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().details.at(0).expected == "EXPECTED VALUE");
  }
}

TEST_CASE("a request is not let in while the secret it must prove is missing") {
  const auto workflow =
      with_trigger(R"(, "headerValidations": [{"key": "X-Hook", "value": "{{secrets.HOOK}}"}])");
  REQUIRE(workflow.ok());
  const auto output = request_trigger_kind.receive(
      (*workflow)->trigger, request_output(JsonObject{{"headers", JsonObject{{"x-hook", ""}}}}),
      [](const std::string&) -> Result<std::string> {
        return Error(ErrorCode::secret_missing, "none");
      });
  REQUIRE_FALSE(output.ok());
  CHECK(output.error().code == ErrorCode::secret_missing);
}

TEST_CASE("an expected header may name secrets and nothing else of a template") {
  for (const char* const wrong :
       {"{{settings.hook}}", "{{trigger.request.body}}", "{{user.id}}", "{{secrets}}"}) {
    INFO(wrong);
    const auto refused = with_trigger(R"(, "headerValidations": [{"key": "X-Hook", "value": ")" +
                                      std::string(wrong) + "\"}]");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().details.at(0).path == "/trigger/headerValidations/0/value");
  }
  const auto literal =
      with_trigger(R"(, "headerValidations": [{"key": "X-Hook", "value": "\\{{a}}"}])");
  REQUIRE(literal.ok());
  CHECK(request_of(**literal).headers.at(0).value == "{{a}}");
}

TEST_CASE("a trigger is called with its own method, which is POST unless it says another") {
  const auto get = with_trigger(R"(, "method": "GET")");
  REQUIRE(get.ok());
  CHECK(check_method(request_of(**get), "GET").ok());
  const auto refused = check_method(request_of(**get), "POST");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::method_not_allowed);
  CHECK(refused.error().details.at(0).expected == "GET");
  CHECK(check_method(RequestTrigger(), "POST").ok());
  CHECK_FALSE(check_method(RequestTrigger(), "HEAD").ok());
  CHECK_FALSE(with_trigger(R"(, "method": "HEAD")").ok());
}

TEST_CASE("a public trigger runs for a user of its own or for the user public") {
  const auto plain = with_trigger(R"(, "public": true)");
  REQUIRE(plain.ok());
  CHECK(request_of(**plain).run_as == UserId("public"));
  const auto own = with_trigger(R"(, "public": true, "runAs": "visitor")");
  REQUIRE(own.ok());
  CHECK(request_of(**own).run_as == UserId("visitor"));
  for (const char* const wrong : {R"(, "runAs": "visitor")", R"(, "public": true, "runAs": "")",
                                  R"(, "public": true, "runAs": "{{user.id}}")"}) {
    INFO(wrong);
    const auto refused = with_trigger(wrong);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().details.at(0).path == "/trigger/runAs");
  }
}

TEST_CASE("a reference where nothing is rendered is refused with its place") {
  const auto path_of = [](const std::string& definition) {
    const auto refused = compile_text(definition);
    REQUIRE_FALSE(refused.ok());
    return refused.error().details.at(0).path;
  };
  const std::string trigger = R"({"trigger": {"type": "request"}, "steps": [)";
  CHECK(path_of(trigger +
                R"({"id": "a", "type": "request", "method": "GET", "url": "https://a.example",
      "headers": {"{{user.id}}": "x"}}]})") == "/steps/0/headers/{{user.id}}");
  CHECK(path_of(trigger + R"({"id": "a", "type": "response",
      "body": [{"deep": {"{{user.id}}": 1}}]}]})") == "/steps/0/body/0/deep/{{user.id}}");
  CHECK(path_of(trigger + R"({"id": "a", "type": "conditional", "branches": [
      {"label": "{{user.id}}", "if": [], "steps": []}]}]})") == "/steps/0/branches/0/label");
  CHECK(path_of(R"({"trigger": {"type": "request", "paramValidations": [{"key": "{{user.id}}"}]},
      "steps": [{"id": "r", "type": "response", "body": 1}]})") ==
        "/trigger/paramValidations/0/key");
}

}  // namespace millrace
