// Filters in the words of each query language.
#include "runtime/filters/filter.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

using L = FilterLanguage;

/// One condition.
std::string said(L language, const std::string& condition) {
  const auto filter = parse_json("[[" + condition + "]]");
  REQUIRE(filter.ok());
  const auto rendered = render_filter(language, *filter);
  if (!rendered) return "error: " + rendered.error().message;
  return rendered->is_string() ? std::string(rendered->get_string()) : to_text(*rendered);
}

std::string condition(const char* op, const char* argument, const char* field = "f") {
  return std::string(R"({"variable":")") + field + R"(","operator":")" + op + R"(","argument":)" +
         argument + "}";
}

}  // namespace

TEST_CASE("a comparison is said in the words of each language") {
  const std::string is = condition("StringExactlyMatches", R"("x")");
  CHECK(said(L::soql, is) == "f = 'x'");
  CHECK(said(L::jql, is) == R"(f = "x")");
  CHECK(said(L::drive, is) == "f = 'x'");
  CHECK(said(L::odata, is) == "f eq 'x'");
  CHECK(said(L::hubspot, is) ==
        R"([{"filters":[{"propertyName":"f","operator":"EQ","value":"x"}]}])");
  const std::string contains = condition("$stringContains", R"("x")");
  CHECK(said(L::soql, contains) == "f LIKE '%x%'");
  CHECK(said(L::jql, contains) == R"(f ~ "x")");
  CHECK(said(L::drive, contains) == "f contains 'x'");
  CHECK(said(L::odata, contains) == "contains(f,'x')");
  const std::string in = condition("StringIsIn", R"("a, b")");
  CHECK(said(L::soql, in) == "f IN ('a', 'b')");
  CHECK(said(L::jql, in) == R"(f in ("a", "b"))");
  CHECK(said(L::odata, in) == "f in ('a', 'b')");
  const std::string after = condition("DateTimeAfter", R"("2026-01-31T09:00:00Z")");
  CHECK(said(L::soql, after) == "f > 2026-01-31T09:00:00.000Z");
  CHECK(said(L::jql, after) == R"(f > "2026-01-31 09:00")");
  CHECK(said(L::drive, after) == "f > '2026-01-31T09:00:00.000Z'");
  CHECK(said(L::odata, after) == "f gt 2026-01-31T09:00:00.000Z");
  CHECK(said(L::hubspot, after) ==
        R"([{"filters":[{"propertyName":"f","operator":"GT","value":"1769850000000"}]}])");
  const std::string none = R"({"variable":"f","operator":"IsNull"})";
  CHECK(said(L::soql, none) == "f = null");
  CHECK(said(L::jql, none) == "f is EMPTY");
  CHECK(said(L::odata, none) == "f eq null");
  CHECK(said(L::drive, condition("ArrayIsIn", R"("folder")", "parents")) == "'folder' in parents");
  CHECK(said(L::odata, condition("StringDoesNotContain", R"("x")")) == "(not contains(f,'x'))");
}

TEST_CASE("what a value holds never ends its quotes") {
  const std::string hostile = condition("StringExactlyMatches", R"("a' OR \"b\\")");
  CHECK(said(L::soql, hostile) == R"(f = 'a\' OR \"b\\')");
  CHECK(said(L::jql, hostile) == R"(f = "a\' OR \"b\\")");
  CHECK(said(L::drive, hostile) == R"(f = 'a\' OR "b\\')");
  CHECK(said(L::odata, hostile) == R"(f eq 'a'' OR "b\')");
  CHECK(said(L::soql, condition("NumberEquals", R"("1 OR 1=1")")) ==
        "error: filter: `NumberEquals` takes a number, got string");
}

TEST_CASE("groups are an OR of ANDs, with parentheses where there are several") {
  const std::string a = condition("NumberEquals", "1", "a");
  const std::string b = condition("NumberEquals", "2", "b");
  const auto rendered = [&](const std::string& text) {
    return std::string(render_filter(L::soql, *parse_json(text))->get_string());
  };
  CHECK(rendered("[[" + a + "," + b + "]]") == "a = 1 AND b = 2");
  CHECK(rendered("[" + a + "," + b + "]") == "a = 1 AND b = 2");
  CHECK(rendered("[[" + a + "," + b + "],[" + a + "]]") == "(a = 1 AND b = 2) OR a = 1");
  CHECK(rendered("[]").empty());
  CHECK(rendered("[[" + a + "],[]]").empty());
  CHECK(render_filter(L::hubspot, JsonArray())->get_array().empty());
  CHECK(render_filter(L::soql, nullptr)->is_null());
}

TEST_CASE("a name that is none and an operator that cannot be said are clear errors") {
  const auto refusal = [](L language, const std::string& text) {
    const auto checked = check_filter(language, *parse_json(text));
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.error().code == ErrorCode::invalid_parameters);
    return checked.error().message;
  };
  CHECK(refusal(L::soql, "[[" + condition("NumberEquals", "1", "a = 1 OR b") + "]]") ==
        "filter: `a = 1 OR b` is no name of a field in soql");
  CHECK(refusal(L::jql, "[[" + condition("StringStartsWith", R"("x")") + "]]") ==
        "filter: `StringStartsWith` cannot be said in jql");
  CHECK(refusal(L::drive, "[[" + condition("NumberEquals", "1") + "]]") ==
        "filter: `NumberEquals` cannot be said in drive");
  CHECK(refusal(L::soql, "[[" + condition("Nearly", "1") + "]]") ==
        "filter: there is no operator `Nearly`");
  CHECK(refusal(L::soql, "{}") ==
        "filter: an array of groups of conditions was expected, got object");
  CHECK(refusal(L::soql, "[[7]]") == "filter: a condition must be an object, got number");
  CHECK(refusal(L::soql, R"([[{"operator":"IsNull"}]])") ==
        "filter: a condition has `variable` (the name of a field) and `operator`");
  CHECK(said(L::jql, condition("NumberEquals", "3", "Story Points")) == R"("Story Points" = 3)");
}
