// What an integration says of its requests and answers, against a provider with the habits of real ones.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/misbehaving_peer.h"
#include "tests/support/poll_until.h"

#include <mutex>
#include <vector>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

/// Answers 200 to everything, says what is wrong in the body, limits, pages, and gives others' URLs.
class ChatPeer {
 public:
  ChatPeer()
      : peer_(MisbehavingPeer::serving(
            [this](PeerConnection& connection, const PeerRequest& request) {
              reply(connection, request);
            })) {}

  std::string url(std::string_view path = "") const { return peer_.url(path); }
  void answer_next(std::vector<std::string> answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
  }
  std::vector<PeerRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void reply(PeerConnection& connection, const PeerRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (request.target == "/api/list") {
      connection.answer(200, R"({"ok": true, "items": [1, 2], "next": "/api/list?page=2"})",
                        "Content-Type: application/json\r\n");
    } else if (request.target == "/api/list?page=2") {
      connection.answer(200, R"({"ok": true, "items": [3], "next": "https://evil.example/api/x"})",
                        "Content-Type: application/json\r\n");
    } else if (answers_.empty()) {
      connection.answer(200, R"({"ok": true})", "Content-Type: application/json\r\n");
    } else {
      const std::string answer = answers_.front();
      answers_.erase(answers_.begin());
      const std::string type = "Content-Type: application/json\r\n";
      if (answer.ends_with("limit")) {
        const std::string seconds = answer == "limit" ? "1" : "600";
        connection.answer(429, "{}", type + "Retry-After: " + seconds + "\r\n");
      } else {
        connection.answer(200, answer, type);
      }
    }
  }

  mutable std::mutex mutex_;
  std::vector<std::string> answers_;
  std::vector<PeerRequest> requests_;
  MisbehavingPeer peer_;
};

std::string chat(const ChatPeer& peer) {
  return R"({"baseUrl": ")" + peer.url("/api") + R"(", "auth": {"type": "bearer"},
    "headers": {"X-Version": "7", "X-App": "{{secrets.APP}}"},
    "success": [[{"variable": "{{response.body.ok}}", "operator": "BooleanTrue"}]],
    "errors": {"code": "response.body.error", "retry": ["ratelimited"], "reconnect": ["token_revoked"]},
    "rateLimit": {"requests": 1000, "interval": "1s", "pause": {"until": ["headers.retry-after"]}},
    "actions": {
      "send": {"method": "POST", "path": "/send/{channel}", "body": {"text": "{{parameters.text}}"},
        "parameters": {"channel": {"type": "string", "required": true}, "text": {"type": "string"}}},
      "list": {"method": "GET", "path": "/list",
        "pagination": {"output": "response.body.items", "nextUrl": "response.body.next"}}}})";
}

std::string workflow(const std::string& steps) {
  return R"({"integration": "chat", "defaultEnabled": true, "trigger": {"type": "request"}, "steps": [)" +
         steps + "]}";
}

const std::string send_step =
    R"({"id": "send", "type": "action", "action": "send", "parameters": {"channel": "#a/b"}})";

std::string connect(const TestProject& project) {
  const Answer answer =
      call_server(project.port(), {"POST", project.path("/sdk/integrations/chat/connect"),
                                   project.token(), R"({"credentials": {"token": "t-0-k"}})"});
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return string_at(answer.json, "/id");
}

Answer account(const TestProject& project, const std::string& id) {
  return call_server(project.port(),
                     {"GET", project.path("/sdk/credentials/" + id), project.token(), ""});
}

struct Connected {
  Connected() : project(open_server()) {
    REQUIRE(project.put("/secrets/APP", R"({"value": "a-p-p-1"})").status < 300);
    REQUIRE(project.put("/integrations/chat", chat(peer)).status == 201);
  }
  void deploy(const std::string& steps) {
    project.deploy("w", workflow(steps));
    id = connect(project);
  }
  ChatPeer peer;
  const TestProject project;
  std::string id;
};

}  // namespace

TEST_CASE("a step fails with the provider's code when an answer of 200 says so in its body") {
  Connected bed;
  bed.deploy(send_step + "," + response_step("\"{{send.result}}\""));
  CHECK(bed.project.trigger("w").text == R"({"ok":true})");
  const auto sent = bed.peer.requests();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].target == "/api/send/%23a%2Fb");
  CHECK(sent[0].header("x-version") == "7");
  CHECK(sent[0].header("x-app") == "a-p-p-1");
  bed.peer.answer_next({R"({"ok": false, "error": "channel_not_found"})"});
  const Answer failed = bed.project.trigger("w");
  CHECK(failed.status == 500);
  CHECK(failed.at("/error/code") == R"("request_rejected")");
  CHECK_THAT(failed.at("/message"), Catch::Contains("channel_not_found"));
  CHECK(account(bed.project, bed.id).at("/status") == R"("VALID")");
}

TEST_CASE("a code that says so makes the account invalid until its user connects again") {
  Connected bed;
  bed.deploy(send_step + "," + response_step("\"{{send.result}}\""));
  bed.peer.answer_next({R"({"ok": false, "error": "token_revoked"})"});
  const Answer failed = bed.project.trigger("w");
  CHECK(failed.at("/error/code") == R"("credential_invalid")");
  CHECK_THAT(failed.at("/message"), Catch::Contains("must be connected again"));
  REQUIRE(poll_until([&] { return account(bed.project, bed.id).at("/status") == R"("INVALID")"; }));
  CHECK_THAT(account(bed.project, bed.id).at("/statusReason"), Catch::Contains("token_revoked"));
  CHECK(bed.project.trigger("w").at("/code") == R"("credential_invalid")");
}

TEST_CASE("an account that is asked too often is asked later, with no retry and a visible wait") {
  Connected bed;
  bed.deploy(send_step);
  bed.peer.answer_next({"limit"});
  const std::string run = bed.project.start("w");
  bed.project.wait_for_status(run, "SUCCEEDED");
  const Json step = bed.project.step(run, "send");
  const auto& attempts = step.at("attempts").get_array();
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].at("number") == 1);
  CHECK(attempts[0].at("pausedByStatus") == 429);
  CHECK(attempts[0].get_object().contains("pausedUntil"));
  CHECK(attempts[1].at("number") == 1);
  const auto sent = bed.peer.requests();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].header("idempotency-key") == sent[1].header("idempotency-key"));
}

TEST_CASE("explain says until when an account holds its run") {
  Connected bed;
  bed.deploy(send_step);
  bed.peer.answer_next({"long limit"});
  const std::string run = bed.project.start("w");
  const auto explained = [&] {
    return bed.project.get("/task-history/workflow-executions/" + run + "/explain");
  };
  REQUIRE(poll_until([&] { return explained().at("/waitingFor/0/kind") == R"("rateLimit")"; }));
  const Answer answer = explained();
  CHECK(answer.at("/status") == R"("EXECUTING")");
  CHECK(answer.at("/waitingFor/0/stepId") == R"("send")");
  CHECK(answer.at("/waitingFor/0/until") != "null");
  CHECK_THAT(answer.at("/waitingFor/0/detail"), Catch::Contains("429"));
  CHECK(bed.project.post("/task-history/workflow-executions/" + run + "/cancel").status == 202);
  bed.project.wait_for_status(run, "CANCELLED");
  CHECK(explained().at("/waitingFor") == "[]");
  CHECK(bed.project.get("/task-history/workflow-executions/nobody/explain").status == 404);
}

TEST_CASE("pages follow the URLs of the provider and never to another server") {
  Connected bed;
  bed.deploy(R"({"id": "all", "type": "action", "action": "list"},)" +
             response_step(R"({"items": "{{all.result}}", "error": "{{all.error.code}}"})"));
  CHECK(bed.project.trigger("w").text == R"({"items":[1,2,3],"error":"invalid_url"})");
  const auto sent = bed.peer.requests();
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].header("authorization") == "Bearer t-0-k");
}
