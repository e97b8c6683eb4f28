#include "runtime/integrations/rate_limit.h"

#include "runtime/reading/object_reader.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Read {
  std::optional<RateLimit> limit;
  std::vector<std::string> findings;
};

Read read(const std::string& text) {
  const Json json = *parse_json(R"({"rateLimit":)" + text + "}");
  Findings findings;
  ObjectReader reader(json, "", "", findings);
  Read result{read_rate_limit(reader), {}};
  for (const auto& each : findings) result.findings.push_back(each.path);
  return result;
}

Json answer(int status, const char* headers = "{}", const char* body = "null") {
  return JsonObject{{"response", JsonObject{{"statusCode", status},
                                            {"headers", *parse_json(headers)},
                                            {"body", *parse_json(body)}}}};
}

}  // namespace

TEST_CASE("a rate limit has requests within an interval, a pause, or both") {
  const auto both = read(R"({"requests":110,"interval":"10s","pause":{"statuses":[429,503],
      "codes":["ratelimited"],"until":["headers.Retry-After","body.reset"],"default":"30s"}})");
  CHECK(both.findings.empty());
  CHECK(both.limit->requests == 110);
  CHECK(both.limit->interval == 10s);
  CHECK(both.limit->pause->statuses == std::vector<int>{429, 503});
  CHECK(both.limit->pause->until.size() == 2);
  CHECK(read(R"({"pause":{}})").limit->pause->statuses == std::vector<int>{429});
  CHECK(read(R"({"requests":5})").findings == std::vector<std::string>{"/rateLimit/interval"});
  CHECK(read(R"({"pause":{"until":["headers"," ","x.y"],"statuses":[7]}})").findings.size() == 3);
  CHECK(read(R"({"request":5})").findings == std::vector<std::string>{"/rateLimit/request"});
}

TEST_CASE("a time is seconds from now, since 1970, an HTTP date or ISO, by its form and size") {
  const Instant now = test_epoch;
  const auto said = [&](const Json& value) { return time_said(value, now); };
  CHECK(said(7) == now + 7s);
  CHECK(said("7") == now + 7s);
  CHECK(said(" 1.5 ") == now + 1'500ms);
  CHECK(said(1769850000) == Instant(1769850000s));
  CHECK(said("1769850000") == Instant(1769850000s));
  CHECK(said(1769850000123) == Instant(1769850000123ms));
  CHECK(said("Sat, 31 Jan 2026 09:00:00 GMT") == Instant(1769850000s));
  CHECK(said("2026-01-31T09:00:00Z") == Instant(1769850000s));
  for (const Json& bad : {Json(nullptr), Json(-5), Json("soon"), Json(JsonArray()), Json(true)}) {
    CHECK_FALSE(said(bad));
  }
}

TEST_CASE("an answer pauses by its status or code, until the first time that can be read") {
  const Instant now = test_epoch;
  const auto limit = *read(R"({"pause":{"statuses":[429],"codes":["ratelimited"],
      "until":["headers.retry-after","body.reset"],"default":"40s"}})")
                          .limit;
  CHECK(pause_of(limit, answer(429, R"({"retry-after":"9"})"), "", now) == now + 9s);
  CHECK(pause_of(limit, answer(429, R"({"retry-after":"soon"})", R"({"reset":8})"), "", now) ==
        now + 8s);
  CHECK(pause_of(limit, answer(429), "", now) == now + 40s);
  CHECK(pause_of(limit, answer(200), "ratelimited", now) == now + 40s);
  CHECK_FALSE(pause_of(limit, answer(200), "other", now));
  CHECK_FALSE(pause_of(limit, answer(500), "", now));
  CHECK_FALSE(pause_of(*read(R"({"requests":1,"interval":"1s"})").limit, answer(429), "", now));
}

TEST_CASE("a pause is never shorter than a second nor longer than a day") {
  const Instant now = test_epoch;
  const auto limit = *read(R"({"pause":{"until":["headers.x"]}})").limit;
  CHECK(pause_of(limit, answer(429, R"({"x":"0"})"), "", now) == now + limits::pause_min);
  CHECK(pause_of(limit, answer(429, R"({"x":"2001-01-01T00:00:00Z"})"), "", now) ==
        now + limits::pause_min);
  CHECK(pause_of(limit, answer(429, R"({"x":"99999999"})"), "", now) == now + limits::pause_max);
  CHECK(pause_of(limit, answer(429, R"({"x":"9000-01-01T00:00:00Z"})"), "", now) ==
        now + limits::pause_max);
}
