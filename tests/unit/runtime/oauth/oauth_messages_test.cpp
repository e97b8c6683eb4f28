// What is sent to a provider in a sign-in, and what its answers mean.
#include "runtime/oauth/oauth_messages.h"

#include "runtime/integrations/integration.h"
#include "runtime/outbound/request_secrets.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::shared_ptr<const OAuthClient> client_of(const std::string& rest) {
  const auto definition = parse_json(
      R"({"baseUrl": "https://api.crm.example", "auth": {"type": "oauth2",
          "authorizeUrl": "https://crm.example/authorize?x=1", "tokenUrl": "https://crm.example/token",
          "clientId": "us & them", "clientSecret": "{{secrets.CRM}}", "scopes": ["read", "write"])" +
      rest + "}}");
  REQUIRE(definition.ok());
  const auto compiled = compile_integration("crm", *definition);
  INFO((compiled ? std::string() : compiled.error().details.front().message));
  REQUIRE(compiled.ok());
  return (*compiled)->auth.oauth;
}

OAuthValues values() { return {{}, {{"CRM", "s3cr3t"}}}; }

HttpResponse answer(int status, const std::string& body,
                    const std::string& type = "application/json") {
  HttpResponse response;
  response.status = status;
  response.headers = {{"content-type", type}};
  response.body = std::make_shared<const std::string>(body);
  return response;
}

std::vector<ErrorDetail> findings(const std::string& auth) {
  const auto definition =
      parse_json(R"({"baseUrl": "https://api.crm.example", "auth": )" + auth + "}");
  REQUIRE(definition.ok());
  const auto compiled = compile_integration("crm", *definition);
  return compiled ? std::vector<ErrorDetail>() : compiled.error().details;
}

}  // namespace

TEST_CASE("the browser is sent to the provider with scopes, state and challenge") {
  const auto client = client_of(R"(, "authorizeParams": {"prompt": "consent"})");
  const auto url = authorize_url(*client, values(), {"https://we.example/cb", "st", "ch"});
  REQUIRE(url.ok());
  CHECK(*url ==
        "https://crm.example/authorize?x=1&response_type=code&client_id=us%20%26%20them&"
        "redirect_uri=https%3A%2F%2Fwe.example%2Fcb&state=st&scope=read%20write&"
        "code_challenge=ch&code_challenge_method=S256&prompt=consent");
}

TEST_CASE("the client's secret stands in the body, or in the header") {
  const auto grant = refresh_grant("r&1");
  CHECK(*token_request(*client_of(""), values(), grant).body ==
        "grant_type=refresh_token&refresh_token=r%261&client_id=us+%26+them&client_secret=s3cr3t");
  const auto by_header =
      token_request(*client_of(R"(, "tokenAuth": "basic", "tokenBody": "json")"), values(), grant);
  CHECK(*by_header.body == R"({"grant_type":"refresh_token","refresh_token":"r&1"})");
  CHECK(by_header.headers[1].value == "Basic dXMrJTI2K3RoZW06czNjcjN0");
}

TEST_CASE("tokens are found where the integration says, also in form text") {
  const auto client = client_of(R"(, "token": {"accessToken": "user.access_token",
      "providerId": "team.id", "keep": {"site": "team.url"}})");
  const auto read = read_token_answer(
      *client, answer(200, R"({"user": {"access_token": "a"}, "team": {"id": 7, "url": "u"},
                               "scope": "read,write", "expires_in": "60"})"),
      {});
  REQUIRE(read.ok());
  const auto& got = std::get<TokenAnswer>(*read);
  CHECK(got.given.access_token == "a");
  CHECK(got.given.refresh_token.empty());
  CHECK(got.given.lifetime == Millis(60'000));
  CHECK(got.provider_id == "7");
  CHECK(got.scopes == std::vector<std::string>{"read", "write"});
  CHECK(to_text(got.kept) == R"({"site":"u"})");
  const auto form = read_token_answer(
      *client_of(""),
      answer(200, "access_token=a%2B1&scope=read", "application/x-www-form-urlencoded"), {});
  REQUIRE(form.ok());
  CHECK(std::get<TokenAnswer>(*form).given.access_token == "a+1");
}

TEST_CASE("an answer that is no token is refused, and says no more than it may") {
  const auto client = client_of("");
  CHECK(std::holds_alternative<GrantRefused>(
      *read_token_answer(*client, answer(200, R"({"error": "invalid_grant"})"), {})));
  CHECK(
      read_token_answer(*client, answer(401, R"({"error": "invalid_client"})"), {}).error().code ==
      ErrorCode::authorization_failed);
  CHECK(read_token_answer(*client, answer(500, ""), {}).error().code == ErrorCode::bad_response);
  CHECK(read_token_answer(*client, answer(200, R"({"access_token": "a b"})"), {}).error().code ==
        ErrorCode::bad_response);
  CHECK(read_token_answer(*client, answer(200, "nonsense"), {}).error().code ==
        ErrorCode::bad_response);
}

TEST_CASE("nothing that a token server repeats of its request is told or kept") {
  const auto client = client_of(R"(, "token": {"providerId": "id", "keep": {"all": "echo"}})");
  const OAuthValues with_secrets{{}, {{"CRM", "s3cr3t&more"}}};
  const HttpRequest request = token_request(*client, with_secrets, refresh_grant("r3fresh"));
  const Redaction sent = secrets_of(request);
  const std::string said = R"("error_description": ")" + *request.body + "\"";
  const std::string shown =
      "grant_type=refresh_token&refresh_token=[credential]&client_id=us+%26+them&client_secret=["
      "secret CRM]";
  const auto refused =
      read_token_answer(*client, answer(401, R"({"error": "invalid_client", )" + said + "}"), sent);
  CHECK(refused.error().message ==
        "the token server answered with status 401: invalid_client (" + shown + ")");
  const auto ended =
      read_token_answer(*client, answer(400, R"({"error": "invalid_grant", )" + said + "}"), sent);
  CHECK(std::get<GrantRefused>(*ended).why == "invalid_grant (" + shown + ")");
  const auto given = read_token_answer(
      *client, answer(200, R"({"access_token": "a", "scope": "s3cr3t&more", "id": "1 s3cr3t&more",
                      "echo": {"s3cr3t&more": ["r3fresh"]}})"),
      sent);
  const auto& got = std::get<TokenAnswer>(*given);
  CHECK(got.provider_id == "1 [secret CRM]");
  CHECK(to_text(got.kept) == R"({"all":{"[secret CRM]":["[credential]"]}})");
  for (const std::string& scope : got.scopes) CHECK(scope.find("s3cr3t") == std::string::npos);
  CHECK(token_server_failure({ErrorCode::connection_failed, "no s3cr3t&more.example"}, sent)
            .message == "no [secret CRM].example");
}

TEST_CASE("what is secret in a code's exchange, a revocation and a profile's request is known") {
  const auto client =
      client_of(R"(, "tokenAuth": "basic", "revoke": {"url": "https://crm.example/r"},
      "profile": {"url": "https://crm.example/me?k={{secrets.CRM}}", "name": "name"})");
  const OAuthValues with_secrets{{}, {{"CRM", "s3cr3t"}}};
  const auto known = [](const HttpRequest& request) {
    return secrets_of(request).apply("s3cr3t c0de-1 v3rifier t0ken https://we.example");
  };
  CHECK(known(token_request(*client, with_secrets,
                            code_grant("c0de-1", "https://we.example", "v3rifier"))) ==
        "[secret CRM] [credential] [credential] t0ken https://we.example");
  CHECK(known(revoke_request(*client, with_secrets, "t0ken")) ==
        "[secret CRM] c0de-1 v3rifier [credential] https://we.example");
  const HttpRequest looking = profile_request(*client->profile, with_secrets, "t0ken");
  CHECK(known(looking) == "[secret CRM] c0de-1 v3rifier [credential] https://we.example");
  const auto choices =
      read_profile(*client->profile, answer(200, R"({"name": "I am t0ken"})"), secrets_of(looking));
  CHECK(choices->front().name == "I am [credential]");
}

TEST_CASE(
    "nonsense of a token server may get better, and what it says of a grant counts in any form") {
  const auto client = client_of("");
  const auto code_of = [&](const HttpResponse& response) {
    return read_token_answer(*client, response, {}).error().code;
  };
  CHECK(code_of(answer(200, "{}")) == ErrorCode::bad_response);
  CHECK(code_of(answer(200, R"({"access_token": "a\r\nX-Evil: 1"})")) == ErrorCode::bad_response);
  CHECK(code_of(answer(200, "<a b=c>", "text/html")) == ErrorCode::bad_response);
  CHECK(code_of(answer(200, R"({"error": "invalid_client"})")) == ErrorCode::authorization_failed);
  CHECK(token_server_failure({ErrorCode::response_too_large, ""}, {}).code ==
        ErrorCode::bad_response);
  CHECK(token_server_failure({ErrorCode::step_timeout, ""}, {}).code == ErrorCode::request_failed);
  for (const int status : {200, 400, 418, 500}) {
    INFO(status);
    const auto read = read_token_answer(
        *client, answer(status, "error=invalid_grant&error_description=gone", "text/plain"), {});
    REQUIRE(read.ok());
    CHECK(std::get<GrantRefused>(*read).why == "invalid_grant (gone)");
  }
}

TEST_CASE("all that is wrong with a sign-in is found at once") {
  const auto found =
      findings(R"({"type": "oauth2", "authorizeUrl": "ftp://x", "tokenUrl": "https://x/t",
      "clientId": "{{settings.x}}", "clientSecret": "s", "pkce": "plain", "tokenAuth": "header",
      "inputs": {"host": {"pattern": "(a"}}, "refresh": {"on": [403]}, "returnTo": ["app.example"],
      "profile": {"url": "https://x/{{inputs.hots}}", "choose": "body"}, "scope": "read"})");
  std::vector<std::string> paths;
  for (const auto& each : found) paths.push_back(each.path);
  for (const char* const path :
       {"/auth/authorizeUrl", "/auth/clientId", "/auth/pkce", "/auth/tokenAuth",
        "/auth/inputs/host/pattern", "/auth/refresh/on", "/auth/returnTo", "/auth/profile/url",
        "/auth/profile/choose", "/auth/scope"}) {
    INFO(path);
    CHECK(std::find(paths.begin(), paths.end(), path) != paths.end());
  }
}

TEST_CASE("the accounts of a profile are read where they are listed") {
  const auto client = client_of(R"(, "profile": {"url": "https://crm.example/sites",
      "choose": "response.body", "providerId": "id", "keep": {"cloudId": "id"}})");
  const auto choices = read_profile(
      *client->profile,
      answer(200, R"([{"id": "s1", "name": "One"}, {"id": "s2", "name": "Two"}])"), {});
  REQUIRE(choices.ok());
  REQUIRE(choices->size() == 2);
  CHECK((*choices)[1].provider_id == "s2");
  CHECK((*choices)[1].name == "Two");
  CHECK(to_text((*choices)[1].kept) == R"({"cloudId":"s2"})");
  CHECK_FALSE(read_profile(*client->profile, answer(200, "[]"), {}).ok());
}

TEST_CASE("an origin is a scheme, a host and a port") {
  CHECK(origin_of_page("https://App.Example/x?y#z") == "https://app.example");
  CHECK(origin_of_page("http://localhost:8080/") == "http://localhost:8080");
  CHECK(origin_of_page("https://a.example:443") == "https://a.example");
  CHECK(origin_of_page("https://user@a.example").empty());
  CHECK(origin_of_page("javascript:alert(1)").empty());
  CHECK(origin_of_page("//a.example").empty());
}

TEST_CASE("a base URL that the provider gives a part of stays within the integration's hosts") {
  const std::string auth =
      R"({"type": "oauth2", "authorizeUrl": "https://x/a", "tokenUrl": "https://x/t",
      "clientId": "c", "clientSecret": "s", "token": {"keep": {"site": "instance_url"}}})";
  const auto compiled = [&](const std::string& rest) {
    return compile_integration("crm", *parse_json("{" + rest + R"(, "auth": )" + auth + "}"));
  };
  CHECK(compiled(R"("baseUrl": "{{account.site}}/v1", "hosts": ["*.crm.example"])").ok());
  CHECK(compiled(R"("baseUrl": "https://crm.example/{{account.site}}")").ok());
  CHECK_FALSE(compiled(R"("baseUrl": "{{account.site}}/v1")").ok());
  CHECK_FALSE(compiled(R"("baseUrl": "https://{{account.site}}.crm.example/v1")").ok());
  CHECK_FALSE(compiled(R"("baseUrl": "{{account.other}}/v1", "hosts": ["*.crm.example"])").ok());
}
