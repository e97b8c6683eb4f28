// Accounts that are connected by signing in at a provider, and what being connected starts: the whole way by
// HTTP, with redirects followed by hand, as a browser does it.
#include "runtime/digests/sha256.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/percent_text.h"
#include "tests/functional/open_server.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <algorithm>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// A provider whose tokens end at once or in an hour, and rotate; one that is used twice revokes all.
class OAuthPeer {
 public:
  OAuthPeer()
      : peer_(MisbehavingPeer::serving(
            [this](PeerConnection& connection, const PeerRequest& request) {
              reply(connection, request);
            })) {}

  std::string url(std::string_view path) const { return peer_.url(path); }

  struct Habits {
    int lifetime_s = 3'600;
    int refresh_status = 200;
    std::string refresh_body{};  // not empty: in place of tokens
    bool has_sites = false;
  };
  void take_up(Habits habits) {
    const std::lock_guard lock(mutex_);
    habits_ = std::move(habits);
  }
  std::size_t refreshes() const {
    const std::lock_guard lock(mutex_);
    return refreshes_;
  }
  bool is_revoked() const {
    const std::lock_guard lock(mutex_);
    return is_revoked_;
  }
  /// Of the code that is given next.
  void expect_challenge(const std::string& challenge) {
    const std::lock_guard lock(mutex_);
    challenge_ = challenge;
  }

 private:
  static std::string field(const PeerRequest& request, const std::string& name) {
    const auto at = ("&" + request.body).find("&" + name + "=");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 1;
    return *percent_decode_bytes(request.body.substr(
        from, std::min(request.body.find('&', from), request.body.size()) - from));
  }

  static std::string challenge_of(const std::string& verifier) {
    const auto hash = sha256(verifier);
    std::string text = base64_encode({reinterpret_cast<const char*>(hash.data()), hash.size()});
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text.substr(0, text.find('='));
  }

  std::string tokens() {
    ++number_;
    return R"({"access_token": "access-)" + std::to_string(number_) +
           R"(", "refresh_token": "refresh-)" + std::to_string(number_) + R"(", "expires_in": )" +
           std::to_string(habits_.lifetime_s) + R"(, "team": "t1"})";
  }

  void reply(PeerConnection& connection, const PeerRequest& request) {
    const std::lock_guard lock(mutex_);
    if (request.target == "/token" && field(request, "grant_type") == "authorization_code") {
      const bool is_good = field(request, "code") == "c0de" &&
                           field(request, "client_secret") == "cl13nt" &&
                           challenge_of(field(request, "code_verifier")) == challenge_;
      connection.answer(is_good ? 200 : 400, is_good ? tokens() : R"({"error": "invalid_grant"})");
    } else if (request.target == "/token") {
      ++refreshes_;
      if (!habits_.refresh_body.empty()) {
        connection.answer(habits_.refresh_status, habits_.refresh_body);
      } else if (field(request, "refresh_token") != "refresh-" + std::to_string(number_)) {
        is_revoked_ = true;
        connection.answer(400, R"({"error": "invalid_grant"})");
      } else {
        habits_.lifetime_s = 3'600;
        connection.answer(200, tokens());
      }
    } else if (request.target == "/sites") {
      connection.answer(200,
                        habits_.has_sites
                            ? R"([{"id": "s1", "name": "<b>One</b>"}, {"id": "s2", "name": "Two"}])"
                            : R"([{"id": "s1", "name": "One"}])");
    } else {
      const bool is_let_in =
          request.header("authorization") == "Bearer access-" + std::to_string(number_);
      connection.answer(is_let_in ? 200 : 401, R"({"ok": true})");
    }
  }

  mutable std::mutex mutex_;
  Habits habits_;
  int number_ = 0;
  std::size_t refreshes_ = 0;
  bool is_revoked_ = false;
  std::string challenge_;
  MisbehavingPeer peer_;  // last: its threads use what is above
};

std::string integration_on(const OAuthPeer& peer, const std::string& rest = {}) {
  return R"({"baseUrl": ")" + peer.url("/api") + R"(", "auth": {"type": "oauth2",
      "authorizeUrl": "https://crm.example/authorize", "tokenUrl": ")" +
         peer.url("/token") + R"(", "clientId": "us", "clientSecret": "{{secrets.CRM}}",
      "scopes": ["read"], "returnTo": ["https://app.example"],
      "token": {"providerId": "team", "keep": {"team": "team"}})" +
         rest + "}}";
}

const std::string tell_result =
    R"({"id": "f", "type": "function", "parameters": {"r": "{{trigger.result}}"}, "code": "({ r }) => r"})";

std::string workflow_on(const std::string& trigger, const std::string& steps = tell_result) {
  return R"({"integration": "crm", "defaultEnabled": true, "trigger": {"type": ")" + trigger +
         R"("}, "steps": [)" + steps + "]}";
}

/// The value of a parameter of a URL, decoded; empty: it has none.
std::string parameter(const std::string& url, const std::string& name) {
  const auto query = url.find('?');
  if (query == std::string::npos) return {};
  const std::string text = "&" + url.substr(query + 1);
  const auto at = text.find("&" + name + "=");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 2;
  return *percent_decode_bytes(text.substr(from, text.find('&', from) - from));
}

std::string path_of(const std::string& url) {
  return url.substr(url.find('/', url.find("://") + 3));
}

/// A user's browser: it keeps the cookies of one sign-in.
class Browser {
 public:
  explicit Browser(std::uint16_t port, std::string cookies = {})
      : port_(port), cookies_(std::move(cookies)) {}
  const std::string& cookies() const { return cookies_; }
  Answer open(const std::string& path) {
    Call call{"GET", path};
    if (!cookies_.empty()) call.headers.emplace_back("Cookie", cookies_);
    Answer answer = call_server(port_, call);
    const std::string set = answer.header("set-cookie");
    const std::string cookie = set.substr(0, set.find(';'));
    if (!cookie.empty() && !cookie.ends_with("=")) {
      cookies_ += (cookies_.empty() ? "" : "; ") + cookie;
    }
    return answer;
  }

 private:
  const std::uint16_t port_;
  std::string cookies_;
};

std::string ticket_path(const TestProject& project, const std::string& body = "{}") {
  const Answer ticket = call_server(
      project.port(), {"POST", project.path("/sdk/oauth/crm/ticket"), project.token(), body});
  INFO(ticket.text);
  REQUIRE(ticket.status == 201);
  return path_of(string_at(ticket.json, "/url"));
}

/// Up to the provider; the path of the callback that it sends the browser to.
std::string sent_back(Browser& browser, OAuthPeer& peer, const std::string& path) {
  const Answer start = browser.open(path);
  INFO(start.text);
  REQUIRE(start.status == 302);
  const std::string location = start.header("location");
  CHECK(location.starts_with("https://crm.example/authorize?"));
  CHECK(parameter(location, "code_challenge_method") == "S256");
  CHECK(parameter(location, "redirect_uri").ends_with("/oauth/callback"));
  CHECK_THAT(start.header("set-cookie"),
             Catch::Contains("HttpOnly") && Catch::Contains("SameSite=Lax"));
  peer.expect_challenge(parameter(location, "code_challenge"));
  return "/oauth/callback?code=c0de&state=" + parameter(location, "state");
}

/// The whole way; the id of the account.
std::string signed_in(const TestProject& project, OAuthPeer& peer) {
  Browser browser(project.port());
  const auto path = sent_back(
      browser, peer, ticket_path(project, R"({"returnTo": "https://app.example/done?x=1"})"));
  const Answer end = browser.open(path);
  INFO(end.text);
  REQUIRE(end.status == 302);
  const std::string location = end.header("location");
  REQUIRE(location.starts_with("https://app.example/done?x=1&status=connected&credentialId="));
  return parameter(location, "credentialId");
}

Json executions_of(const TestProject& project, const std::string& workflow) {
  const Answer list = project.get("/task-history/workflow-executions?workflowId=" + workflow);
  REQUIRE(list.status == 200);
  return list.json.at("workflowExecutions");
}

Answer credentials_of(const TestProject& project) {
  return call_server(project.port(), {"GET", project.path("/sdk/credentials"), project.token()});
}

const std::string ask_api =
    R"({"id": "ask", "type": "request", "integration": "crm", "method": "GET", "path": "/x"},
       {"id": "reply", "type": "response", "body": "{{ask.response.statusCode}}"})";

}  // namespace

TEST_CASE("an account that is connected with its settings starts what waits for that, once") {
  const TestProject project(shared_server());
  REQUIRE(project
              .put("/integrations/crm",
                   R"({"baseUrl": "https://api.crm.example", "auth": {"type": "bearer"},
        "settings": [{"id": "channel", "type": "text", "required": true}]})")
              .status == 201);
  project.deploy("hello", workflow_on("integrationEnabled"));
  const Answer connected = call_server(
      project.port(), {"POST", project.path("/sdk/integrations/crm/connect"), project.token(),
                       R"({"credentials": {"token": "t0k3n"}, "providerId": "p1"})"});
  REQUIRE(connected.status == 201);
  const std::string id = string_at(connected.json, "/id");
  CHECK(executions_of(project, "hello").as_array().empty());
  CHECK(project.get("/event-logs?workflowId=hello").at("/eventLogs/0/code") ==
        R"("settings_missing")");
  for (int i = 0; i < 2; ++i) {
    REQUIRE(call_server(project.port(),
                        {"PATCH", project.path("/sdk/credentials/" + id), project.token(),
                         R"({"config": {"sharedSettings": {"channel": "#a"}}})"})
                .status == 200);
  }
  const Json runs = executions_of(project, "hello");
  REQUIRE(runs.as_array().size() == 1);
  const std::string run = string_at(runs, "/0/id");
  const Json ended = project.wait_for_status(run, "SUCCEEDED");
  CHECK(text_at(ended, "/stepExecutions/0/type") == R"("TRIGGER/INTEGRATION_ENABLED")");
  CHECK(text_at(project.step(run, "f"), "/output/result") ==
        R"({"credentialId":")" + id + R"(","providerId":"p1"})");
}

TEST_CASE("a user signs in at a provider, and the workflows that wait for it run") {
  OAuthPeer peer;
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/CRM", R"({"value": "cl13nt"})").status / 100 == 2);
  const Answer put = project.put("/integrations/crm", integration_on(peer));
  INFO(put.text);
  REQUIRE(put.status == 201);
  project.deploy("hello", workflow_on("integrationEnabled"));
  project.deploy("welcome", workflow_on("oauth"));
  const std::string id = signed_in(project, peer);
  const Answer list = credentials_of(project);
  CHECK(list.at("/credentials/0/id") == to_text(Json(id)));
  CHECK(list.at("/credentials/0/providerId") == R"("t1")");
  CHECK(list.at("/credentials/0/providerData") == R"({"team":"t1"})");
  CHECK(list.text.find("access-1") == std::string::npos);
  REQUIRE(executions_of(project, "hello").as_array().size() == 1);
  const Json runs = executions_of(project, "welcome");
  REQUIRE(runs.as_array().size() == 1);
  const std::string run = string_at(runs, "/0/id");
  project.wait_for_status(run, "SUCCEEDED");
  CHECK(text_at(project.step(run, "f"), "/output/result/scopes") == R"(["read"])");
  // Again: the same account; only the workflow of sign-ins runs.
  CHECK(signed_in(project, peer) == id);
  CHECK(executions_of(project, "hello").as_array().size() == 1);
  CHECK(executions_of(project, "welcome").as_array().size() == 2);
}

TEST_CASE("a sign-in goes on in its own browser alone, and each of its stages once") {
  OAuthPeer peer;
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/CRM", R"({"value": "cl13nt"})").status / 100 == 2);
  REQUIRE(project.put("/integrations/crm", integration_on(peer)).status == 201);
  const std::string ticket = ticket_path(project);
  Browser browser(project.port());
  const std::string back = sent_back(browser, peer, ticket);
  CHECK(browser.open(ticket).status == 404);  // used
  Browser other(project.port());
  const Answer stolen = other.open(back);
  CHECK(stolen.status == 400);
  CHECK_THAT(stolen.text, Catch::Contains("another browser"));
  CHECK_THAT(stolen.header("content-security-policy"), Catch::Contains("default-src 'none'"));
  CHECK(browser.open(back).status == 404);  // the state is gone with it
  CHECK(credentials_of(project).at("/credentials") == "[]");

  Browser again(project.port());
  const std::string whole = sent_back(again, peer, ticket_path(project));
  const Answer page = again.open(whole);
  CHECK(page.status == 200);
  CHECK_THAT(page.text, Catch::Contains("postMessage") && Catch::Contains("BroadcastChannel") &&
                            Catch::Contains("data-status=\"connected\""));
  CHECK(again.open(whole).status == 404);
  CHECK(credentials_of(project).json.at("credentials").as_array().size() == 1);
}

TEST_CASE("a sign-in that the provider refuses, and one that leads elsewhere, connect nothing") {
  OAuthPeer peer;
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/CRM", R"({"value": "cl13nt"})").status / 100 == 2);
  REQUIRE(project.put("/integrations/crm", integration_on(peer)).status == 201);
  const Answer elsewhere =
      call_server(project.port(), {"POST", project.path("/sdk/oauth/crm/ticket"), project.token(),
                                   R"({"returnTo": "https://app.example.evil.example/"})"});
  CHECK(elsewhere.status == 400);
  Browser browser(project.port());
  const std::string back =
      sent_back(browser, peer, ticket_path(project, R"({"returnTo": "https://app.example/"})"));
  const std::string state = back.substr(back.find("state="));
  const Answer refused = browser.open("/oauth/callback?error=access_denied&" + state);
  CHECK(refused.status == 302);
  CHECK(refused.header("location") == "https://app.example/?status=error&code=access_denied");
  CHECK(Browser(project.port()).open("/oauth/callback?code=x&state=nobody").status == 404);
  CHECK(credentials_of(project).at("/credentials") == "[]");
}

TEST_CASE("of several accounts the user chooses one") {
  OAuthPeer peer;
  peer.take_up({.has_sites = true});
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/CRM", R"({"value": "cl13nt"})").status / 100 == 2);
  REQUIRE(project
              .put("/integrations/crm",
                   integration_on(peer, R"(, "profile": {"url": ")" + peer.url("/sites") +
                                            R"(", "choose": "response.body", "providerId": "id",
                          "keep": {"cloudId": "id"}})"))
              .status == 201);
  Browser browser(project.port());
  const Answer page = browser.open(sent_back(browser, peer, ticket_path(project)));
  REQUIRE(page.status == 200);
  CHECK_THAT(page.text, Catch::Contains("&lt;b&gt;One&lt;/b&gt;") && !Catch::Contains("<b>One"));
  const auto at = page.text.find("/oauth/choose?token=");
  REQUIRE(at != std::string::npos);
  const std::string token = page.text.substr(at + 20, 64);
  CHECK(Browser(project.port()).open("/oauth/choose?token=nobody&choice=1").status == 404);
  CHECK(browser.open("/oauth/choose?token=" + token + "&choice=1").status == 200);
  const Answer list = credentials_of(project);
  CHECK(list.at("/credentials/0/providerId") == R"("s2")");
  CHECK(list.at("/credentials/0/providerData/cloudId") == R"("s2")");
}

TEST_CASE("a sign-in goes on after the server was killed while the user was at the provider") {
  OAuthPeer peer;
  ServerProcess server(open_server_options());
  const TestProject project(server);
  REQUIRE(project.put("/secrets/CRM", R"({"value": "cl13nt"})").status / 100 == 2);
  REQUIRE(project.put("/integrations/crm", integration_on(peer)).status == 201);
  project.deploy("welcome", workflow_on("oauth"));
  Browser before(project.port());
  const std::string back = sent_back(before, peer, ticket_path(project));
  const std::string cookies = before.cookies();
  server.kill_now();
  server.start();
  Browser after(project.port(), cookies);
  CHECK(after.open(back).status == 200);
  CHECK(executions_of(project, "welcome").as_array().size() == 1);
  server.kill_now();
  server.start();
  const Json runs = executions_of(project, "welcome");
  REQUIRE(runs.as_array().size() == 1);
  project.wait_for_status(string_at(runs, "/0/id"), "SUCCEEDED");
}

TEST_CASE("who is erased or disabled while signing in gets no account, nor does a newcomer") {
  OAuthPeer peer;
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/CRM", R"({"value": "cl13nt"})").status / 100 == 2);
  REQUIRE(project.put("/integrations/crm", integration_on(peer)).status == 201);
  project.deploy("welcome", workflow_on("oauth"));
  for (const std::string end : {"erased", "erased, and is new", "disabled"}) {
    CAPTURE(end);
    Browser browser(project.port());
    const std::string back = sent_back(browser, peer, ticket_path(project));
    if (end == "disabled") {
      const Answer disabled = call_server(
          project.port(),
          {"PATCH", project.path("/users/user-1"), project.api_key(), R"({"disabled": true})"});
      REQUIRE(disabled.status == 200);
    } else {
      REQUIRE(poll_until([&] { return project.remove("/users/user-1").status != 202; }));
    }
    if (end == "erased, and is new") REQUIRE(credentials_of(project).status == 200);
    const Answer answer = browser.open(back);
    INFO(answer.text);
    CHECK_THAT(answer.text, Catch::Contains("data-status=\"error\""));
    CHECK(executions_of(project, "welcome").as_array().empty());
    if (end == "disabled") continue;
    CHECK(credentials_of(project).at("/credentials") == "[]");
    // Whoever begins anew is connected.
    if (end == "erased, and is new") {
      Browser again(project.port());
      CHECK(again.open(sent_back(again, peer, ticket_path(project))).status == 200);
      CHECK(executions_of(project, "welcome").as_array().size() == 1);
      REQUIRE(poll_until([&] { return project.remove("/users/user-1").status != 202; }));
    }
  }
}

TEST_CASE("a token that ends is refreshed, and one that is refused for good ends the account") {
  OAuthPeer peer;
  peer.take_up({.lifetime_s = 1});
  const TestProject project(open_server());
  REQUIRE(project.put("/secrets/CRM", R"({"value": "cl13nt"})").status / 100 == 2);
  REQUIRE(project.put("/integrations/crm", integration_on(peer)).status == 201);
  project.deploy("ask", workflow_on("request", ask_api));
  const std::string id = signed_in(project, peer);
  CHECK(poll_until([&] {  // until its second is over
    const Answer asked = project.trigger("ask");
    CHECK(asked.text == "200");
    return peer.refreshes() == 1;
  }));
  CHECK(project.trigger("ask").text == "200");
  CHECK(peer.refreshes() == 1);
  CHECK_FALSE(peer.is_revoked());

  // Whatever the status, and without a word of the tokens.
  peer.take_up({.lifetime_s = 1,
                .refresh_status = 200,
                .refresh_body = R"({"error": "invalid_grant", "error_description": "refresh-3"})"});
  CHECK(signed_in(project, peer) == id);
  CHECK(poll_until([&] {
    project.trigger("ask");
    return credentials_of(project).at("/credentials/0/status") == R"("INVALID")";
  }));
  const Answer list = credentials_of(project);
  CHECK_THAT(list.at("/credentials/0/statusReason"),
             Catch::Contains("invalid_grant") && !Catch::Contains("refresh-"));
}
