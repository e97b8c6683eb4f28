// Runs that are done again: what they take over, what they do anew, and what refuses them.
#include "actors/gateway/replay_starter.h"

#include "storage/keys.h"
#include "tests/support/actor_test_bed.h"
#include "tests/support/catch.h"
#include "tests/unit/actors/tree/workflows.h"

using namespace millrace;

namespace {

std::string request_step(const std::string& id, const std::string& body = "") {
  return R"({"id":")" + id + R"(","type":"request","method":"POST","url":"https://api.example/a")" +
         (body.empty() ? "" : R"(,"body":")" + body + "\"") + "}";
}

const std::string hour = R"({"id":"nap","type":"delay","value":1,"unit":"HOURS"})";

/// "call", then "work", which gets what "call" was answered.
const std::string call_and_work =
    "[" + request_step("call") +
    R"(,{"id":"work","type":"function","code":"p => p","parameters":{"v":"{{call.response.body}}"}}])";

Result<ReplayedRun> replay(ActorTestBed& bed, const ExecutionId& original,
                           const std::string& from_step = "") {
  return bed.gateway->replays().replay(
      {.project = bed.project, .original = original, .how = {.from_step = StepId(from_step)}}, {});
}

ExecutionId replayed(ActorTestBed& bed, const ExecutionId& original,
                     const std::string& from_step = "") {
  const auto run = replay(bed, original, from_step);
  if (!run) {
    std::string all = run.error().message;
    for (const auto& each : run.error().details) all += "; " + each.path + ' ' + each.message;
    FAIL(all);
  }
  return run->execution;
}

ErrorCode refusal(const Result<ReplayedRun>& run) {
  REQUIRE_FALSE(run.ok());
  return run.error().code;
}

ExecutionSummary summary(ActorTestBed& bed, const ExecutionId& run) {
  const auto found = storage::ExecutionTable(bed.store).summary(run);
  REQUIRE((found.ok() && found->has_value()));
  return **found;
}

std::string rows_of(ActorTestBed& bed, const ExecutionId& execution) {
  std::string rows;
  const auto cursor = static_cast<const storage::OrderedStore&>(bed.store).scan(
      storage::keys::execution(execution));
  for (; cursor->valid(); cursor->next()) rows += cursor->value();
  return rows;
}

void erase(ActorTestBed& bed, const ExecutionId& run) {
  storage::WriteBatch batch;
  storage::ExecutionTable::erase(batch, summary(bed, run));
  REQUIRE(bed.store.commit(batch).ok());
}

ExecutionId ended_run(ActorTestBed& bed, ExecutionStatus how, Json body = JsonObject{}) {
  const ExecutionId run = bed.accept("w", std::move(body));
  REQUIRE(bed.reaches(run, how));
  return run;
}

}  // namespace

TEST_CASE("a replay is a new run of the same user and version with what the trigger gave then",
          "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  const auto original = ended_run(bed, ExecutionStatus::succeeded, JsonObject{{"n", 7}});
  bed.deploy("w", "[" + function_step("work") + "," + function_step("more") + "]");
  bed.clock.advance(Millis(5));
  const auto run = replayed(bed, original);
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  CHECK(run != original);
  CHECK(bed.functions->parameters("work") ==
        std::vector<std::string>{R"({"in":{"n":7}})", R"({"in":{"n":7}})"});
  CHECK(bed.functions->calls("more") == 0);
  const ExecutionSummary line = summary(bed, run);
  CHECK(line.replay_of == original);
  CHECK(line.user == UserId("user-1"));
  CHECK(line.version == 1);
  CHECK(line.started == bed.clock.now());
  CHECK_FALSE(summary(bed, original).replay_of);
}

TEST_CASE("a replay on the deployed version runs that one, and on a number the version of it",
          "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  const auto original = ended_run(bed, ExecutionStatus::succeeded);
  bed.deploy("w", "[" + function_step("more") + "]");
  const auto on = [&](ReplayChoice how) {
    return bed.gateway->replays().replay({.project = bed.project, .original = original, .how = how},
                                         {});
  };
  const auto deployed = on({.which = ReplayChoice::Version::deployed});
  REQUIRE(deployed.ok());
  CHECK(deployed->version == 2);
  REQUIRE(bed.reaches(deployed->execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("more") == 1);
  const auto second = on({.which = ReplayChoice::Version::numbered, .version = 2});
  REQUIRE(second.ok());
  CHECK(second->version == 2);
  CHECK(refusal(on({.which = ReplayChoice::Version::numbered, .version = 9})) ==
        ErrorCode::invalid_request);
  // What came in by a request is nothing for a schedule.
  bed.deploy_on(R"({"type":"event","event":"e"})", "w", one_function);
  CHECK(refusal(on({.which = ReplayChoice::Version::deployed})) == ErrorCode::invalid_request);
}

TEST_CASE("a replay from a step sends nothing again that was sent before it", "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", call_and_work);
  bed.http->on("call", answering(200, JsonObject{{"id", 7}}));
  bed.functions->on("work", failing(ErrorCode::function_threw, "not today"));
  const auto original = ended_run(bed, ExecutionStatus::failed);
  bed.functions->on("work", echoing());
  bed.http->on("call", answering(200, JsonObject{{"id", 8}}));
  const auto run = replayed(bed, original, "work");
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  CHECK(bed.http->sent("call").size() == 1);
  CHECK(bed.functions->parameters("work").back() == R"({"v":{"id":7}})");
  CHECK(summary(bed, run).tasks == 1);
  const auto shown = bed.history->show(bed.project, run);
  REQUIRE(shown.ok());
  REQUIRE(shown->steps.size() == 3);
  CHECK(shown->steps[1].id == "call");
  CHECK(shown->steps[1].kept_from == original.text());
  CHECK_FALSE(shown->steps[2].kept_from);
  // A replay of the replay keeps what that one kept; from its beginning it does all.
  const auto third = replayed(bed, run, "work");
  REQUIRE(bed.reaches(third, ExecutionStatus::succeeded));
  CHECK(bed.http->sent("call").size() == 1);
  const auto whole = replayed(bed, run);
  REQUIRE(bed.reaches(whole, ExecutionStatus::succeeded));
  CHECK(bed.http->sent("call").size() == 2);
}

TEST_CASE("a replay from behind a fan-out keeps its reduced results", "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", "[" + fan_out(element_function) +
                      R"(,{"id":"last","type":"function","code":"p => p",)"
                      R"("parameters":{"all":"{{item.result.v}}"}}])");
  const auto original =
      ended_run(bed, ExecutionStatus::succeeded, JsonObject{{"items", JsonArray{1, 2, 3}}});
  const auto run = replayed(bed, original, "last");
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("item") == 3);
  CHECK(bed.functions->parameters("last").back() == R"({"all":[1,2,3]})");
  // The fan-out itself runs anew as a whole.
  const auto again = replayed(bed, original, "each");
  REQUIRE(bed.reaches(again, ExecutionStatus::succeeded));
  CHECK(bed.functions->calls("item") == 6);
  const auto inside = replay(bed, original, "item");
  CHECK(refusal(inside) == ErrorCode::invalid_request);
}

TEST_CASE("a cancelled run can be replayed from the step that it slept in", "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "," + hour + "," + function_step("work") + "]");
  const auto original = bed.accept("w");
  REQUIRE(bed.reaches(original, ExecutionStatus::delayed));
  REQUIRE(bed.gateway->cancel(bed.project, original).ok());
  const auto run = replayed(bed, original, "nap");
  REQUIRE(bed.reaches(run, ExecutionStatus::delayed));
  bed.clock.advance(Millis(3'600'000));
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  CHECK(bed.http->sent("call").size() == 1);
}

TEST_CASE("what a replay keeps survives a restart, and needs nothing of the original", "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "," + hour + "," +
                      request_step("tell", "{{call.response.body}}") + "]");
  bed.http->on("call", answering_bytes(200, "application/pdf", "%PDF-1.7 the bytes"));
  const auto original = bed.accept("w");
  REQUIRE(bed.reaches(original, ExecutionStatus::delayed));
  const auto run = replayed(bed, original, "nap");
  REQUIRE(bed.reaches(run, ExecutionStatus::delayed));
  REQUIRE(bed.gateway->cancel(bed.project, original).ok());
  erase(bed, original);
  bed.restart();
  bed.clock.advance(Millis(3'600'000));
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  REQUIRE(bed.http->sent("tell").size() == 1);
  CHECK_THAT(*bed.http->sent("tell")[0].body,
             Catch::Contains("255044462d312e3720746865206279746573"));
}

TEST_CASE("a secret in what is kept arrives as it is, and stands nowhere in clear", "[replay]") {
  ActorTestBed bed;
  bed.tenants.put_secret("KEY", "hunter2-hunter2");
  bed.deploy("w", R"([{"id":"call","type":"request","method":"POST","url":"https://api.example/a",)"
                  R"("headers":{"x-key":"{{secrets.KEY}}"}},)" +
                      hour + "," + request_step("tell", "{{call.response.body}}") + "]");
  bed.http->on("call", answering(200, JsonObject{{"key", "hunter2-hunter2"}}));
  const auto original = bed.accept("w");
  REQUIRE(bed.reaches(original, ExecutionStatus::delayed));
  // Nobody but the original's rows remembers what the secret was.
  bed.tenants.put_secret("KEY", "correct-horse");
  bed.tenants.forget_formers();
  const auto run = replayed(bed, original, "nap");
  REQUIRE(bed.reaches(run, ExecutionStatus::delayed));
  CHECK(rows_of(bed, run).find("hunter2") == std::string::npos);
  if (GENERATE(false, true)) bed.restart();
  bed.clock.advance(Millis(3'600'000));
  REQUIRE(bed.reaches(run, ExecutionStatus::succeeded));
  REQUIRE_FALSE(bed.http->sent("tell").empty());
  CHECK(*bed.http->sent("tell").back().body == R"({"key":"hunter2-hunter2"})");
  CHECK(rows_of(bed, run).find("hunter2") == std::string::npos);
  const auto shown = bed.history->details(bed.project, run, 20);
  REQUIRE(shown.ok());
  CHECK_THAT(to_text((*shown)[1].output), Catch::Contains("[secret KEY]"));
}

TEST_CASE("given input and outputs stand in the place of those of the run", "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", "[" + request_step("call") + "," + function_step("work") + "," +
                      R"({"id":"last","type":"function","code":"p => p",)"
                      R"("parameters":{"v":"{{call.response.body}}"}}])");
  const auto original = ended_run(bed, ExecutionStatus::succeeded, JsonObject{{"n", 7}});
  ReplayRequest request{.project = bed.project, .original = original};
  request.input = request_output(JsonObject{{"body", JsonObject{{"n", 8}}}});
  const auto with_input = bed.gateway->replays().replay(request, {});
  REQUIRE(with_input.ok());
  REQUIRE(bed.reaches(with_input->execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->parameters("work").back() == R"({"in":{"n":8}})");

  request.input.reset();
  request.how.from_step = StepId("last");
  request.outputs = JsonObject{{"call", {{"response", {{"body", "given"}}}}}};
  const auto with_output = bed.gateway->replays().replay(request, {});
  REQUIRE(with_output.ok());
  REQUIRE(bed.reaches(with_output->execution, ExecutionStatus::succeeded));
  CHECK(bed.functions->parameters("last").back() == R"({"v":"given"})");
  const auto shown = bed.history->show(bed.project, with_output->execution);
  REQUIRE(shown.ok());
  CHECK(shown->steps.at(1).is_given);

  request.input = JsonObject{{"boby", 1}};
  request.outputs = JsonObject{{"cal", 1}};
  const auto refused = bed.gateway->replays().replay(request, {});
  REQUIRE_FALSE(refused.ok());
  std::string paths;
  for (const auto& each : refused.error().details) paths += each.path + ' ';
  CHECK(paths == "/outputs/cal /input/boby /input ");
}

TEST_CASE("outputs without a step to begin at are refused with what to say", "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  ReplayRequest request{.project = bed.project,
                        .original = ended_run(bed, ExecutionStatus::succeeded),
                        .outputs = JsonObject{{"work", JsonObject{{"result", 1}}}}};
  const auto refused = bed.gateway->replays().replay(std::move(request), {});
  CHECK(refusal(refused) == ErrorCode::invalid_request);
  CHECK_THAT(refused.error().message, Catch::Contains("fromStep"));
}

TEST_CASE("each reason for which a run may not begin refuses its replay", "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  const auto original = ended_run(bed, ExecutionStatus::succeeded);
  for (const ErrorCode code :
       {ErrorCode::user_disabled, ErrorCode::workflow_disabled, ErrorCode::credential_missing,
        ErrorCode::integration_inactive, ErrorCode::permission_denied}) {
    bed.tenants.refuse(Error(code, "no"));
    CHECK(refusal(replay(bed, original)) == code);
  }
  bed.tenants.give({});
  REQUIRE(bed.workflows->undeploy(bed.project, WorkflowId("w")).ok());
  CHECK(refusal(replay(bed, original)) == ErrorCode::workflow_not_deployed);
  REQUIRE(bed.workflows->remove(bed.project, WorkflowId("w")).ok());
  CHECK(refusal(replay(bed, original)) == ErrorCode::workflow_not_deployed);
  CHECK(refusal(replay(bed, *ExecutionId::parse("01890000-0000-8000-8000-000000000001"))) ==
        ErrorCode::not_found);
  CHECK(refusal(bed.gateway->replays().replay({.project = ProjectId("other"), .original = original},
                                              {})) == ErrorCode::not_found);
  CHECK(bed.functions->calls("work") == 1);
}

TEST_CASE("the same key replays a run once, and another content under it is refused", "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  const auto original = ended_run(bed, ExecutionStatus::succeeded);
  const auto with = [&](const std::string& content) {
    return bed.gateway->replays().replay({.project = bed.project, .original = original},
                                         Idempotency{"k", std::string(32, content[0])});
  };
  const auto first = with("a");
  REQUIRE(first.ok());
  CHECK_FALSE(first->is_repeated);
  bed.restart();
  const auto second = with("a");
  REQUIRE(second.ok());
  CHECK(second->is_repeated);
  CHECK(second->execution == first->execution);
  CHECK(refusal(with("b")) == ErrorCode::conflict);
}

TEST_CASE("a replay waits for a place in its project like any other run", "[replay]") {
  ActorOptions options;
  options.live_executions_per_project_max = 1;
  ActorTestBed bed(options);
  bed.deploy("w", one_function);
  const auto original = ended_run(bed, ExecutionStatus::succeeded);
  bed.functions->hold("work");
  const auto busy = bed.accept("w");
  REQUIRE(bed.functions->wait_for_calls("work", 2));
  const auto run = replayed(bed, original);
  REQUIRE(ActorTestBed::eventually([&] { return bed.gateway->stats().runs_queued == 1; }));
  CHECK(bed.status(run) == ExecutionStatus::executing);
  CHECK(bed.functions->calls("work") == 2);
  bed.functions->release("work");
  CHECK(bed.reaches(busy, ExecutionStatus::succeeded));
  CHECK(bed.reaches(run, ExecutionStatus::succeeded));
}

TEST_CASE("a file that the replayed run does not have is refused with the place where it is named",
          "[replay]") {
  ActorTestBed bed;
  bed.deploy("w", one_function);
  const std::string handle = "millrace-file:" + std::string(64, 'a') + ":2";
  // That the run itself has such a text is no mistake of whoever replays it.
  const auto original = ended_run(bed, ExecutionStatus::succeeded, JsonObject{{"text", handle}});
  replayed(bed, original);
  const auto refused = bed.gateway->replays().replay(
      {.project = bed.project,
       .original = original,
       .input = JsonObject{{"request", {{"body", {{"a/b", "of " + handle}}}}}}},
      {});
  CHECK(refusal(refused) == ErrorCode::invalid_file);
  REQUIRE(refused.error().details.size() == 1);
  CHECK(refused.error().details[0].path == "/input/request/body/a~1b");
}
