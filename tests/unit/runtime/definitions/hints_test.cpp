// What is said to the author of a mistake must lead to something that is accepted.
#include "compile_text.h"
#include "runtime/definitions/code_hint.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/duration_text.h"
#include "runtime/triggers/trigger_catalog.h"

using namespace millrace;

namespace {

ErrorDetail finding_of_trigger(const std::string& type) {
  const auto findings = findings_of_text(R"({"trigger":{"type":")" + type + R"("},"steps":[)" +
                                         R"({"id":"w","type":"delay","value":1,"unit":"DAYS"}]})");
  REQUIRE(findings.size() == 1);
  return findings[0];
}

}  // namespace

TEST_CASE("a misspelt trigger type is led to the one that is meant") {
  CHECK(finding_of_trigger("reqest").message ==
        "there is no trigger type `reqest`; supported: " + list_names(trigger_types()));
  CHECK(finding_of_trigger("reqest").nearest == "request");
  for (const std::string type : {"polll", "pol"}) {
    CHECK(finding_of_trigger(type).nearest == "poll");
  }
  for (const std::string type : {"resuorce", "resourc"}) {
    CHECK(finding_of_trigger(type).nearest == "resource");
  }
  for (const std::string type : {"schedule", "shceduler", "Scheduler"}) {
    CHECK(finding_of_trigger(type).nearest == "scheduler");
    CHECK_THAT(finding_of_trigger(type).message, !Catch::Contains("not supported yet"));
  }
}

TEST_CASE("a key that would be refused is no advice for a misspelt one") {
  CHECK(finding_of_steps(R"({"id":"r","type":"response","autoRetri":true})").nearest.empty());
  // In a project folder it is known.
  CHECK(findings_of_steps(R"({"id":"f","type":"function","code":"() => 1","codefile":"f.js"})")[0]
            .nearest == "codeFile");
}

TEST_CASE("a misspelt key of a workflow is led to the one that is meant") {
  const auto findings = findings_of_text(R"({"setings":[],"trigger":{"type":"request"},"steps":[)"
                                         R"({"id":"w","type":"delay","value":1,"unit":"DAYS"}]})");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].nearest == "settings");
}

TEST_CASE("a root that means nothing where it would stand is no advice") {
  const auto outside =
      findings_of_steps(R"({"id":"r","type":"response","body":"{{instanc.name}} {{sefl.page}}"})");
  REQUIRE(outside.size() == 2);
  CHECK(outside[0].nearest.empty());
  CHECK(outside[1].nearest.empty());
  const auto inside = findings_of_steps(
      R"({"id":"e","type":"fanOut","items":[1],"steps":[
          {"id":"r","type":"response","body":"{{instanc.name}}"}]})");
  REQUIRE(inside.size() == 1);
  CHECK(inside[0].nearest == "instance");
}

TEST_CASE("the bound of a timeout is that of its kind of step, however it is missed") {
  for (const std::string timeout : {"16m", "2d", "500d", "20 minutes", "0s"}) {
    INFO(timeout);
    const std::string given = R"(,"timeout":")" + timeout + "\"}";
    for (const std::string& step :
         {R"({"id":"f","type":"function","code":"() => 1")" + given,
          R"({"id":"q","type":"request","method":"GET","url":"https://a.example")" + given}) {
      const auto findings = findings_of_steps(step);
      REQUIRE(findings.size() == 1);
      CHECK(findings[0].path == "/steps/0/timeout");
      CHECK_THAT(findings[0].message, Catch::Contains("at most 15m, got "));
    }
  }
  CHECK_THAT(finding_of_steps(R"({"id":"e","type":"fanOut","items":[1],"timeout":"500d","steps":[
        {"id":"w","type":"delay","value":1,"unit":"DAYS"}]})")
                 .message,
             Catch::Contains("at most 366d"));
}

TEST_CASE("durations are written in the largest unit that holds them whole") {
  CHECK(duration_text(Millis(0)) == "0ms");
  CHECK(duration_text(Millis(1'500)) == "1500ms");
  CHECK(duration_text(Millis(90'000)) == "90s");
  CHECK(duration_text(Millis(900'000)) == "15m");
  CHECK(duration_text(Millis(3'600'000)) == "1h");
  CHECK(duration_text(Millis(86'400'000)) == "1d");
}

TEST_CASE("an operator that does not exist is answered with all that do") {
  const auto finding = finding_of_steps(
      R"({"id":"c","type":"conditional","then":[],
          "if":[[{"variable":"{{trigger.request.body.n}}","operator":">=","argument":5}]]})");
  CHECK(finding.nearest == "NumberGreaterThanOrEqualTo");
  CHECK_THAT(finding.message, Catch::Contains("did you mean `NumberGreaterThanOrEqualTo`?") &&
                                  Catch::Contains("StringContains (\"new lead\", \"lead\")") &&
                                  Catch::Contains("ArrayIsNotEmpty ([1])"));
}

TEST_CASE("code that is no function is answered with how to write one") {
  CHECK_THAT(hint_of_code("return 1"), Catch::Contains("=> { return name }"));
  CHECK_THAT(hint_of_code("// note\n /* more */ return 1"), Catch::Contains("`return` needs"));
  CHECK_THAT(hint_of_code("const a = 1; return a"), Catch::Contains("statements need a function"));
  CHECK_THAT(hint_of_code("export default () => 1"), Catch::Contains("without `export`"));
  CHECK_THAT(hint_of_code("module.exports = () => 1"), Catch::Contains("without `module.exports`"));
  CHECK_THAT(hint_of_code("import x from 'y'"), Catch::Contains("libraries"));
  for (const char* const code : {"() => 1", "function f() { return 1 }", "async () => 1", "", "1 +",
                                 "returned => 1", "/* never closed"}) {
    INFO(code);
    CHECK(hint_of_code(code).empty());
  }
}

TEST_CASE("the place in the code is what the compiler's message ends with") {
  const auto place = place_in_code("SyntaxError: Unexpected token (line 3, column 14)");
  CHECK(place.line == 3);
  CHECK(place.column == 14);
  CHECK(place_in_code("SyntaxError: missing ) (at the end of the code)").line == 0);
  CHECK(place_in_code("(line x, column y)").line == 0);
}
