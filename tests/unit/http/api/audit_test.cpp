// The audit log over the API: what is in it, and what is not.

#include "runtime/digests/sha256.h"
#include "runtime/text/hex_text.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string path = "/projects/p1/audit";

std::vector<std::string> operations(const Answer& answer) {
  std::vector<std::string> found;
  for (const Json& each : answer["audit"].as_array()) {
    found.emplace_back(each.at("operation").as_string());
  }
  return found;
}

using Operations = std::vector<std::string>;

}  // namespace

TEST_CASE("each change is in the audit log with its key and what it was about", "[http]") {
  ApiFixture api;
  const std::string secrets = "/projects/p1/secrets";
  REQUIRE(api.call("PUT", secrets + "/KEY", api.api_key, R"({"value": "v4lue-1"})").status == 201);
  api.clock.advance(Millis(1'000));
  const auto rotated = api.call("POST", "/projects/p1/api-key", std::string(ApiFixture::admin_key));
  REQUIRE(rotated.status == 200);
  const std::string key(rotated["apiKey"].as_string());
  const auto log = api.call("GET", path, key);
  REQUIRE(operations(log) == Operations{"rotateApiKey", "putSecret", "createProject"});
  CHECK(to_text(log["audit"].as_array()[2]) ==
        R"({"at":"2026-01-01T00:00:00.000Z","operation":"createProject","by":"adminKey",)"
        R"("target":{},"status":201})");
  CHECK(log["audit"].as_array()[0].at("by") == Json("adminKey"));
  CHECK(to_text(log["audit"].as_array()[1]) ==
        R"({"at":"2026-01-01T00:00:00.000Z","operation":"putSecret","by":"apiKey",)"
        R"("target":{"name":"KEY"},"status":201})");
  CHECK(log.text.find("v4lue") == std::string::npos);
  CHECK(operations(api.call("GET", path + "?operation=putSecret", key)) == Operations{"putSecret"});
  CHECK(operations(api.call("GET", path + "?since=2026-01-01T00:00:01Z", key)) ==
        Operations{"rotateApiKey"});
}

TEST_CASE("what reads, tries, is refused, or is a user's own is no change", "[http]") {
  ApiFixture api;
  REQUIRE(api.put_key("a", first_keys().public_pem).status == 200);
  const auto before = operations(api.call("GET", path, api.api_key)).size();
  CHECK(api.call("GET", "/projects/p1/secrets", api.api_key).status == 200);
  CHECK(api.call("PUT", "/projects/p1/secrets/KEY", api.api_key, "{}").status == 400);
  CHECK(api.call("PUT", "/projects/p1/secrets/KEY", "wrong", R"({"value": "v4lue"})").status ==
        401);
  CHECK(
      api.call("PATCH", "/projects/p1/sdk/me", api.token(first_keys()), R"({"meta": {}})").status ==
      200);
  CHECK(operations(api.call("GET", path, api.api_key)).size() == before);
}

TEST_CASE("a user stands in the audit log as a digest, which an erasure need not find", "[http]") {
  ApiFixture api;
  REQUIRE(api.put_key("a", first_keys().public_pem).status == 200);
  REQUIRE(api.call("GET", "/projects/p1/sdk/me", api.token(first_keys(), "ada-1815")).status ==
          200);
  REQUIRE(api.call("PATCH", "/projects/p1/users/ada-1815", api.api_key, R"({"disabled": true})")
              .status == 200);
  const auto log = api.call("GET", path, api.api_key);
  CHECK(log.text.find("ada-1815") == std::string::npos);
  CHECK(log.text.find("sha256:" + to_hex(sha256("ada-1815"))) != std::string::npos);
}

TEST_CASE("entries of the audit log are kept for a year, and go as new ones come", "[http]") {
  ApiFixture api;
  const auto put = [&](const std::string& name) {
    REQUIRE(api.call("PUT", "/projects/p1/secrets/" + name, api.api_key, R"({"value": "v4lue"})")
                .status == 201);
  };
  put("OLD");
  api.clock.advance(std::chrono::hours(365 * 24));
  CHECK(operations(api.call("GET", path, api.api_key)).size() == 2);
  api.clock.advance(Millis(1));
  CHECK(operations(api.call("GET", path, api.api_key)).empty());
  put("NEW");
  CHECK(operations(api.call("GET", path, api.api_key)) == Operations{"putSecret"});
}

TEST_CASE("another project's audit log is nobody's", "[http]") {
  ApiFixture api;
  const std::string other = api.make_project("p2");
  CHECK(api.call("GET", path, other).status == 404);
  CHECK(api.call("GET", path).status == 401);
  CHECK(api.call("GET", path + "?after=x", api.api_key).status == 400);
}

}  // namespace millrace
