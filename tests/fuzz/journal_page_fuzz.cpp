// Journal pages: what the disk gives back may be anything.
#include "../unit/runtime/execution/every_event.h"
#include "runtime/execution/event_codec.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"

namespace millrace {
namespace {

const std::vector<std::string> pieces{"1[",
                                      "{\"k\":",
                                      "{\"k\":3,\"t\":0",
                                      "\"s\":",
                                      "-1",
                                      "1e99",
                                      "4294967296",
                                      "99999999999999999999",
                                      "null",
                                      "[]",
                                      "{}",
                                      ",",
                                      "]",
                                      "}",
                                      "\"",
                                      "\\u0000",
                                      "\xff"};

std::string page_of(const std::vector<Event>& events) {
  JournalPageWriter writer;
  for (const Event& event : events) writer.add(event);
  return writer.take();
}

/// Some events of any kind, in any order.
std::string random_page(SeededRandom& random) {
  static const auto stored = stored_events();
  std::vector<Event> events;
  for (std::size_t left = 1 + random.below(5); left > 0; --left) {
    events.push_back(
        {test_epoch + Millis(random.below(100'000)), stored[random.below(stored.size())].body});
  }
  return page_of(events);
}

void check_page(const std::string& page) {
  INFO(printable(page));
  const auto events = read_journal_page(page);
  if (!events) {
    REQUIRE(events.error().code == ErrorCode::corrupt_data);
    return;
  }
  if (events->empty()) return;
  // What was understood is written as what it was understood to be.
  const std::string written = page_of(*events);
  const auto again = read_journal_page(written);
  REQUIRE(again.ok());
  REQUIRE(page_of(*again) == written);
}

}  // namespace

TEST_CASE("a journal page of any events is read as it was written") {
  fuzz(5'000, [](SeededRandom& random) {
    const std::string page = random_page(random);
    INFO(printable(page));
    const auto events = read_journal_page(page);
    REQUIRE(events.ok());
    REQUIRE(page_of(*events) == page);
  });
}

TEST_CASE("a journal page with damaged bytes is refused or read soundly") {
  fuzz(20'000, [](SeededRandom& random) {
    std::string page = random_page(random);
    mutate(page, random, pieces);
    check_page(page);
  });
}

TEST_CASE("a journal page with wrong members is refused or read soundly") {
  const auto values = parse_all({"null", "true", "-1", "0", "1.5", "256", "4294967296", "1e300",
                                 "18446744073709551615", "-9223372036854775808", "\"\"", "\"x\"",
                                 "[]", "{}", "[[0,null]]", "[[\"log\"]]", "[[-1,1]]"});
  fuzz(20'000, [&](SeededRandom& random) {
    const std::string page = random_page(random);
    auto events = parse_json(page.substr(1));
    REQUIRE(events.ok());
    mutate(*events, random, values);
    check_page('1' + to_text(*events));
  });
}

}  // namespace millrace
