// The original platform's browser SDK, unmodified, against the real binary (tests/browser_sdk).
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/child_process.h"
#include "tests/support/misbehaving_peer.h"

#include <filesystem>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

void prepare(const TestProject& project) {
  REQUIRE(project
              .put("/integrations/crm", R"({"name": "CRM", "baseUrl": ")" + example_peer().url() +
                                            R"(", "auth": {"type": "bearer"},
                           "settings": [{"id": "channel", "type": "text", "required": true}]})")
              .status == 201);
  REQUIRE(project.put("/events/Contact%20Created", R"({"schema": {}})").status == 201);
  project.deploy("greet",
                 R"json({"name": "Greet", "integration": "crm", "trigger": {"type": "request"},
      "settings": [{"id": "greeting", "type": "text"}], "steps": [
        {"id": "say", "type": "response",
         "body": {"said": "{{settings.greeting}} {{trigger.request.body.name}} in {{settings.channel}}"}}]})json");
  project.deploy("secretly", R"json({"name": "Secretly", "integration": "crm", "hidden": true,
      "trigger": {"type": "event", "event": "Contact Created"}, "steps": [
        {"id": "one", "type": "function", "code": "() => 1"}]})json");
}

/// What the driver says of each step, and how it ended.
std::string drive(const TestProject& project, const std::string& driver = "/drive.mjs") {
  const std::string output =
      (std::filesystem::temp_directory_path() / ("browser-sdk-" + project.id())).string();
  ChildProcess node(
      {{MILLRACE_NODE, MILLRACE_BROWSER_SDK + driver, MILLRACE_BROWSER_SDK_PACKAGES,
        "http://127.0.0.1:" + std::to_string(project.port()), project.id(), project.token("ada")},
       output,
       output + ".errors"});
  const auto code = node.wait_for_exit(120s);
  std::string said = read_file(output) + (code == 0 ? "" : read_file(output + ".errors"));
  std::filesystem::remove(output);
  std::filesystem::remove(output + ".errors");
  return said + "exit " + (code ? std::to_string(*code) : "never");
}

}  // namespace

TEST_CASE("the original's browser SDK connects, configures, enables, runs and uninstalls") {
  const TestProject project(open_server());
  prepare(project);
  const std::string said = drive(project);
  INFO(said);
  for (const char* const line : {
           "ok authenticated true",
           R"(ok meta {"Name":"Ada","Email":"ada@example.org"})",
           R"(ok metadata ["crm"])",
           R"(ok settings [["channel","TEXT_NO_VARS",true]])",
           R"(ok workflows ["greet"])",
           R"(ok hidden ["secretly"])",
           R"(ok asks for ["token"])",
           R"(ok installed [true,"VALID",1])",
           R"(ok shared settings {"channel":"#sales"})",
           "ok enabled true",
           R"(ok workflow settings {"greeting":"Hello"})",
           R"(ok workflow {"said":"Hello Ada in #sales"})",
           R"(ok proxy {"data":{"id":"c-1","n":1}})",
           "ok account true",
           "ok still signed in true",
           "ok disabled false",
           "ok uninstalled 0",
           R"(ok after a reload ["Ada",false])",
           "exit 0",
       }) {
    CAPTURE(line);
    CHECK(said.find(line) != std::string::npos);
  }
}

namespace {

/// Gives tokens for the one code that the driver brings.
MisbehavingPeer::Script token_server() {
  return MisbehavingPeer::serving([](PeerConnection& connection, const PeerRequest& request) {
    const bool is_good = request.target == "/token" &&
                         request.body.find("code=c0de") != std::string::npos &&
                         request.body.find("code_verifier=") != std::string::npos;
    connection.answer(is_good ? 200 : 400,
                      is_good ? R"({"access_token": "a-1", "expires_in": 3600, "team": "t1"})"
                              : R"({"error": "invalid_grant"})");
  });
}

}  // namespace

TEST_CASE("the original's browser SDK lets users sign in, and sets one account up several times") {
  const TestProject project(open_server());
  const MisbehavingPeer peer(token_server());
  REQUIRE(project
              .put("/integrations/drive", R"({"baseUrl": ")" + peer.url("/api") +
                                              R"(", "auth": {"type": "oauth2",
                       "authorizeUrl": "https://drive.example/authorize", "tokenUrl": ")" +
                                              peer.url("/token") +
                                              R"(", "clientId": "us", "clientSecret": "s3cret",
                       "scopes": ["read"], "token": {"providerId": "team"}}})")
              .status == 201);
  REQUIRE(project.put("/events/Made", R"({"schema": {}})").status == 201);
  project.deploy("sync", R"json({"integration": "drive",
      "trigger": {"type": "event", "event": "Made"}, "steps": [
        {"id": "one", "type": "function", "code": "() => 1"}]})json");
  const std::string said = drive(project, "/drive_accounts.mjs");
  INFO(said);
  for (const char* const line : {
           R"(ok first page [200,true,true])",
           R"(ok asked for ["us","read"])",
           R"(ok window ends [200,true])",
           R"(ok installed [true,"VALID","t1",1])",
           R"(ok configuration [false,"team-2"])",
           R"(ok enabled in [false,true])",
           R"(ok meta {"team":2})",
           R"(ok event "no body")",
           R"(ok disabled in [false,false])",
           "ok left 1",
           "ok uninstalled 0",
           "exit 0",
       }) {
    CAPTURE(line);
    CHECK(said.find(line) != std::string::npos);
  }
}
