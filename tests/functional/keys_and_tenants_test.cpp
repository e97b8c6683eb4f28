// The keys of the instance and of projects, and that no key opens another project's door.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Every route of a project, as its own key may call it and any other may not.
std::vector<Call> project_calls(const TestProject& project, const std::string& execution) {
  const std::string history = TestProject::execution_path(execution);
  return {
      {"GET", project.path("")},
      {"PATCH", project.path(""), "", R"({"retentionDays": 1})"},
      {"GET", project.path("/workflows")},
      {"PUT", project.path("/workflows/w"), "", "{}"},
      {"GET", project.path("/workflows/w")},
      {"POST", project.path("/workflows/w/deploy")},
      {"GET", project.path("/workflows/w/versions")},
      {"GET", project.path("/workflows/w/versions/1")},
      {"GET", project.path("/workflows/w/admission")},
      {"POST", project.path("/workflows/w/undeploy")},
      {"DELETE", project.path("/workflows/w")},
      {"GET", project.path("/signing-keys")},
      {"PUT", project.path("/signing-keys/k"), "", "{}"},
      {"DELETE", project.path("/signing-keys/main")},
      {"GET", project.path("/task-history/workflow-executions")},
      {"GET", project.path("/task-history/export")},
      {"GET", project.path(history)},
      {"GET", project.path(history + "/step-executions/one")},
      {"POST", project.path(history + "/cancel")},
      {"POST", project.path("/api-key")},
      {"GET", project.path("/limits")},
      {"GET", project.path("/usage")},
  };
}

Answer call_with(const Call& call, const std::string& bearer) {
  Call copy = call;
  copy.bearer = bearer;
  return call_server(shared_server().port(), copy);
}

}  // namespace

TEST_CASE("only the admin key makes and lists projects") {
  const TestProject project(shared_server());
  const Call create{"POST", "/projects", "", "{}"};
  const Call list{"GET", "/projects"};
  for (const std::string& key : {std::string(), std::string("wrong"), project.api_key(),
                                 project.token(), admin_key + "x", admin_key.substr(1)}) {
    INFO(key);
    CHECK(call_with(create, key).status == 401);
    CHECK(call_with(list, key).status == 401);
  }
  CHECK(call_with(create, admin_key).status == 201);
  CHECK_THAT(call_with(list, admin_key).text, Catch::Contains(project.id()));
}

TEST_CASE("a project may choose its id and keeps it for itself") {
  const std::string id = "chosen-" + TestProject(shared_server()).id();
  const Call create{"POST", "/projects", "", R"({"id": ")" + id + R"(", "name": "Chosen"})"};
  const Answer created = call_with(create, admin_key);
  CHECK(created.status == 201);
  CHECK(created.at("/id") == to_text(Json(id)));
  CHECK(created.header("Cache-Control") == "no-store");
  CHECK(call_with(create, admin_key).status == 409);
  for (const char* const body : {R"({"id": "a/b"})", R"({"id": "a b"})", R"({"id": 5})",
                                 R"({"name": []})", "[]", "{", R"({"id": "../x"})"}) {
    INFO(body);
    CHECK(call_with({"POST", "/projects", "", body}, admin_key).status == 400);
  }
}

TEST_CASE("a project's routes are closed without its API key") {
  const TestProject project(shared_server());
  for (const Call& call : project_calls(project, "01890000-0000-7000-8000-000000000000")) {
    INFO(call.method << ' ' << call.path);
    CHECK(call_with(call, "").status == 401);
    CHECK(call_with(call, "mr_0123").status == 401);
    CHECK(call_with(call, project.token()).status == 401);
  }
}

TEST_CASE("another project's key sees a project that does not exist") {
  const TestProject project(shared_server());
  const TestProject other(shared_server());
  project.deploy_steps("w", R"({"id": "one", "type": "function", "code": "() => 1"})");
  const std::string execution = project.start("w");
  project.wait_until_ended(execution);
  for (const Call& call : project_calls(project, execution)) {
    INFO(call.method << ' ' << call.path);
    const Answer answer = call_with(call, other.api_key());
    CHECK(answer.status == 404);
    CHECK(answer.text.find("SUCCEEDED") == std::string::npos);
  }
  // Nothing of all that has changed anything.
  CHECK(project.get("/workflows/w").at("/deployedVersion") == "1");
  CHECK(project.get("").at("/retentionDays") == "90");
}

TEST_CASE("an execution is not found below a project that it does not belong to") {
  const TestProject project(shared_server());
  const TestProject other(shared_server());
  project.deploy_steps("w", R"({"id": "one", "type": "delay", "value": 1, "unit": "HOURS"})");
  const std::string execution = project.start("w");
  const std::string path = TestProject::execution_path(execution);
  CHECK(other.get(path).status == 404);
  CHECK(other.get(path + "/step-executions/one").status == 404);
  CHECK(other.post(path + "/cancel").status == 404);
  CHECK(other.get("/task-history/workflow-executions").at("/total") == "0");
  project.wait_for_status(execution, "DELAYED");
}

TEST_CASE("a rotated API key replaces the one before it") {
  const TestProject project(shared_server());
  const Answer rotated = project.post("/api-key");
  CHECK(rotated.status == 200);
  const std::string next = string_at(rotated.json, "/apiKey");
  CHECK(next != project.api_key());
  CHECK(project.get("/workflows").status == 401);
  CHECK(call_with({"GET", project.path("/workflows")}, next).status == 200);
  // The admin key helps who has lost it.
  const Answer by_admin = call_with({"POST", project.path("/api-key")}, admin_key);
  CHECK(by_admin.status == 200);
  CHECK(call_with({"GET", project.path("/workflows")}, next).status == 401);
}
