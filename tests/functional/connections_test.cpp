// Integrations, users and their accounts with the real binary: connected, enabled, listed, kept
// over restarts and readable nowhere on the disk, disconnected.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

#include <filesystem>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* crm =
    R"({"name": "CRM", "baseUrl": "https://api.crm.example/v1", "auth": {"type": "basic"}})";
const std::string account =
    R"({"credentials": {"username": "ada", "password": "pl41n-passw0rd"}, "providerId": "acct-1"})";

Answer as_user(const TestProject& project, const std::string& method, const std::string& rest,
               const std::string& body = {}, const std::string& user = "user-1") {
  return call_server(project.port(),
                     {method, project.path("/sdk" + rest), project.token(user), body});
}

std::string connected(const TestProject& project) {
  const Answer answer = as_user(project, "POST", "/integrations/crm/connect", account);
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return string_at(answer.json, "/id");
}

}  // namespace

TEST_CASE("a user connects, enables a workflow, lists and disconnects") {
  const TestProject project(shared_server());
  REQUIRE(project.put("/integrations/crm", crm).status == 201);
  CHECK(as_user(project, "GET", "/integrations").at("/0/type") == R"("crm")");
  REQUIRE(project.put("/workflows/sync", R"({"integration": "crm"})").status == 200);
  const std::string id = connected(project);
  const Answer enabled =
      as_user(project, "PATCH", "/credentials/" + id,
              R"({"config": {"configuredWorkflows": {"sync": {"enabled": true}}}})");
  CHECK(enabled.status == 200);
  CHECK(enabled.at("/config/configuredWorkflows/sync/enabled") == "true");
  const Answer list = as_user(project, "GET", "/credentials");
  CHECK(list.at("/credentials/0/id") == to_text(Json(id)));
  CHECK(list.at("/credentials/0/status") == R"("VALID")");
  CHECK(list.text.find("pl41n") == std::string::npos);
  CHECK(as_user(project, "GET", "/me").at("/integrations/crm/credentialId") == to_text(Json(id)));
  CHECK(as_user(project, "GET", "/credentials", {}, "user-2").at("/credentials") == "[]");
  CHECK(as_user(project, "DELETE", "/integrations/" + id).status == 204);
  CHECK(as_user(project, "GET", "/credentials").at("/credentials") == "[]");
}

TEST_CASE("connecting with wrong fields says which and starts nothing") {
  const TestProject project(shared_server());
  REQUIRE(project.put("/integrations/crm", crm).status == 201);
  const Answer refused = as_user(project, "POST", "/integrations/crm/connect",
                                 R"({"credentials": {"username": "ada", "pasword": "pl41n"}})");
  CHECK(refused.status == 400);
  CHECK(refused.at("/code") == R"("invalid_request")");
  CHECK_THAT(refused.text, Catch::Contains("/credentials/pasword") &&
                               Catch::Contains("/credentials/password") &&
                               !Catch::Contains("pl41n"));
  CHECK(as_user(project, "POST", "/integrations/cmr/connect", "{}").status == 404);
  CHECK(as_user(project, "GET", "/credentials").at("/credentials") == "[]");
}

TEST_CASE("what users have connected survives a crash and is readable nowhere on the disk") {
  ServerProcess server;
  const TestProject project(server);
  REQUIRE(project.put("/integrations/crm", crm).status == 201);
  const std::string id = connected(project);
  REQUIRE(as_user(project, "PATCH", "/me", R"({"meta": {"Name": "Ada"}})").status == 200);
  REQUIRE(project.put("/integrations/off", R"({"baseUrl": "https://x.example"})").status == 201);
  server.kill_now();
  server.start();
  CHECK(as_user(project, "GET", "/credentials").at("/credentials/0/id") == to_text(Json(id)));
  CHECK(as_user(project, "GET", "/me").at("/meta/Name") == R"("Ada")");
  CHECK(project.get("/integrations").at("/integrations/1/type") == R"("off")");
  CHECK(project.get("/users").at("/total") == "1");
  server.terminate();
  REQUIRE(server.wait_for_exit(20s) == 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.data_directory())) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path().string());
    CHECK(read_file(entry.path()).find("pl41n-passw0rd") == std::string::npos);
  }
  CHECK(server.log_end().find("pl41n-passw0rd") == std::string::npos);
}

TEST_CASE("integrations and users are managed with the project's key alone") {
  const TestProject project(shared_server());
  const TestProject other(shared_server());
  for (const Call& call :
       {Call{"GET", "/integrations"}, Call{"PUT", "/integrations/crm", "", crm},
        Call{"GET", "/integrations/crm"}, Call{"DELETE", "/integrations/crm"},
        Call{"GET", "/users"}, Call{"PATCH", "/users/user-1", "", "{}"}, Call{"GET", "/secrets"},
        Call{"PUT", "/secrets/A", "", R"({"value": "v"})"}, Call{"DELETE", "/secrets/A"}}) {
    INFO(call.method << ' ' << call.path);
    const auto answer_to = [&](const std::string& bearer) {
      return call_server(project.port(), {call.method, project.path(call.path), bearer, call.body});
    };
    CHECK(answer_to("").status == 401);
    CHECK(answer_to(project.token()).status == 401);
    CHECK(answer_to(other.api_key()).status == 404);
  }
  for (const char* const rest : {"/sdk/me", "/sdk/integrations", "/sdk/credentials"}) {
    CHECK(project.get(rest).status == 401);
  }
}
