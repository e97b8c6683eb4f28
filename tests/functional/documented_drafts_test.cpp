// The commands of docs/drafts.md, one after the other as a reader pastes them.
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/documented_commands.h"

using namespace millrace;
using namespace millrace::tests;

TEST_CASE("the commands of the drafts page do as it says") {
  const TestProject project(shared_server());
  const auto answers = answers_in(output_of(project, commands_of(MILLRACE_DRAFTS_PAGE)));
  REQUIRE(answers.size() == 10);
  CHECK(text_at(answers[0], "/definition/name") == "\"Lead\"");
  CHECK(to_text(answers[1]) == R"({"version":1})");
  CHECK(text_at(answers[2], "/description") == "\"Takes leads in\"");
  CHECK(text_at(answers[3], "/code") == "\"draft_changed\"");
  CHECK(text_at(answers[4], "/order") == "1");
  CHECK(text_at(answers[4], "/definition/steps/0/id") == "\"normalise\"");
  CHECK(text_at(answers[4], "/definition/steps/1/items") == "\"{{normalise.result.tags}}\"");
  CHECK(text_at(answers[4], "/definition/steps/1/steps/0/id") == "\"shout\"");
  CHECK(text_at(answers[4], "/findings") == "[]");
  CHECK(text_at(answers[5], "/findings/0/step") == "\"each\"");
  CHECK(text_at(answers[5], "/findings/1/step") == "\"reply\"");
  CHECK(text_at(answers[6], "/valid") == "false");
  CHECK(text_at(answers[6], "/findings/0/path") == "\"/steps/0/items\"");
  CHECK(text_at(answers[7], "/summary/notListed") == "0");
  CHECK(text_at(answers[8], "/definition/steps/0/id") == "\"clean\"");
  CHECK(to_text(answers[9]) == R"({"version":1,"unchanged":true})");
}
