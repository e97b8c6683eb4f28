#include "runtime/text/header_parameter.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("a header's parameter is found by its name in any case") {
  REQUIRE(header_parameter("text/html; Charset=utf-8", "charset") == "utf-8");
  REQUIRE(header_parameter("text/html ;x=1;charset = \"a b\" ; y", "charset") == "a b");
  REQUIRE(header_parameter("charset=a", "charset") == "a");
  REQUIRE(header_parameter("x; a=1; a=2", "a") == "1");
  REQUIRE(header_parameter("x; a=", "a") == "");
  for (const char* const header :
       {"", ";", "text/html", "x; charsets=1", "x; charset", "x; \"", "="}) {
    INFO(header);
    REQUIRE_FALSE(header_parameter(header, "charset"));
  }
}

TEST_CASE("what is inside quotes of one parameter is no other one") {
  REQUIRE(header_parameter("x; a=\"; b=1\"; b=2", "b") == "2");
  REQUIRE(header_parameter(R"(x; a="\"; b=1"; b=2)", "b") == "2");
  REQUIRE(header_parameter(R"(x; a="c\\d\"e")", "a") == R"(c\d"e)");
  REQUIRE(header_parameter(R"(x; a="C:\dir\a.txt")", "a") == R"(C:\dir\a.txt)");
  REQUIRE(header_parameter("x; a=\"open; b=1", "a") == "open; b=1");
}

TEST_CASE("an extended parameter is decoded from its own charset") {
  REQUIRE(extended_header_parameter("a; name*=UTF-8''%E2%82%ac%20rates", "name") == "€ rates");
  REQUIRE(extended_header_parameter("a; name*=iso-8859-1'en'%A3%20rates", "name") == "£ rates");
  for (const char* const value : {"UTF-8", "UTF-8'", "UTF-8''%", "UTF-8''%4", "UTF-8''%g0"}) {
    INFO(value);
    REQUIRE_FALSE(extended_header_parameter(std::string("a; name*=") + value, "name"));
  }
  REQUIRE_FALSE(extended_header_parameter("a; name=x", "name"));
}
