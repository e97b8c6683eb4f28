// Client credentials against a token server and an API that asks for its tokens.

#include "outbound_fixture.h"

#include <condition_variable>
#include <map>
#include <mutex>

namespace millrace::tests {
namespace {

/// `/token` gives out t1, t2, ...; `/api` takes the latest only.
class Server {
 public:
  std::function<void(PeerConnection&, const PeerRequest&)>
      token_reply;  // in place of the usual one

  std::string url(std::string_view path) const { return peer_.url(path); }
  int tokens() {
    const std::lock_guard lock(mutex_);
    return tokens_;
  }
  void forget_tokens() {
    const std::lock_guard lock(mutex_);
    valid_.clear();
  }
  std::vector<PeerRequest> token_requests() {
    const std::lock_guard lock(mutex_);
    return token_requests_;
  }
  /// The next tokens are given out only once so many API calls could have been waiting.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

  HttpRequest request(const std::string& secret = "secret") const {
    auto request = request_to(peer_.url("/api"));
    request.client_credentials = ClientCredentials{peer_.url("/token"), "id", secret, ""};
    return request;
  }

 private:
  void reply(PeerConnection& connection, const PeerRequest& request) {
    std::unique_lock lock(mutex_);
    if (request.target != "/token") {
      const bool known = !valid_.empty() && request.header("authorization") == "Bearer " + valid_;
      connection.answer(known ? 200 : 401, "api");
      return;
    }
    changed_.wait(lock, [&] { return !held_; });
    token_requests_.push_back(request);
    if (token_reply) return token_reply(connection, request);
    valid_ = "t" + std::to_string(++tokens_);
    connection.answer(200, "{\"access_token\":\"" + valid_ + "\",\"expires_in\":3600}");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int tokens_ = 0;
  std::string valid_;
  std::vector<PeerRequest> token_requests_;
  MisbehavingPeer peer_{
      MisbehavingPeer::serving([this](PeerConnection& connection, const PeerRequest& request) {
        reply(connection, request);
      })};
};

}  // namespace

TEST_CASE("a token is fetched once and used for later calls", "[outbound]") {
  Server server;
  const auto caller = make_caller();
  for (int i = 0; i < 5; ++i) CHECK(code_of(send(*caller, server.request())) == "status 200");
  CHECK(server.tokens() == 1);
  CHECK(caller->stats().tokens_fetched == 1);
  CHECK(server.token_requests().at(0).header("authorization") == "Basic aWQ6c2VjcmV0");
}

TEST_CASE("calls that need the same token at once share one fetch", "[outbound]") {
  Server server;
  server.hold();
  const auto caller = make_caller();
  std::vector<std::future<HttpOutcome>> answers;
  for (int i = 0; i < 50; ++i) {
    auto answered = std::make_shared<std::promise<HttpOutcome>>();
    answers.push_back(answered->get_future());
    caller->call(server.request(),
                 [answered](HttpOutcome outcome) { answered->set_value(std::move(outcome)); });
  }
  server.release();
  for (auto& each : answers) CHECK(code_of(each.get()) == "status 200");
  CHECK(server.tokens() == 1);
}

TEST_CASE("another project or another secret has a token of its own", "[outbound]") {
  Server server;
  const auto caller = make_caller();
  CHECK(code_of(send(*caller, server.request())) == "status 200");
  auto other = server.request();
  other.project = ProjectId("other");
  CHECK(code_of(send(*caller, other)) == "status 200");
  CHECK(code_of(send(*caller, server.request("changed"))) == "status 200");
  CHECK(server.tokens() == 3);
}

TEST_CASE("a token that is refused is replaced once", "[outbound]") {
  Server server;
  const auto caller = make_caller();
  CHECK(code_of(send(*caller, server.request())) == "status 200");
  server.forget_tokens();
  CHECK(code_of(send(*caller, server.request())) == "status 200");
  CHECK(server.tokens() == 2);
  // A server that refuses every token gets two tries, and its 401 is the answer.
  server.token_reply = [](PeerConnection& connection, const PeerRequest&) {
    connection.answer(200, R"({"access_token":"never-right"})");
  };
  server.forget_tokens();
  CHECK(code_of(send(*caller, server.request())) == "status 401");
}

TEST_CASE("a response comes with the tokens that were sent for it", "[outbound]") {
  Server server;
  const auto caller = make_caller();
  const auto tokens_of = [&] { return send(*caller, server.request())->tokens; };
  CHECK(tokens_of() == std::vector<std::string>{"t1"});
  CHECK(tokens_of() == std::vector<std::string>{"t1"});
  server.forget_tokens();
  CHECK(tokens_of() == std::vector<std::string>{"t1", "t2"});
  CHECK(send(*caller, request_to(server.url("/api")))->tokens.empty());
}

TEST_CASE("a peer that makes the token a host's name finds it in no error", "[outbound]") {
  Server server;
  server.token_reply = [](PeerConnection& connection, const PeerRequest&) {
    connection.answer(200, R"({"access_token":"Gr4nted-T0ken"})");
  };
  MisbehavingPeer leading(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        connection.answer(307, "", "Location: http://Gr4nted-T0ken.invalid/\r\n");
      }));
  const auto caller = make_caller();
  auto request = server.request();
  request.url = leading.url();
  const auto outcome = send(*caller, request);
  REQUIRE(code_of(outcome) == "connection_failed");
  CHECK_THAT(outcome.error().message, Catch::Contains("[authorization].invalid"));
}

TEST_CASE("a server that wants the secret in the body gets it there, from then on at once",
          "[outbound]") {
  Server server;
  server.token_reply = [](PeerConnection& connection, const PeerRequest& request) {
    if (request.body.find("client_secret=secret") == std::string::npos) {
      connection.answer(401, R"({"error":"invalid_client"})");
    } else {
      connection.answer(200, R"({"access_token":"x","expires_in":0})");
    }
  };
  const auto caller = make_caller();
  send(*caller, server.request()).ok();
  const auto after_first = server.token_requests().size();
  REQUIRE(after_first >= 2);
  CHECK(server.token_requests().at(1).header("authorization").empty());
  send(*caller, server.request()).ok();
  for (std::size_t i = after_first; i < server.token_requests().size(); ++i) {
    CHECK_THAT(server.token_requests().at(i).body, Catch::Contains("client_secret=secret"));
  }
}

TEST_CASE("without a token the call fails and says why", "[outbound]") {
  Server server;
  server.token_reply = [](PeerConnection& connection, const PeerRequest&) {
    connection.answer(401, R"({"error":"invalid_client","error_description":"unknown client"})");
  };
  const auto caller = make_caller();
  const auto outcome = send(*caller, server.request());
  REQUIRE(code_of(outcome) == "authorization_failed");
  CHECK_THAT(outcome.error().message, Catch::Contains("unknown client"));
  CHECK(outcome.error().message.find("secret") == std::string::npos);
  CHECK(server.token_requests().size() == 2);
}

TEST_CASE("what keeps a token server from being reached keeps its own code", "[outbound]") {
  Server server;
  const auto caller = make_caller();
  const auto with_token_url = [&](const std::string& url) {
    auto request = server.request();
    request.client_credentials->token_url = url;
    return code_of(send(*caller, request));
  };
  CHECK(with_token_url("http://127.0.0.2/token") == "blocked_address");
  CHECK(with_token_url("file:///etc/passwd") == "invalid_url");
  CHECK(with_token_url("http://no-such-host.invalid/") == "connection_failed");
  server.token_reply = [](PeerConnection& connection, const PeerRequest&) {
    connection.answer(302, "", "Location: /elsewhere\r\n");
  };
  CHECK(code_of(send(*caller, server.request())) == "authorization_failed");
}

TEST_CASE("a token server that does not answer meets the call's deadline", "[outbound]") {
  Server server;
  server.hold();
  const auto caller = make_caller();
  auto request = server.request();
  request.timeout = Millis(50);
  CHECK(code_of(send(*caller, request)) == "step_timeout");
  server.release();
  CHECK(code_of(send(*caller, server.request())) == "status 200");
}

TEST_CASE("a token goes to no other origin", "[outbound]") {
  Server server;
  std::string seen = "none";
  MisbehavingPeer thief(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest& request) {
        seen = request.header("authorization");
        connection.answer(401, "");
      }));
  MisbehavingPeer leading(
      MisbehavingPeer::serving([&](PeerConnection& connection, const PeerRequest&) {
        connection.answer(307, "", "Location: " + thief.url() + "\r\n");
      }));
  const auto caller = make_caller();
  auto request = server.request();
  request.url = leading.url();
  CHECK(code_of(send(*caller, request)) == "status 401");
  CHECK(seen.empty());
  CHECK(server.tokens() == 1);
}

}  // namespace millrace::tests
