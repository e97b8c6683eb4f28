// What the original's browser SDK insists on: members that are always there, names of its own, ids that it takes.

#include "runtime/integrations/credential_id.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

#include <regex>

namespace millrace {
namespace {

struct Sdk : ApiFixture {
  Sdk() {
    REQUIRE(put_key("a", first_keys().public_pem).status == 200);
    put_integration("crm");
    put_workflow("first", R"("order":1,"settings":[{"id":"tone","type":"enum","required":true}],)");
    put_workflow("second", R"("order":2,"hidden":true,)");
  }
  void put_integration(const std::string& type) {
    REQUIRE(call("PUT", "/projects/p1/integrations/" + type, api_key,
                 R"({"name":"CRM","baseUrl":"https://crm.example","auth":{"type":"bearer"},
                     "description":"Short","settings":[{"id":"channel","type":"text"}]})")
                .status == 201);
  }
  void put_workflow(const std::string& id, const std::string& more) {
    REQUIRE(call("PUT", "/projects/p1/workflows/" + id, api_key,
                 R"({"name":"W","integration":"crm","trigger":{"type":"request"},)" + more +
                     R"("steps":[{"id":"r","type":"response","body":1}]})")
                .status == 200);
    REQUIRE(call("POST", "/projects/p1/workflows/" + id + "/deploy", api_key).status == 200);
  }
  Answer ask(const std::string& method, const std::string& rest, const std::string& body = {},
             const Headers& headers = {}) {
    return call(method, "/projects/p1/sdk" + rest, token(first_keys(), "ada"), body, headers);
  }
  Answer install(const std::string& more = {}) {
    return ask("POST", "/credentials",
               R"({"integrationId":"crm","config":{},
                   "payload":{"token":"t","skipPostOAuthInputs":false})" +
                   more + "}");
  }
  Json state() { return ask("GET", "/me")["integrations"].at("crm"); }
};

bool is_uuid_4(const Json& id) {
  static const std::regex form(
      "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  return std::regex_match(std::string(id.as_string()), form);
}

}  // namespace

TEST_CASE("an integration is offered with its workflows, hidden ones too, in the forms of the SDK",
          "[http]") {
  Sdk api;
  const Json list = api.ask("GET", "/integrations").json;
  REQUIRE(list.as_array().size() == 1);
  const Json& crm = list.as_array()[0];
  CHECK(crm.at("id") == Json("crm"));
  CHECK(crm.at("authenticationType") == Json("basic"));
  const Json& values = crm.at("configs").as_array().at(0).at("values");
  CHECK(values.at("description") == Json("Short"));
  CHECK(values.at("sharedMeta").at("inputs").as_array().at(0).at("type") == Json("TEXT_NO_VARS"));
  const Json& meta = values.at("workflowMeta");
  CHECK(meta.at("first").at("inputs").as_array().at(0).at("type") == Json("ENUM"));
  CHECK(meta.at("second").at("hidden") == Json(true));
  CHECK(crm.at("sdkIntegrationConfig").at("authConfigInputs").as_array().at(0).at("id") ==
        Json("token"));
}

TEST_CASE("a project's own integration comes with what the SDK reads of such", "[http]") {
  Sdk api;
  api.put_integration("custom.shop");
  const Json list = api.ask("GET", "/integrations").json;
  const Json& shop = list.as_array().at(1);
  CHECK(shop.at("type") == Json("custom.shop"));
  CHECK(shop.at("customIntegration").at("slug") == Json("custom.shop"));
  CHECK(shop.at("customIntegration").at("inputFields").as_array().size() == 1);
}

TEST_CASE("me has an entry for each integration, connected or not", "[http]") {
  Sdk api;
  const auto before = api.ask("GET", "/me");
  CHECK(before["project"].at("accessibleFeatures") == Json(JsonArray{"headless-cp", "dfm"}));
  CHECK(before["resources"] == Json(JsonArray()));
  CHECK(before["integrations"].at("crm") ==
        Json(JsonObject{{"enabled", false}, {"allCredentials", JsonArray()}}));
  REQUIRE(api.install().status == 201);
  const Json state = api.state();
  CHECK(state.at("enabled") == Json(true));
  CHECK(state.at("credentialStatus") == Json("VALID"));
  CHECK(state.at("workflowSettings").at("first") ==
        Json(JsonObject{{"enabled", false}, {"settings", JsonObject()}}));
  const Json& credential = state.at("allCredentials").as_array().at(0);
  CHECK(credential.at("id") == state.at("credentialId"));
  CHECK(credential.at("configurations").as_array().at(0).at("id") ==
        state.at("credentialConfigId"));
}

TEST_CASE("accounts and their configurations have ids that the SDK does not take for names",
          "[http]") {
  Sdk api;
  const auto installed = api.install();
  CHECK(is_uuid_4(installed["id"]));
  const Json& configuration = installed["configurations"].as_array().at(0);
  CHECK(is_uuid_4(configuration.at("id")));
  CHECK(configuration.at("isDefault") == Json(true));
  CHECK(configuration.at("connectCredentialId") == installed["id"]);
  CHECK(api.ask("GET", "/credentials/" + std::string(installed["id"].as_string()))["id"] ==
        installed["id"]);
}

TEST_CASE("an account's id leads to the shard of its user", "[http]") {
  SeededRandom random(3);
  for (const ShardId shard : {ShardId{0}, ShardId{7}, ShardId{255}}) {
    const auto id = ExecutionId::parse(make_credential_id(shard, random));
    REQUIRE(id);
    CHECK(id->shard() == shard);
  }
}

TEST_CASE("installing again is the same account, unless more of them are allowed", "[http]") {
  Sdk api;
  const Json id = api.install()["id"];
  CHECK(api.install()["id"] == id);
  CHECK(api.state().at("allCredentials").as_array().size() == 1);
  const auto more = api.install(R"(,"installOptions":{"allowMultipleCredentials":true})");
  CHECK(more.status == 201);
  CHECK_FALSE(more["id"] == id);
  CHECK(api.state().at("allCredentials").as_array().size() == 2);
  CHECK(api.state().at("credentialId") == id);  // in the order of connecting
  const auto chosen = api.install(R"(,"installOptions":{"selectedCredentialId":")" +
                                  std::string(more["id"].as_string()) + "\"}");
  CHECK(chosen["id"] == more["id"]);
  const auto unknown = api.install(R"(,"installOptions":{"selectedCredentialId":"none"})");
  CHECK(unknown.status == 404);
}

TEST_CASE("an account that is installed under a name of the application's is that one again",
          "[http]") {
  Sdk api;
  const auto first = api.install(R"(,"installOptions":{"externalId":"shop-1"})");
  CHECK(first.status == 201);
  CHECK(first["externalId"] == Json("shop-1"));
  CHECK(api.install(R"(,"installOptions":{"externalId":"shop-1"})")["id"] == first["id"]);
  CHECK_FALSE(api.install(R"(,"installOptions":{"externalId":"shop-2"})")["id"] == first["id"]);
  const auto again = api.install(R"(,"installOptions":{"selectedCredentialId":"shop-1"})");
  CHECK(again["id"] == first["id"]);
  const auto taken =
      api.install(R"(,"installOptions":{"selectedCredentialId":"shop-2","externalId":"shop-1"})");
  CHECK(taken.status == 409);
}

TEST_CASE("a setup is complete when the sign-in is, and the end of an unknown one is null",
          "[http]") {
  Sdk api;
  const std::string id(api.install()["id"].as_string());
  const auto complete = [&](const std::string& body) {
    return api.ask("POST", "/credentials/" + id + "/complete-setup", body);
  };
  CHECK(complete(R"({"integrationId":"crm","config":{},"payload":{}})")["id"] == Json(id));
  CHECK(complete(R"({"integrationId":"crm","payload":{"token":"t"}})").status == 400);
  CHECK(complete(R"({"integrationId":"other"})").status == 400);
  const auto session = api.ask("GET", "/actions/session-id/abc");
  CHECK(session.status == 200);
  CHECK(session.json.is_null());
  CHECK(api.ask("DELETE", "/actions/session-id/abc").status == 204);
}

TEST_CASE(
    "the first page of a window says to the page that opened it, and to no other, that it is there",
    "[http]") {
  Sdk api;
  const std::string path =
      "/projects/p1/sdk/actions/oauth-nonce?integrationId=crm&userToken=s3cret";
  const auto page = api.call("GET", path + "&originForPostMessage=https://app.example");
  CHECK(page.status == 200);
  CHECK_THAT(page.text, Catch::Contains("oauth-nonce-loaded") &&
                            Catch::Contains("data-origin=\"https://app.example\""));
  CHECK_THAT(page.text, !Catch::Contains("s3cret"));
  CHECK(page.header("Referrer-Policy") == "no-referrer");
  CHECK(api.call("GET", path + "&originForPostMessage=*").status == 400);
  CHECK(api.call("GET", path).status == 400);
}

TEST_CASE("what the SDK may ask for and is not there is refused by name", "[http]") {
  Sdk api;
  const auto external = api.install(R"(,"installOptions":{"externalId":5})");
  CHECK(external.status == 400);
  CHECK_THAT(external.message(), Catch::Contains("externalId"));
  const auto code = api.ask("POST", "/credentials", R"({"integrationId":"crm","code":"c"})");
  CHECK(code.status == 404);
  CHECK_THAT(code.message(), Catch::Contains("signs in"));
  const auto misspelt = api.ask("POST", "/credentials", R"({"integration":"crm"})");
  CHECK(misspelt.status == 400);
}

TEST_CASE("settings under the SDK's name are the configured workflows", "[http]") {
  Sdk api;
  const std::string id(api.install()["id"].as_string());
  // The SDK sends all workflows back, those too whose required settings nobody has filled.
  const auto changed = api.ask("PATCH", "/credentials/" + id,
                               R"({"config":{"workflowSettings":{
                                   "first":{"enabled":false,"settings":{}},
                                   "second":{"enabled":true,"settings":{"channel":"#b"}}}}})");
  INFO(changed.text);
  CHECK(changed.status == 200);
  CHECK(changed["config"].at("configuredWorkflows").at("second").at("enabled") == Json(true));
  CHECK(api.state().at("workflowSettings").at("second").at("settings") ==
        Json(JsonObject{{"channel", "#b"}}));
  const auto enabled =
      api.ask("PATCH", "/credentials/" + id,
              R"({"config":{"workflowSettings":{"first":{"enabled":true,"settings":{}}}}})");
  CHECK(enabled.status == 400);  // then a required one is
  const auto both = api.ask("PATCH", "/credentials/" + id,
                            R"({"config":{"workflowSettings":{},"configuredWorkflows":{}}})");
  CHECK(both.status == 400);
}

TEST_CASE("a workflow is enabled and disabled on the account that the header selects", "[http]") {
  Sdk api;
  api.install();
  const std::string other(
      api.install(R"(,"installOptions":{"allowMultipleCredentials":true})")["id"].as_string());
  const ApiFixture::Headers on_other{{"X-Paragon-Credential", other}};
  CHECK(api.ask("POST", "/workflows/second", "", on_other)["id"] == Json(other));
  CHECK(api.state().at("workflowSettings").at("second").at("enabled") == Json(false));
  CHECK(api.ask("POST", "/workflows/second").status == 200);
  CHECK(api.state().at("workflowSettings").at("second").at("enabled") == Json(true));
  CHECK(api.ask("DELETE", "/workflows/second", "", on_other).status == 200);
  CHECK(api.state().at("workflowSettings").at("second").at("enabled") == Json(true));
  CHECK(api.ask("DELETE", "/workflows/second").status == 204);
  CHECK(api.state().at("workflowSettings").at("second").at("enabled") == Json(false));
  const auto unknown =
      api.ask("POST", "/workflows/second", "",
              {{"X-Paragon-Credential", other},
               {"X-Paragon-Configuration-Id", "00000000-0000-4000-8000-000000000000"}});
  CHECK(unknown.status == 404);
}

TEST_CASE("an integration is uninstalled by its own id, an account by its", "[http]") {
  Sdk api;
  const std::string first(api.install()["id"].as_string());
  const std::string second(
      api.install(R"(,"installOptions":{"allowMultipleCredentials":true})")["id"].as_string());
  CHECK(api.ask("DELETE", "/integrations/crm", "", {{"X-Paragon-Credential", second}}).status ==
        204);
  CHECK(api.state().at("allCredentials").as_array().size() == 1);
  CHECK(api.ask("DELETE", "/integrations/crm").status == 204);
  CHECK(api.state().at("enabled") == Json(false));
  CHECK(api.ask("DELETE", "/integrations/crm").status == 404);
}

TEST_CASE("one account is shown with its integration and nothing secret", "[http]") {
  Sdk api;
  CHECK(api.ask("GET", "/credentials?integration=crm&includeAccountAuth=true").status == 404);
  api.install();
  const auto account = api.ask("GET", "/credentials?integration=crm&includeAccountAuth=true");
  CHECK(account["type"] == Json("crm"));
  CHECK(account["accountAuth"].is_null());
  CHECK(account.text.find("\"t\"") == std::string::npos);
  CHECK(api.ask("GET", "/credentials")["credentials"].as_array().size() == 1);
}

TEST_CASE("a workflow is offered to, and enabled by, those users alone whom its permissions name",
          "[http]") {
  Sdk api;
  api.put_workflow("pro", R"("permissions":[[{"variable":"{{user.meta.plan}}",
                              "operator":"StringExactlyMatches","argument":"pro"}]],)");
  api.install();
  const auto offered = [&] { return api.ask("GET", "/integrations").json.as_array().at(0); };
  CHECK(offered().at("noPermissionWorkflows") == Json(JsonArray{"pro"}));
  CHECK(offered().at("workflows").as_array().size() == 2);
  const auto refused = api.ask("POST", "/workflows/pro");
  CHECK(refused.status == 409);
  CHECK(refused.code() == "permission_denied");
  REQUIRE(api.ask("PATCH", "/me", R"({"meta":{"plan":"pro"}})").status == 200);
  CHECK(offered().at("noPermissionWorkflows") == Json(JsonArray()));
  CHECK(offered().at("workflows").as_array().size() == 3);
  CHECK(api.ask("POST", "/workflows/pro").status == 200);
  // What was enabled stays so, and runs no more (run_conditions_test).
  REQUIRE(api.ask("PATCH", "/me", R"({"meta":{"plan":"free"}})").status == 200);
  const auto tenant = api.tenants.view(ProjectId("p1"), UserId("ada"));
  const auto live = api.workflows.deployed(ProjectId("p1"), WorkflowId("pro"));
  REQUIRE((tenant && live));
  const auto grant = (*tenant)->grant(**live, {});
  REQUIRE_FALSE(grant.ok());
  CHECK(grant.error().code == ErrorCode::permission_denied);
}

TEST_CASE("events are taken under the SDK's path too", "[http]") {
  Sdk api;
  REQUIRE(api.call("PUT", "/projects/p1/events/Made", api.api_key, R"({"schema":{}})").status ==
          201);
  const auto answer = api.call("POST", "/v2/projects/p1/sdk/events/trigger",
                               api.token(first_keys(), "ada"), R"({"name":"Made","payload":{}})");
  CHECK(answer.status == 201);
}

}  // namespace millrace
