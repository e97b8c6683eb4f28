#include "http/outbound/client_credentials.h"

#include "http/outbound/token_cache.h"
#include "tests/support/catch.h"

#include <chrono>
#include <string>

namespace millrace {
namespace {

using namespace std::chrono_literals;

HttpResponse response(int status, std::string body) {
  return {status, {}, std::make_shared<const std::string>(std::move(body))};
}

TokenGrant granted(const std::string& body) {
  return read_token_grant(response(200, body), "h").value();
}

Error refused(int status, const std::string& body) {
  return read_token_grant(response(status, body), "auth.example").error();
}

const ClientCredentials credentials{"https://auth.example/token", "my id", "s:e&c", "read write"};

}  // namespace

TEST_CASE("a client's secret stands in the header, encoded twice", "[outbound]") {
  const auto request = token_request(credentials, ClientAuthentication::header);
  CHECK(*request.body == "grant_type=client_credentials&scope=read+write");
  CHECK(request.headers.back() == HttpHeader{"Authorization", "Basic bXkraWQ6cyUzQWUlMjZj"});
}

TEST_CASE("a client's secret can stand in the body instead", "[outbound]") {
  const auto request = token_request(credentials, ClientAuthentication::body);
  CHECK(*request.body ==
        "grant_type=client_credentials&scope=read+write&client_id=my+id&client_secret=s%3Ae%26c");
  for (const auto& each : request.headers) CHECK(each.name != "Authorization");
}

TEST_CASE("a token's lifetime is read in every form that servers use", "[outbound]") {
  CHECK(granted(R"({"access_token":"t","token_type":"bearer","expires_in":60})").lifetime == 60s);
  CHECK(granted(R"({"access_token":"t","token_type":"Bearer","expires_in":"60"})").lifetime == 60s);
  CHECK(granted(R"({"access_token":"t"})").lifetime == 300s);
  CHECK(granted(R"({"access_token":"t","expires_in":null})").lifetime == 300s);
  CHECK(granted(R"({"access_token":"t","expires_in":-5})").lifetime == 0s);
  CHECK(granted(R"({"access_token":"t","expires_in":1e300})").lifetime == 1'000'000'000s);
}

TEST_CASE("a token server's refusal is told as far as it is fit to be shown", "[outbound]") {
  const auto plain =
      refused(400, R"({"error":"invalid_scope","error_description":"no such scope"})");
  CHECK(plain.code == ErrorCode::authorization_failed);
  CHECK_THAT(plain.message,
             Catch::Contains("auth.example") && Catch::Contains("invalid_scope (no such scope)"));
  CHECK(refused(400, R"({"error":"a\nb"})").message.find('\n') == std::string::npos);
  CHECK(refused(400, "{\"error\":\"" + std::string(1000, 'x') + "\"}").message.size() < 200);
  for (const char* const body :
       {"", "no json", "[]", "{}", R"({"access_token":""})", R"({"access_token":7})",
        R"({"access_token":"a b"})", R"({"access_token":"a\r\nX: y"})",
        R"({"access_token":"t","token_type":"mac"})"}) {
    INFO(body);
    CHECK(refused(200, body).code == ErrorCode::authorization_failed);
  }
  CHECK(refused(302, "").code == ErrorCode::authorization_failed);
  CHECK(refused(429, "").code == ErrorCode::bad_response);
  CHECK(refused(503, "").code == ErrorCode::bad_response);
}

TEST_CASE("a token is used until shortly before it expires", "[outbound]") {
  TokenCache cache(10);
  const TokenCache::Time now{};
  cache.store("k", {"t", 3600s}, ClientAuthentication::header, now);
  CHECK(cache.find("k", now + 3539s) == "t");
  CHECK_FALSE(cache.find("k", now + 3540s));
  cache.store("short", {"t", 10s}, ClientAuthentication::header, now);
  CHECK(cache.find("short", now + 7s) == "t");
  CHECK_FALSE(cache.find("short", now + 8s));
  cache.store("none", {"t", 0s}, ClientAuthentication::header, now);
  CHECK_FALSE(cache.find("none", now));
}

TEST_CASE("dropping a token spares a newer one and what is known of the server", "[outbound]") {
  TokenCache cache(10);
  const TokenCache::Time now{};
  cache.store("k", {"new", 3600s}, ClientAuthentication::body, now);
  cache.drop("k", "old");
  CHECK(cache.find("k", now) == "new");
  cache.drop("k", "new");
  CHECK_FALSE(cache.find("k", now));
  CHECK(cache.authentication("k") == ClientAuthentication::body);
  CHECK(cache.authentication("unknown") == ClientAuthentication::header);
}

TEST_CASE("the token that was not used for longest gives way", "[outbound]") {
  TokenCache cache(2);
  const TokenCache::Time now{};
  cache.store("a", {"1", 3600s}, ClientAuthentication::header, now);
  cache.store("b", {"2", 3600s}, ClientAuthentication::header, now);
  CHECK(cache.find("a", now));
  cache.store("c", {"3", 3600s}, ClientAuthentication::header, now);
  CHECK(cache.size() == 2);
  CHECK(cache.find("a", now));
  CHECK_FALSE(cache.find("b", now));
}

TEST_CASE("tokens are shared by nothing but the same credentials of one project", "[outbound]") {
  const ProjectId p("p");
  const std::string key = TokenCache::key(p, credentials);
  CHECK(key == TokenCache::key(p, credentials));
  CHECK(key != TokenCache::key(ProjectId("q"), credentials));
  auto other = credentials;
  other.client_secret += "x";
  CHECK(key != TokenCache::key(p, other));
  // The same characters, divided otherwise.
  auto shifted = credentials;
  shifted.client_id = "my";
  shifted.client_secret = " ids:e&c";
  CHECK(key != TokenCache::key(p, shifted));
}

}  // namespace millrace
