#include "http/wire/url_text.h"

#include "runtime/base/limits.h"
#include "runtime/text/percent_text.h"
#include "tests/support/catch.h"

namespace millrace {

TEST_CASE("percent-decoding turns escapes into bytes and leaves the plus sign alone", "[http]") {
  CHECK(*percent_decode("a%20b+c") == "a b+c");
  CHECK(*percent_decode("%e2%82%AC") == "€");
  CHECK(percent_decode("")->empty());
}

TEST_CASE("percent-decoding refuses what it would have to guess", "[http]") {
  for (const std::string text : {"%", "%4", "%zz", "a%2", "%00", "%ff", "%c3%28"}) {
    INFO(text);
    const auto decoded = percent_decode(text);
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().code == ErrorCode::invalid_request);
  }
}

TEST_CASE("encoding and decoding a percent-encoded text gives the text back", "[http]") {
  const std::string text = "Contact Created/50% & more?#ü";
  CHECK(percent_encode_text(text).find('/') == std::string::npos);
  CHECK(*percent_decode(percent_encode_text(text)) == text);
}

TEST_CASE("a form keeps order, repeated names and empty values", "[http]") {
  const auto fields = parse_form("b=1&a=two+words&&b=&c&d=%3D%26");
  REQUIRE(fields.ok());
  const FormFields expected{{"b", "1"}, {"a", "two words"}, {"b", ""}, {"c", ""}, {"d", "=&"}};
  CHECK(*fields == expected);
  CHECK_FALSE(parse_form("a=%g0").ok());
}

TEST_CASE("a form with too many fields is refused rather than stored", "[http]") {
  std::string text;
  for (std::size_t i = 0; i <= limits::form_fields_max; ++i) text += "a&";
  REQUIRE_FALSE(parse_form(text).ok());
  CHECK(parse_form(text).error().code == ErrorCode::limit_exceeded);
}

}  // namespace millrace
