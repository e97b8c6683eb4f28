// Several configurations of one account, and names that an application gives to accounts and configurations.

#include "storage/tables/enabled_workflow_table.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

struct Configured : ApiFixture {
  Configured() {
    REQUIRE(put_key("a", first_keys().public_pem).status == 200);
    REQUIRE(call("PUT", "/projects/p1/integrations/crm", api_key,
                 R"({"name":"CRM","baseUrl":"https://crm.example","auth":{"type":"bearer"},
                     "settings":[{"id":"channel","type":"text"}]})")
                .status == 201);
    for (const std::string id : {"sync", "other"}) {
      REQUIRE(call("PUT", "/projects/p1/workflows/" + id, api_key,
                   R"({"name":"W","integration":"crm","trigger":{"type":"request"},
                       "steps":[{"id":"r","type":"response","body":1}]})")
                  .status == 200);
      REQUIRE(call("POST", "/projects/p1/workflows/" + id + "/deploy", api_key).status == 200);
    }
    credential = std::string(connect()["id"].as_string());
  }

  Answer ask(const std::string& method, const std::string& rest, const std::string& body = {},
             const Headers& headers = {}) {
    return call(method, "/projects/p1/sdk" + rest, token(first_keys(), "ada"), body, headers);
  }
  Answer connect(const std::string& more = {}) {
    return ask("POST", "/integrations/crm/connect", R"({"credentials":{"token":"t"})" + more + "}");
  }
  std::string configurations() const { return "/credentials/" + credential + "/configurations"; }
  /// The new one's id.
  std::string add(const std::string& body = "{}") {
    const auto added = ask("POST", configurations(), body);
    INFO(added.text);
    REQUIRE(added.status == 201);
    return std::string(added["configurations"].as_array().back().at("id").as_string());
  }
  Headers in(const std::string& configuration) const {
    return {{"X-Paragon-Credential", credential}, {"X-Paragon-Configuration-Id", configuration}};
  }
  Json shown(std::size_t index) {
    return ask("GET", "/credentials/" + credential)["configurations"].as_array().at(index);
  }
  Result<RunGrant> grant(const std::string& account) {
    const auto tenant = tenants.view(ProjectId("p1"), UserId("ada"));
    const auto live = workflows.deployed(ProjectId("p1"), WorkflowId("sync"));
    REQUIRE((tenant && live));
    return (*tenant)->grant(**live, account);
  }
  std::vector<std::string> enabled_on() {
    auto rows = storage::EnabledWorkflowTable(store()).list(
        shard_of(ProjectId("p1"), UserId("ada")), ProjectId("p1"), WorkflowId("sync"), 10);
    REQUIRE(rows.ok());
    std::vector<std::string> accounts;
    for (const auto& row : *rows) accounts.push_back(row.credential);
    return accounts;
  }

  std::string credential;
};

}  // namespace

TEST_CASE("a workflow is enabled in the configuration that the header names and in no other",
          "[http][configurations]") {
  Configured api;
  const std::string second = api.add();
  const auto enabled = api.ask("POST", "/workflows/sync", "", api.in(second));
  INFO(enabled.text);
  CHECK(enabled.status == 200);
  CHECK(api.shown(0).at("workflowSettings").at("sync").at("enabled") == Json(false));
  CHECK(api.shown(1).at("workflowSettings").at("sync").at("enabled") == Json(true));
  CHECK(api.shown(0).at("isDefault") == Json(true));
  CHECK(api.shown(1).at("isDefault") == Json(false));
  CHECK(api.enabled_on() == std::vector<std::string>{api.credential + '/' + second});
  // Beside them stands what old clients read, and it is the default's.
  const auto account = api.ask("GET", "/credentials/" + api.credential);
  CHECK(account["config"].at("configuredWorkflows").as_object().empty());
  CHECK(api.ask("DELETE", "/workflows/sync", "", api.in(second)).status == 200);
  CHECK(api.enabled_on().empty());
}

TEST_CASE("each configuration has settings of its own, which its runs see",
          "[http][configurations]") {
  Configured api;
  const std::string second = api.add(R"({"externalId":"sales"})");
  const std::string path = "/credentials/" + api.credential;
  const auto patch = [&](const std::string& channel, const ApiFixture::Headers& headers) {
    return api.ask("PATCH", path,
                   R"({"config":{"sharedSettings":{"channel":")" + channel +
                       R"("},"workflowSettings":{"sync":{"enabled":true,"settings":{}}}}})",
                   headers);
  };
  CHECK(patch("#a", {}).status == 200);
  CHECK(patch("#b", {{"X-Paragon-Configuration-Id", "sales"}}).status == 200);
  CHECK(api.shown(0).at("sharedSettings") == Json(JsonObject{{"channel", "#a"}}));
  CHECK(api.shown(1).at("sharedSettings") == Json(JsonObject{{"channel", "#b"}}));
  const auto first_run = api.grant("");
  const auto second_run = api.grant(api.credential + '/' + second);
  REQUIRE((first_run.ok() && second_run.ok()));
  CHECK(Json(first_run->settings) == Json(JsonObject{{"channel", "#a"}}));
  CHECK(first_run->credential == api.credential);
  CHECK(Json(second_run->settings) == Json(JsonObject{{"channel", "#b"}}));
  CHECK(second_run->credential == api.credential + '/' + second);
}

TEST_CASE("a run of a configuration that was removed meanwhile is told that it is not enabled",
          "[http][configurations]") {
  Configured api;
  const std::string second = api.add();
  REQUIRE(api.ask("POST", "/workflows/sync", "", api.in(second)).status == 200);
  const std::string account = api.credential + '/' + second;
  REQUIRE(api.grant(account).ok());
  CHECK(api.ask("DELETE", api.configurations(), "", api.in(second)).status == 204);
  CHECK(api.enabled_on().empty());
  const auto refused = api.grant(account);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::workflow_disabled);
  CHECK(api.ask("DELETE", api.configurations(), "", api.in(second)).status == 404);
}

TEST_CASE("the default configuration stays, whoever names it", "[http][configurations]") {
  Configured api;
  const std::string own(api.shown(0).at("id").as_string());
  CHECK(api.ask("DELETE", api.configurations()).status == 409);
  CHECK(api.ask("DELETE", api.configurations(), "", api.in(own)).status == 409);
  CHECK(api.ask("POST", "/workflows/sync", "", api.in(own)).status == 200);
  CHECK(api.shown(0).at("workflowSettings").at("sync").at("enabled") == Json(true));
}

TEST_CASE("an application notes what it likes on a configuration", "[http][configurations]") {
  Configured api;
  const std::string second = api.add();
  const auto note = [&](const std::string& meta) {
    return api.ask("PATCH", api.configurations(), R"({"meta":)" + meta + "}", api.in(second));
  };
  CHECK(note(R"({"team":"sales","old":1})").status == 200);
  CHECK(note(R"({"old":null,"floor":2})").status == 200);
  CHECK(api.shown(1).at("configMeta") == Json(JsonObject{{"team", "sales"}, {"floor", 2}}));
  CHECK(api.shown(0).at("configMeta") == Json(JsonObject()));
  CHECK(note("5").status == 400);
}

TEST_CASE("the newest configuration is the last, and no two of an account have one name",
          "[http][configurations]") {
  Configured api;
  api.add(R"({"externalId":"one"})");
  const std::string newest = api.add();
  CHECK(api.shown(2).at("id") == Json(newest));
  CHECK(api.shown(2).at("dateCreated").as_string() > api.shown(1).at("dateCreated").as_string());
  CHECK(api.shown(1).at("dateCreated").as_string() > api.shown(0).at("dateCreated").as_string());
  const auto twice = api.ask("POST", api.configurations(), R"({"externalId":"one"})");
  CHECK(twice.status == 409);
  CHECK(api.ask("POST", api.configurations(), R"({"externalId":"a\nb"})").status == 400);
  CHECK(api.ask("POST", api.configurations(), R"({"name":"x"})").status == 400);
}

TEST_CASE("an account has a bounded number of configurations", "[http][configurations]") {
  Configured api;
  for (std::size_t i = 1; i < 100; ++i) api.add();
  const auto refused = api.ask("POST", api.configurations(), "{}");
  CHECK(refused.status == 400);
  CHECK_THAT(refused.message(), Catch::Contains("100"));
}

TEST_CASE("an account answers to the name that the application gave it", "[http][configurations]") {
  Configured api;
  const auto named = api.connect(R"(,"externalId":"shop-1")");
  CHECK(named.status == 201);
  CHECK(named["externalId"] == Json("shop-1"));
  CHECK_FALSE(named["id"] == Json(api.credential));
  CHECK(api.connect(R"(,"externalId":"shop-1")")["id"] == named["id"]);
  const ApiFixture::Headers on_it{{"X-Paragon-Credential", "shop-1"}};
  CHECK(api.ask("POST", "/workflows/sync", "", on_it)["id"] == named["id"]);
  CHECK(api.ask("GET", "/credentials/shop-1")["id"] == named["id"]);
  CHECK(api.ask("DELETE", "/integrations/shop-1").status == 204);
  CHECK(api.ask("GET", "/credentials/shop-1").status == 404);
  CHECK(api.ask("POST", "/workflows/sync", "", on_it).status == 404);
}

TEST_CASE("a workflow that is disabled without headers is disabled in every configuration",
          "[http][configurations]") {
  Configured api;
  const std::string second = api.add();
  REQUIRE(api.ask("POST", "/workflows/sync").status == 200);
  REQUIRE(api.ask("POST", "/workflows/sync", "", api.in(second)).status == 200);
  CHECK(api.enabled_on().size() == 2);
  CHECK(api.ask("DELETE", "/workflows/sync").status == 204);
  CHECK(api.enabled_on().empty());
}

TEST_CASE("events and requests are for the configuration that their headers name",
          "[http][configurations]") {
  Configured api;
  const std::string second = api.add(R"({"externalId":"sales"})");
  const std::string account = api.credential + '/' + second;
  REQUIRE(api.call("PUT", "/projects/p1/events/Made", api.api_key, R"({"schema":{}})").status ==
          201);
  const std::string event = R"({"name":"Made","payload":{}})";
  const auto send = [&](const ApiFixture::Headers& headers) {
    CHECK(api.ask("POST", "/events/trigger", event, headers).status == 201);
    return api.gateway.events().back().accounts;
  };
  CHECK(send({}).empty());
  CHECK(send(api.in(second)) == std::vector<std::string>{account});
  CHECK(send({{"X-Paragon-Configuration-Id", "sales"}}) == std::vector<std::string>{account});
  CHECK(send({{"X-Paragon-Credential", api.credential}}) ==
        std::vector<std::string>{api.credential});
  CHECK(send({{"X-Paragon-Credential", "nobody"}}) == std::vector<std::string>{"nobody"});
}

}  // namespace millrace
