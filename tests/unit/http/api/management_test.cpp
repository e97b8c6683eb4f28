// Workflows over the API: drafts, deployment, versions.

#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string path = "/projects/p1/workflows/simple";
const std::string definition(simple_definition);

}  // namespace

TEST_CASE("a draft is saved, shown as it was sent, and replaced", "[http]") {
  ApiFixture api;
  const auto put = api.call("PUT", path, api.api_key, definition);
  REQUIRE(put.status == 200);
  CHECK(put["id"] == Json("simple"));
  CHECK(put["name"] == Json("Simple"));
  CHECK(put["deployedVersion"].is_null());
  CHECK(api.call("GET", path, api.api_key)["definition"] == *parse_json(definition));
  CHECK(api.call("PUT", path, api.api_key, R"({"name":"Other"})").status == 200);
  CHECK(api.call("GET", path, api.api_key)["name"] == Json("Other"));
}

TEST_CASE("deploying freezes versions that later drafts do not touch", "[http]") {
  ApiFixture api;
  REQUIRE(api.call("PUT", path, api.api_key, definition).status == 200);
  const auto first = api.call("POST", path + "/deploy", api.api_key);
  REQUIRE(first.status == 200);
  CHECK(first["version"] == Json(1));
  const auto again = api.call("POST", path + "/deploy", api.api_key);
  CHECK(again["version"] == Json(1));
  CHECK(again["unchanged"] == Json(true));
  auto renamed = *parse_json(definition);
  renamed.get_object()["name"] = "Another";
  REQUIRE(api.call("PUT", path, api.api_key, to_text(renamed)).status == 200);
  CHECK(api.call("POST", path + "/deploy", api.api_key)["version"] == Json(2));
  REQUIRE(api.call("PUT", path, api.api_key, "{}").status == 200);
  CHECK(api.call("GET", path, api.api_key)["deployedVersion"] == Json(2));
  CHECK(api.call("GET", path + "/versions", api.api_key)["versions"].as_array().size() == 2);
  CHECK(api.call("GET", path + "/versions/1", api.api_key)["definition"] ==
        *parse_json(definition));
  CHECK(api.call("GET", path + "/versions/3", api.api_key).status == 404);
  CHECK(api.call("GET", path + "/versions/x", api.api_key).status == 404);
}

TEST_CASE("a definition with several mistakes is refused with all of them", "[http]") {
  ApiFixture api;
  REQUIRE(api.call("PUT", path, api.api_key,
                   R"({"name":"x","trigger":{"type":"request"},"steps":[
                       {"id":"a","type":"function"},
                       {"id":"b","type":"functoin","code":"() => 1"}]})")
              .status == 200);
  const auto refused = api.call("POST", path + "/deploy", api.api_key);
  CHECK(refused.status == 400);
  CHECK(refused.code() == "invalid_definition");
  CHECK(refused["details"].as_array().size() >= 2);
  CHECK(refused["details"].as_array()[0].as_object().contains("path"));
}

TEST_CASE("undeploying withdraws a workflow, deleting removes it", "[http]") {
  ApiFixture api;
  REQUIRE(api.call("PUT", path, api.api_key, definition).status == 200);
  REQUIRE(api.call("POST", path + "/deploy", api.api_key).status == 200);
  const auto undeployed = api.call("POST", path + "/undeploy", api.api_key);
  CHECK(undeployed.status == 200);
  CHECK(undeployed["deployedVersion"].is_null());
  CHECK(undeployed["latestVersion"] == Json(1));
  CHECK(api.call("DELETE", path, api.api_key).status == 204);
  CHECK(api.call("GET", path, api.api_key).status == 404);
  CHECK(api.call("GET", "/projects/p1/workflows", api.api_key)["workflows"].as_array().empty());
}

TEST_CASE("what is not a definition is refused when it is sent", "[http]") {
  ApiFixture api;
  CHECK(api.call("PUT", path, api.api_key, "").status == 400);
  CHECK(api.call("PUT", path, api.api_key, "{\"a\":").code() == "invalid_json");
  CHECK(api.call("PUT", path, api.api_key, "[]").status == 400);
  const std::string large = "\"" + std::string(limits::definition_bytes_max, 'x') + "\"";
  CHECK(api.call("PUT", path, api.api_key, large).status == 413);
  CHECK(api.call("PUT", "/projects/p1/workflows/" + std::string(200, 'w'), api.api_key, "{}")
            .status == 400);
}

TEST_CASE("the server says what it is, whether it lives and whether it takes work", "[http]") {
  ApiFixture api;
  const auto about = api.call("GET", "/");
  CHECK(about.status == 200);
  CHECK(about["routes"].as_array().size() == all_routes().size());
  CHECK(api.call("GET", "/healthz").status == 200);
  CHECK(api.call("GET", "/readyz").status == 200);
  api.gateway.set_ready(false);
  CHECK(api.call("GET", "/readyz").status == 503);
}

TEST_CASE("a server whose disk is full is not ready until there is space again", "[http]") {
  ApiFixture api;
  api.disk = Error(ErrorCode::overloaded, "the disk is full");
  CHECK(api.call("GET", "/readyz").status == 503);
  CHECK(api.call("GET", "/healthz").status == 200);
  api.disk = Done{};
  CHECK(api.call("GET", "/readyz").status == 200);
}

TEST_CASE("answers are counted by route and class of status", "[http]") {
  ApiFixture api;
  api.call("GET", "/healthz");
  api.call("GET", "/healthz");
  api.call("GET", "/nowhere");
  const auto metrics = api.call("GET", "/metrics");
  CHECK_THAT(metrics.text,
             Catch::Matchers::Contains("# TYPE millrace_http_answers_total counter\n"));
  CHECK_THAT(metrics.text,
             Catch::Matchers::Contains(
                 R"(millrace_http_answers_total{method="GET",route="/healthz",status="2xx"} 2)"));
  CHECK_THAT(metrics.text, Catch::Matchers::Contains(R"(route="none",status="4xx"} 1)"));
}

TEST_CASE("a wrong method is told which ones are right", "[http]") {
  ApiFixture api;
  const auto answer = api.call("PATCH", "/healthz");
  CHECK(answer.status == 405);
  CHECK(answer.header("Allow") == "GET");
  CHECK(answer.code() == "method_not_allowed");
}

TEST_CASE("a query that is not percent-encoded properly is 400", "[http]") {
  ApiFixture api;
  CHECK(api.call("GET", "/healthz?a=%").status == 400);
}

}  // namespace millrace
