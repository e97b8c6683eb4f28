#include "runtime/drafts/text_references.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

/// The value with `old` renamed to `new`.
std::string renamed(std::string value) {
  rename_references(value, [](const std::string& name) {
    return name == "old" ? std::optional<std::string>("new") : std::nullopt;
  });
  return value;
}

}  // namespace

TEST_CASE("a name is rewritten where a reference has it, and nowhere else") {
  struct Case {
    const char* before;
    const char* after;
  };
  const Case cases[]{
      {R"("{{old.result}}")", R"("{{new.result}}")"},
      {R"("{{ old.result }}")", R"("{{ new.result }}")"},
      {R"("old {{old}} old {{other.old}} {{old[0]}}")",
       R"("old {{new}} old {{other.old}} {{new[0]}}")"},
      {R"("{{older.result}} {{old-er.x}} {{old_}}")",
       R"("{{older.result}} {{old-er.x}} {{old_}}")"},
      {R"("{{soql old.name}}")", R"("{{soql new.name}}")"},
      {R"("{{{old.a}}}")", R"("{{{new.a}}}")"},
      {R"("{{old.result[\"old }} key\"].old}}")", R"("{{new.result[\"old }} key\"].old}}")"},
      {R"("\\{{old.result}}")", R"("\\{{old.result}}")"},
      {R"("{{old.}} {{old")", R"("{{old.}} {{old")"},
      {R"("{{user.old}} {{settings.old}} {{trigger.old}}")",
       R"("{{user.old}} {{settings.old}} {{trigger.old}}")"},
      {R"({"old":"{{old.a}}","x":[1.0,"\u00e9{{old.b}}\ud83d\ude00{{old.c}}\n"]})",
       R"({"old":"{{new.a}}","x":[1.0,"\u00e9{{new.b}}\ud83d\ude00{{new.c}}\n"]})"},
      {R"("\u007b{\u006fld.a}}")", R"("\u007b{new.a}}")"},
      {R"("\u00e4 é {{old.ä}}")", R"("\u00e4 é {{new.ä}}")"},
      {"12.0", "12.0"},
      {R"("")", R"("")"},
  };
  for (const Case& each : cases) {
    INFO(each.before);
    CHECK(renamed(each.before) == each.after);
  }
}

TEST_CASE("references are told with their places") {
  const auto found = references_in(R"({"a":["x {{one.result}}",{"b":"{{2.r}} {{user.id}}"}]})");
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "one");
  CHECK(found[0].text == "one.result");
  CHECK(found[0].pointer == "/a/0");
  CHECK(found[1].name == "2");
  CHECK(found[1].pointer == "/a/1/b");
}
