// What is written out in a condition and never fits its operator is known before any run.
#include "compile_text.h"

using namespace millrace;

namespace {

std::string with_condition(const std::string& condition) {
  return R"({"id":"c","type":"conditional","then":[],"if":[[{)" + condition + "}]]}";
}

const std::string of_body = R"("variable":"{{trigger.request.body.n}}")";

}  // namespace

TEST_CASE("an argument that never fits its operator is a finding") {
  const auto number = finding_of_steps(
      with_condition(of_body + R"(,"operator":"NumberGreaterThan","argument":"many")"));
  CHECK(number.path == "/steps/0/if/0/0/argument");
  CHECK_THAT(number.message,
             Catch::Contains("NumberGreaterThan expects `argument` to be a number"));
  CHECK(number.got == "\"many\"");
  for (const char* const unfit : {R"("operator":"StringContains","argument":5)",
                                  R"("operator":"StringIsIn","argument":[1, 2])",
                                  R"("operator":"DateTimeAfter","argument":"soon")",
                                  R"("operator":"ArrayIsIn","argument":"a, b")",
                                  R"("operator":"NumberEquals","argument":null)"}) {
    INFO(unfit);
    CHECK(finding_of_steps(with_condition(of_body + "," + unfit)).path ==
          "/steps/0/if/0/0/argument");
  }
}

TEST_CASE("a variable that is written out is looked at as well") {
  const auto text = finding_of_steps(
      with_condition(R"("variable":"x","operator":"NumberEquals","argument":"{{user.id}}")"));
  CHECK(text.path == "/steps/0/if/0/0/variable");
  CHECK(finding_of_steps(with_condition(R"("variable":"x","operator":"ArrayIsEmpty")")).path ==
        "/steps/0/if/0/0/variable");
}

TEST_CASE("literals that fit, and what references make, are no findings") {
  for (const char* const fit :
       {R"("operator":"NumberGreaterThan","argument":"5.5")",
        R"("operator":"NumberGreaterThan","argument":"{{user.meta.least}}")",
        R"("operator":"StringIsIn","argument":"a, b")",
        R"("operator":"StringIsIn","argument":["a", "{{user.id}}"])",
        R"("operator":"DateTimeAfter","argument":"2026-01-31")", R"("operator":"IsNull")"}) {
    INFO(fit);
    compile_steps(with_condition(of_body + "," + fit));
  }
}

TEST_CASE("the condition that ends pages is looked at like any other") {
  const auto finding = finding_of_steps(
      R"({"id":"r","type":"request","method":"GET","url":"https://x.example","pagination":{
          "output":"response.body.items","pageToken":"response.body.next",
          "stopWhen":[[{"variable":"{{self.page}}","operator":"NumberEquals","argument":"last"}]]}})");
  CHECK(finding.path == "/steps/0/pagination/stopWhen/0/0/argument");
}

TEST_CASE("the end of an operator's name leads to the one that compares what is given") {
  const auto nearest = [](const std::string& written, const std::string& argument) {
    return finding_of_steps(with_condition(of_body + R"(,"operator":")" + written +
                                           R"(","argument":)" + argument))
        .nearest;
  };
  CHECK(nearest("GreaterThan", "5") == "NumberGreaterThan");
  CHECK(nearest("GreaterThan", "\"b\"") == "StringGreaterThan");
  CHECK(nearest("lessThan", "5") == "NumberLessThan");
  CHECK(nearest("ExactlyMatches", "\"b\"") == "StringExactlyMatches");
}

TEST_CASE("one definition has the list of operators once, however many are unknown") {
  std::string conditions;
  for (int i = 0; i < 5; ++i) {
    conditions +=
        std::string(i > 0 ? "," : "") + "{" + of_body + R"(,"operator":"Looks","argument":1})";
  }
  const auto findings =
      findings_of_steps(R"({"id":"c","type":"conditional","then":[],"if":[[)" + conditions + "]]}");
  REQUIRE(findings.size() == 5);
  std::size_t bytes = 0;
  for (const auto& finding : findings) bytes += finding.message.size();
  CHECK_THAT(findings[0].message, Catch::Contains("ArrayIsNotEmpty ([1])"));
  CHECK(findings[1].message.size() < 200);
  CHECK(bytes < 3'000);
}

TEST_CASE("an action that does not exist leads to the one that is meant, however it is written") {
  const auto nearest = [](const std::string& action) {
    return finding_of_steps(R"({"id":"a","type":"action","integration":"crm","action":")" + action +
                            R"(","parameters":{"email":"a@b.example"}})")
        .nearest;
  };
  CHECK(nearest("createContct") == "createContact");
  CHECK(nearest("CRM_CREATE_CONTCT") == "createContact");
  CHECK(nearest("create_contacts") == "createContact");
}
