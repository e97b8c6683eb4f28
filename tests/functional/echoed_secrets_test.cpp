// Peers that repeat what they were sent: token servers, peers whose errors are cut, peers that redirect to others,
// and the code that verifies deliveries. What was secret in it is shown and stored nowhere, and goes nowhere else.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <filesystem>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

/// Repeats the body, or the header `X-App` behind so many letters, in what it refuses.
MisbehavingPeer::Script echoing() {
  return MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest& request) {
    const std::string type = "Content-Type: application/json\r\n";
    if (request.target == "/token") {
      const Json said{{"error", "invalid_client"}, {"error_description", request.body}};
      connection.answer(401, to_text(said), type);
    } else if (request.target == "/ended") {
      const Json said{{"error", "invalid_grant"}, {"error_description", request.body}};
      connection.answer(400, to_text(said), type);
    } else {
      const auto at = request.target.rfind('/');
      const std::size_t letters = std::stoul(request.target.substr(at + 1));
      const Json said{{"error", std::string(letters, 'D') + request.header("x-app")}};
      connection.answer(400, to_text(said), type);
    }
  });
}

std::string signed_in_integration(const MisbehavingPeer& peer, const std::string& token_path) {
  return R"({"baseUrl": ")" + peer.url("/api") + R"(", "auth": {"type": "oauth2",
      "authorizeUrl": "https://crm.example/authorize", "tokenUrl": ")" +
         peer.url(token_path) +
         R"(", "clientId": "{{secrets.ID}}", "clientSecret": "{{secrets.CRM}}"}})";
}

const std::string ask_crm =
    R"({"integration": "crm", "defaultEnabled": true, "trigger": {"type": "request"}, "steps": [
        {"id": "ask", "type": "request", "integration": "crm", "method": "GET", "path": "/x"},
        {"id": "reply", "type": "response", "body": 1}]})";

std::string connect(const TestProject& project, const std::string& credentials) {
  const Answer answer =
      call_server(project.port(), {"POST", project.path("/sdk/integrations/crm/connect"),
                                   project.token(), R"({"credentials": )" + credentials + "}"});
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return string_at(answer.json, "/id");
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Everything that is told of the only run of `workflow`, its user's account, and the log of events.
std::string told_of(const TestProject& project, const std::string& workflow,
                    const std::string& account) {
  const std::string runs = "/task-history/workflow-executions?workflowId=" + workflow;
  const std::string run = string_at(project.get(runs).json, "/workflowExecutions/0/id");
  const Answer shown = call_server(
      project.port(), {"GET", project.path("/sdk/credentials/" + account), project.token()});
  return to_text(project.execution(run)) + to_text(project.step(run, "ask")) + shown.text +
         project.get("/event-logs").text;
}

}  // namespace

TEST_CASE("what a token server repeats of its request is told to nobody and stored nowhere") {
  const MisbehavingPeer peer(echoing());
  ServerProcess server(open_server_options());
  const TestProject project(server);
  REQUIRE(project.put("/secrets/ID", R"({"value": "cl1ent-id"})").status == 201);
  REQUIRE(project.put("/secrets/CRM", R"({"value": "cl1ent-s3cret"})").status == 201);
  std::string told;
  for (const char* const path : {"/token", "/ended"}) {
    INFO(path);
    REQUIRE(project.put("/integrations/crm", signed_in_integration(peer, path)).status / 100 == 2);
    const std::string name = std::string("w") + (path + 1);
    project.deploy(name, ask_crm);
    const std::string account =
        connect(project, R"({"accessToken": "4ccess", "refreshToken": "r3fresh",
      "expiresAt": "2020-01-01T00:00:00Z"})");
    const Answer answer = project.trigger(name);
    CHECK_THAT(answer.text, Catch::Contains("client_secret=[secret CRM]"));
    told += answer.text + told_of(project, name, account);
  }
  server.terminate();
  REQUIRE(server.wait_for_exit(20s) == 0);
  told += server.log_end();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.data_directory())) {
    if (entry.is_regular_file()) told += read_file(entry.path());
  }
  for (const char* const secret : {"cl1ent-id", "cl1ent-s3cret", "r3fresh", "4ccess"}) {
    INFO(secret);
    CHECK_FALSE(holds(told, secret));
  }
}

TEST_CASE("of a secret that a peer repeats no beginning is shown, wherever its text is cut") {
  const MisbehavingPeer peer(echoing());
  const TestProject project(open_server());
  const std::string secret = "abcdefghijklmnopqrstuvwxyz";
  REQUIRE(project.put("/secrets/APP", R"({"value": ")" + secret + "\"}").status == 201);
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": ")" + peer.url() +
                                            R"(", "auth": {"type": "bearer"},
              "headers": {"X-App": "{{secrets.APP}}"}, "errors": {"code": "response.body.error"}})")
              .status == 201);
  project.deploy("w", R"({"integration": "crm", "defaultEnabled": true,
      "trigger": {"type": "request"}, "steps": [
        {"id": "ask", "type": "request", "integration": "crm", "method": "GET",
         "path": "/{{trigger.request.body.n}}"}, {"id": "reply", "type": "response", "body": 1}]})");
  connect(project, R"({"token": "t0k3n"})");
  for (int letters = 268; letters <= 302; letters += 2) {
    INFO(letters);
    const Answer answer = project.trigger("w", R"({"n": )" + std::to_string(letters) + "}");
    CHECK_THAT(answer.text, Catch::Contains("DDDD"));
    CHECK_FALSE(holds(answer.text, secret.substr(0, 4)));
  }
}

TEST_CASE("a redirect to another server takes no secret along") {
  const MisbehavingPeer other(
      MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest& request) {
        const Json seen{{"head", request.head}, {"body", request.body}};
        connection.answer(200, to_text(seen), "Content-Type: application/json\r\n");
      }));
  const MisbehavingPeer peer(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest& request) {
        const int status = request.target.starts_with("/kept") ? 307 : 302;
        connection.answer(status, "", "Location: " + other.url("/there") + "\r\n");
      }));
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/APP", R"({"value": "s3cret-of-app"})").status == 201);
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": ")" + peer.url() +
                                            R"(", "auth": {"type": "header", "name": "X-Auth"},
              "headers": {"X-App": "{{secrets.APP}}", "X-Version": "7"}})")
              .status == 201);
  const auto asks = [](const std::string& name, const std::string& step) {
    return R"({"name": ")" + name + R"(", "integration": "crm", "defaultEnabled": true,
      "trigger": {"type": "request"}, "steps": [{"id": "ask", "type": "request", )" +
           step + R"(}, {"id": "reply", "type": "response", "body": "{{ask.response.body}}"}]})";
  };
  const std::string own = R"("headers": {"X-Own": "{{secrets.APP}}"})";
  project.deploy(
      "moved", asks("moved", R"("integration": "crm", "method": "GET", "path": "/moved", )" + own));
  project.deploy("plain", asks("plain", R"("method": "GET", "url": ")" + peer.url("/moved") +
                                            R"(", "authorization": {"type": "header", "name": "X-K",
                                               "value": "{{secrets.APP}}"})"));
  project.deploy("kept", asks("kept", R"("integration": "crm", "method": "POST", "path": "/kept",
                                         "body": {"n": 1})"));
  project.deploy("told", asks("told", R"("integration": "crm", "method": "POST", "path": "/kept",
                                         "body": {"n": "{{secrets.APP}}"})"));
  connect(project, R"({"key": "acc0unt-k3y"})");
  for (const char* const name : {"moved", "plain", "kept"}) {
    const Answer answer = project.trigger(name);
    INFO(name << ": " << answer.text);
    REQUIRE(answer.status == 200);
    CHECK_THAT(answer.text, Catch::Contains("/there"));
    CHECK_FALSE(holds(answer.text, "s3cret-of-app"));
    CHECK_FALSE(holds(answer.text, "acc0unt-k3y"));
    if (std::string_view(name) != "plain")
      CHECK_THAT(answer.text, Catch::Contains("x-version", Catch::CaseSensitive::No));
  }
  CHECK_THAT(project.trigger("kept").text, Catch::Contains(R"({\"n\":1})"));
  const Answer refused = project.trigger("told");
  CHECK(refused.at("/error/code") == R"("request_rejected")");
  CHECK_THAT(refused.text, Catch::Contains("another origin") || Catch::Contains("other origin"));
}

TEST_CASE("code that verifies a delivery tells nobody the secrets that it was given") {
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/HOOK", R"({"value": "h00k-s3cret"})").status == 201);
  const std::string code = R"(({ query, secrets }) => {
    if (query.c === 'throw') throw new Error('bad key ' + secrets.key);
    if (query.c === 'header') return { status: 200, headers: { ['a b ' + secrets.key]: 'x' } };
    return { status: 403, headers: { 'X-Why': secrets.key }, body: { no: secrets.whole } };
  })";
  REQUIRE(project
              .put("/integrations/crm", R"({"baseUrl": "https://crm.example",
              "auth": {"type": "bearer"}, "webhooks": {"hook": {"scope": "user", "verify": {"type": "code",
              "secrets": {"key": "{{secrets.HOOK}}", "whole": "key={{secrets.HOOK}}"}, "code": )" +
                                            to_text(Json(code)) + "}}}}")
              .status == 201);
  project.deploy("w", R"({"integration": "crm", "defaultEnabled": true,
      "trigger": {"type": "webhook", "webhook": "hook"},
      "steps": [{"id": "f", "type": "function", "code": "() => 1"}]})");
  const Answer connected =
      call_server(project.port(), {"POST", project.path("/sdk/integrations/crm/connect"),
                                   project.token(), R"({"credentials": {"token": "t0k3n"}})"});
  const std::string url = string_at(connected.json, "/webhooks/hook/url");
  std::string told;
  for (const char* const way : {"throw", "header", "refuse"}) {
    const Answer answer = call_server(
        project.port(),
        {"POST", url.substr(url.find("/hooks/")) + "?c=" + way, {}, "{}", "application/json", {}});
    told += answer.text + answer.header("X-Why");
  }
  CHECK_THAT(told, Catch::Contains("[secret HOOK]"));
  CHECK(poll_until([&] {
    return holds(project.get("/event-logs?type=webhook").text, "bad key [secret HOOK]");
  }));
  told += project.get("/event-logs?type=webhook").text;
  CHECK_FALSE(holds(told, "h00k-s3cret"));
}
