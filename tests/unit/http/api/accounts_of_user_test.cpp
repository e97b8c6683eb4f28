// A user's accounts as the project's backend sees them.

#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {

TEST_CASE("the project's key lists a user's accounts, and disconnects them", "[http]") {
  ApiFixture api;
  REQUIRE(api.put_key("a", first_keys().public_pem).status == 200);
  REQUIRE(api.call("PUT", "/projects/p1/integrations/crm", api.api_key,
                   R"({"name":"CRM","baseUrl":"https://crm.example","auth":{"type":"bearer"}})")
              .status == 201);
  const auto connected =
      api.call("POST", "/projects/p1/sdk/integrations/crm/connect", api.token(first_keys(), "ada"),
               R"({"credentials":{"token":"s3cret-token"}})");
  REQUIRE(connected.status == 201);
  const std::string id(connected["id"].as_string());
  const std::string path = "/projects/p1/users/ada/credentials";
  const auto list = api.call("GET", path, api.api_key);
  REQUIRE(list.status == 200);
  REQUIRE(list["credentials"].as_array().size() == 1);
  CHECK(list["credentials"].as_array()[0].at("id") == Json(id));
  CHECK(list.text.find("s3cret-token") == std::string::npos);
  CHECK(api.call("GET", "/projects/p1/users/nobody/credentials", api.api_key).status == 404);
  CHECK(api.call("GET", path, api.token(first_keys(), "ada")).status == 401);
  CHECK(api.call("GET", path, api.make_project("p2")).status == 404);
  // Of another user nothing is found.
  REQUIRE(api.call("GET", "/projects/p1/sdk/me", api.token(first_keys(), "bob")).status == 200);
  CHECK(api.call("DELETE", "/projects/p1/users/bob/credentials/" + id, api.api_key).status == 404);
  CHECK(api.call("DELETE", path + "/crm", api.api_key).status == 404);
  CHECK(api.call("DELETE", path + "/" + id, api.api_key).status == 204);
  CHECK(api.call("DELETE", path + "/" + id, api.api_key).status == 404);
  CHECK(api.call("GET", path, api.api_key)["credentials"].as_array().empty());
}

}  // namespace millrace
