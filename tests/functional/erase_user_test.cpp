// DELETE …/users/{user}: what is left of somebody afterwards.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("an erased user's runs, accounts and name are gone and other users' are not") {
  const TestProject project(shared_server());
  project.deploy_steps("quick", R"({"id": "f", "type": "function", "code": "() => 1"})");
  project.deploy_steps("sleeps", R"({"id": "d", "type": "delay", "value": 30, "unit": "DAYS"})");
  const std::string run = project.start("quick", R"({"name": "Ada"})");
  project.wait_until_ended(run);
  const std::string sleeping = project.start("sleeps");
  project.wait_for_status(sleeping, "DELAYED");
  const std::string others = project.start("quick", "{}", "user-2");
  project.wait_until_ended(others);

  REQUIRE(poll_until([&] {
    const Answer erased = project.remove("/users/user-1");
    CHECK((erased.status == 200 || erased.status == 202 || erased.status == 404));
    return erased.status != 202;
  }));
  for (const std::string& id : {run, sleeping}) {
    CHECK(project.get(TestProject::execution_path(id)).status == 404);
  }
  CHECK(project.get("/task-history/workflow-executions?userId=user-1").at("/total") == "0");
  CHECK(project.get("/task-history/workflow-executions").at("/total") == "1");
  CHECK(project.get("/users").text.find("user-1") == std::string::npos);
  CHECK(project.remove("/users/user-1").status == 404);
  CHECK(project.get(TestProject::execution_path(others)).status == 200);

  // Whoever comes again is new.
  project.wait_until_ended(project.start("quick"));
  CHECK(project.get("/task-history/workflow-executions?userId=user-1").at("/total") == "1");
}
