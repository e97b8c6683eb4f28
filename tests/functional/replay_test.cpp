// Runs that are done again over HTTP, one by one and many at once.
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string executions = "/task-history/workflow-executions";

Answer replay(const TestProject& project, const std::string& run, const std::string& query = {},
              const std::string& body = {}) {
  return project.post(TestProject::execution_path(run) + "/replay" + query, body);
}

std::string replayed(const TestProject& project, const std::string& run,
                     const std::string& query = {}, const std::string& body = {}) {
  const Answer answer = replay(project, run, query, body);
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  return string_at(answer.json, "/id");
}

Answer replay_with_key(const TestProject& project, const std::string& run, const std::string& key,
                       const std::string& query = {}) {
  return call_server(project.port(),
                     {"POST",
                      project.path(TestProject::execution_path(run) + "/replay" + query),
                      project.api_key(),
                      {},
                      "application/json",
                      {{"Idempotency-Key", key}}});
}

std::string ended_run(const TestProject& project, const std::string& workflow,
                      const std::string& status, const std::string& body = "{}") {
  const std::string run = project.start(workflow, body);
  project.wait_for_status(run, status);
  return run;
}

/// The finished job, whether the request has waited for it or not.
Json finished(const TestProject& project, const Answer& answer) {
  INFO(answer.text);
  REQUIRE((answer.status == 200 || answer.status == 202));
  const std::string path = "/task-history/bulk-jobs/" + string_at(answer.json, "/id");
  CHECK(answer.header("location") == project.path(path));
  Json job;
  REQUIRE(poll_until([&] {
    job = project.get(path).json;
    return string_at(job, "/status") == "DONE";
  }));
  return job;
}

}  // namespace

TEST_CASE("a run that failed for want of a secret succeeds when that is put and it is replayed") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"json(
    {"id": "use", "type": "function", "parameters": {"key": "{{secrets.KEY}}", "n": "{{trigger.request.body.n}}"},
     "code": "({ key, n }) => n * key.length"})json");
  const std::string run = ended_run(project, "w", "FAILED", R"({"n": 2})");
  REQUIRE(project.put("/secrets/KEY", R"({"value": "0123456789"})").status == 201);
  const Answer answer = replay(project, run);
  INFO(answer.text);
  REQUIRE(answer.status == 201);
  CHECK(answer.at("/status") == R"("EXECUTING")");
  CHECK(answer.at("/userId") == R"("user-1")");
  CHECK(answer.at("/workflowId") == R"("w")");
  CHECK(answer.at("/replayOf") == to_text(Json(run)));
  const std::string again = string_at(answer.json, "/id");
  CHECK(answer.header("location") == project.path(TestProject::execution_path(again)));
  const Json shown = project.wait_for_status(again, "SUCCEEDED");
  CHECK(string_at(shown, "/replayOf") == run);
  CHECK(text_at(project.step(again, "use"), "/output/result") == "20");
  const Answer list = project.get(executions);
  CHECK(list.at("/workflowExecutions/0/replayOf") == to_text(Json(run)));
  CHECK(list.at("/workflowExecutions/1/replayOf").empty());
}

TEST_CASE("a replay from a step on a mended version sends the request before it no second time") {
  const TestProject project(open_server());
  const std::string target = "/echo?replayed-from-a-step";
  const auto steps = [&](const std::string& code) {
    return request_step("call", "POST", example_peer().url(target),
                        R"(, "body": "{{trigger.request.body}}")") +
           R"json(, {"id": "work", "type": "function",
              "parameters": {"n": "{{call.response.body.body.n}}"}, "code": ")json" +
           code +
           R"json("}, {"id": "last", "type": "function", "parameters": {"w": "{{work.result}}"},
              "code": "({ w }) => w + 1"})json";
  };
  project.deploy_steps("w", steps("() => { throw new Error('not yet'); }"));
  const std::string run = ended_run(project, "w", "FAILED", R"({"n": 41})");
  REQUIRE(example_peer().requests(target).size() == 1);
  // The same version fails again; what it keeps is kept all the same.
  const std::string same = replayed(project, run, "?fromStep=work");
  project.wait_for_status(same, "FAILED");
  project.deploy_steps("w", steps("({ n }) => n"));
  const std::string mended = replayed(project, run, "?version=deployed&fromStep=work");
  const Json shown = project.wait_for_status(mended, "SUCCEEDED");
  CHECK(text_at(project.step(mended, "last"), "/output/result") == "42");
  CHECK(text_at(shown, "/workflowVersion") == "2");
  CHECK(text_at(shown, "/taskCount") == "2");
  CHECK(text_at(shown, "/stepExecutions/1/keptFrom") == to_text(Json(run)));
  CHECK(text_at(project.step(mended, "call"), "/output/response/statusCode") == "200");
  CHECK(example_peer().requests(target).size() == 1);
  // From its beginning it is sent, under the new run's own key.
  project.wait_for_status(replayed(project, run, "?version=2"), "SUCCEEDED");
  REQUIRE(example_peer().requests(target).size() == 2);
  const auto requests = example_peer().requests(target);
  CHECK(requests[0].header("idempotency-key") != requests[1].header("idempotency-key"));
}

TEST_CASE("input and outputs of the request's body replace those of the run, files too") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"json(
    {"id": "a", "type": "function", "parameters": {"b": "{{trigger.request.body}}"}, "code": "({ b }) => b"},
    {"id": "b", "type": "function", "parameters": {"a": "{{a.result}}"}, "code": "({ a }) => a"})json");
  const std::string run = ended_run(project, "w", "SUCCEEDED", R"({"n": 1})");
  const std::string file =
      R"({"name": "a.txt", "data": "6869", "mimeType": "text/plain", "dataType": "FILE"})";
  const std::string with_input =
      replayed(project, run, {}, R"({"input": {"request": {"body": )" + file + "}}}");
  project.wait_for_status(with_input, "SUCCEEDED");
  CHECK(text_at(project.step(with_input, "b"), "/output/result/data") == R"("6869")");
  const std::string with_output =
      replayed(project, with_input, "?fromStep=b", R"({"outputs": {"a": {"result": "mine"}}})");
  const Json shown = project.wait_for_status(with_output, "SUCCEEDED");
  CHECK(text_at(project.step(with_output, "b"), "/output/result") == R"("mine")");
  CHECK(text_at(shown, "/stepExecutions/1/isGiven") == "true");
  // A replay of the run with the file has a copy of it.
  const std::string copied = replayed(project, with_input, "?fromStep=b");
  project.wait_for_status(copied, "SUCCEEDED");
  CHECK(text_at(project.step(copied, "b"), "/output/result/data") == R"("6869")");
}

TEST_CASE("a file that the replayed run does not have is refused where it is given") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"json(
    {"id": "a", "type": "function", "parameters": {"b": "{{trigger.request.body}}"}, "code": "({ b }) => b"},
    {"id": "b", "type": "function", "parameters": {"a": "{{a.result}}"}, "code": "({ a }) => a"})json");
  const std::string of_run =
      R"({"name": "a.txt", "data": "6869", "mimeType": "text/plain", "dataType": "FILE"})";
  const std::string run = ended_run(project, "w", "SUCCEEDED", of_run);
  const auto with_handle = [](const std::string& handle) {
    return R"({"name": "a.txt", "data": ")" + handle +
           R"(", "mimeType": "text/plain", "dataType": "FILE"})";
  };
  const std::string unknown = "millrace-file:" + std::string(64, 'a') + ":2";
  const Answer refused =
      replay(project, run, "?fromStep=b",
             R"({"input": {"request": {"body": [)" + with_handle(unknown) +
                 R"(]}}, "outputs": {"a": {"result": "see )" + unknown + R"("}}})");
  INFO(refused.text);
  CHECK(refused.status == 400);
  CHECK(refused.at("/code") == R"("invalid_file")");
  CHECK(refused.at("/details/0/path") == R"("/input/request/body/0/data")");
  CHECK(refused.at("/details/1/path") == R"("/outputs/a/result")");
  CHECK_THAT(refused.at("/details/0/expected"), Catch::Contains("hex"));
  const Answer not_hex =
      replay(project, run, "", R"({"input": {"request": {"body": )" + with_handle("zz") + "}}}");
  CHECK(not_hex.status == 400);
  CHECK(not_hex.at("/details/0/path") == R"("/input/request/body/data")");
  // "hi" by its BLAKE2b-256.
  const std::string own =
      "millrace-file:6815cb4aeb1580a91ef673e63ff03bdb6e855c3a896db3f2765e03281a61134a:2";
  const std::string again =
      replayed(project, run, {}, R"({"input": {"request": {"body": )" + with_handle(own) + "}}}");
  project.wait_for_status(again, "SUCCEEDED");
  CHECK(text_at(project.step(again, "b"), "/output/result/data") == R"("6869")");
}

TEST_CASE("what a replay cannot do is refused with all that is wrong, and nothing runs") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"json(
    {"id": "each", "type": "fanOut", "items": [1], "steps": [
      {"id": "inner", "type": "function", "code": "() => 1"}]},
    {"id": "last", "type": "function", "code": "() => 1"})json");
  const std::string run = ended_run(project, "w", "SUCCEEDED");
  const auto refusal = [&](const std::string& query, const std::string& body = {}) {
    const Answer answer = replay(project, run, query, body);
    CHECK(answer.status == 400);
    return answer.text;
  };
  CHECK_THAT(refusal("?fromStep=lsat"), Catch::Contains(R"("nearest":"last")"));
  CHECK_THAT(refusal("?fromStep=inner"), Catch::Contains(R"("nearest":"each")"));
  CHECK_THAT(refusal("?version=latest"), Catch::Contains("version"));
  CHECK_THAT(refusal("?version=7"), Catch::Contains("no version 7"));
  CHECK_THAT(refusal("?fromstep=last"), Catch::Contains("Known: fromStep, version"));
  CHECK_THAT(refusal("", R"({"ouputs": {}})"), Catch::Contains("outputs"));
  CHECK_THAT(refusal("", R"({"outputs": {"each": {}}})"), Catch::Contains("fromStep"));
  const std::string both =
      refusal("?fromStep=last", R"({"outputs": {"each": 1, "x": 1}, "input": {"email": "a"}})");
  for (const char* const path : {"/outputs/each", "/outputs/x", "/input/email"}) {
    CHECK_THAT(both, Catch::Contains(path));
  }
  CHECK(replay(project, "01890000-0000-8000-8000-000000000001").status == 404);
  CHECK(replay(project, "nonsense").status == 404);
  const TestProject other(open_server());
  CHECK(replay(other, run).status == 404);
  CHECK(project.get(executions).at("/total") == "1");
}

TEST_CASE("whoever may not run is not replayed either, which the event log tells") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"({"id": "one", "type": "function", "code": "() => 1"})");
  const std::string run = ended_run(project, "w", "SUCCEEDED");
  const auto patch_user = [&](const std::string& body) {
    return call_server(project.port(),
                       {"PATCH", project.path("/users/user-1"), project.api_key(), body})
        .status;
  };
  REQUIRE(patch_user(R"({"disabled": true})") == 200);
  const Answer disabled = replay(project, run);
  CHECK(disabled.status == 409);
  CHECK(disabled.at("/code") == R"("user_disabled")");
  REQUIRE(patch_user(R"({"disabled": false})") == 200);
  REQUIRE(project.post("/workflows/w/undeploy").status < 300);
  const Answer withdrawn = replay(project, run);
  CHECK(withdrawn.status == 409);
  CHECK(withdrawn.at("/code") == R"("workflow_not_deployed")");
  CHECK(poll_until([&] {
    const std::string log = project.get("/event-logs").text;
    return log.find("a replay of execution " + run) != std::string::npos &&
           log.find("user_disabled") != std::string::npos;
  }));
}

TEST_CASE("a replay that is sent again under its key is the run of the first time") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"({"id": "one", "type": "function", "code": "() => 1"})");
  const std::string run = ended_run(project, "w", "SUCCEEDED");
  const Answer first = replay_with_key(project, run, "k");
  REQUIRE(first.status == 201);
  const Answer second = replay_with_key(project, run, "k");
  CHECK(second.status == 201);
  CHECK(second.at("/id") == first.at("/id"));
  CHECK(second.header("idempotency-replayed") == "true");
  CHECK(replay_with_key(project, run, "k", "?fromStep=one").status == 409);
  CHECK(project.get(executions).at("/total") == "2");
}

TEST_CASE("many runs are replayed by their ids or by a filter, each once") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"json(
    {"id": "work", "type": "function", "code": "() => { throw new Error('broken'); }"})json");
  std::set<std::string> failed;
  JsonArray ids;
  for (int i = 0; i < 3; ++i) {
    failed.insert(ended_run(project, "w", "FAILED"));
    ids.emplace_back(*failed.rbegin());
  }
  const std::string unknown = "01890000-0000-8000-8000-000000000001";
  project.deploy_steps("w", R"({"id": "work", "type": "function", "code": "() => 1"})");
  const Answer by_ids = project.post(executions + "/replay?version=deployed",
                                     to_text(JsonObject{{"ids", JsonArray{ids[0], unknown}}}));
  const Json first = finished(project, by_ids);
  CHECK(text_at(first, "/accepted") == "1");
  CHECK(text_at(first, "/refused") == R"([{"id":")" + unknown + R"(","code":"not_found"}])");
  const Answer by_filter =
      project.post(executions + "/replay?version=deployed",
                   R"({"filter": {"status": "FAILED", "workflowId": "w", "userId": "user-1"}})");
  const Json second = finished(project, by_filter);
  CHECK(text_at(second, "/accepted") == "3");
  CHECK(text_at(second, "/refusedTotal") == "0");
  REQUIRE(poll_until(
      [&] { return project.get(executions + "?status=SUCCEEDED").at("/total") == "4"; }));
  std::multiset<std::string> originals;
  const Answer list = project.get(executions + "?status=SUCCEEDED");
  for (const Json& run : list.json.at("workflowExecutions").as_array()) {
    originals.insert(string_at(run, "/replayOf"));
  }
  for (const auto& run : failed) CHECK(originals.count(run) >= 1);
}

TEST_CASE("many sleeping runs are cancelled by a filter") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"({"id": "wait", "type": "delay", "value": 1, "unit": "HOURS"})");
  project.deploy_steps("done", R"({"id": "one", "type": "function", "code": "() => 1"})");
  const std::string done = ended_run(project, "done", "SUCCEEDED");
  for (int i = 0; i < 3; ++i) ended_run(project, "w", "DELAYED");
  const Json job =
      finished(project, project.post(executions + "/cancel", R"({"filter": {"workflowId": "w"}})"));
  INFO(to_text(job));
  CHECK(text_at(job, "/kind") == R"("cancel")");
  CHECK(text_at(job, "/accepted") == "3");
  CHECK(project.get(executions + "?status=CANCELLED").at("/total") == "3");
  const Json refused =
      finished(project, project.post(executions + "/cancel", R"({"ids": [")" + done + R"("]})"));
  CHECK(text_at(refused, "/refused") == R"([{"id":")" + done + R"(","code":"conflict"}])");
}

TEST_CASE(
    "the filter of a bulk job means what the list's does, also of workflows without integration") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"json({"id": "a", "type": "delay", "value": 1, "unit": "HOURS"})json");
  const std::string run = ended_run(project, "w", "DELAYED");
  for (const char* const integration : {"crm", ""}) {
    INFO("integration '" << integration << "'");
    const std::string matching = *integration == '\0' ? "1" : "0";
    CHECK(poll_until([&] {
      return project.get(executions + "?status=DELAYED&integration=" + integration).at("/total") ==
             matching;
    }));
    const std::string filter =
        R"({"filter": {"integration": ")" + std::string(integration) + R"("}})";
    const Json job = finished(project, project.post(executions + "/cancel", filter));
    CHECK(text_at(job, "/accepted") == matching);
  }
  CHECK(text_at(project.execution(run), "/status") == R"("CANCELLED")");
}

TEST_CASE("a request for many runs that makes no sense starts no job") {
  const TestProject project(open_server());
  const auto refusal = [&](const std::string& body) {
    const Answer answer = project.post(executions + "/replay", body);
    CHECK(answer.status == 400);
    return answer.text;
  };
  CHECK_THAT(refusal("{}"), Catch::Contains("either `ids`, or a `filter`"));
  CHECK_THAT(refusal(R"({"ids": [], "filter": {}})"), Catch::Contains("either `ids`"));
  CHECK_THAT(refusal(R"({"ids": ["x", 7]})"),
             Catch::Contains("/ids/0") && Catch::Contains("/ids/1"));
  CHECK_THAT(refusal(R"({"filter": {"stauts": "FAILED"}})"), Catch::Contains("status"));
  CHECK_THAT(refusal(R"({"filter": {"status": "BROKEN"}})"), Catch::Contains("/filter/status"));
  CHECK_THAT(refusal(R"({"filter": {"afterDate": ""}})"), Catch::Contains("/filter/afterDate"));
  CHECK_THAT(refusal(R"({"filter": {"integration": null}})"),
             Catch::Contains("/filter/integration"));
  JsonArray many;
  for (int i = 0; i <= 1'000; ++i) many.emplace_back("01890000-0000-8000-8000-000000000001");
  CHECK_THAT(refusal(to_text(JsonObject{{"ids", many}})), Catch::Contains("1000"));
  CHECK(project.get("/task-history/bulk-jobs/0123").status == 404);
}

TEST_CASE("the command line replays a run, and prints the id of the new one") {
  const TestProject project(open_server());
  project.deploy_steps("w", R"json(
    {"id": "a", "type": "function", "code": "() => 1"},
    {"id": "b", "type": "function", "parameters": {"a": "{{a.result}}"}, "code": "({ a }) => a + 1"})json");
  const std::string run = ended_run(project, "w", "SUCCEEDED");
  const ProgramEnd end = run_millrace({"executions", "replay", run, "--from-step", "b", "--version",
                                       "deployed", "--url", open_server().url(), "--project",
                                       project.id(), "--api-key", project.api_key()});
  INFO(end.output << end.errors);
  REQUIRE(end.exit_code == 0);
  const Json shown =
      project.wait_for_status(end.output.substr(0, end.output.find('\n')), "SUCCEEDED");
  CHECK(string_at(shown, "/replayOf") == run);
  CHECK(text_at(shown, "/stepExecutions/1/keptFrom") == to_text(Json(run)));
}
