// What a resource may say, and what it makes of its settings and of its credential.
#include "runtime/integrations/resource.h"

#include "runtime/integrations/stored_integration.h"
#include "tests/support/catch.h"

#include <algorithm>

using namespace millrace;

namespace {

Result<std::shared_ptr<const Integration>> compiled(const std::string& members) {
  return compile_integration(
      resource_type("api"),
      *parse_json(R"({"baseUrl": "https://api.acme.example", )" + members + "}"));
}

std::vector<std::string> places(const std::string& members) {
  const auto refused = compiled(members);
  REQUIRE_FALSE(refused.ok());
  std::vector<std::string> places;
  for (const auto& detail : refused.error().details) places.push_back(detail.path);
  return places;
}

}  // namespace

TEST_CASE("a resource has its own name and a type that no integration has") {
  CHECK(resource_type("api") == "resource:api");
  CHECK(own_name("resource:api") == "api");
  CHECK(own_name("crm") == "crm");
  CHECK(described("resource:api") == "resource \"api\"");
  CHECK(described("crm") == "integration \"crm\"");
  const auto resource = compiled(R"("level": "user")");
  REQUIRE(resource.ok());
  CHECK((*resource)->name == "api");
  CHECK_FALSE(is_of_project(**resource));
}

TEST_CASE("the credential of level app is made of the project's secrets when it is asked for") {
  const auto resource = compiled(
      R"("level": "app", "auth": {"type": "basic", "username": "svc", "password": "{{secrets.PW}}"})");
  REQUIRE(resource.ok());
  CHECK(is_of_project(**resource));
  const auto credential = credential_of_project(
      **resource, 7, [](const std::string& name) { return Result<std::string>("of " + name); });
  REQUIRE(credential.ok());
  CHECK(to_text((*credential)->fields) == R"({"password":"of PW","username":"svc"})");
  CHECK((*credential)->revision == 7);
  CHECK((*credential)->id.empty());
  const auto missing =
      credential_of_project(**resource, 7, [](const std::string&) -> Result<std::string> {
        return Error(ErrorCode::secret_missing, "no");
      });
  CHECK(missing.error().code == ErrorCode::secret_missing);
}

TEST_CASE("a credential stands in a resource of level app and in no other") {
  CHECK(places(R"("level": "app", "auth": {"type": "bearer"})") ==
        std::vector<std::string>{"/auth/token"});
  CHECK(places(R"("level": "user", "auth": {"type": "bearer", "token": "x"})") ==
        std::vector<std::string>{"/auth/token"});
  CHECK(places(R"("level": "app", "auth": {"type": "bearer", "token": "{{user.id}}"})") ==
        std::vector<std::string>{"/auth/token"});
  for (const char* const literal : {R"({"type": "bearer", "token": "abc"})",
                                    R"({"type": "header", "name": "X-K", "key": "abc"})"}) {
    CHECK(places(R"("level": "app", "auth": )" + std::string(literal)).size() == 1);
    // What was accepted once stays usable.
    CHECK(compile_stored_integration(
              resource_type("api"),
              *parse_json(R"({"baseUrl": "https://api.acme.example", "level": "app", "auth": )" +
                          std::string(literal) + "}"))
              .ok());
  }
  CHECK(places(R"("auth": {"type": "none"})") == std::vector<std::string>{"/level"});
  CHECK(places(R"("level": "user", "triggers": {})") == std::vector<std::string>{"/triggers"});
  const auto oauth = places(R"("level": "user", "auth": {"type": "oauth2",
    "authorizeUrl": "https://a.example", "tokenUrl": "https://a.example", "clientId": "i",
    "clientSecret": "s"})");
  CHECK(std::find(oauth.begin(), oauth.end(), "/auth/type") != oauth.end());
}

TEST_CASE("the webhooks of a resource have the scope of its level, and need no route") {
  const auto of_app =
      compiled(R"("level": "app", "webhooks": {"a": {}, "b": {"route": "body.id"}})");
  REQUIRE(of_app.ok());
  CHECK((*of_app)->webhooks.at("a").scope == Webhook::Scope::app);
  CHECK((*of_app)->webhooks.at("b").route.has_value());
  const auto of_user = compiled(R"("level": "user", "webhooks": {"a": {"scope": "user"}})");
  REQUIRE(of_user.ok());
  CHECK((*of_user)->webhooks.at("a").scope == Webhook::Scope::user);
  CHECK(places(R"("level": "user", "webhooks": {"a": {"scope": "app"}})") ==
        std::vector<std::string>{"/webhooks/a/scope"});
  CHECK(places(R"("level": "user", "webhooks": {"a": {"route": "body.id"}})") ==
        std::vector<std::string>{"/webhooks/a/route"});
}

TEST_CASE("settings in a resource's base URL are its own account's, and declared") {
  const auto with = [](const std::string& more) {
    return compile_integration(
        resource_type("api"),
        *parse_json(R"({"baseUrl": "https://{{settings.tenant}}.acme.example", )" + more + "}"));
  };
  auto resource = with(R"("level": "user", "settings": [{"id": "tenant", "type": "text"}])");
  REQUIRE(resource.ok());
  Template base_url = (*resource)->base_url;
  base_url.visit_references([](const Reference& reference, const std::string&) {
    REQUIRE(reference.path.size() == 2);
    CHECK(std::get<std::string>(reference.path[0]) == "resource:api");
    CHECK(std::get<std::string>(reference.path[1]) == "tenant");
  });
  CHECK_FALSE(with(R"("level": "user")").ok());
  CHECK_FALSE(with(R"("level": "app", "settings": [{"id": "tenant", "type": "text"}])").ok());
}
