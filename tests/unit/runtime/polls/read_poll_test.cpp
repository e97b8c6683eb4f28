// What a definition says of a poll: read strictly, all findings at once.
#include "runtime/polls/read_poll.h"

#include "runtime/definitions/compile_workflow.h"
#include "runtime/integrations/integration_set.h"
#include "tests/support/catch.h"

#include <algorithm>

using namespace millrace;

namespace {

std::vector<ErrorDetail> findings_of(const std::string& poll, PollOf owner = PollOf::workflow) {
  const auto json = parse_json(poll);
  REQUIRE(json.ok());
  Findings findings;
  ObjectReader reader(*json, "", "", findings);
  read_poll(reader, owner);
  reader.finish();
  return findings.take();
}

bool finds(const std::vector<ErrorDetail>& findings, const std::string& path) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const ErrorDetail& each) { return each.path == path; });
}

std::string with(const std::string& more, const std::string& path = "/c") {
  return R"({"request": {"method": "GET", "path": ")" + path +
         R"("}, "items": "response.body", "itemId": "id")" + more + "}";
}

}  // namespace

TEST_CASE("a whole poll is read, with what is left out") {
  const auto json = parse_json(with(R"(, "cursor": "fields.at", "overlap": "2m", "interval": "5m")",
                                    "/c?since={{self.cursor}}&u={{user.meta.k}}&s={{settings.s}}"));
  Findings findings;
  ObjectReader reader(*json, "", "", findings);
  const Poll poll = read_poll(reader, PollOf::workflow);
  reader.finish();
  REQUIRE(findings.empty());
  CHECK(poll.cursor.size() == 2);
  CHECK(poll.overlap == Millis(120'000));
  CHECK(poll.interval == Millis(300'000));
  CHECK(poll.start == Poll::Start::now);
}

TEST_CASE("the interval makes no other poll, everything else does") {
  const auto text = [](const std::string& more) {
    const auto json = parse_json(with(more));
    Findings findings;
    ObjectReader reader(*json, "", "", findings);
    return read_poll(reader, PollOf::workflow).text;
  };
  CHECK(text(R"(, "interval": "5m")") == text(R"(, "interval": "6m")"));
  CHECK(text(R"(, "cursor": "a")") != text(R"(, "cursor": "b")"));
  CHECK(text(R"(, "start": "now")") != text(R"(, "start": "beginning")"));
}

TEST_CASE("what a poll lacks, misspells or cannot have is a finding") {
  const auto missing = findings_of("{}");
  for (const char* const key : {"request", "items", "itemId"}) {
    CHECK(std::any_of(missing.begin(), missing.end(), [&](const ErrorDetail& each) {
      return each.path.find(key) != std::string::npos ||
             each.message.find(key) != std::string::npos;
    }));
  }
  CHECK(finds(findings_of(with(R"(, "cursr": "a")")), "/cursr"));
  CHECK(finds(findings_of(with(R"(, "start": "later")")), "/start"));
  CHECK(finds(findings_of(with(R"(, "interval": "1s")")), "/interval"));
  CHECK(finds(findings_of(with(R"(, "overlap": "1m")")), "/overlap"));
  CHECK(finds(findings_of(with(R"(, "cursor": 5)")), "/cursor"));
  for (const char* const id :
       {"[]", "5", R"([5])", R"("")", R"(["a","b","c","d","e","f","g","h","i"])"}) {
    const auto findings = findings_of(R"({"request": {"method": "GET", "path": "/c"},
      "items": "response.body", "itemId": )" +
                                      std::string(id) + "}");
    INFO(id);
    CHECK_FALSE(findings.empty());
  }
  CHECK(finds(findings_of(R"({"request": {"method": "GET", "url": "https://a.example", "path": "/"},
    "items": "response.body", "itemId": "id"})"),
              "/request/url"));
}

TEST_CASE("a poll sees what is known before there is a run, and nothing else") {
  for (const char* const path : {"/{{self.cursor}}", "/{{settings.a}}", "/{{user.meta.a}}",
                                 "/{{secrets.KEY}}", "/{{project.id}}"}) {
    CHECK(findings_of(with("", path)).empty());
  }
  for (const char* const path : {"/{{trigger.a}}", "/{{step.result}}", "/{{execution.id}}",
                                 "/{{parameters.a}}", "/{{secrets}}", "/{{user.name}}"}) {
    INFO(path);
    CHECK_FALSE(findings_of(with("", path)).empty());
  }
  CHECK(findings_of(with("", "/{{parameters.a}}"), PollOf::integration).empty());
}

TEST_CASE("a polled workflow needs an integration, and its records are what steps see") {
  IntegrationSet crm;
  REQUIRE(crm.put("crm", *parse_json(R"({"baseUrl": "https://crm.example"})")).ok());
  const auto compiled = [&](const std::string& head) {
    return compile_workflow(*parse_json("{" + head + R"("trigger": {"type": "poll", "request":
      {"method": "GET", "path": "/c?since={{self.cursor}}"}, "items": "response.body", "itemId": "id"},
      "steps": [{"id": "r", "type": "response", "body": "{{trigger.result.any.thing}}"}]})"),
                            {ProjectId("p"), WorkflowId("w"), 1}, &crm);
  };
  const auto good = compiled(R"("integration": "crm", )");
  INFO((good ? std::string() : good.error().message));
  REQUIRE(good.ok());
  CHECK(poll_of((*good)->trigger) != nullptr);
  CHECK_FALSE(compiled("").ok());
}
