// What a Request trigger refuses: each violation is one entry, and nothing is started.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

const char* const validated = R"json({
  "name": "validated",
  "trigger": {"type": "request",
    "paramValidations": [{"key": "page", "required": true}],
    "headerValidations": [{"key": "X-Source", "value": "crm", "required": true}],
    "bodyValidations": [
      {"key": "email", "dataType": "STRING", "required": true},
      {"key": "age", "dataType": "NUMBER", "required": true},
      {"key": "member", "dataType": "BOOLEAN", "required": false},
      {"key": "address", "dataType": "OBJECT", "required": false},
      {"key": "tags", "dataType": "ARRAY", "required": false},
      {"key": "note", "dataType": "ANY", "required": false}]},
  "steps": [{"id": "r", "type": "response", "body": {"ok": true}}]})json";

Answer send(const TestProject& project, const std::string& query, const std::string& source,
            const std::string& body) {
  return call_server(project.port(), {"POST",
                                      project.path("/sdk/triggers/validated" + query),
                                      project.token(),
                                      body,
                                      "application/json",
                                      {{"X-Source", source}}});
}

}  // namespace

TEST_CASE("a request that violates a trigger's rules gets one entry per violation") {
  const TestProject project(shared_server());
  project.deploy("validated", validated);
  const Answer answer =
      send(project, "", "web", R"({"email": 5, "member": "yes", "address": [], "tags": {}})");
  CHECK(answer.status == 400);
  CHECK_FALSE(string_at(answer.json, "/message").empty());
  std::string found;
  for (const Json& error : answer.json.at("errors").as_array()) {
    found += string_at(error, "/in") + ' ' + string_at(error, "/key") + ' ' +
             string_at(error, "/expected") + ' ' + string_at(error, "/got") + '\n';
  }
  CHECK(found ==
        "params page STRING MISSING\n"
        "headers X-Source EXPECTED VALUE OTHER VALUE\n"
        "body email STRING NUMBER\n"
        "body age NUMBER MISSING\n"
        "body member BOOLEAN STRING\n"
        "body address OBJECT ARRAY\n"
        "body tags ARRAY OBJECT\n");
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "0");
}

TEST_CASE("a request that keeps a trigger's rules starts the workflow") {
  const TestProject project(shared_server());
  project.deploy("validated", validated);
  const Answer answer =
      send(project, "?page=1", "crm", R"({"email": "a@b.c", "age": 3, "note": [1], "extra": {}})");
  CHECK(answer.status == 200);
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "1");
}

TEST_CASE("a body that is no object violates rules about its fields") {
  const TestProject project(shared_server());
  project.deploy("validated", validated);
  for (const char* const body : {"[]", "\"text\"", "5", "null"}) {
    INFO(body);
    const Answer answer = send(project, "?page=1", "crm", body);
    CHECK(answer.status == 400);
    CHECK(answer.at("/errors/0/expected") == R"("OBJECT")");
  }
}

TEST_CASE("a form and a multipart form arrive as objects of text") {
  const TestProject project(shared_server());
  project.deploy_steps("echo",
                       R"({"id": "r", "type": "response", "body": "{{trigger.request.body}}"})");
  const auto send_as = [&](const std::string& type, const std::string& body) {
    return call_server(project.port(),
                       {"POST", project.path("/sdk/triggers/echo"), project.token(), body, type})
        .text;
  };
  CHECK(send_as("application/x-www-form-urlencoded", "a=1&b=x+y%21&a=2") ==
        R"({"a":["1","2"],"b":"x y!"})");
  CHECK(send_as("multipart/form-data; boundary=xyz",
                "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--xyz--\r\n") ==
        R"({"a":"one"})");
  CHECK(send_as("text/plain", "just text") == "just text");
}
