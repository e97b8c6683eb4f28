// Requests that are tried again: waits, attempts in the history, and restarts at the worst moments.
#include "runtime/text/time_text.h"
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <algorithm>
#include <atomic>
#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace {

std::size_t attempts_shown(const TestProject& project, const std::string& run,
                           const std::string& step) {
  const Json shown = project.step(run, step);
  return shown.at("attempts").as_array().size();
}

std::set<std::string> keys_of(const std::vector<PeerRequest>& requests) {
  std::set<std::string> keys;
  for (const PeerRequest& each : requests) keys.insert(each.header("idempotency-key"));
  return keys;
}

Millis time_between(const Json& value, std::string_view from, std::string_view to) {
  const auto begin = parse_time(string_at(value, from));
  const auto end = parse_time(string_at(value, to));
  REQUIRE((begin && end));
  return *end - *begin;
}

}  // namespace

TEST_CASE("a peer that recovers is asked until it answers, and every attempt is shown") {
  const TestProject project(open_server());
  project.deploy_steps("w", request_step("call", "POST", example_peer().url("/flaky?shown"),
                                         R"(, "body": 1, "retry": {"delays": ["50ms", "100ms"]})"));
  const std::string run = project.start("w");
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("SUCCEEDED")");
  const auto requests = example_peer().requests("/flaky?shown");
  CHECK(requests.size() == 3);
  CHECK(keys_of(requests) == std::set<std::string>{run + ":call"});
  const Json step = project.step(run, "call");
  INFO(to_text(step));
  REQUIRE(attempts_shown(project, run, "call") == 3);
  CHECK(text_at(step, "/attempts/0/error/code") == R"("request_failed")");
  CHECK(text_at(step, "/attempts/0/request/method") == R"("POST")");
  CHECK_THAT(text_at(step, "/attempts/0/request/url"), Catch::Contains("http://127.0.0.1:"));
  CHECK(text_at(step, "/attempts/0/response/statusCode") == "503");
  CHECK(time_between(step, "/attempts/0/end", "/attempts/1/start") >= Millis(45));
  CHECK(time_between(step, "/attempts/1/end", "/attempts/2/start") >= Millis(90));
  CHECK(text_at(step, "/output/response/body") == R"({"attempt":3})");
}

TEST_CASE(
    "a status that cannot get better is asked for once unless the definition says otherwise") {
  const TestProject project(open_server());
  const auto requests_until_failed = [&](const std::string& name, const std::string& retry) {
    const std::string target = "/status/404?" + name;
    project.deploy_steps(name, request_step("call", "GET", example_peer().url(target), retry));
    const std::string run = project.start(name);
    CHECK(text_at(project.wait_until_ended(run), "/status") == R"("FAILED")");
    return example_peer().requests(target).size();
  };
  CHECK(requests_until_failed("once", R"(, "retry": {"delays": ["1ms", "1ms"]})") == 1);
  CHECK(requests_until_failed("thrice",
                              R"(, "retry": {"delays": ["1ms", "1ms"], "statuses": [404]})") == 3);
}

TEST_CASE("the wait that a peer asks for is kept, up to fifteen minutes") {
  const TestProject project(open_server());
  project.deploy_steps(
      "w", request_step("call", "GET", example_peer().url("/status/503?retryAfter=36000"),
                        R"(, "retry": {"delays": ["1ms"]})"));
  const std::string run = project.start("w");
  REQUIRE(poll_until(
      [&] { return !text_at(project.step(run, "call"), "/attempts/0/retryAt").empty(); }));
  const Json step = project.step(run, "call");
  const Millis wait = time_between(step, "/attempts/0/end", "/attempts/0/retryAt");
  CHECK(wait > std::chrono::minutes(14));
  CHECK(wait < std::chrono::minutes(16));
  CHECK(project.post(TestProject::execution_path(run) + "/cancel").status == 202);
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("CANCELLED")");
}

TEST_CASE("a request that failed for good hands its error and response to the steps after it") {
  const TestProject project(open_server());
  project.deploy_steps(
      "w", request_step("call", "GET", example_peer().url("/status/500?lenient"),
                        R"(, "continueOnError": true, "retry": {"delays": ["1ms"]})") +
               R"(, {"id": "bad", "type": "conditional", "if": [[{"variable":
                    "{{call.response.statusCode}}", "operator": "NumberGreaterThanOrEqualTo",
                    "argument": 500}]], "then": []},)" +
               response_step(R"({"choice": "{{bad.selectedChoice}}", "code": "{{call.error.code}}",
                                 "body": "{{call.response.body.status}}"})"));
  CHECK(project.trigger("w").text == R"({"choice":"Yes","code":"request_failed","body":500})");
  CHECK(example_peer().requests("/status/500?lenient").size() == 2);
}

TEST_CASE("a restart in the middle of a retry wait loses no attempt and repeats none") {
  ServerProcess server(open_server_options());
  const TestProject project(server);
  project.deploy_steps("w", request_step("call", "POST", example_peer().url("/flaky?restart"),
                                         R"(, "body": 1, "retry": {"delays": ["2s", "2s"]})"));
  const std::string run = project.start("w");
  for (std::size_t failed = 1; failed <= 2; ++failed) {
    const std::string retry_at = "/attempts/" + std::to_string(failed - 1) + "/retryAt";
    REQUIRE(poll_until([&] { return !text_at(project.step(run, "call"), retry_at).empty(); }));
    server.kill_now();
    server.start();
  }
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("SUCCEEDED")");
  const auto requests = example_peer().requests("/flaky?restart");
  CHECK(requests.size() == 3);
  CHECK(keys_of(requests).size() == 1);
  const Json step = project.step(run, "call");
  INFO(to_text(step));
  REQUIRE(attempts_shown(project, run, "call") == 3);
  CHECK(time_between(step, "/attempts/0/retryAt", "/attempts/1/start") >= Millis(0));
  CHECK(time_between(step, "/attempts/1/retryAt", "/attempts/2/start") >= Millis(0));
}

TEST_CASE("a request in flight when the server dies is repeated with the same key") {
  std::mutex mutex;
  std::vector<PeerRequest> requests;
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return requests.size();
  };
  // The first one is never answered.
  const MisbehavingPeer peer([&](PeerConnection& connection) {
    while (const auto request = connection.read_request()) {
      bool is_first = false;
      {
        const std::lock_guard lock(mutex);
        requests.push_back(*request);
        is_first = requests.size() == 1;
      }
      if (is_first) return connection.wait_for_close();
      connection.answer(200, "done");
    }
  });
  ServerProcess server(open_server_options());
  const TestProject project(server);
  project.deploy_steps(
      "w", request_step("call", "POST", peer.url("/order"), R"(, "body": {"order": 7})"));
  const std::string run = project.start("w");
  REQUIRE(poll_until([&] { return count() == 1; }));
  server.kill_now();
  server.start();
  CHECK(text_at(project.wait_until_ended(run), "/status") == R"("SUCCEEDED")");
  CHECK(text_at(project.step(run, "call"), "/output/response/body") == R"("done")");
  REQUIRE(count() == 2);
  const std::lock_guard lock(mutex);
  CHECK(requests[0].header("idempotency-key") == run + ":call");
  CHECK(requests[1].header("idempotency-key") == run + ":call");
  CHECK(requests[1].body == R"({"order":7})");
}
