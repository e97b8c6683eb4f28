// Edits of a draft while the process is killed: what was acknowledged is there under its tag, and of what was not
// acknowledged all or nothing.
#include "tests/crash/crashing_server.h"
#include "tests/support/catch.h"
#include "tests/support/test_project.h"

#include <set>
#include <string>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

Answer call(const TestProject& project, const std::string& method, const std::string& body = {},
            const std::string& if_match = {}) {
  Call made{method, project.path("/workflows/w"), project.api_key(), body};
  if (!if_match.empty()) made.headers.emplace_back("If-Match", if_match);
  return call_server(project.port(), made);
}

/// Two steps, so that half an edit would be seen.
std::string edits_of(const std::string& name) {
  const auto insert = [&](const std::string& id) {
    return R"({"insert":{"step":{"id":")" + id + R"(","type":"delay","value":1.0}}})";
  };
  return "{\"edits\":[" + insert(name) + "," + insert(name + "_too") + "]}";
}

struct Editor {
  std::string tag;
  std::set<std::string> acknowledged;
  std::string last;  // that was sent

  /// Edits until the server is gone.
  void edit(const TestProject& project) {
    while (true) {
      last = "s" + std::to_string(acknowledged.size());
      const Answer answer = call(project, "PATCH", edits_of(last), tag);
      if (answer.status != 200) return;
      tag = answer.header("etag");
      acknowledged.insert(last);
    }
  }
};

std::set<std::string> ids_of(const Answer& answer) {
  std::set<std::string> ids;
  for (const Json& step : answer.json.at("definition").at("steps").as_array()) {
    ids.insert(string_at(step, "/id"));
  }
  return ids;
}

}  // namespace

TEST_CASE("an edit is whole and under its tag, or was never made, whenever the process is killed") {
  CrashingServer server;
  const TestProject project(server.process());
  for (const int milliseconds : {3, 8, 20, 50}) {
    Editor editor;
    const Answer begun = call(project, "PUT", R"({"steps":[],"own":1.0})");
    REQUIRE(begun.status == 200);
    editor.tag = begun.header("etag");
    std::jthread client([&] { editor.edit(project); });
    CHECK_FALSE(
        server.process().wait_for_exit(std::chrono::milliseconds(milliseconds)).has_value());
    server.kill_and_start();
    client.join();

    const Answer found = call(project, "GET");
    REQUIRE(found.status == 200);
    std::set<std::string> expected;
    for (const std::string& id : editor.acknowledged) {
      expected.insert(id);
      expected.insert(id + "_too");
    }
    auto ids = ids_of(found);
    const bool was_made = ids.contains(editor.last);
    CHECK(ids.contains(editor.last + "_too") == was_made);
    ids.erase(editor.last);
    ids.erase(editor.last + "_too");
    CHECK(ids == expected);
    CHECK((found.header("etag") == editor.tag) != was_made);
    CHECK_THAT(found.text, Catch::Contains("\"own\":1.0"));
    // Whoever has seen the draft before sends the edit again, and is told when it is there already.
    CHECK(call(project, "PATCH", edits_of(editor.last), editor.tag).status ==
          (was_made ? 412 : 200));
  }
}
