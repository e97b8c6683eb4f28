#include "runtime/text/query_escape.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("each query language escapes what would end its quotes") {
  const std::string hostile = "a'b\"c\\d\ne";
  CHECK(query_escaped(QueryEscape::soql, hostile) == R"(a\'b\"c\\d\ne)");
  CHECK(query_escaped(QueryEscape::jql, hostile) == R"(a\'b\"c\\d\ne)");
  CHECK(query_escaped(QueryEscape::drive, hostile) == "a\\'b\"c\\\\d\ne");
  CHECK(query_escaped(QueryEscape::odata, hostile) == "a''b\"c\\d\ne");
  CHECK(query_escaped(QueryEscape::none, hostile) == hostile);
  CHECK(query_escaped(QueryEscape::soql, "").empty());
}

TEST_CASE("only the names of query languages are escapes") {
  CHECK(parse_query_escape("soql") == QueryEscape::soql);
  CHECK(parse_query_escape("jql") == QueryEscape::jql);
  CHECK(parse_query_escape("odata") == QueryEscape::odata);
  CHECK(parse_query_escape("drive") == QueryEscape::drive);
  for (const char* const other : {"", "none", "SOQL", "sql", "soqlx"}) {
    CHECK_FALSE(parse_query_escape(other));
  }
}
