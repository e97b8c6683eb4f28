#include "runtime/integrations/authorize_request.h"

#include "tests/support/catch.h"
#include "tests/support/request_script.h"

using namespace millrace;

namespace {

using Kind = IntegrationAuth::Kind;

Credential with(JsonObject fields) {
  Credential credential;
  credential.fields = std::move(fields);
  return credential;
}

/// What is sent, and what is left of `echo` when it comes back.
struct Sent {
  HttpRequest request;
  Redaction redaction{};
  Outcome outcome = Done{};

  std::string headers() const { return to_text(shown_request(request).at("headers")); }
};

Sent authorized(const IntegrationAuth& auth, JsonObject fields, HttpRequest request = {}) {
  Sent sent{std::move(request)};
  sent.outcome = authorize(sent.request, auth, with(std::move(fields)), sent.redaction);
  return sent;
}

HttpRequest to(std::string url, std::vector<HttpHeader> headers = {}) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = std::move(headers);
  return request;
}

std::string url_with_key(std::string url) {
  return authorized({Kind::query, "api key"}, {{"key", "k&y"}}, to(std::move(url))).request.url;
}

}  // namespace

TEST_CASE("each kind of authorization puts its field where it belongs") {
  CHECK(authorized({Kind::none, ""}, {{"token", "t"}}).headers() == "{}");
  CHECK(authorized({Kind::bearer, ""}, {{"token", "t"}}).headers() ==
        R"({"Authorization":"Bearer t"})");
  CHECK(authorized({Kind::oauth2, ""}, {{"accessToken", "a"}, {"refreshToken", "r"}}).headers() ==
        R"({"Authorization":"Bearer a"})");
  CHECK(authorized({Kind::header, "X-Key"}, {{"key", "k"}}).headers() == R"({"X-Key":"k"})");
  CHECK(authorized({Kind::basic, ""}, {{"username", "Aladdin"}, {"password", "open sesame"}})
            .headers() == R"({"Authorization":"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="})");
}

TEST_CASE("a key goes behind whatever the query has already") {
  CHECK(url_with_key("https://a/b") == "https://a/b?api%20key=k%26y");
  CHECK(url_with_key("https://a/b?c=d") == "https://a/b?c=d&api%20key=k%26y");
  CHECK(url_with_key("https://a/b?") == "https://a/b?api%20key=k%26y");
  CHECK(url_with_key("https://a/b?c=d&") == "https://a/b?c=d&api%20key=k%26y");
}

TEST_CASE("a credential takes the place of every header of its name") {
  const auto sent = authorized(
      {Kind::bearer, ""}, {{"token", "t"}},
      to("https://a", {{"x", "1"}, {"authorization", ""}, {"y", "2"}, {"AUTHORIZATION", "z"}}));
  CHECK(sent.request.headers ==
        std::vector<HttpHeader>{{"x", "1"}, {"Authorization", "Bearer t"}, {"y", "2"}});
}

TEST_CASE("the secret parts of a credential are redacted, the user's name is not") {
  const auto sent = authorized({Kind::bearer, ""},
                               {{"token", "t-0-k-e-n"}, {"username", "aladdin"}, {"expires", 5}});
  REQUIRE(sent.outcome.ok());
  REQUIRE(sent.redaction.apply("t-0-k-e-n of aladdin") == "[credential] of aladdin");
}

TEST_CASE("name and password as basic authorization sends them are redacted as one") {
  const auto sent =
      authorized({Kind::basic, ""}, {{"username", "Aladdin"}, {"password", "open sesame"}});
  CHECK(sent.redaction.apply("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == "Basic [authorization]");
}

TEST_CASE("a credential without the field that the kind needs fails by itself and names no value") {
  const auto sent = authorized({Kind::header, "x"}, {});
  REQUIRE(sent.outcome.ok());
  REQUIRE(sent.headers() == R"({"x":""})");
}

TEST_CASE("a credential cannot smuggle in a header and its value is never named") {
  const auto sent = authorized({Kind::bearer, ""}, {{"token", "s3cret\r\nx-admin: true"}});
  REQUIRE_FALSE(sent.outcome.ok());
  CHECK(sent.outcome.error().code == ErrorCode::invalid_parameters);
  CHECK(sent.outcome.error().message.find("s3cret") == std::string::npos);
  CHECK(sent.headers() == "{}");
}
