// The answers of the Request trigger, each as the contract words it.

#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string path = "/projects/p1/sdk/triggers/lead%20flow";
const Instant submitted = test_epoch + Millis(1'234);

ExecutionId an_execution() {
  SeededRandom random(3);
  return ExecutionId::make(ShardId(5), test_epoch, random);
}

struct TriggerApi : ApiFixture {
  TriggerApi() {
    REQUIRE(put_key("a", first_keys().public_pem).status == 200);
    token_ = token(first_keys());
  }
  Answer trigger(FakeGateway::Answer answer, const std::string& body = "{}",
                 const std::string& type = "application/json") {
    gateway.answer_with(std::move(answer));
    return call("POST", path, token_, body, {{"Content-Type", type}});
  }
  std::string token_;
};

FakeGateway::Answer always(TriggerReply reply) {
  return [reply](const TriggerRequest&) { return Result<TriggerReply>(reply); };
}

}  // namespace

TEST_CASE("an accepted run is 202 with its id and where to find it", "[http]") {
  TriggerApi api;
  const auto answer = api.trigger(always(RunAccepted{an_execution(), submitted}));
  const std::string id = an_execution().text();
  CHECK(answer.status == 202);
  const Json expected = JsonObject{{"executionId", id},
                                   {"workflowId", "lead flow"},
                                   {"status", "EXECUTING"},
                                   {"dateSubmitted", "2026-01-01T00:00:01.234Z"}};
  CHECK(answer.json == expected);
  CHECK(answer.header("Location") == "/projects/p1/task-history/workflow-executions/" + id);
}

TEST_CASE("a Response step's status, headers and body are the answer", "[http]") {
  TriggerApi api;
  const auto answer = api.trigger(always(
      RunResponded{an_execution(), 201, JsonObject{{"x-score", "7"}}, JsonObject{{"a", 1}}}));
  CHECK(answer.status == 201);
  CHECK(answer.text == R"({"a":1})");
  CHECK(answer.header("x-score") == "7");
}

TEST_CASE("a header that a Response step gives several times is sent several times", "[http]") {
  TriggerApi api;
  const JsonObject headers{{"Set-Cookie", JsonArray{"a=1", "b=2", "c=\r\nx: y"}}, {"x-n", 5}};
  const auto answer = api.trigger(always(RunResponded{an_execution(), 200, headers, "x"}));
  const auto [first, last] = answer.headers.equal_range("Set-Cookie");
  std::vector<std::string> cookies;
  for (auto each = first; each != last; ++each) cookies.push_back(each->second);
  CHECK(cookies == std::vector<std::string>{"a=1", "b=2"});
  CHECK(answer.header("x-n") == "5");
}

TEST_CASE("a run that failed first is 500 with its step and error", "[http]") {
  TriggerApi api;
  const auto answer = api.trigger(
      always(RunFailed{an_execution(), StepId("one"), Error(ErrorCode::function_threw, "boom")}));
  CHECK(answer.status == 500);
  const Json expected =
      JsonObject{{"message", "boom"},
                 {"executionId", an_execution().text()},
                 {"stepId", "one"},
                 {"error", JsonObject{{"code", "function_threw"}, {"message", "boom"}}}};
  CHECK(answer.json == expected);
}

TEST_CASE("a run that goes on past the hold time is 542", "[http]") {
  TriggerApi api;
  const auto answer = api.trigger(always(RunStillGoing{an_execution(), submitted}));
  CHECK(answer.status == 542);
  const Json expected = JsonObject{{"message", "Workflow has been enqueued but has not completed."},
                                   {"dateSubmitted", "2026-01-01T00:00:01.234Z"},
                                   {"projectId", "p1"},
                                   {"workflowId", "lead flow"},
                                   {"executionId", an_execution().text()}};
  CHECK(answer.json == expected);
}

TEST_CASE("a request that the trigger refuses is 400 with every violation", "[http]") {
  TriggerApi api;
  const auto answer = api.trigger([](const TriggerRequest&) -> Result<TriggerReply> {
    return Error(ErrorCode::invalid_request, "the request does not fit",
                 {ErrorDetail{.step = {},
                              .path = "email",
                              .message = {},
                              .expected = "STRING",
                              .got = "NUMBER",
                              .nearest = {},
                              .in = "body"}});
  });
  CHECK(answer.status == 400);
  CHECK(to_text(answer["errors"]) ==
        R"([{"in":"body","key":"email","expected":"STRING","got":"NUMBER"}])");
}

TEST_CASE("errors of the gateway keep their status", "[http]") {
  TriggerApi api;
  for (const auto code : {ErrorCode::not_found, ErrorCode::workflow_not_deployed,
                          ErrorCode::overloaded, ErrorCode::storage_failed}) {
    const auto answer = api.trigger(
        [code](const TriggerRequest&) -> Result<TriggerReply> { return Error(code, "why"); });
    CHECK(answer.status == http_status(code));
    CHECK(answer.code() == wire_name(code));
  }
}

TEST_CASE("the trace of a trigger request is passed on if it is one and only one", "[http]") {
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  TriggerApi api;
  api.gateway.answer_with(always(RunAccepted{}));
  const auto passed_on = [&](const ApiFixture::Headers& headers) {
    CHECK(api.call("POST", path, api.token_, "{}", headers).status == 202);
    return api.gateway.requests().back().trace;
  };
  CHECK(passed_on({{"traceparent", trace}}) == TraceParent::parse(trace));
  CHECK(passed_on({{"TraceParent", trace}}) == TraceParent::parse(trace));
  CHECK_FALSE(passed_on({}).has_value());
  CHECK_FALSE(passed_on({{"traceparent", "00-none"}}).has_value());
  CHECK_FALSE(passed_on({{"traceparent", trace}, {"traceparent", trace}}).has_value());
}

TEST_CASE("the gateway is told who asks for what, and nothing starts without a body it can read",
          "[http]") {
  TriggerApi api;
  CHECK(api.trigger(always(RunAccepted{}), R"({"n":1})").status == 202);
  const auto request = api.gateway.requests().back();
  CHECK(request.project == ProjectId("p1"));
  CHECK(request.user == UserId("user-1"));
  CHECK(request.workflow == WorkflowId("lead flow"));
  const Json& seen = request.output.at("request");
  CHECK(seen.at("body") == Json(JsonObject{{"n", 1}}));
  CHECK_FALSE(seen.at("headers").as_object().contains("authorization"));

  CHECK(api.trigger(always(RunAccepted{}), "{").status == 400);
  CHECK(api.trigger(always(RunAccepted{}), "\xff", "text/plain").status == 400);
  CHECK(api.gateway.requests().size() == 1);
}

}  // namespace millrace
