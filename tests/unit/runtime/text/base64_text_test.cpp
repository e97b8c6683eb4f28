#include "runtime/text/base64_text.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("Base64 gives the test vectors of RFC 4648") {
  REQUIRE(base64_encode("").empty());
  REQUIRE(base64_encode("f") == "Zg==");
  REQUIRE(base64_encode("fo") == "Zm8=");
  REQUIRE(base64_encode("foo") == "Zm9v");
  REQUIRE(base64_encode("foob") == "Zm9vYg==");
  REQUIRE(base64_encode("fooba") == "Zm9vYmE=");
  REQUIRE(base64_encode("foobar") == "Zm9vYmFy");
}

TEST_CASE("Base64 encodes every byte, also zero and those beyond ASCII") {
  REQUIRE(base64_encode(std::string("\0\0\0", 3)) == "AAAA");
  REQUIRE(base64_encode("\xff\xfe\xfd") == "//79");
  REQUIRE(base64_encode("\xfb\xef\xbe") == "++++");
  REQUIRE(base64_encode("Aladdin:open sesame") == "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST_CASE("what was written as base64 is read back, and nothing else is") {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string("ab"),
                                   std::string("abc"), std::string("\0\xff\x80z", 4)}) {
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
  }
  for (const char* const wrong : {"a", "YQ", "YQ=a", "Y===", "=AAA", "YQ-_", "YW Jj"}) {
    INFO(wrong);
    CHECK_FALSE(base64_decode(wrong));
  }
}
