// A project's own settings over the API.

#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string path = "/projects/p1";

Answer show(ApiFixture& api) { return api.call("GET", path, api.api_key); }
Answer patch(ApiFixture& api, const std::string& body) {
  return api.call("PATCH", path, api.api_key, body);
}

}  // namespace

TEST_CASE("a project shows its settings, and the usual ones before any was changed", "[http]") {
  ApiFixture api;
  CHECK(to_text(show(api).json) ==
        R"({"id":"p1","name":"","portalOrigins":[],"previewUserId":"preview","retentionDays":90})");
  CHECK(api.call("GET", path, std::string(ApiFixture::admin_key)).status == 200);
}

TEST_CASE("what a change of a project leaves out stays as it is", "[http]") {
  ApiFixture api;
  const auto first = patch(api, R"({"name": "Demo", "retentionDays": 0,
    "portalOrigins": ["https://app.example.com", "http://localhost:3000", "https://app.example.com"]})");
  REQUIRE(first.status == 200);
  CHECK(first["retentionDays"] == Json(0));
  CHECK(to_text(first["portalOrigins"]) ==
        R"(["https://app.example.com","http://localhost:3000"])");
  REQUIRE(patch(api, R"({"previewUserId": "ada"})").status == 200);
  const auto now = show(api);
  CHECK(now["name"] == Json("Demo"));
  CHECK(now["retentionDays"] == Json(0));
  CHECK(now["previewUserId"] == Json("ada"));
  CHECK(patch(api, R"({"previewUserId": null})")["previewUserId"] == Json("preview"));
  CHECK(patch(api, R"({"portalOrigins": []})")["portalOrigins"].as_array().empty());
  CHECK(patch(api, "{}").text == show(api).text);
}

TEST_CASE("a setting of a project that makes no sense is refused by its name and changes nothing",
          "[http]") {
  ApiFixture api;
  const std::string before = show(api).text;
  for (const char* const wrong :
       {R"({"retentionDays": -1})", R"({"retentionDays": 3651})", R"({"retentionDays": 1.5})",
        R"({"retentionDays": "90"})", R"({"retentionDays": null})", R"({"name": 7})",
        R"({"portalOrigins": "https://a.example"})",
        R"({"portalOrigins": ["https://a.example/x"]})",
        R"({"portalOrigins": ["ftp://a.example"]})", R"({"portalOrigins": ["*"]})",
        R"({"portalOrigins": [7]})", R"({"previewUserId": ""})", R"({"id": "p2"})",
        R"({"name": "new", "retentionDay": 5})", "[]"}) {
    const auto answer = patch(api, wrong);
    INFO(wrong << answer.text);
    CHECK(answer.status == 400);
  }
  CHECK(show(api).text == before);
  CHECK(patch(api, R"({"name": ")" + std::string(201, 'x') + "\"}").status == 400);
}

TEST_CASE("another project's key sees no settings and changes none", "[http]") {
  ApiFixture api;
  const std::string other = api.make_project("p2");
  CHECK(api.call("GET", path, other).status == 404);
  CHECK(api.call("PATCH", path, other, R"({"retentionDays": 1})").status == 404);
  CHECK(show(api)["retentionDays"] == Json(90));
}

TEST_CASE("changes of a project's settings are in its audit log", "[http]") {
  ApiFixture api;
  REQUIRE(patch(api, R"({"retentionDays": 30})").status == 200);
  const auto audit = api.call("GET", path + "/audit", api.api_key);
  REQUIRE(audit.status == 200);
  CHECK(audit.text.find("changeProject") != std::string::npos);
}

}  // namespace millrace
