#include "runtime/drafts/draft_text.h"

#include "runtime/drafts/read_definition.h"
#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("a draft keeps its text, and means what a run makes of it") {
  const auto draft = read_draft_text("\xEF\xBB\xBF{ \"a\" : 2.0, \"b\": [1e2, -0.0, 0.5, 1e300] }");
  REQUIRE(draft.ok());
  CHECK(draft->text == R"({"a":2.0,"b":[1e2,-0.0,0.5,1e300]})");
  CHECK(draft->definition.at("a").is_int64());
  CHECK(draft->definition.at("b").at(0) == Json(100));
  CHECK(draft->definition.at("b").at(1) == Json(0));
  CHECK(draft->definition.at("b").at(2).is_double());
  CHECK(draft->definition.at("b").at(3).is_double());
  CHECK(*read_definition(draft->text) == draft->definition);
}

TEST_CASE("what is no strict JSON is no draft") {
  CHECK(read_draft_text(R"({"a":1,"a":2})").error().code == ErrorCode::invalid_json);
  CHECK(read_draft_text("{").error().code == ErrorCode::invalid_json);
  CHECK(read_draft_text(R"({"a":1e400})").error().code == ErrorCode::invalid_json);
}
