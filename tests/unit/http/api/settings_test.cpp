// What users fill in is held against what integration and workflow declare, when connecting and later.

#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

struct Settings : ApiFixture {
  Settings() {
    REQUIRE(put_key("a", first_keys().public_pem).status == 200);
    REQUIRE(call("PUT", "/projects/p1/integrations/crm", api_key,
                 R"({"name":"CRM","baseUrl":"https://crm.example","auth":{"type":"bearer"},
                     "settings":[{"id":"channel","type":"text","required":true},
                       {"id":"size","type":"number"},{"id":"loud","type":"boolean"},
                       {"id":"mail","type":"email"},{"id":"site","type":"url"},
                       {"id":"kind","type":"enum","options":["a",{"value":"b","label":"B"}]},
                       {"id":"map","type":"mapping"}]})")
                .status == 201);
    REQUIRE(
        call("PUT", "/projects/p1/workflows/w", api_key,
             R"({"integration":"crm","settings":[{"id":"depth","type":"number","required":true}],
                     "trigger":{"type":"request"},"steps":[]})")
            .status == 200);
  }

  Answer as_user(const std::string& method, const std::string& rest, const std::string& body) {
    return call(method, "/projects/p1/sdk" + rest, token(first_keys()), body);
  }
  Answer connect(const std::string& settings) {
    return as_user("POST", "/integrations/crm/connect",
                   R"({"credentials":{"token":"t"})" + settings + "}");
  }
  /// Changes the one account.
  Answer patch(const std::string& config) {
    if (account_.empty()) account_ = std::string(connect("")["id"].as_string());
    return as_user("PATCH", "/credentials/" + account_, R"({"config":)" + config + "}");
  }
  static std::string paths_of(const Answer& answer) {
    CHECK(answer.status == 400);
    if (answer.status != 400) return answer.text;
    std::string paths;
    for (const Json& detail : answer["details"].as_array()) {
      paths += std::string(detail.at("path").as_string()) + ' ';
    }
    return paths;
  }

 private:
  std::string account_;
};

}  // namespace

TEST_CASE("settings of another type than declared are refused all at once with their places") {
  Settings api;
  CHECK(Settings::paths_of(api.patch(R"({"sharedSettings":{"channel":1,"size":"not a number",
      "loud":"yes","mail":"nobody","site":"crm.example","kind":"c","map":[1]}})")) ==
        "/config/sharedSettings/channel /config/sharedSettings/size /config/sharedSettings/loud "
        "/config/sharedSettings/mail /config/sharedSettings/site /config/sharedSettings/kind "
        "/config/sharedSettings/map ");
  CHECK(api.patch(R"({"sharedSettings":{"channel":"#a","size":1.5,"loud":false,"mail":"a@b.c",
      "site":"https://crm.example/x","kind":"b","map":{},"anything":[1]}})")
            .status == 200);
  CHECK(api.patch(R"({"sharedSettings":{"channel":"#a","size":null,"mail":""}})").status == 200);
}

TEST_CASE("a setting that is misspelt or required and left empty is named") {
  Settings api;
  CHECK(Settings::paths_of(api.patch(R"({"sharedSettings":{"chanel":"#a"}})")) ==
        "/config/sharedSettings/chanel ");
  CHECK(api.patch(R"({"sharedSettings":{"size":1}})").status == 200);  // it may come later
  CHECK(Settings::paths_of(api.patch(R"({"sharedSettings":{"channel":""}})")) ==
        "/config/sharedSettings/channel ");
}

TEST_CASE("settings that come with a new account are checked and none need to come") {
  Settings api;
  CHECK(Settings::paths_of(api.connect(R"(,"settings":{"size":1})")) == "/settings/channel ");
  CHECK(Settings::paths_of(api.connect(R"(,"settings":{"channel":"#a","size":"1"})")) ==
        "/settings/size ");
  CHECK(api.connect(R"(,"settings":{"channel":"#a"})").status == 201);
  CHECK(api.connect("").status == 201);
}

TEST_CASE("a workflow's own settings are checked as it declares them") {
  Settings api;
  const std::string place = "/config/configuredWorkflows/w/settings/";
  CHECK(Settings::paths_of(
            api.patch(R"({"configuredWorkflows":{"w":{"settings":{"depth":"1","size":true}}}})")) ==
        place + "depth " + place + "size ");
  CHECK(Settings::paths_of(api.patch(R"({"configuredWorkflows":{"w":{"settings":{}}}})")) ==
        place + "depth ");
  CHECK(api.patch(R"({"configuredWorkflows":{"w":{"enabled":true,"settings":{"depth":2}}}})")
            .status == 200);
}

TEST_CASE("a workflow that does not exist is refused also when it is not enabled") {
  Settings api;
  for (const char* const given :
       {R"({"enabled":true})", R"({"enabled":false})", R"({})", R"({"settings":{"a":1}})"}) {
    INFO(given);
    CHECK(Settings::paths_of(api.patch(R"({"configuredWorkflows":{"typo":)" + std::string(given) +
                                       "}}")) == "/config/configuredWorkflows/typo ");
  }
}

TEST_CASE("a reference to a setting that nobody declares is found at deploy") {
  Settings api;
  REQUIRE(api.call("PUT", "/projects/p1/workflows/w", api.api_key,
                   R"({"integration":"crm","settings":[{"id":"depth","type":"number"}],
                       "trigger":{"type":"request"},"steps":[{"id":"r","type":"response",
                       "body":["{{settings.chanel}}","{{settings.depth}}","{{settings.channel}}"]}]})")
              .status == 200);
  const auto refused = api.call("POST", "/projects/p1/workflows/w/deploy", api.api_key);
  REQUIRE(refused.status == 400);
  REQUIRE(refused["details"].as_array().size() == 1);
  CHECK(refused["details"].at(0).at("path") == Json("/steps/0/body/0"));
  CHECK(refused["details"].at(0).at("nearest") == Json("channel"));
}

}  // namespace millrace
