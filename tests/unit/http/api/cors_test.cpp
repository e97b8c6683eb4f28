// What pages of other origins may ask.

#include "http/wire/wire_error.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const ApiFixture::Headers preflight{{"Origin", "https://app.example"},
                                    {"Access-Control-Request-Method", "POST"},
                                    {"Access-Control-Request-Headers", "authorization,x-own"}};

}  // namespace

TEST_CASE("a page may ask with any headers what a user's token opens", "[http]") {
  ApiFixture api;
  for (const std::string path :
       {"/projects/p1/sdk/events/trigger", "/projects/p1/sdk/triggers/w",
        "/projects/p1/sdk/integrations/crm/connect", "/projects/p1/sdk/proxy/crm/a/b"}) {
    CAPTURE(path);
    const auto answer = api.call("OPTIONS", path, "", "", preflight);
    CHECK(answer.status == 204);
    CHECK(answer.header("Access-Control-Allow-Origin") == "*");
    CHECK(answer.header("Access-Control-Allow-Methods") == "POST");
    CHECK(answer.header("Access-Control-Allow-Headers") == "authorization,x-own");
  }
}

TEST_CASE("a page may read an error of a user's route, and nothing of others", "[http]") {
  ApiFixture api;
  const ApiFixture::Headers origin{{"Origin", "https://app.example"}};
  const auto refused = api.call("GET", "/projects/p1/sdk/me", "", "", origin);
  CHECK(refused.status == 401);
  CHECK(refused.header("Access-Control-Allow-Origin") == "*");
  CHECK(api.call("GET", "/projects/p1/sdk/me").header("Access-Control-Allow-Origin").empty());
  const auto managed = api.call("GET", "/projects/p1/workflows", api.api_key, "", origin);
  CHECK(managed.status == 200);
  CHECK(managed.header("Access-Control-Allow-Origin").empty());
}

TEST_CASE("a page may read why its body is not even waited for", "[http]") {
  ApiFixture api;
  httplib::Request request;
  request.method = "POST";
  request.path = request.target = "/projects/p1/sdk/credentials";
  request.headers.emplace("Origin", "https://app.example");
  const auto refusal = api.api.refusal_of(request);
  REQUIRE(refusal);
  CHECK(refusal->why.code == ErrorCode::unauthorized);
  CHECK(refusal->may_pages_read);
  CHECK_THAT(raw_response({401, "unauthorized", "no", true}),
             Catch::Contains("\r\nAccess-Control-Allow-Origin: *\r\n"));
  CHECK_THAT(raw_response({401, "unauthorized", "no"}), !Catch::Contains("Access-Control"));
}

TEST_CASE("a page may read that a route of users is not there", "[http]") {
  ApiFixture api;
  const ApiFixture::Headers origin{{"Origin", "https://app.example"}};
  for (const char* const path : {"/projects/p1/sdk/no-such", "/v2/projects/p1/sdk/no-such"}) {
    const auto missing = api.call("GET", path, "", "", origin);
    CHECK(missing.status == 404);
    CHECK(missing.header("Access-Control-Allow-Origin") == "*");
    CHECK(api.call("OPTIONS", path, "", "", preflight).status == 204);
  }
  CHECK(api.call("GET", "/projects/p1/no-such", "", "", origin)
            .header("Access-Control-Allow-Origin")
            .empty());
}

TEST_CASE("a preflight of a route for keys, or of none, is not answered", "[http]") {
  ApiFixture api;
  auto headers = preflight;
  headers[1].second = "PUT";
  CHECK(api.call("OPTIONS", "/projects/p1/workflows/w", "", "", headers).status == 405);
  CHECK(api.call("OPTIONS", "/no-such", "", "", preflight).status == 404);
}

}  // namespace millrace
