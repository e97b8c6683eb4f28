#include "runtime/secrets/redaction.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

Redaction redaction_of(const std::string& value) {
  Redaction redaction;
  redaction.add(value, masked_secret("KEY"));
  return redaction;
}

std::string applied(const Redaction& redaction, const char* json) {
  Json value = *parse_json(json);
  redaction.apply_to(value);
  return to_text(value);
}

}  // namespace

TEST_CASE("every occurrence of a secret becomes its mask") {
  const Redaction redaction = redaction_of("hunter2");
  REQUIRE(redaction.apply("hunter2 and hunter2, not hunter") ==
          "[secret KEY] and [secret KEY], not hunter");
  REQUIRE(redaction.apply("hunter2hunter2") == "[secret KEY][secret KEY]");
  REQUIRE(redaction.apply("hhunter2") == "h[secret KEY]");
  REQUIRE(redaction.apply("").empty());
}

TEST_CASE("a secret is found as URLs, forms, JSON and Base64 write it") {
  const Redaction redaction = redaction_of("p&s \"1\"/\n");
  REQUIRE(redaction.apply("a=p%26s%20%221%22%2F%0A") == "a=[secret KEY]");
  REQUIRE(redaction.apply("a=p%26s+%221%22%2F%0A") == "a=[secret KEY]");
  REQUIRE(redaction.apply("/p&s%20%221%22/%0A") == "/[secret KEY]");
  REQUIRE(redaction.apply(R"({"a":"p&s \"1\"/\n"})") == R"({"a":"[secret KEY]"})");
  REQUIRE(redaction.apply("Basic cCZzICIxIi8K") == "Basic [secret KEY]");
}

TEST_CASE("values of fewer than four bytes are not looked for") {
  Redaction redaction = redaction_of("abc");
  REQUIRE(redaction.empty());
  REQUIRE(redaction.apply("abc") == "abc");
  redaction.add("abcd", "[x]");
  REQUIRE_FALSE(redaction.empty());
  redaction.add("", "[nothing]");
  REQUIRE(redaction.apply("abcd") == "[x]");
}

TEST_CASE("a secret that contains another one is replaced whole") {
  for (const bool is_longer_first : {true, false}) {
    Redaction redaction;
    if (is_longer_first) redaction.add("secret-token", "[secret LONG]");
    redaction.add("token", "[secret SHORT]");
    if (!is_longer_first) redaction.add("secret-token", "[secret LONG]");
    REQUIRE(redaction.apply("a secret-token and a token") ==
            "a [secret LONG] and a [secret SHORT]");
  }
}

TEST_CASE("overlapping secrets are replaced from the front") {
  Redaction redaction;
  redaction.add("abcdef", "[1]");
  redaction.add("defghi", "[2]");
  REQUIRE(redaction.apply("abcdefghi defghi") == "[1]ghi [2]");
}

TEST_CASE("a mask is never searched for other secrets") {
  Redaction redaction;
  redaction.add("secret", "[secret A]");
  redaction.add("hunter2", "[secret B]");
  REQUIRE(redaction.apply("hunter2 is secret") == "[secret B] is [secret A]");
}

TEST_CASE("the first of two secrets with the same value names it") {
  Redaction redaction;
  redaction.add("same value", "[secret A]");
  redaction.add("same value", "[secret B]");
  REQUIRE(redaction.apply("same value") == "[secret A]");
}

TEST_CASE("strings and keys are redacted at any depth and other values stay") {
  const Redaction redaction = redaction_of("hunter2");
  REQUIRE(applied(redaction, R"([1,true,null,{"a":["hunter2",{"hunter2":{"hunter2x":"b"}}]}])") ==
          R"([1,true,null,{"a":["[secret KEY]",{"[secret KEY]":{"[secret KEY]x":"b"}}]}])");
  REQUIRE(applied(redaction, R"("hunter2")") == R"("[secret KEY]")");
  REQUIRE(applied(redaction, "12345") == "12345");
  REQUIRE(applied(redaction_of("12345"), "12345") == "12345");
  REQUIRE(applied(Redaction(), R"({"a":"b"})") == R"({"a":"b"})");
}

TEST_CASE("two keys that become the same leave one member") {
  const Redaction redaction = redaction_of("hunter2");
  REQUIRE(applied(redaction, R"({"a":0,"hunter2":1,"[secret KEY]":2})") ==
          R"({"a":0,"[secret KEY]":2})");
}

TEST_CASE("a long text with many occurrences is redacted in one pass") {
  std::string text;
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    text += "xhunter2";
    expected += "x[secret KEY]";
  }
  REQUIRE(redaction_of("hunter2").apply(text) == expected);
}
