#include "runtime/integrations/check_parameters.h"

#include "tests/unit/runtime/definitions/compile_text.h"

using namespace millrace;

namespace {

const IntegrationAction& action() {
  return test_integrations().find_integration("crm")->actions.at("createContact");
}

/// "path message expected got nearest" of each finding.
std::string findings(const char* parameters) {
  const auto checked = check_parameters(action(), *parse_json(parameters));
  if (checked) return "";
  REQUIRE(checked.error().code == ErrorCode::invalid_parameters);
  std::string all;
  for (const auto& detail : checked.error().details) {
    all += detail.path + '|' + detail.expected + '|' + detail.got + '|' + detail.nearest + '\n';
  }
  return all;
}

}  // namespace

TEST_CASE("parameters of the declared types are accepted and optional ones may be null") {
  REQUIRE(findings(R"({"email":"a"})").empty());
  REQUIRE(
      findings(R"({"email":"","age":1.5,"tags":[],"vip":false,"address":{},"note":[1]})").empty());
  REQUIRE(findings(R"({"email":"a","age":null,"note":null})").empty());
}

TEST_CASE("every parameter that is missing, unknown or of another type is found") {
  REQUIRE(findings("{}") == "/email|string||\n");
  REQUIRE(findings(R"({"email":null})") == "/email|string||\n");
  REQUIRE(findings(R"({"emial":"a","age":"5","vip":1,"tags":{},"address":[]})") ==
          "/email|string||\n/age|number|string|\n/tags|array|object|\n/vip|boolean|number|\n"
          "/address|object|array|\n/emial||emial|email\n");
}

TEST_CASE("parameters that are no object are refused with what they are") {
  const auto checked = check_parameters(action(), Json(5));
  REQUIRE_FALSE(checked.ok());
  REQUIRE(checked.error().message == "\"parameters\" must be an object, got number");
}

TEST_CASE("the message alone names the action, the parameter and what was expected") {
  const auto checked = check_parameters(action(), JsonObject{{"email", 5}});
  REQUIRE(checked.error().message ==
          "action \"createContact\": `email` has the wrong type, expected string");
}

TEST_CASE("a filter is checked like any parameter, and said in its language afterwards") {
  IntegrationAction searching;
  searching.name = "search";
  searching.parameters = {{"filter", ActionParameter::Type::filter, true, FilterLanguage::drive}};
  const auto given = [](const char* filter) {
    return Json(JsonObject{{"filter", *parse_json(filter)}});
  };
  const Json good =
      given(R"([[{"variable":"name","operator":"StringContains","argument":"a'b"}]])");
  REQUIRE(check_parameters(searching, good).ok());
  CHECK(to_text(*render_filters(searching, good)) == R"({"filter":"name contains 'a\\'b'"})");
  const auto unsayable =
      check_parameters(searching, given(R"([[{"variable":"name","operator":"IsNull"}]])"));
  REQUIRE_FALSE(unsayable.ok());
  CHECK(unsayable.error().details.front().path == "/filter");
  CHECK(unsayable.error().details.front().message ==
        "`filter`: filter: `IsNull` cannot be said in drive");
  CHECK_FALSE(check_parameters(searching, given("7")).ok());
  const auto without =
      render_filters(searching, given(R"([[{"variable":"name","operator":"StringContains"}]])"));
  REQUIRE_FALSE(without.ok());
  CHECK(without.error().code == ErrorCode::invalid_parameters);
}
