#include "runtime/definitions/definition_changes.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

/// "kind step path" of each, one per line.
std::string changes(const char* from, const char* to) {
  std::string all;
  for (const auto& change : definition_changes(*parse_json(from), *parse_json(to))) {
    all += std::string(name_of(change.kind)) + ' ' + change.step + ' ' + change.path + '\n';
  }
  return all;
}

}  // namespace

TEST_CASE("equal definitions have no changes, whatever the order of their keys") {
  CHECK(
      changes(R"({"a":1,"b":[{"id":"x","n":1}]})", R"({"b":[{"n":1.0,"id":"x"}],"a":1})").empty());
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
