// Drafts and versions: saving changes the draft, deploying changes what runs.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::tests;

namespace {

std::string replying(const std::string& word) {
  return R"json({"name": "Greeting", "trigger": {"type": "request"}, "steps": [
    {"id": "r", "type": "response", "body": {"word": ")json" +
         word + R"json("}}]})json";
}

}  // namespace

TEST_CASE("a saved draft runs only once it is deployed") {
  const TestProject project(shared_server());
  const Answer saved = project.put("/workflows/greet", replying("one"));
  CHECK(saved.status == 200);
  CHECK(saved.at("/latestVersion") == "null");
  CHECK(saved.at("/deployedVersion") == "null");
  CHECK(project.trigger("greet").status == 409);

  CHECK(project.post("/workflows/greet/deploy").text == R"({"version":1})");
  CHECK(project.trigger("greet").text == R"({"word":"one"})");
  CHECK(project.put("/workflows/greet", replying("two")).status == 200);
  CHECK(project.trigger("greet").text == R"({"word":"one"})");
  CHECK(project.post("/workflows/greet/deploy").text == R"({"version":2})");
  CHECK(project.trigger("greet").text == R"({"word":"two"})");
}

TEST_CASE("versions stay as they were deployed") {
  const TestProject project(shared_server());
  project.deploy("greet", replying("one"));
  project.deploy("greet", replying("two"));
  project.put("/workflows/greet", replying("three"));
  const Answer versions = project.get("/workflows/greet/versions");
  CHECK(versions.status == 200);
  CHECK(versions.json.at("versions").as_array().size() == 2);
  const std::string word = "/definition/steps/0/body/word";
  CHECK(project.get("/workflows/greet/versions/1").at(word) == R"("one")");
  CHECK(project.get("/workflows/greet/versions/2").at(word) == R"("two")");
  CHECK(project.get("/workflows/greet").at(word) == R"("three")");
  for (const char* const version : {"3", "0", "-1", "x", "01"}) {
    INFO(version);
    CHECK(project.get("/workflows/greet/versions/" + std::string(version)).status == 404);
  }
}

TEST_CASE("an undeployed workflow starts nothing until it is deployed again") {
  const TestProject project(shared_server());
  project.deploy("greet", replying("one"));
  CHECK(project.post("/workflows/greet/undeploy").at("/deployedVersion") == "null");
  CHECK(project.trigger("greet").status == 409);
  CHECK(project.post("/workflows/greet/undeploy").status == 200);
  CHECK(project.post("/workflows/greet/deploy").text == R"({"version":2})");
  CHECK(project.trigger("greet").status == 200);
}

TEST_CASE("a deleted workflow is gone for its clients") {
  const TestProject project(shared_server());
  project.deploy("greet", replying("one"));
  CHECK(project.remove("/workflows/greet").status == 204);
  CHECK(project.remove("/workflows/greet").status == 404);
  CHECK(project.get("/workflows/greet").status == 404);
  CHECK(project.post("/workflows/greet/deploy").status == 404);
  CHECK(project.post("/workflows/greet/undeploy").status == 404);
  CHECK(project.get("/workflows/greet/versions").status == 404);
  CHECK(project.trigger("greet").status == 404);
  CHECK(project.get("/workflows").text == R"({"workflows":[]})");
}

TEST_CASE("the list of workflows outlines each of them") {
  const TestProject project(shared_server());
  project.deploy("b", replying("one"));
  project.put("/workflows/a", R"({"name": "Only a draft"})");
  const Json list = project.get("/workflows").json.at("workflows");
  REQUIRE(list.as_array().size() == 2);
  CHECK(text_at(list, "/0/id") == R"("a")");
  CHECK(text_at(list, "/0/name") == R"("Only a draft")");
  CHECK(text_at(list, "/0/deployedVersion") == "null");
  CHECK(text_at(list, "/1/name") == R"("Greeting")");
  CHECK(text_at(list, "/1/deployedVersion") == "1");
}

TEST_CASE("a run in flight stays on the version that it began with") {
  const TestProject project(shared_server());
  const auto waiting = [](const std::string& word) {
    return R"json({"trigger": {"type": "request"}, "steps": [
      {"id": "wait", "type": "delay", "value": 1, "unit": "SECONDS"},
      {"id": "say", "type": "function", "code": "() => ')json" +
           word + R"json('"}]})json";
  };
  project.deploy("slow", waiting("old"));
  const std::string first = project.start("slow");
  project.deploy("slow", waiting("new"));
  const std::string second = project.start("slow");
  CHECK(text_at(project.wait_until_ended(first), "/workflowVersion") == "1");
  CHECK(text_at(project.step(first, "say"), "/output/result") == R"("old")");
  CHECK(text_at(project.wait_until_ended(second), "/workflowVersion") == "2");
  CHECK(text_at(project.step(second, "say"), "/output/result") == R"("new")");
}

TEST_CASE("a run in flight ends although its workflow is undeployed and deleted") {
  const TestProject project(shared_server());
  project.deploy_steps("slow", R"json(
    {"id": "wait", "type": "delay", "value": 1, "unit": "SECONDS"},
    {"id": "say", "type": "function", "code": "() => 'still here'"})json");
  const std::string run = project.start("slow");
  project.post("/workflows/slow/undeploy");
  project.remove("/workflows/slow");
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("SUCCEEDED")");
  CHECK(text_at(project.step(run, "say"), "/output/result") == R"("still here")");
}

TEST_CASE("a workflow deleted and made anew goes on counting its versions") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "wait", "type": "delay", "value": 1, "unit": "SECONDS"},
    {"id": "say", "type": "function", "code": "() => 'old'"})json");
  const std::string run = project.start("w");
  project.remove("/workflows/w");
  CHECK(project.put("/workflows/w", replying("anew")).status == 200);
  CHECK(project.post("/workflows/w/deploy").text == R"({"version":2})");
  CHECK(project.trigger("w").text == R"({"word":"anew"})");
  // The run of the version that was there before does not notice.
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("SUCCEEDED")");
  CHECK(text_at(project.step(run, "say"), "/output/result") == R"("old")");
}
