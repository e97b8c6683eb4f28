#include "runtime/text/header_text.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("a header name is a token of RFC 9110") {
  for (const char* const name : {"a", "X-Key", "!#$%&'*+-.^_`|~", "09"}) {
    REQUIRE(is_header_name(name));
  }
  for (const char* const name : {"", "a b", "a:", "a\r\nb", "a\tb", "(a)", "\xc3\xbc", "a\x7f"}) {
    INFO(name);
    REQUIRE_FALSE(is_header_name(name));
  }
  REQUIRE_FALSE(is_header_name(std::string_view("a\0b", 3)));
}

TEST_CASE("a header value is one line without control characters") {
  for (const char* const value : {"", "a b\tc", "\xc3\xbc", "\"quoted\", ; ="}) {
    REQUIRE(is_header_value(value));
  }
  for (const char* const value : {"a\nb", "a\rb", "a\r\nx: y", "\x01", "\x7f", "\x1b[31m"}) {
    REQUIRE_FALSE(is_header_value(value));
  }
  REQUIRE_FALSE(is_header_value(std::string_view("a\0b", 3)));
}
