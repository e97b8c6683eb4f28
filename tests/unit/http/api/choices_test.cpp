// What forms offer for a setting: declared options, or what an action of the integration lists for the account.

#include "runtime/integrations/stored_integration.h"
#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr const char* chat = R"json({
    "baseUrl": "https://chat.example/v1", "auth": {"type": "bearer"},
    "actions": {"listChannels": {"method": "GET", "path": "/channels/{{parameters.kind}}",
        "params": {"cursor": "{{parameters.cursor}}", "q": "{{parameters.query}}"},
        "headers": {"Idempotency-Key": "x:call:1"},
        "parameters": {"kind": {"type": "string"}, "cursor": {"type": "any"}, "query": {"type": "string"}}}},
    "settings": [
      {"id": "tone", "type": "enum", "options": ["kind", {"value": 2, "label": "Two"}]},
      {"id": "channel", "type": "enum", "title": "Channel", "source": {"action": "listChannels",
        "records": "response.body.channels", "value": "id", "label": "name",
        "cursor": "response.body.next", "pageParameter": "cursor", "searchParameter": "query"}}]})json";

struct Form : ApiFixture {
  Form() {
    REQUIRE(put_key("a", first_keys().public_pem).status == 200);
    // The scripted peer knows the call by its key.
    const auto put = call("PUT", "/projects/p1/integrations/chat", api_key, chat);
    INFO(put.text);
    REQUIRE(put.status == 201);
  }
  Answer ask(const std::string& method, const std::string& rest, const std::string& body = {}) {
    return call(method, "/projects/p1/sdk" + rest, token(first_keys(), "ada"), body);
  }
  /// A setting whose action nobody declares: what was accepted before that was looked at is there.
  void store_a_lost_source() {
    Json definition = *parse_json(chat);
    definition.at("settings")
        .as_array()
        .push_back(
            *parse_json(R"({"id": "lost", "type": "enum", "source": {"action": "noSuch"}})"));
    REQUIRE(call("PUT", "/projects/p1/integrations/chat", api_key, to_text(definition)).status ==
            400);
    const auto stored = compile_stored_integration("chat", definition);
    REQUIRE(stored.ok());
    REQUIRE(
        integrations.put_all(ProjectId("p1"), {{"chat", to_text(definition), *stored}}, {}).ok());
  }
  void connect() {
    REQUIRE(
        ask("POST", "/integrations/chat/connect", R"({"credentials":{"token":"t-1"}})").status ==
        201);
  }
};

const Json two_channels = *parse_json(
    R"({"channels":[{"id":"c1","name":"One"},{"id":"c2"},{"name":"no id"}],"next":"n2"})");

}  // namespace

TEST_CASE("a page of choices is what the action lists with the user's account", "[http][choices]") {
  Form api;
  api.connect();
  api.http.on("call", answering(200, two_channels));
  const auto page = api.ask("GET", "/integrations/chat/options/channel?search=sa%26les");
  INFO(page.text);
  CHECK(page.status == 200);
  CHECK(page["records"] ==
        *parse_json(R"([{"value":"c1","label":"One"},{"value":"c2","label":"c2"}])"));
  CHECK(page["nextPageCursor"] == Json("n2"));
  const auto sent = api.http.sent("call").back();
  CHECK_THAT(sent.url, Catch::StartsWith("https://chat.example/v1/channels/") &&
                           Catch::Contains("q=sa%26les"));
  CHECK(std::any_of(sent.headers.begin(), sent.headers.end(), [](const HttpHeader& each) {
    return each.name == "Authorization" && each.value == "Bearer t-1";
  }));
}

TEST_CASE("the browser SDK gets its pages under `output`, and begins with the cursor 0",
          "[http][choices]") {
  Form api;
  api.connect();
  api.http.on("call", answering(200, two_channels));
  const auto ask = [&](const std::string& pages) {
    return api.ask("POST", "/actions",
                   R"({"action":"chat","sourceKey":"channel","parameters":[{"key":"kind",
                       "source":{"type":"VALUE","value":"a/b"}}],"paginationParameters":)" +
                       pages + "}");
  };
  const auto first = ask(R"({"pageCursor":0})");
  INFO(first.text);
  CHECK(first["output"].at("records").as_array().size() == 2);
  CHECK_THAT(api.http.sent("call").back().url,
             Catch::Contains("/channels/a%2Fb") && !Catch::Contains("cursor=0"));
  ask(R"({"pageCursor":"n2"})");
  CHECK_THAT(api.http.sent("call").back().url, Catch::Contains("cursor=n2"));
}

TEST_CASE("the SDK is told which settings have a source, and pages not how", "[http][choices]") {
  Form api;
  const Json list = api.ask("GET", "/integrations").json;
  const Json& chat = list.as_array().at(0);
  CHECK(chat.at("sdkIntegrationConfig").at("dataSources").at("channel").at("cacheKey") ==
        Json("channel"));
  const Json& input = chat.at("configs")
                          .as_array()
                          .at(0)
                          .at("values")
                          .at("sharedMeta")
                          .at("inputs")
                          .as_array()
                          .at(1);
  CHECK(input.at("sourceType") == Json("channel"));
  CHECK_FALSE(input.as_object().contains("source"));
}

TEST_CASE("a setting without a source has its options, and needs no account", "[http][choices]") {
  Form api;
  const auto page = api.ask("GET", "/integrations/chat/options/tone");
  CHECK(page["records"].as_array().size() == 2);
  CHECK(page["nextPageCursor"].is_null());
}

TEST_CASE("choices that cannot be listed are refused with the reason", "[http][choices]") {
  Form api;
  CHECK(api.ask("GET", "/integrations/chat/options/none").status == 404);
  CHECK(api.ask("GET", "/integrations/chat/options/channel").status == 404);  // no account
  api.connect();
  api.store_a_lost_source();
  CHECK(api.ask("GET", "/integrations/chat/options/lost").status == 400);
  CHECK(api.ask("POST", "/actions", R"({"action":"chat"})").status == 400);
  api.http.on("call", answering(500, Json("down")));
  const auto down = api.ask("GET", "/integrations/chat/options/channel");
  CHECK(down.status == 502);
  CHECK(down.code() == "request_failed");
  // Another shape than the one that is declared, as of a peer that has changed.
  api.http.on("call", answering(200, Json(JsonObject{{"channels", 5}, {"next", JsonArray()}})));
  CHECK(api.ask("GET", "/integrations/chat/options/channel")["records"] == Json(JsonArray()));
}

}  // namespace millrace
