#include "runtime/definitions/definition_changes.h"

#include "runtime/drafts/draft_text.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::vector<DefinitionChange> changes_of(const char* from, const char* to) {
  const auto before = read_draft_text(from);
  const auto after = read_draft_text(to);
  REQUIRE((before.ok() && after.ok()));
  return definition_changes({before->definition, before->text}, {after->definition, after->text});
}

/// "kind step path" of each, one per line.
std::string changes(const char* from, const char* to) {
  std::string all;
  for (const auto& change : changes_of(from, to)) {
    all += std::string(name_of(change.kind)) + ' ' + change.step + ' ' + change.path + '\n';
  }
  return all;
}

}  // namespace

TEST_CASE("equal definitions have no changes, whatever the order of their keys") {
  CHECK(changes(R"({"a":1,"b":[{"id":"x","n":1}],"c":[{"d":1,"e":2}]})",
                R"({"b":[{"n":1, "id":"x"}],"c":[{"e":2,"d":1}],"a":1})")
            .empty());
}

TEST_CASE("what is written otherwise is a change, though it means the same") {
  CHECK(
      changes(
          R"({"a":1.0,"b":[{"id":"x","n":100}],"list":[1,{"big":12345678901234567890123}],"t":"a"})",
          R"({"a":1,"b":[{"id":"x","n":1e2}],"list":[1,{"big":12345678901234567890124}],"t":"\u0061"})") ==
      "changed  /a\n"
      "changed x /b/0/n\n"
      "changed  /list/1/big\n"
      "changed  /t\n");
}

TEST_CASE("steps are compared by their id, inside of others too") {
  CHECK(changes(
            R"({"name":"n","steps":[{"id":"a","code":"1"},{"id":"c","steps":[{"id":"d","v":1}]}]})",
            R"({"steps":[{"id":"new"},{"id":"a","code":"2"},
                    {"id":"c","steps":[{"id":"d","v":2,"w":3}]}]})") ==
        "added new /steps/0\n"
        "changed a /steps/1/code\n"
        "changed d /steps/2/steps/0/v\n"
        "added d /steps/2/steps/0/w\n"
        "removed  /name\n");
}

TEST_CASE("steps that change places are one change of their list") {
  CHECK(changes(R"({"steps":[{"id":"a"},{"id":"b"},{"id":"x"}]})",
                R"({"steps":[{"id":"b"},{"id":"a"}]})") ==
        "removed x /steps/2\n"
        "changed  /steps\n");
}

TEST_CASE("lists without ids are compared as a whole") {
  CHECK(changes(R"({"items":[1,2]})", R"({"items":[1,3]})") == "changed  /items\n");
  CHECK(changes(R"({"steps":[{"id":"a"},{"id":"a"}]})", R"({"steps":[{"id":"a"}]})") ==
        "changed  /steps\n");
  CHECK(changes("[]", "{}") == "changed  \n");
}

TEST_CASE("a step that stands in another list has moved, and is compared with what it was") {
  CHECK(
      changes(
          R"({"steps":[{"id":"a","v":1},{"id":"c","type":"conditional","then":[{"id":"b"}],"else":[]}]})",
          R"({"steps":[{"id":"c","type":"conditional","then":[],"else":[{"id":"a","v":2},{"id":"b"}]}]})") ==
      "changed a /steps/0/else/0\n"
      "changed a /steps/0/else/0/v\n"
      "changed b /steps/0/else/1\n");
  const auto moved = changes_of(R"({"steps":[{"id":"a"},{"id":"f","steps":[{"id":"b"}]}]})",
                                R"({"steps":[{"id":"f","steps":[{"id":"b"},{"id":"a"}]}]})");
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].kind == DefinitionChange::Kind::moved);
  CHECK(moved[0].from_path == "/steps/0");
  CHECK(to_text(moved[0].from) == R"({"in":null,"after":null})");
  CHECK(to_text(moved[0].to) == R"({"in":"f","after":"b"})");
}

TEST_CASE("steps that are put into something new, or taken out of what is gone, have moved") {
  const char* const flat = R"({"steps":[{"id":"a"},{"id":"b"}]})";
  const char* const wrapped =
      R"({"steps":[{"id":"f","type":"fanOut","steps":[{"id":"a"}]},{"id":"b"}]})";
  CHECK(changes(flat, wrapped) ==
        "added f /steps/0\n"
        "changed a /steps/0/steps/0\n");
  CHECK(changes(wrapped, flat) ==
        "changed a /steps/0\n"
        "removed f /steps/0\n");
}

TEST_CASE("branches are compared by their labels") {
  CHECK(
      changes(
          R"({"steps":[{"id":"c","branches":[{"label":"x","steps":[{"id":"a","v":1}]},{"label":"y"}]}]})",
          R"({"steps":[{"id":"c","branches":[{"label":"x","steps":[{"id":"a","v":2}]},{"label":"z"}]}]})") ==
      "changed a /steps/0/branches/0/steps/0/v\n"
      "added c /steps/0/branches/1\n"
      "removed c /steps/0/branches/1\n");
}

TEST_CASE("an id that two steps have is not followed") {
  CHECK(changes(R"({"steps":[{"id":"a"},{"id":"f","steps":[{"id":"a"}]}]})",
                R"({"steps":[{"id":"f","steps":[]}]})") ==
        "removed a /steps/1/steps/0\n"
        "removed a /steps/0\n");
}
