// Integrations, users and their accounts over the API.

#include "actors/tenants/fresh_credentials.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string crm =
    R"({"name":"CRM","baseUrl":"https://api.crm.example/v1","auth":{"type":"bearer"},
        "settings":[{"id":"channel","type":"text","required":true}]})";
const ProjectId project("p1");
const UserId ada("ada");

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

struct ConnectionsApi : ApiFixture {
  ConnectionsApi() {
    put_key("main", first_keys().public_pem);
    user = token(first_keys(), "ada");
  }

  Answer manage(const std::string& method, const std::string& rest, const std::string& body = {}) {
    return call(method, "/projects/p1" + rest, api_key, body);
  }
  Answer as_user(const std::string& method, const std::string& rest, const std::string& body = {}) {
    return call(method, "/projects/p1/sdk" + rest, user, body);
  }
  Answer connect(const std::string& body = R"({"credentials":{"token":"t0ken"}})") {
    return as_user("POST", "/integrations/crm/connect", body);
  }
  std::string connected() { return std::string(connect()["id"].as_string()); }

  std::string user;
};

Json at(const Json& value, std::string_view pointer) {
  boost::json::error_code ignored;
  const Json* const found = value.find_pointer(pointer, ignored);
  return found == nullptr ? Json("absent") : *found;
}

}  // namespace

// --- integrations
// ---------------------------------------------------------------------------------

TEST_CASE("an integration is put, shown, replaced, switched off and removed", "[http]") {
  ConnectionsApi api;
  const auto created = api.manage("PUT", "/integrations/crm", crm);
  CHECK(created.status == 201);
  CHECK(created["type"] == Json("crm"));
  CHECK(created["isActive"] == Json(true));
  CHECK(created["definition"] == *parse_json(crm));
  CHECK(
      api.manage("PUT", "/integrations/crm", R"({"baseUrl":"https://x.example","isActive":false})")
          .status == 200);
  const auto shown = api.manage("GET", "/integrations/crm");
  CHECK(shown["isActive"] == Json(false));
  CHECK(shown["name"] == Json("crm"));
  CHECK(api.manage("GET", "/integrations")["integrations"].as_array().size() == 1);
  CHECK(api.manage("DELETE", "/integrations/crm").status == 204);
  CHECK(api.manage("DELETE", "/integrations/crm").status == 404);
  CHECK(api.manage("GET", "/integrations/crm").code() == "not_found");
}

TEST_CASE("an integration with mistakes is refused with all of them", "[http]") {
  ConnectionsApi api;
  const auto refused = api.manage("PUT", "/integrations/crm",
                                  R"({"baseUrl":"ftp://x","auth":{"type":"baerer"},"nmae":"x"})");
  CHECK(refused.code() == "invalid_definition");
  CHECK(refused["details"].as_array().size() >= 3);
  for (const char* const body : {"", "[]", "5", "{"}) {
    CHECK(api.manage("PUT", "/integrations/crm", body).status == 400);
  }
  CHECK(api.manage("PUT", "/integrations/a%20b", crm).code() == "invalid_request");
  CHECK(api.manage("PUT", "/integrations/" + std::string(129, 'a'), crm).status == 400);
  CHECK(api.manage("GET", "/integrations")["integrations"].as_array().empty());
}

TEST_CASE("a catalog is a snapshot of one project's integrations", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  const auto before = *api.integrations.catalog(project);
  REQUIRE(api.manage("DELETE", "/integrations/crm").status == 204);
  CHECK(before->find_integration("crm") != nullptr);
  CHECK(before->integration_types() == std::vector<std::string>{"crm"});
  CHECK((*api.integrations.catalog(project))->find_integration("crm") == nullptr);
  CHECK((*api.integrations.catalog(ProjectId("p2")))->find_integration("crm") == nullptr);
}

// --- accounts
// -------------------------------------------------------------------------------------

TEST_CASE("a connected account is shown without its secret parts", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  const auto connected = api.connect(
      R"({"credentials":{"token":"t0ken"},"providerId":"acct-1","settings":{"channel":"#a"}})");
  REQUIRE(connected.status == 201);
  CHECK(connected["integrationId"] == Json("crm"));
  CHECK(connected["userId"] == Json("ada"));
  CHECK(connected["status"] == Json("VALID"));
  CHECK(connected["providerId"] == Json("acct-1"));
  CHECK(connected["providerData"] == Json(JsonObject()));
  CHECK(at(connected.json, "/config/sharedSettings/channel") == Json("#a"));
  CHECK(at(connected.json, "/config/configuredWorkflows") == Json(JsonObject()));
  const auto list = api.as_user("GET", "/credentials");
  CHECK(at(list.json, "/credentials/0") == connected.json);
  CHECK((connected.text + list.text).find("t0ken") == std::string::npos);
  CHECK(api.user_of(project, ada)->find("crm")->fields.at("token") == Json("t0ken"));
}

TEST_CASE("a run whose account is disconnected gets no other one in its place", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  const auto connect = [&](const std::string& account) {
    const auto connected = api.connect(R"({"credentials":{"token":"token-of-)" + account +
                                       R"("},"providerId":")" + account + "\"}");
    return std::string(connected["id"].as_string());
  };
  const std::string first = connect("first");
  const std::string second = connect("second");
  const auto token_of = [&](const std::string& credential) {
    auto account = (*api.tenants.view(project, ada))->credential("crm", credential);
    return account ? (*account)->fields.at("token") : Json(wire_name(account.error().code));
  };
  CHECK(token_of(second) == Json("token-of-second"));
  REQUIRE(api.as_user("DELETE", "/integrations/" + second).status == 204);
  CHECK(token_of(second) == Json("credential_missing"));
  CHECK(token_of(first) == Json("token-of-first"));
  CHECK(token_of("") == Json("token-of-first"));
}

TEST_CASE("what does not fit the integration is refused when connecting", "[http]") {
  ConnectionsApi api;
  const auto unknown = api.connect();
  CHECK(unknown.status == 404);
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  const auto wrong = api.connect(R"({"credentials":{"tokne":"t0ken"}})");
  CHECK(wrong.code() == "invalid_request");
  CHECK_THAT(wrong.text, says("/credentials/tokne") && !says("t0ken"));
  for (const char* const body :
       {"", "{}", "[]", R"({"credentials":5})", R"({"credentials":{"token":""}})",
        R"({"credentials":{"token":"t"},"providerId":5})", R"({"credentail":{"token":"t"}})",
        R"({"credentials":{"token":"t"},"settings":[]})"}) {
    INFO(body);
    CHECK(api.connect(body).status == 400);
  }
  REQUIRE(
      api.manage("PUT", "/integrations/crm", R"({"baseUrl":"https://x.example","isActive":false})")
          .status == 200);
  CHECK(api.connect(R"({"credentials":{}})").code() == "integration_inactive");
  CHECK(api.as_user("GET", "/credentials")["credentials"].as_array().empty());
}

TEST_CASE("the same account connected again keeps its id and its configuration", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  REQUIRE(api.manage("PUT", "/workflows/w", R"({"integration":"crm"})").status == 200);
  const std::string body = R"({"credentials":{"token":"one"},"providerId":"acct"})";
  const std::string id(api.connect(body)["id"].as_string());
  REQUIRE(api.as_user("PATCH", "/credentials/" + id,
                      R"({"config":{"configuredWorkflows":{"w":{"enabled":true}}}})")
              .status == 200);
  REQUIRE(api.credentials.set_valid(project, ada, id, false).ok());
  CHECK(at(api.as_user("GET", "/credentials").json, "/credentials/0/status") == Json("INVALID"));
  const auto again = api.connect(R"({"credentials":{"token":"two"},"providerId":"acct"})");
  CHECK(again["id"] == Json(id));
  CHECK(again["status"] == Json("VALID"));
  CHECK(at(again.json, "/config/configuredWorkflows/w/enabled") == Json(true));
  CHECK(api.user_of(project, ada)->find("crm")->fields.at("token") == Json("two"));
  CHECK(api.connect(R"({"credentials":{"token":"x"},"providerId":"other"})")["id"] != Json(id));
  CHECK(api.credentials.list(project, ada)->size() == 2);
}

TEST_CASE("a user's accounts are bounded and found by id or as the first valid one", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < limits::credentials_per_user_max; ++i) ids.push_back(api.connected());
  CHECK(api.connect().code() == "limit_exceeded");
  CHECK(api.user_of(project, ada)->find("crm")->id == ids[0]);
  CHECK(api.user_of(project, ada)->find("crm", ids[7])->id == ids[7]);
  CHECK(api.user_of(project, ada)->find("slack", ids[7]) == nullptr);
  CHECK(api.user_of(project, ada)->find("crm", "nothing") == nullptr);
  CHECK(api.user_of(project, UserId("bob"))->find("crm", ids[7]) == nullptr);
  REQUIRE(api.credentials.set_valid(project, ada, ids[0], false).ok());
  CHECK(api.user_of(project, ada)->find("crm")->id == ids[1]);
}

TEST_CASE("an account belongs to its user alone", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  const std::string id = api.connected();
  api.user = api.token(first_keys(), "bob");
  CHECK(api.as_user("GET", "/credentials")["credentials"].as_array().empty());
  CHECK(api.as_user("PATCH", "/credentials/" + id, "{}").status == 404);
  CHECK(api.as_user("DELETE", "/integrations/" + id).status == 404);
  CHECK(api.user_of(project, ada)->find("crm") != nullptr);
}

TEST_CASE("workflows are enabled, configured and disabled on an account", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  REQUIRE(api.manage("PUT", "/workflows/lead", R"({"integration":"crm"})").status == 200);
  const std::string path = "/credentials/" + api.connected();
  const auto enabled =
      api.as_user("PATCH", path, R"({"config":{"configuredWorkflows":{"lead":{"enabled":true}},
                                   "sharedSettings":{"channel":"#b"}}})");
  REQUIRE(enabled.status == 200);
  CHECK(at(enabled.json, "/config/configuredWorkflows/lead/enabled") == Json(true));
  CHECK(at(enabled.json, "/config/sharedSettings/channel") == Json("#b"));
  const auto refused = api.as_user("PATCH", path, R"({"status":"INVALID"})");
  CHECK(refused.status == 400);
  CHECK_THAT(refused.text, says("/status"));
  const auto large = api.as_user(
      "PATCH", path,
      to_text(JsonObject{{"config", JsonObject{{"sharedSettings",
                                                JsonObject{{"x", std::string(300'000, 'x')}}}}}}));
  CHECK(large.code() == "limit_exceeded");

  CHECK(api.as_user("DELETE", "/workflows/simple").status == 404);
  CHECK(api.as_user("DELETE", "/workflows/lead").status == 204);
  CHECK(at(api.as_user("GET", "/credentials").json,
           "/credentials/0/config/configuredWorkflows/lead/enabled") == Json(false));
  CHECK(api.as_user("DELETE", "/workflows/lead").status == 204);
}

TEST_CASE("workflows that are enabled by default are enabled by connecting", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  const auto put = [&](const std::string& id, const std::string& rest) {
    REQUIRE(api.manage("PUT", "/workflows/" + id,
                       R"({"name":"n","trigger":{"type":"request"},"steps":[],)" + rest + "}")
                .status == 200);
  };
  put("yes", R"("integration":"crm","defaultEnabled":true)");
  put("no", R"("integration":"crm","defaultEnabled":false)");
  put("other", R"("integration":"slack","defaultEnabled":true)");
  put("none", R"("defaultEnabled":true)");
  const auto connected = api.connect();
  REQUIRE(connected.status == 201);
  CHECK(at(connected.json, "/config/configuredWorkflows") ==
        *parse_json(R"({"yes":{"enabled":true,"settings":{}}})"));
}

TEST_CASE("a disconnected account is gone", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  const std::string id = api.connected();
  CHECK(api.as_user("DELETE", "/integrations/" + id).status == 204);
  CHECK(api.as_user("DELETE", "/integrations/" + id).status == 404);
  CHECK(api.user_of(project, ada)->find("crm") == nullptr);
}

TEST_CASE("an account that is not stored is not used either", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  REQUIRE(api.as_user("GET", "/me").status == 200);
  REQUIRE(api.manage("PATCH", "/users/ada", "{}").status == 200);
  api.store().fail_next_commits(1, ErrorCode::storage_failed);
  CHECK(api.connect().status == 503);
  CHECK(api.user_of(project, ada)->find("crm") == nullptr);
}

TEST_CASE("an account that is connected again has new fields, as soon as they are stored",
          "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  const auto connect = [&](const std::string& token) {
    return api.connect(R"({"credentials":{"token":")" + token + R"("},"providerId":"acct"})");
  };
  const auto connected = connect("first");
  REQUIRE(connected.status == 201);
  const std::string id(connected["id"].as_string());
  const FreshCredentials accounts(*api.tenants.view(project, ada), {project, ada}, api.clock,
                                  nullptr);
  const auto fresh = [&] {
    SharedCredential found;
    accounts.fresh({"crm", id}, std::nullopt, [&](auto answer) { found = std::move(*answer); });
    return found;
  };
  const auto before = fresh();
  REQUIRE(before != nullptr);
  CHECK(before->fields.at("token") == Json("first"));
  REQUIRE(api.as_user("PATCH", "/credentials/" + id, R"({"config":{"sharedSettings":{"a":1}}})")
              .status == 200);
  CHECK(fresh()->revision == before->revision);
  api.store().fail_next_commits(1, ErrorCode::storage_failed);
  CHECK(connect("lost").status == 503);
  CHECK(fresh()->fields.at("token") == Json("first"));
  CHECK(fresh()->revision == before->revision);
  REQUIRE(connect("second").status == 201);
  CHECK(fresh()->fields.at("token") == Json("second"));
  CHECK(fresh()->revision > before->revision);
}

TEST_CASE("what can be connected is listed with what a form needs", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  REQUIRE(
      api.manage("PUT", "/integrations/off", R"({"baseUrl":"https://x.example","isActive":false})")
          .status == 201);
  const auto list = api.as_user("GET", "/integrations");
  REQUIRE(list.json.as_array().size() == 1);
  CHECK(at(list.json, "/0/type") == Json("crm"));
  CHECK(at(list.json, "/0/auth/type") == Json("bearer"));
  CHECK(at(list.json, "/0/credentialFields") == Json(JsonArray{"token"}));
  CHECK(at(list.json, "/0/settings/0/id") == Json("channel"));
}

// --- users
// ----------------------------------------------------------------------------------------

TEST_CASE("a user appears when first seen and keeps meta", "[http]") {
  ConnectionsApi api;
  CHECK(api.manage("GET", "/users")["total"] == Json(0));
  const auto me = api.as_user("GET", "/me");
  CHECK(me["userId"] == Json("ada"));
  CHECK(me["meta"] == Json(JsonObject()));
  CHECK(api.manage("GET", "/users")["total"] == Json(1));
  CHECK(api.as_user("PATCH", "/me", R"({"meta":{"Name":"Ada","Email":"a@x"}})").status == 200);
  const auto changed = api.as_user("PATCH", "/me", R"({"meta":{"Email":null,"n":1}})");
  CHECK(changed["meta"] == Json(JsonObject{{"Name", "Ada"}, {"n", 1}}));
  CHECK(api.as_user("PATCH", "/me", R"({"disabled":true})").status == 400);
  CHECK(api.as_user("PATCH", "/me", R"({"meta":5})").status == 400);
  CHECK_THAT(api.as_user("PATCH", "/me", R"({"meat":{}})").message(), says("meta"));
  const std::string large = to_text(JsonObject{{"x", std::string(70'000, 'x')}});
  CHECK(api.as_user("PATCH", "/me", R"({"meta":)" + large + "}").code() == "limit_exceeded");
}

TEST_CASE("me shows what is connected", "[http]") {
  ConnectionsApi api;
  REQUIRE(api.manage("PUT", "/integrations/crm", crm).status == 201);
  CHECK(at(api.as_user("GET", "/me").json, "/integrations/crm/enabled") == Json(false));
  const std::string id = api.connected();
  const auto me = api.as_user("GET", "/me");
  CHECK(at(me.json, "/integrations/crm/credentialId") == Json(id));
  CHECK(at(me.json, "/integrations/crm/credentialStatus") == Json("VALID"));
}

TEST_CASE("the backend disables a user it may never have seen", "[http]") {
  ConnectionsApi api;
  const auto disabled = api.manage("PATCH", "/users/b%20ob", R"({"disabled":true,"meta":{"a":1}})");
  REQUIRE(disabled.status == 200);
  CHECK(disabled["userId"] == Json("b ob"));
  CHECK(disabled["disabled"] == Json(true));
  CHECK((*api.users.find(project, UserId("b ob")))->is_disabled);
  CHECK(api.manage("PATCH", "/users/b%20ob", R"({"disabled":false})")["meta"] ==
        Json(JsonObject{{"a", 1}}));
  CHECK(api.manage("PATCH", "/users/bob", R"({"disabled":1})").status == 400);
  CHECK_THAT(api.manage("PATCH", "/users/bob", R"({"disable":true})").message(), says("disabled"));
  CHECK(api.manage("PATCH", "/users/" + std::string(129, 'u'), "{}").status == 400);
  CHECK(*api.users.find(ProjectId("p2"), UserId("b ob")) == nullptr);
}

TEST_CASE("users are listed a hundred at a time", "[http]") {
  ConnectionsApi api;
  for (int i = 0; i < 250; ++i) api.users.see(project, UserId("user-" + std::to_string(1000 + i)));
  std::size_t seen = 0;
  std::string last;
  std::string rest = "/users";
  for (int page = 0; page < 3; ++page) {
    const auto list = api.manage("GET", rest);
    CHECK(list["total"] == Json(250));
    for (const auto& user : list["users"].as_array()) {
      const std::string id(user.at("userId").as_string());
      CHECK(last < id);
      last = id;
      ++seen;
    }
    if (page == 2) {
      CHECK(list["nextLink"].is_null());
    } else {
      const std::string link(list["nextLink"].as_string());
      rest = link.substr(link.find("/users"));
    }
  }
  CHECK(seen == 250);
  CHECK(api.manage("GET", "/users?offset=900")["users"].as_array().empty());
  CHECK(api.manage("GET", "/users?offset=-1").status == 400);
}

// --- a restart
// ------------------------------------------------------------------------------------

namespace {

/// What one process makes of a store.
struct Process {
  Process(storage::MemoryStore& store, const ShardOwnership& ownership,
          const storage::Sealer& sealer)
      : commits(store, {}),
        projects(store, {commits, ownership}, sealer, {}),
        users(store, {commits, ownership}, sealer,
              [this](LogLevel, const std::string& line) { log += line; }),
        credentials({store, projects, users, clock, random, sealer}) {}

  SharedUserView user() { return *users.now({project, ada}); }

  std::string log;
  ManualClock clock;
  SeededRandom random{5};
  storage::GroupCommit commits;
  ProjectViews projects;
  UserViews users;
  CredentialRegistry credentials;
};

}  // namespace

TEST_CASE("integrations, users and accounts are found again after a restart", "[http]") {
  storage::MemoryStore store;
  ShardOwnership ownership;
  REQUIRE(ownership.claim(store, ShardSet::all()).ok());
  const storage::Sealer sealer(*storage::SealingKey::parse(std::string(64, '1')));
  const storage::Sealer other(*storage::SealingKey::parse(std::string(64, '2')));
  std::string id;
  {
    Process first(store, ownership, sealer);
    REQUIRE(
        ProjectRegistry(store, first.projects, first.clock, first.random).create("p1", "").ok());
    IntegrationRegistry integrations(first.projects, first.clock);
    REQUIRE(integrations.put(project, "crm", *parse_json(crm)).ok());
    UserRegistry(store, first.users, first.clock).see(project, ada);
    id = (*first.credentials.connect(project, ada, "crm", {{{"token", "t0ken"}}, "acct", {}}))->id;
  }
  {
    Process second(store, ownership, sealer);
    CHECK((*second.projects.now(project))->integrations->find_integration("crm")->name == "CRM");
    CHECK(second.user()->user != nullptr);
    const auto found = second.user()->find("crm", id);
    REQUIRE(found != nullptr);
    CHECK(found->fields.at("token") == Json("t0ken"));
    CHECK_FALSE(second.user()->why_locked(id).has_value());
  }
  {
    Process locked(store, ownership, other);
    CHECK(locked.user()->find("crm", id)->fields.empty());
    CHECK_THAT(locked.log, says(sealer.key_id()));
    CHECK(locked.user()->why_locked(id)->code == ErrorCode::secrets_locked);
    // Configuring does not need the secret parts, and does not lose them.
    REQUIRE(
        locked.credentials.configure(project, ada, id, *parse_json(R"({"config":{}})")->if_object())
            .ok());
    CHECK(locked.user()->why_locked(id).has_value());
  }
  Process again(store, ownership, sealer);
  CHECK(again.user()->find("crm", id)->fields.at("token") == Json("t0ken"));
}

}  // namespace millrace
