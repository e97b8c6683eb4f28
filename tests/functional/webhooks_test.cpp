// Webhooks: a provider calls a URL, the delivery is verified, and every workflow on it runs for the users
// whom it is for.
#include "runtime/digests/hmac.h"
#include "runtime/text/hex_text.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <set>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string signed_hook = R"("verify": {"type": "hmac", "header": "X-Signature",
  "prefix": "sha256=", "secret": "{{secrets.HOOK}}"}, "deliveryId": "headers.X-Delivery",
  "challenge": "body.challenge")";

/// The workflow shows what it was started with.
std::string echo_on(const std::string& trigger) {
  return R"({"name": "w", "integration": "crm", "defaultEnabled": true, "trigger": )" + trigger +
         R"(, "steps": [{"id": "echo", "type": "function", "parameters": {"r": "{{trigger.result}}"},
            "code": "({ r }) => r"}]})";
}
const std::string on_hook = echo_on(R"({"type": "webhook", "webhook": "hook"})");

void put_crm(const TestProject& project, const std::string& webhooks,
             const std::string& triggers = "{}") {
  REQUIRE(project.put("/secrets/HOOK", R"({"value": "hook-secret"})").status < 300);
  const Answer put = project.put("/integrations/crm",
                                 R"({"baseUrl": "https://crm.example", "auth": {"type": "bearer"},
        "webhooks": )" + webhooks + R"(, "triggers": )" +
                                     triggers + "}");
  INFO(put.text);
  REQUIRE(put.status < 300);
}

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body, const std::string& user = "user-1") {
  return call_server(project.port(),
                     {method, project.path("/sdk" + rest), project.token(user), body});
}

/// The credential.
Json connect(const TestProject& project, const std::string& user, const std::string& provider_id) {
  const Answer answer =
      as_user(project, "POST", "/integrations/crm/connect",
              R"({"credentials": {"token": "t"}, "providerId": ")" + provider_id + "\"}", user);
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return answer.json;
}

std::string path_of(const std::string& url) { return url.substr(url.find("/hooks/")); }

std::string app_hook(const TestProject& project) {
  return path_of(string_at(project.get("/integrations/crm").json, "/webhooks/hook/url"));
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Answer deliver(const TestProject& project, const std::string& path, const std::string& body,
               const Headers& headers) {
  return call_server(project.port(), {"POST", path, {}, body, "application/json", headers});
}

Headers signed_as(const std::string& body, const std::string& delivery) {
  return {{"X-Signature", "sha256=" + to_hex(hmac(HashAlgorithm::sha256, "hook-secret", body))},
          {"X-Delivery", delivery}};
}

Answer deliver_signed(const TestProject& project, const std::string& path, const std::string& body,
                      const std::string& delivery) {
  return deliver(project, path, body, signed_as(body, delivery));
}

std::vector<std::string> ids_of(const Answer& answer) {
  INFO(answer.text);
  REQUIRE(answer.status == 200);
  std::vector<std::string> ids;
  for (const Json& id : answer.json.at("executionIds").as_array()) {
    ids.emplace_back(id.as_string());
  }
  return ids;
}

Json first_log(const TestProject& project, const std::string& query) {
  Answer answer;
  REQUIRE(poll_until([&] {
    answer = project.get("/event-logs" + query);
    return !answer.at("/eventLogs/0").empty();
  }));
  return answer.json.at("eventLogs").at(0);
}

std::string runs_of(const TestProject& project) {
  return project.get("/task-history/workflow-executions").at("/total");
}

}  // namespace

TEST_CASE("a signed delivery runs every workflow on it for the accounts that its route finds") {
  const TestProject project(open_server());
  put_crm(project, R"({"hook": {"scope": "app", "route": "body.account", )" + signed_hook + "}}");
  project.deploy("a", on_hook);
  project.deploy("b", on_hook);
  connect(project, "user-1", "acct-1");
  connect(project, "user-2", "acct-1");
  connect(project, "user-3", "acct-2");
  const std::string path = app_hook(project);
  CHECK(path == app_hook(project));
  const std::string body = R"({"account": "acct-1", "name": "Ada"})";
  const auto ids = ids_of(deliver_signed(project, path + "?x=1", body, "d-1"));
  REQUIRE(ids.size() == 4);
  const Json run = project.wait_for_status(ids[0], "SUCCEEDED");
  CHECK(text_at(run, "/stepExecutions/0/type") == R"("TRIGGER/ACTION")");
  const Json step = project.step(ids[0], "echo");
  CHECK(text_at(step, "/output/result/body/name") == R"("Ada")");
  CHECK(text_at(step, "/output/result/params/x") == R"("1")");
  CHECK(text_at(step, "/output/result/headers/x-delivery") == R"("d-1")");
  // The same delivery again, one after the other and at the same time, is the same runs.
  CHECK(ids_of(deliver_signed(project, path, body, "d-1")) == ids);
  std::vector<std::vector<std::string>> repeats(8);
  std::vector<std::thread> threads;
  for (auto& repeat : repeats) {
    threads.emplace_back([&] {
      const Answer answer = deliver_signed(project, path, body, "d-2");
      if (answer.status != 200) return;
      for (const Json& id : answer.json.at("executionIds").as_array()) {
        repeat.emplace_back(id.as_string());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& repeat : repeats) CHECK((repeat.size() == 4 && repeat == repeats[0]));
  CHECK(runs_of(project) == "8");
  CHECK(ids_of(deliver_signed(project, path, R"({"account": "none"})", "d-3")).empty());
  CHECK(string_at(first_log(project, "?type=webhook"), "/code") == "credential_missing");
}

TEST_CASE("a delivery that cannot be verified is 401, starts nothing and is in the event log") {
  const TestProject project(open_server());
  put_crm(project, R"({"hook": {"scope": "app", "route": "body.account", )" + signed_hook + "}}");
  project.deploy("a", on_hook);
  connect(project, "user-1", "acct-1");
  const std::string path = app_hook(project);
  const std::string body = R"({"account": "acct-1"})";
  CHECK(deliver(project, path, body, {}).status == 401);
  CHECK(deliver(project, path, body, signed_as(body + " ", "d")).status == 401);
  const Json entry = first_log(project, "?type=webhook");
  CHECK(string_at(entry, "/code") == "unauthorized");
  CHECK(string_at(entry, "/integration") == "crm");
  CHECK(project.get("/event-logs").text.find("hook-secret") == std::string::npos);
  CHECK(runs_of(project) == "0");
}

TEST_CASE("a webhook of one account has a URL of its own, which is shown to its user") {
  const TestProject project(open_server());
  put_crm(project, R"({"hook": {"scope": "user", "challenge": {"in": "query.validationToken"}}})");
  project.deploy("a", on_hook);
  const Json first = connect(project, "user-1", "x");
  const Json second = connect(project, "user-2", "x");
  const std::string path = path_of(string_at(first, "/webhooks/hook/url"));
  CHECK(path != path_of(string_at(second, "/webhooks/hook/url")));
  CHECK(project.get("/integrations/crm").at("/webhooks") == "{}");
  CHECK(as_user(project, "GET", "/credentials", {}).at("/credentials/0/webhooks/hook/url") ==
        text_at(first, "/webhooks/hook/url"));
  const auto ids = ids_of(deliver(project, path, R"({"a": 1})", {}));
  REQUIRE(ids.size() == 1);
  CHECK(string_at(project.wait_for_status(ids[0], "SUCCEEDED"), "/userId") == "user-1");
  // A challenge is echoed, whatever the method; a GET without one is no delivery.
  const Answer challenge =
      call_server(project.port(), {"GET", path + "?validationToken=a%20b", {}, {}, {}});
  CHECK(challenge.status == 200);
  CHECK(challenge.text == "a b");
  CHECK(challenge.header("content-type") == "text/plain; charset=utf-8");
  CHECK(call_server(project.port(), {"GET", path, {}, {}, {}}).status == 405);
  CHECK(runs_of(project) == "1");
  // Rotated, it is another one; disconnected, it is none.
  const std::string credential = string_at(first, "/id");
  const Answer rotated =
      as_user(project, "POST", "/credentials/" + credential + "/webhooks/hook/rotate", {});
  REQUIRE(rotated.status == 200);
  const std::string now = path_of(string_at(rotated.json, "/url"));
  CHECK(deliver(project, path, "{}", {}).status == 404);
  CHECK(deliver(project, now, "{}", {}).status == 200);
  REQUIRE(as_user(project, "DELETE", "/integrations/" + credential, {}).status == 204);
  CHECK(deliver(project, now, "{}", {}).status == 404);
}

TEST_CASE("each element of an envelope is a run of the triggers that mean it, once") {
  const TestProject project(open_server());
  put_crm(project,
          R"({"hook": {"scope": "app", "events": "body[*]", "route": "event.portal",
              "deliveryId": "event.id", "ignore": [[{"variable": "{{event.test}}",
              "operator": "BooleanTrue"}]]}})",
          R"({"created": {"webhook": "hook", "when": [[{"variable": "{{event.type}}",
              "operator": "StringExactlyMatches", "argument": "{{parameters.type}}"}]]}})");
  project.deploy("w", echo_on(R"({"type": "integration", "trigger": "created",
                                  "parameters": {"type": "contact"}})"));
  connect(project, "user-1", "7");
  connect(project, "user-2", "8");
  const std::string path = app_hook(project);
  const std::string body = R"([
    {"id": 1, "portal": 7, "type": "contact"}, {"id": 2, "portal": 8, "type": "contact"},
    {"id": 3, "portal": 7, "type": "deal"}, {"id": 4, "portal": 7, "type": "contact", "test": true},
    {"id": 1, "portal": 7, "type": "contact"}])";
  const auto ids = ids_of(deliver(project, path, body, {}));
  REQUIRE(ids.size() == 3);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 2);
  for (const auto& id : ids) project.wait_for_status(id, "SUCCEEDED");
  CHECK(text_at(project.step(ids[0], "echo"), "/output/result/body/id") == "1");
  // One that is new among those that came before.
  CHECK(ids_of(deliver(project, path, R"([{"id": 1, "portal": 7, "type": "contact"},
    {"id": 5, "portal": 7, "type": "contact"}])",
                       {}))
            .size() == 2);
  CHECK(runs_of(project) == "3");
  CHECK(ids_of(deliver(project, path, R"([{"id": 9, "portal": 7, "type": "deal"}])", {})).empty());
  CHECK_THAT(string_at(first_log(project, "?type=webhook"), "/message"),
             Catch::Contains("conditions of no trigger hold"));
}

TEST_CASE("URLs of webhooks and delivery ids outlive a restart, and nothing else is one") {
  ServerProcess server;
  const TestProject project(server);
  put_crm(project, R"({"hook": {"scope": "app", "route": "body.account", )" + signed_hook + "}}");
  project.deploy("a", on_hook);
  connect(project, "user-1", "acct-1");
  const std::string path = app_hook(project);
  const std::string body = R"({"account": "acct-1"})";
  const auto ids = ids_of(deliver_signed(project, path, body, "d-1"));
  server.kill_now();
  server.start();
  CHECK(app_hook(project) == path);
  CHECK(ids_of(deliver_signed(project, path, body, "d-1")) == ids);
  CHECK(runs_of(project) == "1");
  const Answer rotated = project.post("/integrations/crm/webhooks/hook/rotate");
  REQUIRE(rotated.status == 200);
  CHECK(deliver_signed(project, path, body, "d-9").status == 404);
  CHECK(project.post("/integrations/crm/webhooks/hok/rotate").status == 404);
  for (const char* const none : {"/hooks/x", "/hooks/00000000000000000000000000000000zz",
                                 "/hooks/0000000000000000000000000000000000"}) {
    CHECK(deliver(project, none, "{}", {}).status == 404);
  }
}

TEST_CASE("a token that the first challenge brings signs what comes after it, also after a crash") {
  ServerProcess server;
  const TestProject project(server);
  put_crm(project, R"({"hook": {"scope": "app", "route": "body.account",
    "challenge": {"in": "body.verification_token", "keep": "secret"},
    "verify": {"type": "hmac", "header": "X-Signature", "prefix": "sha256=",
               "secret": "{{subscription.secret}}"}}})");
  project.deploy("a", on_hook);
  connect(project, "user-1", "acct-1");
  const std::string path = app_hook(project);
  const auto shown = [&] { return project.get("/integrations/crm").at("/webhooks/hook/token"); };
  const auto bring = [&](const std::string& token) {
    return deliver(project, path, R"({"verification_token": ")" + token + "\"}", {});
  };
  const std::string body = R"({"account": "acct-1"})";
  CHECK(shown() == "null");
  CHECK(deliver_signed(project, path, body, "d-0").status >= 400);
  CHECK(bring("abc").status == 400);
  CHECK(bring("hook-secret").status == 200);
  server.kill_now();
  server.start();
  CHECK(shown().find(R"("value":"hook-secret")") != std::string::npos);
  // It is sent again; another one is a delivery like any other, and signed by nobody.
  CHECK(bring("hook-secret").status == 200);
  CHECK(bring("of-an-attacker").status == 401);
  CHECK(ids_of(deliver_signed(project, path, body, "d-1")).size() == 1);
  CHECK(runs_of(project) == "1");
  CHECK(project.get("/event-logs").text.find("hook-secret") == std::string::npos);
  REQUIRE(project.post("/integrations/crm/webhooks/hook/rotate").status == 200);
  CHECK(shown() == "null");
}

TEST_CASE("an event with an Idempotency-Key starts its runs once") {
  const TestProject project(open_server());
  REQUIRE(project.put("/events/E", R"({"schema": {}})").status == 201);
  project.deploy("w", R"({"name": "w", "trigger": {"type": "event", "event": "E"}, "steps": [
    {"id": "f", "type": "function", "code": "() => 1"}]})");
  const auto send = [&](const std::string& body, const std::string& key) {
    return call_server(project.port(), {"POST",
                                        project.path("/sdk/events/trigger"),
                                        project.token(),
                                        body,
                                        "application/json",
                                        {{"Idempotency-Key", key}}});
  };
  const Answer first = send(R"({"name": "E", "payload": {"a": 1}})", "k");
  REQUIRE(first.status == 201);
  CHECK(first.header("idempotency-replayed").empty());
  const Answer again = send(R"({"name": "E", "payload": {"a": 1}})", "k");
  CHECK(again.status == 201);
  CHECK(again.text == first.text);
  CHECK(again.header("idempotency-replayed") == "true");
  CHECK(send(R"({"name": "E", "payload": {"a": 2}})", "k").status == 409);
  CHECK(send(R"({"name": "E", "payload": {"a": 2}})", "k2").status == 201);
  CHECK(send(R"({"name": "E"})", std::string(256, 'k')).status == 400);
  CHECK(runs_of(project) == "2");
}

TEST_CASE("a request with an Idempotency-Key is answered alike, with a Response step and without") {
  const TestProject project(open_server());
  project.deploy_steps("quick", R"({"id": "f", "type": "function", "code": "() => 1"})");
  project.deploy_steps("answers",
                       R"js({"id": "f", "type": "function", "code": "() => Math.random()"},
    {"id": "r", "type": "response", "statusCode": 207, "headers": {"x-own": "h"},
     "body": {"n": "{{f.result}}"}})js");
  project.deploy_steps(
      "fails", R"({"id": "f", "type": "function", "code": "() => { throw new Error('no') }"},
    {"id": "r", "type": "response", "body": 1})");
  const auto send = [&](const std::string& workflow, const std::string& key,
                        const std::string& body = "{}") {
    return call_server(project.port(), {"POST",
                                        project.path("/sdk/triggers/" + workflow),
                                        project.token(),
                                        body,
                                        "application/json",
                                        {{"Idempotency-Key", key}}});
  };
  for (const std::string workflow : {"quick", "answers", "fails"}) {
    INFO(workflow);
    const Answer first = send(workflow, "k");
    CHECK(first.status == (workflow == "quick" ? 202 : workflow == "answers" ? 207 : 500));
    const Answer again = send(workflow, "k");
    CHECK(again.status == first.status);
    CHECK(again.text == first.text);
    CHECK(again.header("x-own") == first.header("x-own"));
    CHECK(again.header("millrace-execution-id") == first.header("millrace-execution-id"));
    CHECK(first.header("idempotency-replayed").empty());
    CHECK(again.header("idempotency-replayed") == "true");
    CHECK(send(workflow, "k", R"({"other": 1})").status == 409);
    CHECK(send(workflow, "").status == 400);
  }
  CHECK(runs_of(project) == "3");
  // Repeats at the same time start one, and each gets its answer.
  std::vector<Answer> answers(8);
  std::vector<std::thread> threads;
  for (Answer& answer : answers) {
    threads.emplace_back([&] { answer = send("answers", "at once"); });
  }
  for (auto& thread : threads) thread.join();
  for (const Answer& answer : answers) {
    CHECK(answer.status == 207);
    CHECK(answer.text == answers[0].text);
  }
  CHECK(runs_of(project) == "4");
}
