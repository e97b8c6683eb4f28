// Users' code that misbehaves: it fails its own run with its own code, and nobody else notices.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

#include <atomic>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace {

struct Hostile {
  const char* code;
  const char* timeout;
  std::string errors;  // codes that are right, separated by blanks
};

/// How a run of this code alone ends.
std::string error_of(const TestProject& project, const Hostile& hostile) {
  const JsonArray steps{
      JsonObject{
          {"id", "f"}, {"type", "function"}, {"timeout", hostile.timeout}, {"code", hostile.code}},
      JsonObject{{"id", "r"}, {"type", "response"}}};
  project.deploy("hostile", to_text(JsonObject{{"trigger", JsonObject{{"type", "request"}}},
                                               {"steps", steps}}));
  const Answer answer = project.trigger("hostile");
  return answer.status == 500 ? string_at(answer.json, "/error/code") : answer.text;
}

/// Ordinary requests of a project, one after the other, while this object lives.
class SteadyClient {
 public:
  explicit SteadyClient(const TestProject& project)
      : project_(project), thread_([this] {
          while (!stopped_) {
            ++asked_;
            if (project_.trigger("double", R"({"n": 21})").text == R"({"twice":42})") ++right_;
          }
        }) {}
  ~SteadyClient() { stop(); }

  void stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::size_t asked() const { return asked_; }
  std::size_t right() const { return right_; }

 private:
  const TestProject& project_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::size_t> asked_{0};
  std::atomic<std::size_t> right_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("hostile functions fail their own runs while other runs are answered") {
  const TestProject project(shared_server());
  const TestProject neighbour(shared_server());
  project.deploy_steps("double", doubling_steps);
  neighbour.deploy_steps("double", doubling_steps);
  SteadyClient same_project(project);
  SteadyClient other_project(neighbour);
  const std::string timeouts = "step_timeout function_timeout";
  for (const Hostile& hostile : {
           Hostile{"() => { while (true) {} }", "500ms", timeouts},
           Hostile{"async () => { while (true) await null; }", "500ms", timeouts},
           Hostile{"() => /^(a+)+$/.test('a'.repeat(40) + 'b')", "500ms", timeouts},
           Hostile{"() => { const a = []; while (true) a.push(new Array(1e6).fill(1)); }", "20s",
                   "function_memory"},
           Hostile{"() => { const f = () => f(); return f(); }", "20s", "function_threw"},
           Hostile{"() => new Promise(() => {})", "20s", "function_never_settled"},
           Hostile{"() => { throw null }", "20s", "function_threw"},
           Hostile{"() => { let a = []; for (let i = 0; i < 1000; ++i) a = [a]; return a; }", "20s",
                   "function_output"},
           Hostile{"() => 'x'.repeat(51 * 1024 * 1024)", "20s", "function_output"},
       }) {
    INFO(hostile.code);
    const std::string error = error_of(project, hostile);
    INFO(error);
    CHECK((" " + hostile.errors + " ").find(" " + error + " ") != std::string::npos);
  }
  same_project.stop();
  other_project.stop();
  CHECK(same_project.right() == same_project.asked());
  CHECK(other_project.right() == other_project.asked());
  CHECK(same_project.right() >= 9);
  CHECK(other_project.right() >= 9);
  CHECK(is_well(shared_server()));
}

TEST_CASE("a function's own limits are kept apart from the step's timeout") {
  const TestProject project(shared_server());
  const std::string grow = "() => { const a = []; while (true) a.push(new Array(1e5).fill(1)); }";
  project.deploy_steps("w", R"({"id": "f", "type": "function", "memory": "32MB", "code": ")" +
                                grow + R"("}, {"id": "r", "type": "response"})");
  const Answer answer = project.trigger("w");
  CHECK(answer.status == 500);
  CHECK(answer.at("/error/code") == R"("function_memory")");
}

TEST_CASE("functions have no way to files, network or the process") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "f", "type": "function",
     "code": "() => ['require', 'process', 'fetch', 'XMLHttpRequest', )json"
                            R"json('WebSocket', 'Deno', 'module'].filter((name) => )json"
                            R"json(typeof globalThis[name] !== 'undefined')"},
    {"id": "r", "type": "response", "body": {"found": "{{f.result}}"}})json");
  CHECK(project.trigger("w").text == R"({"found":[]})");
}

TEST_CASE("globals of one project, workflow or function are invisible to others") {
  const TestProject project(shared_server());
  const TestProject other(shared_server());
  const std::string leave =
      "() => { Object.prototype.spy = 'mine'; Array.prototype.map = () => 'mine'; "
      "try { globalThis.spy = 'mine'; } catch {} return 'left'; }";
  const std::string look = "() => [typeof globalThis.spy, typeof {}.spy, [1].map((x) => x)[0]]";
  const auto steps = [](const std::string& code) {
    return R"({"id": "f", "type": "function", "code": ")" + code +
           R"("}, {"id": "r", "type": "response", "body": {"saw": "{{f.result}}"}})";
  };
  project.deploy_steps("leave", steps(leave));
  project.deploy_steps("look", steps(look));
  other.deploy_steps("look", steps(look));
  const char* const nothing = R"({"saw":["undefined","undefined",1]})";
  // Often enough for every worker process to have been left something.
  for (int i = 0; i < 10; ++i) {
    CHECK(project.trigger("leave").text == R"({"saw":"left"})");
    CHECK(project.trigger("look").text == nothing);
    CHECK(other.trigger("look").text == nothing);
  }
}

TEST_CASE("a function with isolation per call never sees an earlier call") {
  const TestProject project(shared_server());
  project.deploy_steps("w", R"json(
    {"id": "f", "type": "function", "isolation": "call",
     "code": "() => { Array.prototype.calls = ([].calls ?? 0) + 1; return [].calls; }"},
    {"id": "r", "type": "response", "body": {"calls": "{{f.result}}"}})json");
  for (int i = 0; i < 5; ++i) CHECK(project.trigger("w").text == R"({"calls":1})");
}
