// Test data: typed or caught, kept over restarts, and what tests begin with when they are given nothing.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"

#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

void draft(const TestProject& project, const std::string& trigger, const std::string& more = {}) {
  const Answer put = project.put("/workflows/w", R"({"name": "w", )" + more + R"("trigger": )" +
                                                     trigger + R"(, "steps": [{"id": "echo",
    "type": "function", "parameters": {"t": "{{trigger}}"}, "code": "({ t }) => t"}]})");
  INFO(put.text);
  REQUIRE(put.status < 300);
}

/// What the trigger put out in a test that is given nothing.
Json tested(const TestProject& project, const std::string& which = {}) {
  const Answer answer = project.post("/workflows/w" + which + "/test", "{}");
  INFO(answer.text);
  REQUIRE(answer.status == 200);
  CHECK(answer.at("/status") == R"("SUCCEEDED")");
  const JsonArray& steps = answer.json.at("steps").as_array();
  return steps.back().at("output").at("result");
}

std::string capture_path(const TestProject& project) {
  const Answer begun = project.post("/workflows/w/test-capture");
  INFO(begun.text);
  REQUIRE(begun.status == 201);
  const std::string url = string_at(begun.json, "/url");
  return url.substr(url.find("/captures/"));
}

Answer call_capture(const TestProject& project, const std::string& method, const std::string& path,
                    const std::string& body,
                    const std::vector<std::pair<std::string, std::string>>& headers = {}) {
  return call_server(project.port(), {method, path, {}, body, "application/json", headers});
}

}  // namespace

TEST_CASE(
    "tests that are given nothing begin with the typed test data, and its trigger checks it") {
  const TestProject project(open_server());
  draft(project, R"({"type": "request", "bodyValidations": [{"key": "email",
                     "dataType": "STRING", "required": true}]})");
  CHECK(project.get("/workflows/w/test-data").status == 404);
  CHECK(project.post("/workflows/w/test", "{}").status == 400);
  const Answer put = project.put("/workflows/w/test-data",
                                 R"({"request": {"headers": {"Cookie": "a=b", "X-Kind": "k"},
                                  "params": {"n": "1"}, "body": {"email": "ada@example.org"}}})");
  INFO(put.text);
  REQUIRE(put.status == 200);
  CHECK(put.at("/source") == R"("typed")");
  CHECK(put.at("/request/headers/Cookie") == R"("[masked]")");
  CHECK(put.at("/request/headers/X-Kind") == R"("k")");
  const Json trigger = tested(project);
  CHECK(text_at(trigger, "/request/body/email") == R"("ada@example.org")");
  CHECK(text_at(trigger, "/request/headers/cookie") == R"("a=b")");
  CHECK(text_at(tested(project, "/steps/echo"), "/request/params/n") == R"("1")");
  // What a test is given goes before.
  CHECK(project.post("/workflows/w/test", R"({"request": {"body": {}}})").status == 400);
  // What the trigger refuses is refused in a test, too.
  REQUIRE(project.put("/workflows/w/test-data", R"({"request": {"body": {"email": 7}}})").status ==
          200);
  const Answer refused = project.post("/workflows/w/steps/echo/test", "{}");
  CHECK(refused.status == 400);
  CHECK(refused.at("/errors/0/got") == R"("NUMBER")");
  for (const char* const bad : {R"({})", R"({"request": {}, "payload": 1})", R"({"request": 7})",
                                R"({"request": {"haeders": {}}})", R"({"other": 1})",
                                R"({"request": {"headers": {"a": 7}}})"}) {
    CHECK(project.put("/workflows/w/test-data", bad).status == 400);
  }
  CHECK(project.put("/workflows/x/test-data", R"({"payload": 1})").status == 404);
  CHECK(project
            .put("/workflows/w/test-data",
                 R"({"payload": ")" + std::string((1u << 20) + 1, 'x') + "\"}")
            .status == 413);
  REQUIRE(project.remove("/workflows/w/test-data").status == 204);
  CHECK(project.remove("/workflows/w/test-data").status == 404);
}

TEST_CASE("the first request to a capture URL becomes the test data, and later ones are 404") {
  ServerProcess server(open_server_options());
  const TestProject project(server);
  draft(project, R"({"type": "request"})");
  CHECK(project.get("/workflows/w/test-capture").status == 404);
  const std::string replaced = capture_path(project);
  const std::string path = capture_path(project);
  CHECK(call_capture(project, "POST", replaced, "{}").status == 404);
  CHECK(project.get("/workflows/w/test-capture").at("/state") == R"("waiting")");
  // It waits over a restart, and too much does not use it up.
  server.kill_now();
  server.start();
  CHECK(call_capture(project, "POST", path, "\"" + std::string(2u << 20, 'x') + "\"").status ==
        413);
  std::vector<Answer> answers(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] {
      answers[i] =
          call_capture(project, "PUT", path + "?n=1", R"({"who": )" + std::to_string(i) + "}",
                       {{"Authorization", "Bearer secret"}, {"Cookie", "a=b"}});
    });
  }
  for (auto& thread : threads) thread.join();
  std::string caught;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].status == 200) {
      CHECK(answers[i].text == R"({"captured":true})");
      CHECK(caught.empty());
      caught = std::to_string(i);
    } else {
      CHECK(answers[i].status == 404);
    }
  }
  REQUIRE_FALSE(caught.empty());
  server.kill_now();
  server.start();
  const Answer state = project.get("/workflows/w/test-capture");
  CHECK(state.at("/state") == R"("captured")");
  CHECK(state.at("/request/body/who") == caught);
  CHECK(state.at("/request/headers/cookie") == R"("[masked]")");
  CHECK(state.text.find("secret") == std::string::npos);
  CHECK(project.get("/workflows/w/test-data").at("/source") == R"("captured")");
  const Json trigger = tested(project);
  CHECK(text_at(trigger, "/request/body/who") == caught);
  CHECK(text_at(trigger, "/request/params/n") == R"("1")");
  // Other test data takes its place; a workflow that is removed leaves nothing.
  REQUIRE(project.put("/workflows/w/test-data", R"({"request": {}})").status == 200);
  CHECK(project.get("/workflows/w/test-capture").at("/request") == "null");
  const std::string last = capture_path(project);
  REQUIRE(project.remove("/workflows/w").status == 204);
  CHECK(call_capture(project, "POST", last, "{}").status == 404);
  draft(project, R"({"type": "request"})");
  CHECK(project.get("/workflows/w/test-data").status == 404);
  for (const char* const none : {"/captures/x", "/captures/0000000000000000000000000000000000"}) {
    CHECK(call_capture(project, "GET", none, {}).status == 404);
  }
}

TEST_CASE("a provider's challenge is answered by a capture URL, which goes on waiting") {
  const TestProject project(open_server());
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": "https://crm.example",
    "webhooks": {"hook": {"scope": "app", "route": "body.id", "challenge": "body.challenge"}},
    "triggers": {"made": {"webhook": "hook"}}})")
              .status == 201);
  for (const char* const trigger : {R"({"type": "webhook", "webhook": "hook"})",
                                    R"({"type": "integration", "trigger": "made"})"}) {
    draft(project, trigger, R"("integration": "crm", )");
    const std::string path = capture_path(project);
    const Answer asked = call_capture(project, "POST", path, R"({"challenge": "c-1"})");
    CHECK(asked.status == 200);
    CHECK(asked.text == "c-1");
    CHECK(project.get("/workflows/w/test-capture").at("/state") == R"("waiting")");
    CHECK(call_capture(project, "POST", path, R"({"id": 7})").text == R"({"captured":true})");
    CHECK(text_at(tested(project), "/result/body/id") == "7");
  }
  // Of a workflow that is on no webhook it is a request as any.
  draft(project, R"({"type": "request"})");
  CHECK(call_capture(project, "POST", capture_path(project), R"({"challenge": "c-1"})").text ==
        R"({"captured":true})");
}

TEST_CASE("a caught file is a file in tests") {
  const TestProject project(open_server());
  draft(project, R"({"type": "request"})");
  const Answer caught = call_server(
      project.port(), {"POST", capture_path(project), {}, std::string("\x00\xff", 2), "image/gif"});
  REQUIRE(caught.status == 200);
  CHECK(project.get("/workflows/w/test-data").at("/request/file/data") == R"("00ff")");
  CHECK(text_at(tested(project), "/request/file/data") == R"("00ff")");
}

TEST_CASE("what was caught serves an event as its payload, and a webhook as its first event") {
  const TestProject project(open_server());
  REQUIRE(project.put("/events/E", R"({"schema": {"from": "the example"}})").status == 201);
  draft(project, R"({"type": "event", "event": "E"})");
  CHECK(text_at(tested(project), "/from") == R"("the example")");
  REQUIRE(
      call_capture(project, "POST", capture_path(project), R"([{"id": 1}, {"id": 2, "t": "c"}])")
          .status == 200);
  CHECK(text_at(tested(project), "/0/id") == "1");
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": "https://crm.example",
    "webhooks": {"hook": {"scope": "app", "events": "body[*]", "route": "event.id"}},
    "triggers": {"made": {"webhook": "hook", "when": [[{"variable": "{{event.t}}",
      "operator": "StringExactlyMatches", "argument": "c"}]]}}})")
              .status == 201);
  draft(project, R"({"type": "webhook", "webhook": "hook"})", R"("integration": "crm", )");
  CHECK(text_at(tested(project), "/result/body/id") == "1");
  draft(project, R"({"type": "integration", "trigger": "made"})", R"("integration": "crm", )");
  CHECK(text_at(tested(project), "/result/body/id") == "2");
  // What is typed for one kind serves the others, too.
  REQUIRE(project.put("/workflows/w/test-data", R"({"payload": {"id": 3}})").status == 200);
  CHECK(text_at(tested(project), "/result/body/id") == "3");
  draft(project, R"({"type": "event", "event": "E"})");
  CHECK(text_at(tested(project), "/id") == "3");
}

TEST_CASE("of what was caught a webhook ignores what it ignores") {
  const TestProject project(open_server());
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": "https://crm.example",
    "webhooks": {"hook": {"scope": "app", "events": "body[*]", "route": "event.id",
      "ignore": [[{"variable": "{{event.test}}", "operator": "BooleanTrue"}]]}}})")
              .status == 201);
  draft(project, R"({"type": "webhook", "webhook": "hook"})", R"("integration": "crm", )");
  REQUIRE(call_capture(project, "POST", capture_path(project),
                       R"([{"id": 1, "test": true}, {"id": 2, "test": false}])")
              .status == 200);
  CHECK(text_at(tested(project), "/result/body/id") == "2");
}

TEST_CASE("of what was caught a poll has the first record") {
  const TestProject project(open_server());
  REQUIRE(project.put("/integrations/crm", R"({"baseUrl": "https://crm.example"})").status == 201);
  draft(project, R"({"type": "poll", "request": {"method": "GET", "path": "/c"},
                     "items": "response.body.list", "itemId": "id"})",
        R"("integration": "crm", )");
  for (const std::string body :
       {R"({"list": [{"id": 1}, {"id": 2}]})", R"([{"id": 1}, {"id": 2}])", R"({"id": 1})"}) {
    CAPTURE(body);
    REQUIRE(call_capture(project, "POST", capture_path(project), body).status == 200);
    CHECK(text_at(tested(project), "/result/id") == "1");
  }
}

TEST_CASE("a HEAD does not use up a capture URL") {
  const TestProject project(open_server());
  draft(project, R"({"type": "request"})");
  const std::string path = capture_path(project);
  CHECK(call_capture(project, "HEAD", path, "").status == 200);
  CHECK(project.get("/workflows/w/test-capture").at("/state") == R"("waiting")");
  CHECK(call_capture(project, "POST", path, R"({"a": 1})").status == 200);
  CHECK(call_capture(project, "HEAD", path, "").status == 404);
}

TEST_CASE("a workflow that an account starts is tested with an output of that kind") {
  const TestProject project(open_server());
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": "https://crm.example",
    "auth": {"type": "oauth2", "authorizeUrl": "https://crm.example/a",
             "tokenUrl": "https://crm.example/t", "clientId": "i", "clientSecret": "s",
             "scopes": ["read"]}})")
              .status == 201);
  draft(project, R"({"type": "oauth"})", R"("integration": "crm", )");
  CHECK(text_at(tested(project), "/result/scopes") == R"(["read"])");
  CHECK(text_at(tested(project), "/result/credentialId") == R"("test-account")");
  draft(project, R"({"type": "integrationEnabled"})", R"("integration": "crm", )");
  CHECK(text_at(tested(project), "/result") ==
        R"({"credentialId":"test-account","providerId":""})");
  CHECK(project.post("/workflows/w/test", R"({"request": {}})").status == 400);
}
