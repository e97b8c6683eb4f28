// A project's limits over the API, and what they say of its triggers.

#include "tests/support/catch.h"
#include "tests/unit/http/api/api_fixture.h"

namespace millrace {
namespace {

const std::string path = "/projects/p1/limits";

struct LimitsApi : ApiFixture {
  LimitsApi() {
    REQUIRE(put_key("a", first_keys().public_pem).status == 200);
    gateway.answer_with([](const TriggerRequest&) {
      SeededRandom random(3);
      return Result<TriggerReply>(
          RunAccepted{ExecutionId::make(ShardId(5), test_epoch, random), test_epoch});
    });
  }
  Answer put(const std::string& body) { return call("PUT", path, std::string(admin_key), body); }
  Answer trigger(const std::string& user = "user-1", const std::string& body = "{}") {
    return call("POST", "/projects/p1/sdk/triggers/w", token(first_keys(), user), body,
                {{"Content-Type", "application/json"}});
  }
};

}  // namespace

TEST_CASE("limits are shown as they hold, and set by the admin key alone", "[http]") {
  LimitsApi api;
  const Json standard =
      JsonObject{{"concurrentSteps", 1'000},     {"concurrentStepsPerUser", nullptr},
                 {"triggersPerMinute", nullptr}, {"triggersPerMinutePerUser", nullptr},
                 {"storedBytes", nullptr},       {"payloadBytes", 64u << 20},
                 {"heldResponses", 4'096}};
  CHECK(to_text(api.call("GET", path, api.api_key).json) == to_text(standard));
  CHECK(api.call("PUT", path, api.api_key, "{}").status == 401);
  const auto put = api.put(R"({"concurrentSteps": 7, "triggersPerMinute": 60})");
  CHECK(put.status == 200);
  CHECK(put["concurrentSteps"] == Json(7));
  CHECK(to_text(api.call("GET", path, api.api_key).json) == to_text(put.json));
  // What it shows may be put again; what is left out is the node's default.
  CHECK(api.put(put.text).text == put.text);
  CHECK(to_text(api.put("{}").json) == to_text(standard));
}

TEST_CASE("a limit that makes no sense is refused by its name", "[http]") {
  LimitsApi api;
  for (const char* const wrong :
       {R"({"concurrentSteps": 0})", R"({"concurrentSteps": -1})", R"({"concurrentSteps": "5"})",
        R"({"concurrentSteps": 1.5})", R"({"concurrentSteps": 1e300})", R"({"concurentSteps": 5})",
        R"({"storedBytes": 0})", "[]"}) {
    const auto answer = api.put(wrong);
    INFO(wrong << answer.text);
    CHECK(answer.status == 400);
  }
  CHECK(api.call("PUT", "/projects/none/limits", std::string(LimitsApi::admin_key), "{}").status ==
        404);
}

TEST_CASE("beyond the rate of its triggers a project is told when to come again", "[http]") {
  LimitsApi api;
  REQUIRE(api.put(R"({"triggersPerMinute": 3, "triggersPerMinutePerUser": 2})").status == 200);
  CHECK(api.trigger("a").status == 202);
  CHECK(api.trigger("a").status == 202);
  const auto refused = api.trigger("a");
  CHECK(refused.status == 429);
  CHECK(refused.code() == "rate_limited");
  CHECK(refused.header("Retry-After") == "30");
  CHECK(api.trigger("b").status == 202);
  CHECK(api.trigger("c").header("Retry-After") == "20");
  api.clock.advance(Millis(20'000));
  CHECK(api.trigger("c").status == 202);
}

TEST_CASE("a trigger that is larger than its project's limit is refused before it is read",
          "[http]") {
  LimitsApi api;
  REQUIRE(api.put(R"({"payloadBytes": 10})").status == 200);
  CHECK(api.trigger("a", R"({"a": 1})").status == 202);
  const auto refused = api.trigger("a", R"({"a": 1234})");
  CHECK(refused.status == 413);
  CHECK(refused.code() == "payload_too_large");
}

}  // namespace millrace
