#include "runtime/text/percent_text.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("percent-encoding leaves unreserved characters and nothing else") {
  REQUIRE(percent_encode_text("AZaz09-._~") == "AZaz09-._~");
  REQUIRE(percent_encode_text(" &=+/?#%") == "%20%26%3D%2B%2F%3F%23%25");
  REQUIRE(percent_encode_text("\xc3\xbc") == "%C3%BC");
  REQUIRE(percent_encode_text(std::string("\0\n\x7f", 3)) == "%00%0A%7F");
  REQUIRE(percent_encode_text("").empty());
}

TEST_CASE("form encoding writes a space as plus and a plus as an escape") {
  REQUIRE(form_encode_text("a b+c") == "a+b%2Bc");
  REQUIRE(form_encode_text("*-._~") == "*-._%7E");
  REQUIRE(form_encode_text("\xf0\x9f\x98\x80") == "%F0%9F%98%80");
}

TEST_CASE("percent escapes are decoded and broken ones refuse the text") {
  REQUIRE(percent_decode_bytes("a%20b+%C3%bc%00") == std::string("a b+\xc3\xbc\0", 7));
  REQUIRE(percent_decode_bytes("") == "");
  for (const char* const text : {"%", "a%4", "%4g", "%%41"}) {
    INFO(text);
    REQUIRE_FALSE(percent_decode_bytes(text));
  }
}

TEST_CASE("a URL as people write it is repaired and a good one stays as it is") {
  const std::string good = "https://u:p@[::1]:8080/a;b,c/%20/(d)'!$*?x=1&y=a+b#top";
  REQUIRE(encode_url(good) == good);
  REQUIRE(encode_url("https://a.example/a b?q=\"x\"") == "https://a.example/a%20b?q=%22x%22");
  REQUIRE(encode_url("/\xc3\xbc<>\\^`{|}") == "/%C3%BC%3C%3E%5C%5E%60%7B%7C%7D");
  REQUIRE(encode_url("a\r\nHost: evil") == "a%0D%0AHost:%20evil");
}

TEST_CASE("a percent sign that begins no escape is escaped itself") {
  REQUIRE(encode_url("/100%") == "/100%25");
  REQUIRE(encode_url("/%4") == "/%254");
  REQUIRE(encode_url("/%zz/%4g") == "/%25zz/%254g");
  REQUIRE(encode_url("/%4a%4A") == "/%4a%4A");
}

TEST_CASE("a repaired URL needs no repair") {
  for (const char* const url : {"https://a.example/a b?%", "%%20%", "\xff\xfe", "{{x}}"}) {
    REQUIRE(encode_url(encode_url(url)) == encode_url(url));
  }
}
