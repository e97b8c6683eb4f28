// The Connect API: what of a user's request reaches the integration, and what of its answer comes back.

#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string user = "user-1";
/// By which the scripted peer knows the call.
const std::pair<std::string, std::string> call_key{"Idempotency-Key", "x:call:1"};

struct Connected : ApiFixture {
  Connected() {
    REQUIRE(put_key("a", first_keys().public_pem).status == 200);
    REQUIRE(call("PUT", "/projects/p1/integrations/crm", api_key,
                 R"({"name":"CRM","baseUrl":"https://crm.example/v1","auth":{"type":"bearer"},
                     "hosts":["files.crm.example"]})")
                .status == 201);
  }
  std::string connect(const std::string& account_token = "account-token") {
    const auto answer =
        call("POST", "/projects/p1/sdk/integrations/crm/connect", token(first_keys(), user),
             R"({"credentials":{"token":")" + account_token + R"("},"providerId":")" +
                 account_token + "\"}");
    INFO(answer.text);
    REQUIRE(answer.status == 201);
    return std::string(answer["id"].as_string());
  }
  Answer pass(const std::string& method, const std::string& target, const std::string& body = {},
              Headers headers = {}) {
    headers.push_back(call_key);
    return call(method, "/projects/p1/sdk/proxy/crm/" + target, token(first_keys(), user), body,
                headers);
  }
  HttpRequest last_sent() {
    const auto sent = http.sent("call");
    REQUIRE_FALSE(sent.empty());
    return sent.back();
  }
};

std::string header_in(const HttpRequest& request, std::string_view name) {
  for (const auto& header : request.headers) {
    if (equal_but_for_case(header.name, name)) return header.value;
  }
  return "(absent)";
}

}  // namespace

TEST_CASE(
    "a request passes to the integration with the user's account in place of the user's token",
    "[http]") {
  Connected api;
  api.connect();
  api.http.on("call", answering(201, JsonObject{{"id", 7}}, {{"x-rate", "9"}}));
  const auto answer =
      api.pass("POST", "contacts/a%2Fb?q=1&q=2", R"({"n":1})",
               {{"Content-Type", "application/json"}, {"X-Own", "kept"}, {"Cookie", "session=1"}});
  CHECK(answer.status == 201);
  CHECK(answer["id"] == Json(7));
  CHECK(answer.header("x-rate") == "9");
  const HttpRequest sent = api.last_sent();
  CHECK(sent.method == "POST");
  CHECK(sent.url == "https://crm.example/v1/contacts/a%2Fb?q=1&q=2");
  CHECK(*sent.body == R"({"n":1})");
  CHECK(header_in(sent, "Authorization") == "Bearer account-token");
  CHECK(header_in(sent, "Content-Type") == "application/json");
  CHECK(header_in(sent, "X-Own") == "kept");
  CHECK(header_in(sent, "Cookie") == "(absent)");
}

TEST_CASE("a request that passes takes no path out of the integration", "[http]") {
  Connected api;
  api.connect();
  for (const std::string target :
       {"../admin", "..%2f..%2fother", "%2e%2e%2fx", "a%5c..%5cb", "a/%2e%2e/b",
        "https://evil.example/x", "https://crm.example@evil.example/",
        "http://files.crm.example/f"}) {
    CAPTURE(target);
    const auto answer = api.pass("GET", target);
    CHECK(answer.status == 400);
    CHECK(answer.code() == "invalid_url");
  }
  CHECK(api.http.sent("call").empty());
  CHECK(api.pass("GET", "https://files.crm.example/f").status == 200);
  CHECK(api.last_sent().url == "https://files.crm.example/f");
}

TEST_CASE("the header that selects an account says which one a request passes with", "[http]") {
  Connected api;
  api.connect("first-token");
  const std::string second = api.connect("second-token");
  CHECK(api.pass("GET", "me").status == 200);
  CHECK(header_in(api.last_sent(), "Authorization") == "Bearer first-token");
  CHECK(api.pass("GET", "me", "", {{"X-Paragon-Credential", second}}).status == 200);
  CHECK(header_in(api.last_sent(), "Authorization") == "Bearer second-token");
  CHECK(header_in(api.last_sent(), "X-Paragon-Credential") == "(absent)");
  const auto foreign = api.pass("GET", "me", "", {{"X-Paragon-Credential", "no-such"}});
  CHECK(foreign.status == 409);
  CHECK(foreign.code() == "credential_missing");
}

TEST_CASE("the header that selects a configuration says whose account a request passes with",
          "[http]") {
  Connected api;
  api.connect("first-token");
  const std::string second = api.connect("second-token");
  REQUIRE(api.call("POST", "/projects/p1/sdk/credentials/" + second + "/configurations",
                   api.token(first_keys(), user), R"({"externalId":"team"})")
              .status == 201);
  CHECK(api.pass("GET", "me", "", {{"X-Paragon-Configuration-Id", "team"}}).status == 200);
  CHECK(header_in(api.last_sent(), "Authorization") == "Bearer second-token");
  CHECK(header_in(api.last_sent(), "X-Paragon-Configuration-Id") == "(absent)");
  const auto unknown = api.pass("GET", "me", "", {{"X-Paragon-Configuration-Id", "no-such"}});
  CHECK(unknown.status == 404);
  CHECK(unknown.code() == "not_found");
}

TEST_CASE("a peer's refusal comes back as it came, and two in a row make the account invalid",
          "[http]") {
  Connected api;
  const std::string id = api.connect();
  api.http.on("call", answering(401, JsonObject{{"why", "expired"}}));
  for (int i = 0; i < 2; ++i) {
    const auto answer = api.pass("GET", "me");
    CHECK(answer.status == 401);
    CHECK(answer["why"] == Json("expired"));
  }
  const auto next = api.pass("GET", "me");
  CHECK(next.status == 409);
  CHECK(next.code() == "credential_invalid");
  CHECK(api.http.sent("call").size() == 2);
}

TEST_CASE("answers to fields that were replaced meanwhile say nothing of the account", "[http]") {
  Connected api;
  const std::string id = api.connect();
  // While the request is out, somebody connects the account anew.
  api.http.on("call", [&](const ScriptedRequest& sent) {
    const bool is_old = header_in(sent.request, "Authorization") == "Bearer account-token";
    if (is_old) {
      CredentialRegistry::Connection newer{{{"token", "newer-token"}}, "account-token", {}};
      REQUIRE(api.credentials.connect(ProjectId("p1"), UserId(user), "crm", newer).ok());
    }
    return answering(is_old ? 401 : 200, JsonObject())(sent);
  });
  for (int i = 0; i < 3; ++i) {
    CredentialRegistry::Connection older{{{"token", "account-token"}}, "account-token", {}};
    REQUIRE(api.credentials.connect(ProjectId("p1"), UserId(user), "crm", older).ok());
    CHECK(api.pass("GET", "me").status == 200);
  }
  CHECK((*api.credentials.find(ProjectId("p1"), UserId(user), "crm", id))->is_valid);
}

TEST_CASE("a redirect of a peer comes back and is not followed", "[http]") {
  Connected api;
  api.connect();
  api.http.on("call", answering(302, JsonObject(), {{"location", "/outside"}}));
  const auto answer = api.pass("GET", "me");
  CHECK(answer.status == 302);
  CHECK(answer.header("location") == "/outside");
  CHECK(api.last_sent().redirects_max == 0);
}

TEST_CASE("a peer's cookies and what it allows to pages stay behind", "[http]") {
  Connected api;
  api.connect();
  api.http.on("call", answering(200, JsonObject(),
                                {{"set-cookie", "a=1"},
                                 {"access-control-allow-origin", "https://evil.example"},
                                 {"link", "<https://crm.example/2>; rel=next"}}));
  const auto answer = api.pass("GET", "me", "", {{"Origin", "https://app.example"}});
  CHECK(answer.header("set-cookie").empty());
  CHECK(answer.header("Access-Control-Allow-Origin") == "*");
  CHECK(answer.header("link") == "<https://crm.example/2>; rel=next");
}

TEST_CASE("a body of type auto is sent as what it is", "[http]") {
  Connected api;
  api.connect();
  api.pass("POST", "x", R"({"a":1})", {{"Content-Type", "auto"}});
  CHECK(header_in(api.last_sent(), "Content-Type") == "application/json");
  api.pass("POST", "x", "hello", {{"Content-Type", "auto"}});
  CHECK(header_in(api.last_sent(), "Content-Type") == "text/plain; charset=utf-8");
  api.pass("GET", "x", "", {{"Content-Type", "auto"}});
  CHECK(header_in(api.last_sent(), "Content-Type") == "(absent)");
}

TEST_CASE("nothing passes for a disabled user, without an account, or to no integration",
          "[http]") {
  Connected api;
  CHECK(api.pass("GET", "me").code() == "credential_missing");
  const auto unknown =
      api.call("GET", "/projects/p1/sdk/proxy/cmr/me", api.token(first_keys(), user));
  CHECK(unknown.status == 404);
  api.connect();
  REQUIRE(
      api.call("PATCH", "/projects/p1/users/" + user, api.api_key, R"({"disabled":true})").status ==
      200);
  const auto disabled = api.pass("GET", "me");
  CHECK(disabled.status == 409);  // 401 and 403 would tell a page that its token is bad
  CHECK(disabled.code() == "user_disabled");
  CHECK(api.http.sent("call").empty());
}

TEST_CASE("an answer that is passing has its project's place until it is let go of", "[http]") {
  Connected api;
  api.connect();
  api.http.on("call", answering(200, JsonObject{{"n", 1}}));
  httplib::Request request;
  request.method = "GET";
  request.target = request.path = "/projects/p1/sdk/proxy/crm/me";
  request.headers.emplace("Authorization", "Bearer " + api.token(first_keys(), user));
  request.headers.emplace(call_key.first, call_key.second);
  std::vector<httplib::Response> passing(ConnectProxy::per_project_max);
  for (httplib::Response& each : passing) {
    api.api.handle(request, each);
    REQUIRE(each.status == 200);
  }
  const auto refused = api.pass("GET", "me");
  CHECK(refused.status == 503);
  CHECK(refused.code() == "overloaded");
  CHECK(ApiFixture::streamed_body(passing.back()) == R"({"n":1})");
  passing.pop_back();
  CHECK(api.pass("GET", "me").status == 200);
}

TEST_CASE("what a peer echoes of the account is masked in body and headers", "[http]") {
  Connected api;
  api.connect();
  api.http.on("call", answering(200, JsonObject{{"you", "Bearer account-token"}, {"n", 12}},
                                {{"x-you", "account-token"}}));
  const auto answer = api.pass("GET", "me");
  CHECK(answer.text == R"({"you":"Bearer *************","n":12})");
  CHECK(answer.header("x-you") == "[credential]");
}

TEST_CASE("a caller who has gone is not waited for", "[http]") {
  Connected api;
  api.connect();
  api.http.hold("call");
  httplib::Request request;
  request.method = "GET";
  request.target = request.path = "/projects/p1/sdk/proxy/crm/me";
  request.headers.emplace("Authorization", "Bearer " + api.token(first_keys(), user));
  request.headers.emplace(call_key.first, call_key.second);
  request.progress = [](std::uint64_t, std::uint64_t) { return false; };
  httplib::Response response;
  api.api.handle(request, response);
  CHECK(response.status == 409);
  CHECK(api.http.cancelled("call") == 1);
}

TEST_CASE("what is about the caller's connection, identity or page is not passed on", "[http]") {
  for (const std::string name :
       {"authorization", "cookie", "host", "origin", "referer", "content-length",
        "transfer-encoding", "x-forwarded-for", "x-paragon-credential", "sec-fetch-mode"}) {
    CAPTURE(name);
    CHECK_FALSE(passes_on(name));
  }
  CHECK(passes_on("content-type"));
  CHECK(passes_on("idempotency-key"));
  CHECK(passes_on("if-match"));
}

}  // namespace millrace
