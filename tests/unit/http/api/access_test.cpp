// Who may call what: the three kinds of credentials, and the walls between projects.

#include "http/auth/verified_tokens.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string trigger_path = "/projects/p1/sdk/triggers/w";

Result<TriggerReply> accepted(const TriggerRequest&) { return TriggerReply(RunAccepted{}); }

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("only the admin key makes projects", "[http]") {
  ApiFixture api;
  CHECK(api.call("POST", "/projects").status == 401);
  CHECK(api.call("POST", "/projects", "wrong").status == 401);
  CHECK(api.call("POST", "/projects", api.api_key).status == 401);
  const auto made = api.call("POST", "/projects", "the-admin-key", R"({"name":"N"})");
  CHECK(made.status == 201);
  CHECK(made["id"].as_string().size() == 36);
  CHECK(made.header("Cache-Control") == "no-store");
  CHECK(api.call("POST", "/projects", "the-admin-key", R"({"id":"p1"})").status == 409);
  CHECK(api.call("POST", "/projects", "the-admin-key", R"({"id":7})").status == 400);
}

TEST_CASE("an API key opens its own project and no other", "[http]") {
  ApiFixture api;
  const auto other_key = api.make_project("p2");
  CHECK(api.call("GET", "/projects/p1/workflows", api.api_key).status == 200);
  const auto foreign = api.call("GET", "/projects/p1/workflows", other_key);
  const auto missing = api.call("GET", "/projects/nowhere/workflows", other_key);
  CHECK(foreign.status == 404);
  CHECK(foreign.text == missing.text);  // nothing tells the two apart
  const auto none = api.call("GET", "/projects/p1/workflows");
  CHECK(none.status == 401);
  CHECK(none.header("WWW-Authenticate") == "Bearer");
  CHECK(api.call("GET", "/projects/p1/workflows", "mr_guess").status == 401);
}

TEST_CASE("no route opens with what another project has", "[http]") {
  ApiFixture api;
  REQUIRE(api.put_key("a", first_keys().public_pem).status == 200);
  const auto other_key = api.make_project("p2");
  REQUIRE(api.call("PUT", "/projects/p2/signing-keys/a", other_key,
                   to_text(JsonObject{{"pem", second_keys().public_pem}}))
              .status == 200);
  const std::string other_token = api.token(second_keys());
  const auto path_of = [](const Route& route, const std::string& project) {
    std::string path;
    for (std::string_view left = route.pattern; !left.empty();) {
      const auto begin = left.find('{');
      path += left.substr(0, begin);
      if (begin == std::string_view::npos) break;
      const auto end = left.find('}');
      path += left.substr(begin, end - begin + 1) == "{project}" ? project : "x";
      left.remove_prefix(end + 1);
    }
    return path;
  };
  std::size_t tried = 0;
  for (const Route& route : all_routes()) {
    if (route.pattern.find("{project}") == std::string_view::npos) continue;
    const std::string method(route.method == "ANY" ? "POST" : route.method);
    const std::string path = path_of(route, "p1");
    INFO(method << ' ' << path);
    switch (route.access) {
      case Access::open:
      case Access::url_key:
        continue;  // what is secret there is the path
      case Access::admin_key:
        CHECK(api.call(method, path, other_key, "{}").status == 401);
        break;
      case Access::project_key_or_user:
        CHECK(api.call(method, path, other_token, "{}").status == 401);
        [[fallthrough]];
      case Access::project_key:
      case Access::project_or_admin: {
        const auto foreign = api.call(method, path, other_key, "{}");
        CHECK(foreign.status == 404);
        // Nothing tells whether there is such a project.
        CHECK(foreign.text == api.call(method, path_of(route, "nowhere"), other_key, "{}").text);
        break;
      }
      case Access::user_token:
      case Access::user_token_or_ticket:
        CHECK(api.call(method, path, other_token, "{}").status == 401);
        CHECK(api.call(method, path, other_key, "{}").status == 401);
        break;
    }
    ++tried;
  }
  CHECK(tried > 80);
}

TEST_CASE("a rotated API key replaces the old one at once", "[http]") {
  ApiFixture api;
  const auto rotated = api.call("POST", "/projects/p1/api-key", api.api_key);
  REQUIRE(rotated.status == 200);
  const std::string new_key(rotated["apiKey"].as_string());
  CHECK(api.call("GET", "/projects/p1/workflows", api.api_key).status == 401);
  CHECK(api.call("GET", "/projects/p1/workflows", new_key).status == 200);
  CHECK(api.call("POST", "/projects/p1/api-key", "the-admin-key").status == 200);
  CHECK(api.call("POST", "/projects/nowhere/api-key", "the-admin-key").status == 404);
}

TEST_CASE("a user token opens triggers, and its user is who calls", "[http]") {
  ApiFixture api;
  api.gateway.answer_with(&accepted);
  REQUIRE(api.put_key("a", first_keys().public_pem).status == 200);
  CHECK(api.call("POST", trigger_path, api.token(first_keys(), "user-9")).status == 202);
  CHECK(api.gateway.requests().back().user == UserId("user-9"));
  CHECK(api.call("POST", trigger_path).status == 401);
  CHECK(api.call("POST", trigger_path, api.api_key).status == 401);
  CHECK(api.call("POST", trigger_path, api.token(second_keys())).status == 401);
  CHECK(api.call("POST", "/projects/nowhere/sdk/triggers/w", api.token(first_keys())).status ==
        404);
}

TEST_CASE("a token that was accepted before is refused once it has expired", "[http]") {
  ApiFixture api;
  api.gateway.answer_with(&accepted);
  REQUIRE(api.put_key("a", first_keys().public_pem).status == 200);
  const auto token = api.token(first_keys());
  CHECK(api.call("POST", trigger_path, token).status == 202);
  CHECK(api.call("POST", trigger_path, token).status == 202);
  api.clock.advance(Millis(60'000));
  const auto late = api.call("POST", trigger_path, token);
  CHECK(late.status == 401);
  CHECK_THAT(late.message(), says("expired"));
}

TEST_CASE("removing a signing key refuses its tokens at once, adding one accepts its own",
          "[http]") {
  ApiFixture api;
  api.gateway.answer_with(&accepted);
  REQUIRE(api.put_key("a", first_keys().public_pem).status == 200);
  const auto old_token = api.token(first_keys());
  CHECK(api.call("POST", trigger_path, old_token).status == 202);

  REQUIRE(api.put_key("b", second_keys().public_pem).status == 200);
  CHECK(api.call("POST", trigger_path, old_token).status == 202);
  CHECK(api.call("POST", trigger_path, api.token(second_keys(), "u", "b")).status == 202);

  CHECK(api.call("DELETE", "/projects/p1/signing-keys/a", api.api_key).status == 204);
  CHECK(api.call("POST", trigger_path, old_token).status == 401);
  CHECK(api.call("POST", trigger_path, api.token(second_keys())).status == 202);
}

TEST_CASE("a key that is no RSA public key is refused and not stored", "[http]") {
  ApiFixture api;
  CHECK(api.put_key("a", "nonsense").status == 400);
  CHECK(api.put_key("a", first_keys().private_pem).status == 400);
  CHECK(api.call("PUT", "/projects/p1/signing-keys/a", api.api_key, "{}").status == 400);
  CHECK(
      api.call("GET", "/projects/p1/signing-keys", api.api_key)["signingKeys"].as_array().empty());
}

TEST_CASE("verified tokens are bounded, and the least recently used go first", "[http]") {
  VerifiedTokens tokens(2);
  const ProjectId project("p");
  const Instant later = test_epoch + Millis(1'000);
  const auto known = [&](std::string_view token) {
    return tokens.find({project, token, 1}, test_epoch).has_value();
  };
  tokens.remember({project, "a", 1}, UserId("u"), later);
  tokens.remember({project, "b", 1}, UserId("u"), later);
  CHECK(known("a"));
  tokens.remember({project, "c", 1}, UserId("u"), later);
  CHECK(tokens.size() == 2);
  CHECK(known("a"));
  CHECK_FALSE(known("b"));
  CHECK_FALSE(tokens.find({ProjectId("other"), "a", 1}, test_epoch).has_value());
  CHECK_FALSE(tokens.find({project, "a", 2}, test_epoch).has_value());
}

}  // namespace millrace
