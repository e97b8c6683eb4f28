#include "runtime/execution/event_codec.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/runtime/execution/every_event.h"

namespace millrace {
namespace {

std::string page_of(const std::vector<Event>& events) {
  JournalPageWriter writer;
  for (const auto& event : events) writer.add(event);
  return writer.take();
}

std::vector<Event> all_events() {
  std::vector<Event> events;
  for (const auto& stored : stored_events()) events.push_back({test_epoch, stored.body});
  return events;
}

bool reads(const std::string& page) { return read_journal_page(page).ok(); }

std::string message_of(const std::string& page) {
  const auto read = read_journal_page(page);
  return read.ok() ? "" : read.error().message;
}

Json nested(std::size_t levels) {
  Json value = 1;
  for (std::size_t i = 0; i < levels; ++i) value = JsonArray{std::move(value)};
  return value;
}

Event completed_with(Json output) {
  StepCompleted event;
  event.output = share(std::move(output));
  return {test_epoch, std::move(event)};
}

}  // namespace

TEST_CASE("stored pages of every kind of event are written as they always were") {
  for (const auto& stored : stored_events()) {
    CHECK(page_of({{test_epoch, stored.body}}) == stored.page);
  }
}

TEST_CASE("stored pages of every kind of event are read with all of their members") {
  for (const auto& stored : stored_events()) {
    const auto events = read_journal_page(stored.page);
    REQUIRE(events.ok());
    REQUIRE(events->size() == 1);
    CHECK(events->front().at == test_epoch);
    CHECK(events->front().body.index() == stored.body.index());
    // Writing has no choices, so equal pages mean equal events.
    CHECK(page_of(*events) == stored.page);
  }
}

TEST_CASE("the members of an event are where its readers look for them") {
  const auto events = read_journal_page(stored_events()[2].page);
  REQUIRE(events.ok());
  const auto& event = std::get<StepCompleted>(events->front().body);
  CHECK(event.step == 1);
  CHECK(event.attempt == 2);
  CHECK(event.started == test_epoch);
  CHECK(to_text(*event.output) == R"({"result":[1.5,"two",null,true]})");
  CHECK(event.input_bytes == 17);
  CHECK(event.tasks == 1);
  REQUIRE(event.console.size() == 2);
  CHECK(event.console[1].level == "warn");
  CHECK(event.console[1].text == "\u2713 \"quoted\"");
}

TEST_CASE("a page of many events is read in the order they were added") {
  JournalPageWriter writer;
  CHECK(writer.empty());
  for (const auto& event : all_events()) writer.add(event);
  CHECK(writer.count() == all_events().size());
  const std::string page = writer.take();
  CHECK(writer.empty());
  CHECK(writer.count() == 0);
  const auto events = read_journal_page(page);
  REQUIRE(events.ok());
  REQUIRE(events->size() == all_events().size());
  CHECK(page_of(*events) == page);
}

TEST_CASE("members that a newer version added are ignored by this one") {
  CHECK(reads(R"(1[{"k":5,"t":1,"s":2,"later":{"x":[1]}}])"));
}

TEST_CASE("text of any script and every control character survives a page") {
  std::string text = "Zo\u00eb \u5b57 \U0001f600 \u2028";
  for (char c = 0; c < 0x20; ++c) text.push_back(c);
  const auto events = read_journal_page(page_of({completed_with(JsonObject{{text, text}})}));
  REQUIRE(events.ok());
  const auto& output = *std::get<StepCompleted>(events->front().body).output;
  CHECK(output.at(text).as_string() == text);
}

TEST_CASE("numbers survive a page without losing a digit") {
  const JsonArray numbers{std::numeric_limits<std::int64_t>::min(),
                          std::numeric_limits<std::uint64_t>::max(), 0.1, 5e-324,
                          1.7976931348623157e308};
  const auto events = read_journal_page(page_of({completed_with(numbers)}));
  REQUIRE(events.ok());
  CHECK(*std::get<StepCompleted>(events->front().body).output == Json(numbers));
}

TEST_CASE("the deepest value that may be stored can be read and a deeper one is refused") {
  // A page puts its list and the event around the value.
  CHECK(reads(page_of({completed_with(nested(limits::stored_depth_max - 2))})));
  CHECK_FALSE(reads(page_of({completed_with(nested(limits::stored_depth_max - 1))})));
}

TEST_CASE("a page cut off at any byte is an error and never a shorter journal") {
  const std::string page = page_of(all_events());
  for (std::size_t length = 0; length < page.size(); ++length) {
    const auto read = read_journal_page(page.substr(0, length));
    REQUIRE_FALSE(read.ok());
    REQUIRE(read.error().code == ErrorCode::corrupt_data);
  }
}

TEST_CASE("a page with flipped bits gives events or an error and never a crash") {
  const std::string page = page_of(all_events());
  SeededRandom random(20'260'101);
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = page;
    for (std::size_t flips = 1 + random.below(4); flips > 0; --flips) {
      char& byte = damaged[random.below(damaged.size())];
      byte = static_cast<char>(byte ^ (1 << random.below(8)));
    }
    const auto read = read_journal_page(damaged);
    if (!read) {
      REQUIRE(read.error().code == ErrorCode::corrupt_data);
      ++refused;
    } else {
      REQUIRE(reads(page_of(*read)));
    }
  }
  INFO("seed 20260101");
  CHECK(refused > 10'000);
}

TEST_CASE("a page with a member that is missing or of the wrong type names its event") {
  CHECK(message_of(R"(1[{"k":5,"t":1}])").find("DelayElapsed") != std::string::npos);
  for (const char* page : {
           R"(1[{"k":1,"t":1,"p":"p","u":"u","w":"w","v":1,"in":{},"st":{},"um":{},"tp":"00-1"}])",
           R"(1[{"k":1,"t":1,"p":"p","u":"u","w":"w","v":1,"in":{},"st":{},"um":{},"tp":7}])",
           R"(1[{"k":5,"s":1}])",
           R"(1[{"k":5,"t":1,"s":-1}])",
           R"(1[{"k":5,"t":1,"s":"1"}])",
           R"(1[{"k":5,"t":1,"s":4294967296}])",
           R"(1[{"k":5,"t":9e18,"s":1}])",
           R"(1[{"k":5,"t":9000000000000000000,"s":1}])",
           R"(1[{"k":4,"t":1,"s":1,"d":-9000000000000000000}])",
           R"(1[{"k":9,"t":1,"z":1}])",
           R"(1[{"k":9,"t":1,"z":6}])",
           R"(1[{"k":9,"t":1,"z":4}])",
           R"(1[{"k":7,"t":1,"s":1,"b":1,"x":[[1.5,[]]],"o":{},"n":0}])",
           R"(1[{"k":7,"t":1,"s":1,"b":1,"x":[[-1,[]]],"o":{},"n":0}])",
           R"(1[{"k":7,"t":1,"s":1,"b":1,"x":[[1]],"o":{},"n":0}])",
           R"(1[{"k":7,"t":1,"s":1,"b":1,"x":{},"o":{},"n":0}])",
           R"(1[{"k":10,"t":1,"s":1,"a":1,"b":1,"x":{},"to":null,"y":1,"n":1}])",
           R"(1[{"k":10,"t":1,"s":1,"a":1,"b":1,"x":[],"y":1,"n":1}])",
           R"(1[{"k":10,"t":1,"s":1,"a":1,"b":1,"x":[],"to":null,"y":-1,"n":1}])",
           R"(1[{"k":2,"t":1,"s":1,"a":1,"b":1,"o":{},"i":1,"n":1,"c":[["log"]]}])",
           R"(1[{"k":2,"t":1,"s":1,"a":1,"b":1,"o":{},"i":1,"n":1,"c":[["log",1]]}])",
       }) {
    INFO(page);
    CHECK(message_of(page).find("is missing or has the wrong type") != std::string::npos);
  }
}

TEST_CASE("a page that is not a list of known events says what it is") {
  CHECK(message_of("") == "a journal page is damaged: unknown format");
  CHECK(message_of("2[]") == "a journal page is damaged: unknown format");
  CHECK(message_of("1{}") == "a journal page is damaged: not a list of events");
  CHECK(message_of("1[1]") == "a journal page is damaged: an event is not an object");
  CHECK(message_of(R"(1[{"k":13,"t":1}])") == "a journal page is damaged: unknown event kind 13");
  CHECK(message_of(R"(1[{"k":0,"t":1}])") == "a journal page is damaged: unknown event kind 0");
}

TEST_CASE("an empty page is never written because it would say nothing") {
  JournalPageWriter writer;
  CHECK_THROWS_AS(writer.take(), BugFound);
}

}  // namespace millrace
