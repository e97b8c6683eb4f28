// Which references a definition may have, what they are linked to, and why others are refused.
#include "compile_text.h"
#include "runtime/definitions/compile_stored_workflow.h"

using namespace millrace;

namespace {

std::string function(const std::string& id, const std::string& reference = "user.id") {
  return R"({"id":")" + id + R"(","type":"function","code":"x","parameters":{"p":"{{)" + reference +
         "}}\"}}";
}

std::string fan_out(const std::string& id, const std::string& steps) {
  return R"({"id":")" + id + R"(","type":"fanOut","items":[1],"steps":[)" + steps + "]}";
}

std::string conditional(const std::string& id, const std::string& yes, const std::string& no) {
  return R"({"id":")" + id + R"(","type":"conditional","if":[{"variable":1,"operator":"Exists"}],
    "then":[)" +
         yes + R"(],"else":[)" + no + "]}";
}

/// The reference of the function step `id`.
Reference linked(const Workflow& workflow, const std::string& id) {
  for (const Step* const step : workflow.by_index) {
    if (step->id.text != id) continue;
    // Copies share what is compiled; visiting without writing changes nothing.
    Template parameters = std::get<FunctionStep>(step->config).parameters;
    Reference found;
    parameters.visit_references(
        [&](Reference& reference, const std::string&) { found = reference; });
    return found;
  }
  FAIL("no step " << id);
  return {};
}

std::string why(const std::string& steps) { return finding_of_steps(steps).message; }

const std::string a = function("a");

}  // namespace

TEST_CASE("an earlier step of the same sequence can be referred to") {
  const auto workflow = compile_steps(a + ',' + function("b", "a.result.x"));
  const Reference reference = linked(*workflow, "b");
  REQUIRE(reference.step == 0);
  REQUIRE(reference.array_levels == 0);
}

TEST_CASE("an earlier step of an enclosing sequence can be referred to") {
  const auto workflow =
      compile_steps(a + ',' + conditional("c", fan_out("f", function("b", "a.result")), ""));
  REQUIRE(linked(*workflow, "b").step == 0);
  REQUIRE(linked(*workflow, "b").array_levels == 0);
}

TEST_CASE("a step inside an earlier branch can be referred to") {
  const auto workflow =
      compile_steps(conditional("c", a, function("other")) + ',' + function("b", "a.result"));
  REQUIRE(linked(*workflow, "b").step == 1);
}

TEST_CASE("a step behind a fan-out is linked with its array levels") {
  const auto workflow =
      compile_steps(fan_out("f", a + ',' + fan_out("g", function("i", "a.result")) + ',' +
                                     function("j", "i.result")) +
                    ',' + function("b", "i.result"));
  REQUIRE(linked(*workflow, "i").array_levels == 0);
  REQUIRE(linked(*workflow, "j").array_levels == 1);
  REQUIRE(linked(*workflow, "b").array_levels == 2);
  REQUIRE(workflow->read_outside_fan_out[3]);
  REQUIRE_FALSE(workflow->read_outside_fan_out[1]);
}

TEST_CASE("two fan-outs after one another do not see each other as nested") {
  const auto workflow =
      compile_steps(fan_out("f", a) + ',' + fan_out("g", function("b", "a.result")));
  REQUIRE(linked(*workflow, "b").array_levels == 1);
}

TEST_CASE("ordinals count the trigger as one and then steps in preorder") {
  const auto workflow =
      compile_steps(conditional("c", a, "") + ',' + function("b", "1.request.body") + ',' +
                    function("d", "3.result"));
  REQUIRE(linked(*workflow, "b").root == Reference::Root::trigger);
  REQUIRE(linked(*workflow, "d").step == 1);
  REQUIRE_THAT(why(a + ',' + function("b", "9.result")),
               Catch::Contains("there is no step number 9: 1 is the trigger and 3 the last step"));
  REQUIRE_THAT(why(function("b", "2.result")), Catch::Contains("cannot refer to itself"));
}

TEST_CASE("inside a fan-out its element and index can be referred to") {
  for (const char* const reference :
       {"f.instance", "f.instance.name", "f.index", "instance", "instance.x[0]", "index"}) {
    REQUIRE(compile_steps(fan_out("f", fan_out("g", function("b", reference)))) != nullptr);
  }
  REQUIRE_THAT(why(fan_out("f", function("b", "f.errors"))),
               Catch::Contains("known only after it has ended"));
  REQUIRE_THAT(why(fan_out("f", function("b", "f"))),
               Catch::Contains("its element is `f.instance`"));
  REQUIRE(finding_of_steps(fan_out("f", function("b", "f.instanc"))).nearest == "instance");
}

TEST_CASE("after a fan-out only its errors can be referred to") {
  REQUIRE(compile_steps(fan_out("f", a) + ',' + function("b", "f.errors[0]")) != nullptr);
  REQUIRE_THAT(why(fan_out("f", a) + ',' + function("b", "f.instance")),
               Catch::Contains("`instance` exists only inside the fan-out `f`"));
  REQUIRE_THAT(
      why(function("b", "instance.x")),
      Catch::Contains("`instance` exists only inside a fan-out, and no fan-out is around"));
  REQUIRE_THAT(why(function("b", "index")),
               Catch::Contains("`index` exists only inside a fan-out"));
}

TEST_CASE("the items of a nested fan-out may be the outer element") {
  REQUIRE(compile_steps(R"({"id":"f","type":"fanOut","items":[[1]],"steps":[
    {"id":"g","type":"fanOut","items":"{{instance}}","steps":[)" +
                        a + "]}]}") != nullptr);
  REQUIRE_THAT(why(R"({"id":"g","type":"fanOut","items":"{{instance}}","steps":[)" + a + "]}"),
               Catch::Contains("no fan-out is around this step"));
}

TEST_CASE("a step that runs later, itself or around the reference is refused with the reason") {
  REQUIRE_THAT(why(function("b", "a.result") + ',' + a),
               Catch::Contains("`a` runs after this step"));
  REQUIRE_THAT(why(function("b", "b.result")), Catch::Contains("cannot refer to itself"));
  REQUIRE_THAT(why(conditional("c", function("b", "c.selectedChoice"), "")),
               Catch::Contains("`c` is around this step"));
  REQUIRE_THAT(why(R"({"id":"f","type":"fanOut","items":"{{a.result}}","steps":[)" + a + "]}"),
               Catch::Contains("`a` is inside this step"));
}

TEST_CASE("branches of one conditional do not see each other") {
  const auto finding = finding_of_steps(conditional("c", a, function("b", "a.result")));
  REQUIRE_THAT(finding.message, Catch::Contains("`a` is in another branch of `c`"));
  REQUIRE(finding.step == "b");
  REQUIRE(finding.path == "/steps/0/else/0/parameters/p");
  REQUIRE_THAT(why(conditional("c", function("b", "a.result"), a)),
               Catch::Contains("`a` is in another branch of `c`"));
}

TEST_CASE("an unknown step is refused with the nearest upstream name") {
  const auto finding =
      finding_of_steps(function("normalise") + ',' + function("b", "normalize.result"));
  REQUIRE(finding.nearest == "normalise");
  REQUIRE_THAT(finding.message, Catch::Contains("there is no step `normalize`"));
  REQUIRE(finding_of_steps(function("b", "triger.request")).nearest == "trigger");
  REQUIRE(
      finding_of_steps(function("b", "laterr.result") + ',' + function("later")).nearest.empty());
}

TEST_CASE("the first key must be one that the step's type offers") {
  REQUIRE(finding_of_steps(a + ',' + function("b", "a.reslt")).nearest == "result");
  REQUIRE(finding_of_steps(a + ',' + function("b", "a.error")).expected == "`result`");
  REQUIRE(finding_of_steps(a + ',' + function("b", "a[0]")).got == "0");
  REQUIRE(compile_steps(R"({"id":"a","type":"function","code":"x","continueOnError":true},)" +
                        function("b", "a.error.code")) != nullptr);
  REQUIRE(compile_steps(a + ',' + function("b", "a")) != nullptr);
  REQUIRE(compile_steps(conditional("c", "", "") + ',' + function("b", "c.selectedChoice")) !=
          nullptr);
  REQUIRE(finding_of_steps(conditional("c", "", "") + ',' + function("b", "c.result")).expected ==
          "`selectedChoice`");
  REQUIRE_THAT(
      why(R"({"id":"w","type":"delay","value":1,"unit":"DAYS"},)" + function("b", "w.result")),
      Catch::Contains("a delay step has no output"));
  REQUIRE(compile_steps(R"({"id":"r","type":"response"},)" + function("b", "r.body")) != nullptr);
  REQUIRE(finding_of_steps(R"({"id":"r","type":"response"},)" + function("b", "r.status"))
              .nearest.empty());
}

TEST_CASE("roots offer their keys and no others") {
  for (const char* const reference :
       {"trigger", "trigger.request", "trigger.request.body.a", "trigger.request.headers['x-a']",
        "trigger.request.params.a", "trigger.request.file.name", "settings.anything", "user.id",
        "user.meta.Email", "execution.id", "project.id"}) {
    INFO(reference);
    REQUIRE(compile_steps(function("b", reference)) != nullptr);
  }
  REQUIRE(finding_of_steps(function("b", "trigger.requst")).nearest == "request");
  REQUIRE(finding_of_steps(function("b", "trigger.request.boddy")).nearest == "body");
  REQUIRE(finding_of_steps(function("b", "user.name")).expected == "`id` and `meta`");
  REQUIRE(finding_of_steps(function("b", "execution.idd")).nearest == "id");
}

TEST_CASE("steps that send something may name secrets, whose masks the workflow knows") {
  const auto workflow = compile_steps(
      function("a", "secrets.KEY") +
      R"(,{"id":"r","type":"request","method":"GET","url":"https://a.example/{{secrets.PATH}}",
          "headers":{"x-key":"{{secrets.KEY}}","x-other":"{{secrets.OTHER}}"}})");
  REQUIRE(workflow->by_index[0]->secrets == std::vector<std::string>{"KEY"});
  REQUIRE(workflow->by_index[1]->secrets == std::vector<std::string>{"PATH", "KEY", "OTHER"});
  REQUIRE(to_text(workflow->masked_secrets) ==
          R"({"KEY":"[secret KEY]","PATH":"[secret PATH]","OTHER":"[secret OTHER]"})");
}

TEST_CASE("steps whose values are stored may not name secrets") {
  for (const char* const step :
       {R"({"id":"s","type":"conditional",
            "if":[[{"variable":"{{secrets.KEY}}","operator":"Exists"}]]})",
        R"({"id":"s","type":"delay","value":"{{secrets.KEY}}","unit":"DAYS"})",
        R"({"id":"s","type":"fanOut","items":"{{secrets.KEY}}",
            "steps":[{"id":"i","type":"delay","value":1,"unit":"DAYS"}]})",
        R"({"id":"s","type":"response","body":{"key":"{{secrets.KEY}}"}})",
        R"({"id":"s","type":"response","headers":{"x":"{{secrets.KEY}}"}})"}) {
    REQUIRE_THAT(why(step), Catch::Contains("secrets can be used in request, action and function "
                                            "steps only"));
  }
}

TEST_CASE("a secret is named by exactly one key") {
  for (const char* const reference : {"secrets", "secrets[0]", "secrets.KEY.part"}) {
    INFO(reference);
    REQUIRE_THAT(why(function("b", reference)), Catch::Contains("a secret is named by one key"));
  }
}

TEST_CASE("the state of pagination is known in paginated requests only") {
  REQUIRE_THAT(why(function("b", "self.pageToken")),
               Catch::Contains("`self` is the state of pagination, and this step has none"));
  const auto request = [](const std::string& url, const std::string& more) {
    return R"({"id":"r","type":"request","method":"GET","url":")" + url + '"' + more + '}';
  };
  const std::string pages =
      R"(,"pagination":{"output":"response.body.items","pageToken":"response.body.next"})";
  REQUIRE_THAT(why(request("https://a.example/{{self.pageToken}}", "")),
               Catch::Contains("this step has none"));
  REQUIRE(compile_steps(request("https://a.example/{{self.pageToken}}", pages)) != nullptr);
  REQUIRE(finding_of_steps(request("https://a.example/{{self.pageTokn}}", pages)).nearest ==
          "pageToken");
}

TEST_CASE("references are checked in every field of every kind of step") {
  for (
      const char* const step :
      {R"({"id":"s","type":"function","code":"x","parameters":{"a":["{{zzz.result}}"]}})",
       R"({"id":"s","type":"conditional",
             "if":[{"variable":"{{zzz.result}}","operator":"Exists"}]})",
       R"({"id":"s","type":"conditional",
             "if":[{"variable":1,"operator":"NumberEquals","argument":"{{zzz.result}}"}]})",
       R"({"id":"s","type":"conditional","branches":[{"label":"A",
             "if":[{"variable":"{{zzz.result}}","operator":"Exists"}]}]})",
       R"({"id":"s","type":"fanOut","items":"{{zzz.result}}",
             "steps":[{"id":"i","type":"delay","value":1,"unit":"DAYS"}]})",
       R"({"id":"s","type":"delay","value":"{{zzz.result}}","unit":"DAYS"})",
       R"({"id":"s","type":"delay","until":"{{zzz.result}}"})",
       R"({"id":"s","type":"request","method":"GET","url":"{{zzz.result}}"})",
       R"({"id":"s","type":"request","method":"GET","url":"https://x.example","params":{"a":["{{zzz.result}}"]}})",
       R"({"id":"s","type":"request","method":"GET","url":"https://x.example","headers":{"a":"{{zzz.result}}"}})",
       R"({"id":"s","type":"request","method":"GET","url":"https://x.example","body":{"a":"{{zzz.result}}"}})",
       R"({"id":"s","type":"request","method":"GET","url":"https://x.example",
            "authorization":{"type":"bearer","token":"{{zzz.result}}"}})",
       R"({"id":"s","type":"request","method":"GET","url":"https://x.example","pagination":{
            "output":"response.body","pageToken":"response.body.next",
            "stopWhen":[[{"variable":"{{zzz.result}}","operator":"Exists"}]]}})",
       R"({"id":"s","type":"response","file":"{{zzz.result}}"})",
       R"({"id":"s","type":"response","statusCode":"{{zzz.result}}"})",
       R"({"id":"s","type":"response","headers":{"a":"{{zzz.result}}"}})",
       R"({"id":"s","type":"response","body":"x {{zzz.result}}"})"}) {
    REQUIRE_THAT(why(step), Catch::Contains("there is no step `zzz`"));
  }
}

TEST_CASE("the keys of a step that has findings of its own are checked") {
  const auto findings =
      findings_of_steps(R"({"id":"list","type":"function","code":"x","timeOut":"5s"},)" +
                        function("b", "list.reslt"));
  REQUIRE(findings.size() == 2);
  REQUIRE(findings[1].step == "b");
  REQUIRE(findings[1].nearest == "result");
}

TEST_CASE("the keys of a step whose type is not certain are not checked") {
  for (const char* const uncertain :
       {R"({"id":"a","type":"reqest"})", R"({"id":"a"})", R"({"id":"a","type":5})",
        R"({"id":"a","type":"function","code":"x"},{"id":"a","type":"response"})"}) {
    INFO(uncertain);
    REQUIRE(findings_of_steps(uncertain + (',' + function("b", "a.response"))).size() == 1);
  }
}

TEST_CASE("a malformed continueOnError is reported once and not where the error is read") {
  const auto finding =
      finding_of_steps(R"({"id":"a","type":"function","code":"x","continueOnError":"yes"},)" +
                       function("b", "a.error.message"));
  REQUIRE(finding.path == "/steps/0/continueOnError");
}

TEST_CASE("a trigger's mapping names a setting that is declared as one") {
  const auto text = [](const std::string& mapping, const std::string& settings) {
    return R"({"integration":"crm","trigger":{"type":"request","objectMapping":"{{settings.)" +
           mapping + R"(}}"},"settings":[)" + settings +
           R"(],"steps":[{"id":"w","type":"delay","value":1,"unit":"DAYS"}]})";
  };
  const std::string declared = R"({"id":"note","type":"text"},{"id":"fields","type":"mapping"})";
  CHECK(compile_text(text("fields", declared)).ok());
  CHECK(compile_text(text("anything", "")).ok());  // nothing is declared
  for (const char* const wrong : {"feilds", "note", "fields.email"}) {
    CAPTURE(wrong);
    const auto findings = findings_of_text(text(wrong, declared));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].path == "/trigger/objectMapping");
    CHECK(findings[0].expected == "`fields`");
  }
  CHECK(findings_of_text(text("feilds", declared))[0].nearest == "fields");
  // What was deployed before this was looked at goes on running.
  const auto stored = parse_json(text("note", declared));
  CHECK(compile_stored_workflow(*stored, test_identity(), &test_integrations()).ok());
}

TEST_CASE("a workflow's setting gets its choices from an action that is there") {
  const auto findings = findings_of_text(
      R"({"integration":"crm","trigger":{"type":"request"},"settings":[{"id":"c","type":"enum",
          "source":{"action":"listContact"}}],"steps":[{"id":"w","type":"delay","value":1,"unit":"DAYS"}]})");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].path == "/settings/0/source/action");
  CHECK(findings[0].nearest == "listContacts");
}
