// What connecting, configuring and disconnecting an account writes down for those who look for all
// users of a workflow.

#include "storage/tables/enabled_workflow_table.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const ProjectId project("p1");
const UserId user("user-1");

struct Accounts : ApiFixture {
  Accounts() {
    REQUIRE(put_key("a", first_keys().public_pem).status == 200);
    const auto put =
        call("PUT", "/projects/p1/integrations/crm", api_key,
             R"({"name":"CRM","baseUrl":"https://crm.example","auth":{"type":"bearer"}})");
    REQUIRE(put.status == 201);
  }

  void put_workflow(const std::string& id, const std::string& more) {
    const auto put = call("PUT", "/projects/p1/workflows/" + id, api_key,
                          R"({"integration":"crm","trigger":{"type":"request"},)" + more +
                              R"("steps":[{"id":"r","type":"response","body":1}]})");
    REQUIRE(put.status == 200);
  }
  Answer as_user(const std::string& method, const std::string& rest, const std::string& body = {}) {
    return call(method, "/projects/p1/sdk" + rest, token(first_keys(), user.text), body);
  }
  /// The new account's id.
  std::string connect() {
    const auto answer =
        as_user("POST", "/integrations/crm/connect", R"({"credentials":{"token":"t"}})");
    INFO(answer.text);
    REQUIRE(answer.status == 201);
    return std::string(answer["id"].as_string());
  }
  void configure(const std::string& id, const std::string& chosen) {
    const auto answer = as_user("PATCH", "/credentials/" + id,
                                R"({"config":{"configuredWorkflows":)" + chosen + "}}");
    INFO(answer.text);
    REQUIRE(answer.status == 200);
  }
  /// The accounts on which the workflow is enabled, as the index says.
  std::vector<std::string> enabled(const std::string& workflow) {
    auto rows = storage::EnabledWorkflowTable(store()).list(shard_of(project, user), project,
                                                            WorkflowId(workflow), 10);
    REQUIRE(rows.ok());
    std::vector<std::string> accounts;
    for (const auto& row : *rows) accounts.push_back(row.credential);
    return accounts;
  }
};

}  // namespace

TEST_CASE("an account enters the index of a workflow when it is enabled and leaves it after",
          "[http]") {
  Accounts api;
  api.put_workflow("w", "");
  api.put_workflow("v", "");
  const std::string id = api.connect();
  CHECK(api.enabled("w").empty());
  api.configure(id, R"({"w":{"enabled":true},"v":{"enabled":true}})");
  CHECK(api.enabled("w") == std::vector{id});
  CHECK(api.enabled("v") == std::vector{id});
  api.configure(id, R"({"w":{"enabled":false}})");
  CHECK(api.enabled("w").empty());
  CHECK(api.enabled("v") == std::vector{id});
  REQUIRE(api.as_user("DELETE", "/integrations/" + id).status == 204);
  CHECK(api.enabled("v").empty());
}

TEST_CASE("only workflows of the account's own integration can be enabled on it", "[http]") {
  Accounts api;
  const std::string id = api.connect();
  REQUIRE(api.call("PUT", "/projects/p1/workflows/other", api.api_key,
                   R"({"integration":"erp","trigger":{"type":"request"},"steps":[]})")
              .status == 200);
  REQUIRE(api.call("PUT", "/projects/p1/workflows/free", api.api_key,
                   R"({"trigger":{"type":"request"},"steps":[]})")
              .status == 200);
  const auto patch = [&](const std::string& configured) {
    return api.as_user("PATCH", "/credentials/" + id,
                       R"({"config":{"configuredWorkflows":)" + configured + "}}");
  };
  for (const char* const workflow : {"gone", "other", "free"}) {
    INFO(workflow);
    const auto refused = patch(R"({")" + std::string(workflow) + R"(":{"enabled":true}})");
    CHECK(refused.status == 400);
    CHECK(refused["code"] == Json("invalid_request"));
    CHECK(refused["details"].at(0).at("path") ==
          Json("/config/configuredWorkflows/" + std::string(workflow)));
    CHECK(api.enabled(workflow).empty());
  }
  // One that is gone can still be disabled and forgotten.
  api.put_workflow("gone", "");
  REQUIRE(patch(R"({"gone":{"enabled":true}})").status == 200);
  REQUIRE(api.call("DELETE", "/projects/p1/workflows/gone", api.api_key).status == 204);
  CHECK(patch(R"({"gone":{"enabled":false}})").status == 200);
  CHECK(patch(R"({"gone":null})").status == 200);
}

TEST_CASE("connecting enables the integration's default workflows, as they are deployed",
          "[http]") {
  Accounts api;
  api.put_workflow("draft", R"("defaultEnabled":true,)");
  api.put_workflow("live", R"("defaultEnabled":true,)");
  api.put_workflow("quiet", "");
  REQUIRE(api.call("POST", "/projects/p1/workflows/live/deploy", api.api_key).status == 200);
  api.put_workflow("live", "");  // from the next deploy on
  const std::string id = api.connect();
  CHECK(api.enabled("draft") == std::vector{id});
  CHECK(api.enabled("live") == std::vector{id});
  CHECK(api.enabled("quiet").empty());
}

}  // namespace millrace
