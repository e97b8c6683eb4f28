#include "runtime/integrations/credential_input.h"

#include "tests/support/catch.h"

namespace millrace {
namespace {

using Kind = IntegrationAuth::Kind;

JsonObject object(std::string_view text) { return parse_json(text)->get_object(); }

Outcome check(Kind kind, std::string_view fields) {
  return check_credential_fields(IntegrationAuth{kind, ""}, object(fields));
}

Credential configured() {
  Credential credential;
  credential.configured_workflows = object(R"({"w":{"enabled":true,"settings":{"a":1}}})");
  credential.shared_settings = object(R"({"s":1})");
  return credential;
}

std::string paths(const Error& error) {
  std::string text;
  for (const auto& detail : error.details) text += detail.path + " ";
  return text;
}

}  // namespace

TEST_CASE("each kind of authorization is content with its own fields", "[credential_input]") {
  CHECK(check(Kind::none, "{}").ok());
  CHECK(check(Kind::bearer, R"({"token":"t"})").ok());
  CHECK(check(Kind::basic, R"({"username":"u","password":"p"})").ok());
  CHECK(check(Kind::header, R"({"key":"k"})").ok());
  CHECK(check(Kind::query, R"({"key":"k"})").ok());
  CHECK(check(Kind::oauth2, R"({"accessToken":"a"})").ok());
  CHECK(check(Kind::oauth2, R"({"accessToken":"a","refreshToken":"r","expiresAt":"x"})").ok());
}

TEST_CASE("fields that are missing, empty, of another type or unknown are all named",
          "[credential_input]") {
  CHECK(paths(check(Kind::basic, "{}").error()) == "/credentials/username /credentials/password ");
  CHECK(paths(check(Kind::bearer, R"({"token":""})").error()) == "/credentials/token ");
  CHECK(paths(check(Kind::bearer, R"({"token":5})").error()) == "/credentials/token ");
  CHECK(paths(check(Kind::none, R"({"token":"t"})").error()) == "/credentials/token ");
  const auto refused = check(Kind::bearer, R"({"tokne":"s3cret"})");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::invalid_request);
  REQUIRE(refused.error().details.size() == 2);
  CHECK(refused.error().details[1].nearest == "token");
  for (const auto& detail : refused.error().details) {
    CHECK((detail.message + detail.got).find("s3cret") == std::string::npos);
  }
}

TEST_CASE("a field with a line break or another control character is refused, and not repeated",
          "[credential_input]") {
  for (const char* const text : {"s3cret\r\n", "s3\ncret", "s3\tcret\x01"}) {
    const auto refused =
        check_credential_fields({Kind::bearer, ""}, JsonObject{{"token", std::string(text)}});
    REQUIRE_FALSE(refused.ok());
    CHECK(paths(refused.error()) == "/credentials/token ");
    CHECK_THAT(refused.error().details[0].message, Catch::Contains("one line"));
    CHECK(refused.error().details[0].got.find("s3") == std::string::npos);
  }
}

TEST_CASE("a patch changes the members of the workflows it names and no others",
          "[credential_input]") {
  Credential credential = configured();
  REQUIRE(configure_credential(credential,
                               object(R"({"config":{"configuredWorkflows":{"w":{"enabled":false},
                                     "v":{"settings":{"b":2}}}}})"))
              .ok());
  CHECK(Json(credential.configured_workflows) ==
        *parse_json(R"({"w":{"enabled":false,"settings":{"a":1}},
                        "v":{"enabled":false,"settings":{"b":2}}})"));
  CHECK(Json(credential.shared_settings) == *parse_json(R"({"s":1})"));
}

TEST_CASE("a patch replaces shared settings and a workflow's settings whole",
          "[credential_input]") {
  Credential credential = configured();
  REQUIRE(configure_credential(credential, object(R"({"config":{"sharedSettings":{"t":2},
                                 "configuredWorkflows":{"w":{"settings":{"c":3}}}}})"))
              .ok());
  CHECK(Json(credential.shared_settings) == *parse_json(R"({"t":2})"));
  CHECK(Json(credential.configured_workflows) ==
        *parse_json(R"({"w":{"enabled":true,"settings":{"c":3}}})"));
  REQUIRE(
      configure_credential(credential, object(R"({"config":{"configuredWorkflows":{"w":null}}})"))
          .ok());
  CHECK(credential.configured_workflows.empty());
}

TEST_CASE("a patch that is refused changes nothing and names every mistake", "[credential_input]") {
  Credential credential = configured();
  const auto refused = configure_credential(
      credential, object(R"({"status":"VALID","config":{"sharedSetings":{},"sharedSettings":{},
                  "configuredWorkflows":{"w":{"enabled":1,"settings":[]},"a/b":5,
                  "v":{"enabeld":true}}}})"));
  REQUIRE_FALSE(refused.ok());
  const std::string all = paths(refused.error());
  for (const char* const path :
       {"/status ", "/config/sharedSetings ", "/config/configuredWorkflows/w/enabled ",
        "/config/configuredWorkflows/w/settings ", "/config/configuredWorkflows/a~1b ",
        "/config/configuredWorkflows/v/enabeld "}) {
    CHECK_THAT(all, Catch::Contains(path));
  }
  CHECK(Json(credential.shared_settings) == *parse_json(R"({"s":1})"));
  CHECK(credential.configured_workflows.size() == 1);
}

TEST_CASE("an empty patch is harmless", "[credential_input]") {
  Credential credential = configured();
  CHECK(configure_credential(credential, {}).ok());
  CHECK(configure_credential(credential, object(R"({"config":{}})")).ok());
  CHECK(credential.configured_workflows.size() == 1);
}

}  // namespace millrace
