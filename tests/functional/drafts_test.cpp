// Working on drafts over HTTP: what was written survives, edits, and two who edit at once.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// Of one workflow of a project.
class Draft {
 public:
  explicit Draft(const TestProject& project) : project_(project) {}

  Answer call(const std::string& method, const std::string& rest, const std::string& body = {},
              const std::string& if_match = {}) const {
    Call made{method, project_.path("/workflows/w" + rest), project_.api_key(), body};
    if (!if_match.empty()) made.headers.emplace_back("If-Match", if_match);
    return call_server(project_.port(), made);
  }
  Answer get() const { return call("GET", ""); }
  std::string tag() const { return get().header("etag"); }

 private:
  const TestProject& project_;
};

const std::string definition = R"({"name":"w","trigger":{"type":"request"},"steps":[
  {"id":"one","type":"function","parameters":{"n":"{{trigger.request.body.n}}"},"code":"({ n }) => n + 1"},
  {"id":"reply","type":"response","body":{"n":"{{one.result}}"}}]})";

}  // namespace

TEST_CASE("what Millrace does not know of a draft survives byte for byte") {
  const TestProject project(shared_server());
  const Draft draft(project);
  const std::string own =
      R"("x-own":{"z":1.0,"a":9007199254740993,"b":123456789012345678901234567890,"\u0063":"\u00e9\/","e":1E+2})";
  const std::string text = "{" + own + R"(,"name":"w","trigger":{"type":"request"},"steps":[)" +
                           R"({"id":"r","type":"response","body":{"one":1.0}}]})";
  const Answer put = draft.call("PUT", "", text);
  REQUIRE(put.status == 200);
  CHECK_THAT(put.text, Catch::Contains("\"definition\":" + text));
  CHECK_THAT(draft.get().text, Catch::Contains("\"definition\":" + text));
  const Answer patched = draft.call(
      "PATCH", "",
      R"({"edits":[{"insert":{"after":"r","step":{"id":"s","type":"delay","value":2.0,"unit":"SECONDS"}}}]})");
  REQUIRE(patched.status == 200);
  CHECK_THAT(patched.text, Catch::Contains(own) && Catch::Contains("\"one\":1.0") &&
                               Catch::Contains("\"value\":2.0"));
  const Answer checked = draft.call("POST", "/validate");
  CHECK(checked.at("/valid") == "false");  // unknown keys are deploy's business
  CHECK_THAT(checked.text, Catch::Contains("x-own"));
}

TEST_CASE("a version and the draft that it is restored to have the text that was deployed") {
  const TestProject project(shared_server());
  const Draft draft(project);
  const std::string text =
      R"({"order":2.0,"steps":[{"type":"response","id":"r","statusCode":2.0e2,"body":{"one":1.0,"big":12345678901234567890123}}],)"
      R"("trigger":{"type":"request"},"name":"w"})";
  REQUIRE(draft.call("PUT", "", text).status == 200);
  REQUIRE(draft.call("POST", "/deploy").text == R"({"version":1})");
  CHECK_THAT(draft.call("GET", "/versions/1").text, Catch::Contains("\"definition\":" + text));
  CHECK(project.trigger("w").status == 200);
  std::string written_otherwise = text;
  written_otherwise.replace(text.find("2.0"), 3, "2");
  REQUIRE(draft.call("PUT", "", written_otherwise).status == 200);
  const Answer of_a_number = draft.call("GET", "/versions/1/diff");
  CHECK(of_a_number.at("/changes/0/path") == R"("/order")");
  CHECK_THAT(of_a_number.text, Catch::Contains(R"("from":2.0,"to":2})"));
  CHECK(of_a_number.at("/summary/changed") == "1");
  REQUIRE(draft.call("PUT", "", definition).status == 200);
  const Answer difference = draft.call("GET", "/versions/1/diff");
  REQUIRE(difference.status == 200);
  CHECK_THAT(difference.text, Catch::Contains(R"({"one":1.0,"big":12345678901234567890123})"));
  CHECK(draft.call("GET", "/versions/1/diff?to=deployed").at("/changes") == "[]");
  const Answer restored = draft.call("POST", "/versions/1/restore");
  REQUIRE(restored.status == 200);
  CHECK_THAT(restored.text, Catch::Contains("\"definition\":" + text));
  CHECK(restored.header("etag") == draft.tag());
  CHECK(draft.call("POST", "/deploy").text == R"({"version":1,"unchanged":true})");
}

TEST_CASE("of editors who have seen the same draft one wins, each time") {
  const TestProject project(shared_server());
  const Draft draft(project);
  REQUIRE(draft.call("PUT", "", definition).status == 200);
  for (int round = 0; round < 5; ++round) {
    const std::string tag = draft.tag();
    std::atomic<int> won = 0;
    std::atomic<int> told = 0;
    std::vector<std::thread> editors;
    for (int i = 0; i < 4; ++i) {
      editors.emplace_back([&, i] {
        const std::string word = std::to_string(round) + '.' + std::to_string(i);
        const bool puts = i % 2 == 0;
        const Answer answer =
            puts ? draft.call("PUT", "", R"({"name":")" + word + "\"}", tag)
                 : draft.call("PATCH", "", R"({"description":")" + word + "\"}", tag);
        if (answer.status == 200) ++won;
        if (answer.status == 412) ++told;
      });
    }
    for (std::thread& each : editors) each.join();
    CHECK(won == 1);
    CHECK(told == 3);
  }
}

TEST_CASE("edits without a tag add up, whoever else edits") {
  const TestProject project(shared_server());
  const Draft draft(project);
  REQUIRE(draft.call("PUT", "", definition).status == 200);
  std::atomic<int> added = 0;
  std::vector<std::thread> editors;
  for (int i = 0; i < 8; ++i) {
    editors.emplace_back([&, i] {
      const std::string id = "s" + std::to_string(i);
      const Answer answer = draft.call(
          "PATCH", "", R"({"edits":[{"insert":{"step":{"id":")" + id + R"(","type":"delay"}}}]})");
      if (answer.status == 200) ++added;
    });
  }
  for (std::thread& each : editors) each.join();
  CHECK(added == 8);
  CHECK(draft.get().json.at("definition").at("steps").as_array().size() == 10);
}

TEST_CASE(
    "a draft that was edited is there after a kill, under the tag that was answered, and deploys") {
  ServerProcess server;
  const TestProject project(server);
  const Draft draft(project);
  REQUIRE(draft.call("PUT", "", definition).status == 200);
  REQUIRE(draft.call("POST", "/deploy").text == R"({"version":1})");
  const std::string before = draft.tag();
  const Answer patched = draft.call("PATCH", "", R"({"order":2.0,"edits":[
      {"rename":{"from":"one","to":"next"}},{"duplicate":"next","as":"again"}]})",
                                    before);
  REQUIRE(patched.status == 200);
  const std::string tag = patched.header("etag");
  server.kill_now();
  server.start();
  CHECK(draft.tag() == tag);
  CHECK_THAT(draft.get().text, Catch::Contains("\"order\":2.0"));
  CHECK(project.trigger("w", R"({"n":1})").text == R"({"n":2})");
  CHECK(draft.call("POST", "/deploy", {}, before).at("/code") == "\"draft_changed\"");
  CHECK(draft.call("DELETE", "", {}, before).status == 412);
  CHECK(draft.call("POST", "/deploy", {}, tag).text == R"({"version":2})");
  CHECK(draft.tag() == tag);
  CHECK(project.trigger("w", R"({"n":5})").text == R"({"n":6})");
  const Answer difference = draft.call("GET", "/versions/1/diff?to=2");
  CHECK(difference.at("/summary/removed") == "1");
  server.kill_now();
  server.start();
  CHECK(draft.call("POST", "/versions/1/restore", {}, tag).status == 200);
  CHECK(draft.call("POST", "/versions/1/restore", {}, tag).status == 412);
  CHECK(draft.call("POST", "/deploy").text == R"({"version":3})");
}

TEST_CASE("a folder that is deployed keeps the text of its definitions") {
  const TestProject project(shared_server());
  const Answer deployed = project.post("/deploy", R"({"workflows": {"w": {"name": "w",
    "trigger": {"type": "request"}, "steps": [{"id": "r", "type": "response", "body": [1.0, 1e2]}]}}})");
  INFO(deployed.text);
  REQUIRE(deployed.status == 200);
  CHECK_THAT(Draft(project).get().text, Catch::Contains(R"("body":[1.0,1e2])"));
}

TEST_CASE(
    "a folder that the command line deploys keeps the text of its files, with the code in place") {
  const TestProject project(shared_server());
  const TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() + "/workflows");
  std::ofstream(folder.path() + "/workflows/w.json")
      << R"({"name": "w", "trigger": {"type": "request"},
    "steps": [{"id": "f", "codeFile": "f.js", "type": "function", "parameters": {"one": 1.0, "e": 1E2}},
              {"id": "r", "type": "response", "body": "{{f.result}}"}]})";
  std::ofstream(folder.path() + "/workflows/f.js") << "({ one }) => ({\"got\": one})";
  const ProgramEnd end = run_millrace({"deploy", folder.path(), "--url", shared_server().url(),
                                       "--project", project.id(), "--api-key", project.api_key()});
  INFO(end.output << end.errors);
  REQUIRE(end.exit_code == 0);
  const std::string step = R"json({"id":"f","code":"({ one }) => ({\"got\": one})",)json"
                           R"json("type":"function","parameters":{"one":1.0,"e":1E2}})json";
  CHECK_THAT(Draft(project).get().text, Catch::Contains(step));
  CHECK(project.trigger("w").text == R"({"got":1})");
}

TEST_CASE("what steps gave in tests is offered to editors, until the workflow is gone") {
  const TestProject project(shared_server());
  const Draft draft(project);
  CHECK(draft.call("GET", "/test-outputs").status == 404);
  REQUIRE(draft.call("PUT", "", definition).status == 200);
  CHECK(draft.call("GET", "/test-outputs").text == R"({"outputs":{}})");
  REQUIRE(draft.call("POST", "/test", R"({"request":{"body":{"n":4}}})").at("/status") ==
          "\"SUCCEEDED\"");
  const Answer outputs = draft.call("GET", "/test-outputs");
  CHECK(outputs.at("/outputs/one/output") == R"({"result":5})");
  CHECK(outputs.at("/outputs/one/isCut") == "false");
  CHECK(outputs.at("/outputs/trigger/output/request/body/n") == "4");
  REQUIRE(draft.call("DELETE", "").status == 204);
  REQUIRE(draft.call("PUT", "", definition).status == 200);
  CHECK(draft.call("GET", "/test-outputs").text == R"({"outputs":{}})");
}
