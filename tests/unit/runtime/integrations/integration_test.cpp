// What the definition of an integration may say, and where each mistake is reported.
#include "runtime/integrations/integration.h"

#include "runtime/base/limits.h"
#include "runtime/integrations/stored_integration.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

Result<std::shared_ptr<const Integration>> compiled(const std::string& text) {
  const auto json = parse_json(text);
  REQUIRE(json.ok());
  return compile_integration("crm", *json);
}

/// An integration that is right but for these keys.
std::string with(const std::string& keys) {
  return R"({"baseUrl":"https://api.crm.example")" + (keys.empty() ? "" : ',' + keys) + '}';
}

std::string with_action(const std::string& keys) {
  return with(R"("actions":{"a":{"method":"GET","path":"/a")" + (keys.empty() ? "" : ',' + keys) +
              "}}");
}

std::shared_ptr<const Integration> valid(const std::string& text) {
  auto result = compiled(text);
  if (!result) FAIL(result.error().message);
  return *result;
}

ErrorDetail finding(const std::string& text) {
  const auto result = compiled(text);
  REQUIRE_FALSE(result.ok());
  REQUIRE(result.error().code == ErrorCode::invalid_definition);
  std::string all;
  for (const auto& detail : result.error().details)
    all += detail.path + ' ' + detail.message + '\n';
  INFO(all);
  REQUIRE(result.error().details.size() == 1);
  return result.error().details[0];
}

std::string refusal(const std::string& text) { return finding(text).path; }

}  // namespace

TEST_CASE("an integration has a base URL, and everything else has a default") {
  const auto plain = valid(with(""));
  REQUIRE(plain->type == "crm");
  REQUIRE(plain->name == "crm");
  REQUIRE(plain->is_active);
  REQUIRE(plain->auth.kind == IntegrationAuth::Kind::none);
  REQUIRE(plain->actions.empty());
  REQUIRE(to_text(plain->definition) == with(""));
}

TEST_CASE("an action has a request, parameters and the path of its result") {
  const auto integration = valid(with_action(
      R"("bodyType":"json","body":"{{parameters}}","description":"d","result":"response.body.data",
         "parameters":{"email":{"type":"string","required":true,"description":"e"},"x":{}})"));
  const auto& action = integration->actions.at("a");
  REQUIRE(action.name == "a");
  REQUIRE(action.parameters.size() == 2);
  REQUIRE(action.parameters[0].is_required);
  REQUIRE(action.parameters[1].type == ActionParameter::Type::any);
  REQUIRE(action.result.size() == 3);
  REQUIRE(valid(with_action(""))->actions.at("a").result.size() == 2);
}

TEST_CASE("each kind of auth names the fields that a credential needs") {
  const auto fields = [](const std::string& auth) {
    std::string all;
    for (const auto& field : credential_fields(valid(with(R"("auth":)" + auth))->auth)) {
      all += field + ' ';
    }
    return all;
  };
  REQUIRE(fields(R"({"type":"none"})").empty());
  REQUIRE(fields(R"({"type":"bearer"})") == "token ");
  REQUIRE(fields(R"({"type":"basic"})") == "username password ");
  REQUIRE(fields(R"({"type":"header","name":"X-Key"})") == "key ");
  REQUIRE(fields(R"({"type":"query","name":"key"})") == "key ");
  REQUIRE(fields(R"({"type":"oauth2","authorizeUrl":"a","tokenUrl":"b","clientId":"c",
                     "clientSecret":"d","scopes":["x"]})") == "accessToken ");
}

TEST_CASE("a malformed integration is refused at the key that is wrong") {
  REQUIRE(refusal("{}") == "/baseUrl");
  REQUIRE(refusal(R"({"baseUrl":5})") == "/baseUrl");
  REQUIRE(refusal(R"({"baseUrl":"api.crm.example"})") == "/baseUrl");
  REQUIRE(refusal(R"({"baseUrl":"ftp://api.crm.example"})") == "/baseUrl");
  REQUIRE(refusal(R"({"baseUrl":"https://{{trigger.request.body.host}}"})") == "/baseUrl");
  REQUIRE(refusal(R"({"baseUrl":"https://{{secrets.HOST}}"})") == "/baseUrl");
  REQUIRE(refusal("[]").empty());
  REQUIRE(refusal(with(R"("isActive":"yes")")) == "/isActive");
  REQUIRE(refusal(with(R"("bseUrl":"x")")) == "/bseUrl");
  REQUIRE(refusal(with(R"("auth":"bearer")")) == "/auth");
  REQUIRE(refusal(with(R"("auth":{})")) == "/auth/type");
  REQUIRE(refusal(with(R"("auth":{"type":"header"})")) == "/auth/name");
  REQUIRE(refusal(with(R"("auth":{"type":"header","name":"a b"})")) == "/auth/name");
  REQUIRE(refusal(with(R"("auth":{"type":"bearer","token":"x"})")) == "/auth/token");
  REQUIRE(refusal(with(R"("actions":[])")) == "/actions");
  REQUIRE(refusal(with(R"("actions":{"a/b":5})")) == "/actions/a~1b");
  REQUIRE(refusal(with(R"("actions":{"a":{"path":"/"}})")) == "/actions/a/method");
  REQUIRE(refusal(with(R"("actions":{"a":{"method":"GET"}})")) == "/actions/a/path");
  REQUIRE(refusal(with_action(R"("url":"https://b")")) == "/actions/a/url");
  REQUIRE(refusal(with_action(R"("result":"body")")) == "/actions/a/result");
  REQUIRE(refusal(with_action(R"("authorization":{"type":"bearer","token":"t"})")) ==
          "/actions/a/authorization");
  REQUIRE(refusal(with_action(R"("parameters":[])")) == "/actions/a/parameters");
  REQUIRE(refusal(with_action(R"("parameters":{"p":"string"})")) == "/actions/a/parameters/p");
  REQUIRE(refusal(with_action(R"("parameters":{"p":{"type":"text"}})")) ==
          "/actions/a/parameters/p/type");
  REQUIRE(refusal(with(R"("settings":{})")) == "/settings");
  REQUIRE(refusal(with(R"("settings":[{"type":"text"}])")) == "/settings/0/id");
  REQUIRE(refusal(with(R"("settings":[{"id":"a","type":"txt"}])")) == "/settings/0/type");
}

TEST_CASE("an action sees its parameters and the run, and no step") {
  const auto path = [](const std::string& reference) {
    return with_action(R"("parameters":{"id":{}},"body":{"x":"{{)" + reference + R"(}}"})");
  };
  for (const char* const reference :
       {"parameters", "parameters.id", "parameters.id.deep[0]", "settings.a", "user.meta.Email",
        "secrets.KEY", "execution.id", "project.id"}) {
    INFO(reference);
    REQUIRE(valid(path(reference)) != nullptr);
  }
  for (const char* const reference :
       {"parameters.idd", "parameters[0]", "trigger.request.body", "step.result", "instance",
        "index", "self.pageToken", "secrets", "secrets.A.B", "1.request"}) {
    INFO(reference);
    REQUIRE(refusal(path(reference)) == "/actions/a/body/x");
  }
  REQUIRE(finding(path("parameters.idd")).nearest == "id");
}

TEST_CASE("a request of an integration sees the account's settings and what its sign-in keeps") {
  const std::string settings = R"(,"settings":[{"id":"subdomain","type":"text"}])";
  const std::string keyed =
      R"({"baseUrl":"https://{{account.subdomain}}.crm.example","auth":{"type":"bearer"},
      "headers":{"X-Team":"{{account.subdomain}}"},
      "actions":{"a":{"method":"GET","path":"/{{account.subdomain}}"}})";
  const auto integration = valid(keyed + settings + '}');
  const Integration& made = *integration;
  std::vector<std::string> names;
  Template base_url = made.base_url;
  base_url.visit_references([&](const Reference& reference, const std::string&) {
    CHECK(reference.root == Reference::Root::settings);
    names.push_back(std::get<std::string>(reference.path.at(0)));
  });
  CHECK(names == std::vector<std::string>{"subdomain"});
  // Nothing is declared, or another: what an account connects with is no value.
  CHECK(refusal(R"({"baseUrl":"https://crm.example","actions":{"a":{"method":"GET",
      "path":"/{{account.token}}"}}})") == "/actions/a/path");
  CHECK(refusal(R"({"baseUrl":"https://{{account.token}}.crm.example")" + settings + '}') ==
        "/baseUrl");
  CHECK(refusal(R"({"baseUrl":"https://crm.example","headers":{"X":"{{account.token}}"})" +
                settings + '}') == "/headers");
}

TEST_CASE("a source of choices names an action that is there, and parameters that it takes") {
  const auto source = [](const std::string& of) {
    return with(R"("actions":{"listRooms":{"method":"GET","path":"/r","parameters":{"page":{}}}},
        "settings":[{"id":"t","type":"text"},{"id":"room","type":"enum","source":{)" +
                of + "}}]");
  };
  REQUIRE(valid(source(R"("action":"listRooms","pageParameter":"page")")) != nullptr);
  const ErrorDetail missing = finding(source(R"("action":"listRoom")"));
  CHECK(missing.path == "/settings/1/source/action");
  CHECK(missing.nearest == "listRooms");
  CHECK(refusal(source(R"("action":"listRooms","searchParameter":"q")")) ==
        "/settings/1/source/searchParameter");
  // One that was accepted before is still there.
  CHECK(compile_stored_integration("crm", *parse_json(source(R"("action":"listRoom")"))).ok());
}

TEST_CASE("an integration may declare a thousand actions and not one more") {
  const auto actions = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text +=
          (text.empty() ? "\"a" : ",\"a") + std::to_string(i) + R"(":{"method":"GET","path":"/"})";
    }
    return with(R"("actions":{)" + text + '}');
  };
  REQUIRE(valid(actions(limits::actions_per_integration_max)) != nullptr);
  REQUIRE(refusal(actions(limits::actions_per_integration_max + 1)) == "/actions");
}

TEST_CASE("the credential's further hosts are names, or all names below one") {
  const auto integration = valid(with(R"("hosts":["Files.crm.example","*.crm.example"])"));
  REQUIRE(integration->hosts == std::vector<std::string>{"files.crm.example", "*.crm.example"});
  for (const char* const host : {"*", "*.", "https://a.example", "a.example:80", "a.*.example",
                                 "*.*.example", "example", ".a.example", ""}) {
    INFO(host);
    REQUIRE(refusal(with(R"("hosts":[")" + std::string(host) + "\"]")) == "/hosts/0");
  }
  REQUIRE(refusal(with(R"("hosts":[7])")) == "/hosts/0");
}

TEST_CASE("an action is found by its name or by its intent, and never by a guess") {
  const auto integration = valid(with(R"("actions":{
    "sendMessage":{"method":"GET","path":"/a"},"listContacts":{"method":"GET","path":"/b"},
    "list_contacts":{"method":"GET","path":"/c"},"GET_ALL":{"method":"GET","path":"/d"}})"));
  const auto found = [&](const std::string& name) {
    const auto* const action = find_action(*integration, name);
    return action == nullptr ? std::string() : action->name;
  };
  REQUIRE(found("sendMessage") == "sendMessage");
  REQUIRE(found("CRM_SEND_MESSAGE") == "sendMessage");
  REQUIRE(found("SEND_MESSAGE") == "sendMessage");
  REQUIRE(found("GET_ALL") == "GET_ALL");
  REQUIRE(found("crm_send_message").empty());
  REQUIRE(found("CRM_LIST_CONTACTS").empty());  // it could be either
  REQUIRE(found("CRM_").empty());
  REQUIRE(found("").empty());
}

TEST_CASE("headers of an integration see settings, user and secrets, and their secrets are known") {
  const auto integration = valid(
      with(R"("headers":{"Accept":"a/b","X":"{{settings.x}}","Y":"{{secrets.KEY}} {{user.id}}"})"));
  CHECK(integration->header_secrets == std::vector<std::string>{"KEY"});
  CHECK(refusal(with(R"("headers":{"X":"{{trigger.x}}"})")) == "/headers");
  CHECK(refusal(with(R"("headers":{"X":"{{account.x}}"})")) == "/headers");
  CHECK(refusal(with(R"("headers":{"X Y":"z"})")) == "/headers/X Y");
}

TEST_CASE("headers may hold what a sign-in keeps of the account") {
  const std::string auth = R"("auth":{"type":"oauth2","authorizeUrl":"https://a.example/x",
    "tokenUrl":"https://a.example/t","clientId":"c","clientSecret":"s","token":{"keep":{"team":"team.id"}}})";
  CHECK(valid(with(auth + R"(,"headers":{"X-Team":"{{account.team}}"})"))->header_secrets.empty());
  CHECK(refusal(with(auth + R"(,"headers":{"X-Team":"{{account.other}}"})")) == "/headers");
}

TEST_CASE("success sees the answer alone, and errors say where the provider's code is") {
  const auto integration = valid(with(
      R"("success":[[{"variable":"{{response.body.ok}}","operator":"BooleanTrue"}]],
         "errors":{"code":"response.body.error","message":"response.body.detail","retry":["a",7],"reconnect":["b"]})"));
  CHECK(integration->answers.success.size() == 1);
  CHECK(integration->answers.code.size() == 3);
  CHECK(integration->answers.retry == std::vector<std::string>{"a", "7"});
  CHECK(refusal(with(R"("success":[[{"variable":"{{trigger.ok}}","operator":"BooleanTrue"}]])")) ==
        "/success/0/0/variable");
  CHECK(refusal(with(R"("errors":{"retry":["a"]})")) == "/errors/code");
  CHECK(refusal(with(R"("errors":{"code":"body.error"})")) == "/errors/code");
  CHECK(refusal(with(R"("errors":{"code":"response.body.e","retry":[true]})")) ==
        "/errors/retry/0");
}

TEST_CASE("a place in a path is a declared parameter, or a finding in a new definition alone") {
  const std::string path =
      with(R"("actions":{"a":{"method":"GET","path":"/c/{id}/{n}","parameters":{"id":{}}}})");
  CHECK(refusal(path) == "/actions/a/path");
  const auto stored = compile_stored_integration("crm", *parse_json(path));
  REQUIRE(stored.ok());
  CHECK((*stored)->actions.at("a").path_parameters == std::vector<std::string>{"id"});
  CHECK(to_text((*stored)->definition) == path);
}

TEST_CASE("a filter names its language, and no other parameter does") {
  const auto parameter = [](const std::string& keys) {
    return with_action(R"("parameters":{"f":{)" + keys + "}}");
  };
  const auto integration = valid(parameter(R"("type":"filter","filter":"jql")"));
  CHECK(find_action(*integration, "a")->parameters[0].language == FilterLanguage::jql);
  CHECK(refusal(parameter(R"("type":"filter")")) == "/actions/a/parameters/f/filter");
  CHECK(refusal(parameter(R"("type":"string","filter":"jql")")) ==
        "/actions/a/parameters/f/filter");
  CHECK(refusal(parameter(R"("type":"filter","filter":"sql")")) ==
        "/actions/a/parameters/f/filter");
}

TEST_CASE("pages go on in one way, and bodies have what belongs to their kind") {
  const auto pages = [](const std::string& keys) {
    return with_action(R"("pagination":{"output":"response.body.items",)" + keys + "}");
  };
  CHECK(valid(pages(R"("nextLink":true)"))->actions.at("a").request.pagination->next ==
        Pagination::Next::link);
  CHECK(refusal(pages(R"("nextLink":false)")) == "/actions/a/pagination/pageToken");
  CHECK(refusal(pages(R"("nextUrl":"response.body.next","more":"response.body.more")")) ==
        "/actions/a/pagination/more");
  CHECK(refusal(with_action(R"("bodyType":"json","body":{},"formStyle":"brackets")")) ==
        "/actions/a/formStyle");
  CHECK(refusal(with_action(R"("bodyType":"json","body":{},"messageMember":"raw")")) ==
        "/actions/a/messageMember");
  CHECK(refusal(with_action(R"("bodyType":"related","body":{"metadata":{}})")) ==
        "/actions/a/body");
  CHECK(refusal(with_action(R"("bodyType":"mime","body":[])")) == "/actions/a/body");
}
