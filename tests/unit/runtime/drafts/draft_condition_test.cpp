#include "runtime/drafts/draft_condition.h"

#include "runtime/drafts/draft_text.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

const std::string draft = R"({"name":"a"})";

/// "yes", "no", or "bad" for a header that cannot be read.
std::string holds(const std::optional<std::string>& if_match,
                  const std::optional<std::string>& if_none_match, const std::string* stored) {
  const auto condition = DraftCondition::read(if_match, if_none_match);
  if (!condition) {
    CHECK(condition.error().code == ErrorCode::invalid_request);
    return "bad";
  }
  const auto outcome = condition->holds_for(stored);
  if (!outcome) CHECK(outcome.error().code == ErrorCode::draft_changed);
  return outcome ? "yes" : "no";
}

std::string if_match(const std::string& value, const std::string* stored = &draft) {
  return holds(value, std::nullopt, stored);
}
std::string if_none_match(const std::string& value, const std::string* stored = &draft) {
  return holds(std::nullopt, value, stored);
}

}  // namespace

TEST_CASE("the tag of a draft is that of its text") {
  CHECK(draft_tag(draft) == draft_tag(draft));
  CHECK(draft_tag(draft) != draft_tag(R"({"name":"b"})"));
  // Clients keep it over restarts and releases.
  CHECK(draft_tag("{}") == "\"44136fa355b3678a1146ad16f7e8649e\"");
}

TEST_CASE("If-Match holds for the draft that was seen, by strong comparison") {
  const std::string tag = draft_tag(draft);
  CHECK(if_match(tag) == "yes");
  CHECK(if_match(" " + tag + " ") == "yes");
  CHECK(if_match("\"other\", " + tag) == "yes");
  CHECK(if_match(",, \"other\" ," + tag + ",") == "yes");
  CHECK(if_match("*") == "yes");
  CHECK(if_match("\"other\"") == "no");
  CHECK(if_match("W/" + tag) == "no");
  CHECK(if_match("\"a,b\", \"\"") == "no");
  CHECK(if_match("*", nullptr) == "no");
  CHECK(if_match(tag, nullptr) == "no");
}

TEST_CASE("If-None-Match holds for what it does not name, by weak comparison") {
  const std::string tag = draft_tag(draft);
  CHECK(if_none_match("*") == "no");
  CHECK(if_none_match("*", nullptr) == "yes");
  CHECK(if_none_match(tag) == "no");
  CHECK(if_none_match("W/" + tag) == "no");
  CHECK(if_none_match("\"other\"") == "yes");
  CHECK(if_none_match(tag, nullptr) == "yes");
}

TEST_CASE("what is no list of tags is refused, since it would protect nobody") {
  for (const char* const value : {"", "abc", "\"open", "\"a\" \"b\"", "w/\"a\"", "*, \"a\"", ","}) {
    INFO(value);
    CHECK(if_match(value) == "bad");
    CHECK(if_none_match(value) == "bad");
  }
  CHECK(holds(std::nullopt, std::nullopt, nullptr) == "yes");
}

TEST_CASE("who is refused is told the tag that the draft has now") {
  const auto condition = DraftCondition::read("\"old\"", std::nullopt);
  REQUIRE(condition.ok());
  const auto refused = condition->holds_for(&draft);
  REQUIRE(!refused.ok());
  REQUIRE(refused.error().details.size() == 1);
  CHECK(refused.error().details[0].expected == draft_tag(draft));
  CHECK(refused.error().details[0].got == "\"old\"");
}
