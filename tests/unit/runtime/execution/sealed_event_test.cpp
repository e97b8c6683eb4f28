#include "runtime/execution/event_codec.h"
#include "runtime/execution/mask_event.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

Redaction secrets() {
  Redaction secrets;
  secrets.add("prod", "[secret ENV]");
  secrets.add("1000", "[secret LIMIT]");
  return secrets;
}

Event completed(Json output) {
  StepCompleted event;
  event.output = share(std::move(output));
  event.console = {{"log", "done"}};
  return {Instant{}, std::move(event)};
}

std::string output_of(const Event& event) {
  return to_text(*std::get<StepCompleted>(event.body).output);
}

/// "Sealed" in a way that tests can read.
std::string page_of(const Event& event) {
  JournalPageWriter page;
  const auto masked = mask_event(event, secrets());
  REQUIRE(masked);
  page.add(masked->shown, "sealed:" + event_text(event));
  return page.take();
}

Result<std::optional<std::string>> open(std::string_view sealed) {
  return std::optional(std::string(sealed.substr(7)));
}

}  // namespace

TEST_CASE("an event without secrets is stored as it is") {
  CHECK_FALSE(mask_event(completed(JsonObject{{"a", "product? no: produce"}, {"n", 10}}), {}));
  CHECK_FALSE(mask_event(completed(JsonObject{{"a", "pro d"}, {"n", 10000}}), secrets()));
}

TEST_CASE("an event with secrets is stored masked, and says which were taken out") {
  const auto masked = mask_event(completed(JsonObject{{"kind", "product"}, {"n", 7}}), secrets());
  REQUIRE(masked);
  CHECK(output_of(masked->shown) == R"({"kind":"[secret ENV]uct","n":7})");
  REQUIRE(masked->found.secrets().size() == 1);
  CHECK(masked->found.secrets()[0].value == "prod");
  CHECK(std::get<StepCompleted>(masked->shown.body).console.size() == 1);
}

TEST_CASE("every event that brings values from outside is masked") {
  StepFailed failed;
  failed.response = share(JsonObject{{"body", "prod"}});
  PageFetched page;
  page.results = share(JsonArray{1000});
  page.next_token = share("prod-2");
  FanOutJoined joined;
  joined.output = share(JsonObject());
  joined.outputs.emplace_back(StepIndex{1}, share(JsonArray{"prod"}));
  for (const EventBody& body : {EventBody(failed), EventBody(page), EventBody(joined)}) {
    const auto masked = mask_event({Instant{}, body}, secrets());
    REQUIRE(masked);
    CHECK(event_text(masked->shown).find("\"prod") == std::string::npos);
    CHECK(event_text(masked->shown).find("1000") == std::string::npos);
  }
}

TEST_CASE("whoever can open a page reads the events as they were, of the same types") {
  const Event event = completed(JsonObject{{"kind", "product"}, {"price", 1000}, {"prod", true}});
  const std::string page = page_of(event);
  const auto events = read_journal_page(page, open);
  REQUIRE(events.ok());
  REQUIRE(events->size() == 1);
  CHECK(output_of(events->front()) == R"({"kind":"product","price":1000,"prod":true})");
}

TEST_CASE("whoever cannot open a page reads its masked events") {
  const std::string page = page_of(completed(JsonObject{{"kind", "product"}, {"price", 1000}}));
  for (const auto& events :
       {read_journal_page(page), read_journal_page(page, [](std::string_view) {
          return Result<std::optional<std::string>>(std::optional<std::string>());
        })}) {
    REQUIRE(events.ok());
    CHECK(output_of(events->front()) == R"({"kind":"[secret ENV]uct","price":"[secret LIMIT]"})");
  }
}

TEST_CASE("a page whose sealed event does not open says why") {
  const std::string page = page_of(completed("prod"));
  const auto locked = read_journal_page(page, [](std::string_view) {
    return Result<std::optional<std::string>>(Error(ErrorCode::secrets_locked, "another key"));
  });
  REQUIRE_FALSE(locked.ok());
  CHECK(locked.error().code == ErrorCode::secrets_locked);
  const auto damaged = read_journal_page(page, [](std::string_view) {
    return Result<std::optional<std::string>>(std::optional(std::string("{]")));
  });
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.error().code == ErrorCode::corrupt_data);
}

TEST_CASE("error messages hold no secrets, wherever they were made") {
  StepFailed failed;
  failed.message = "no connection to prod.example";
  EventBody body = failed;
  mask_shown(body, secrets());
  CHECK(std::get<StepFailed>(body).message == "no connection to [secret ENV].example");
}

TEST_CASE("a console holds no secret that the run has met, whoever brought it") {
  StepCompleted completed;
  completed.console = {{"log", "it is prod"}};
  EventBody body = completed;
  mask_shown(body, secrets());
  CHECK(std::get<StepCompleted>(body).console[0].text == "it is [secret ENV]");
  StepFailed failed;
  failed.console = {{"warn", "prod"}};
  body = failed;
  mask_shown(body, secrets());
  CHECK(std::get<StepFailed>(body).console[0].text == "[secret ENV]");
}
