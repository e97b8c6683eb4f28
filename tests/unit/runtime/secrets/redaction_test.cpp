#include "runtime/secrets/redaction.h"

#include "runtime/text/base64_text.h"
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

TEST_CASE("a secret is found in hex, and percent-encoded as JavaScript and others write it") {
  const Redaction redaction = redaction_of("p+/j!/z");
  REQUIRE(redaction.apply("x702b2f6a212f7az") == "x[secret KEY]z");
  REQUIRE(redaction.apply("x702B2F6A212F7Az") == "x[secret KEY]z");
  REQUIRE(redaction.apply("p%2b%2fj%21%2fz") == "[secret KEY]");
  REQUIRE(redaction.apply("p%2B%2Fj!%2Fz") == "[secret KEY]");
  REQUIRE(redaction.apply("p%2b%2fj!%2fz") == "[secret KEY]");
  REQUIRE(redaction.apply("p%2B/j%21/z") == "[secret KEY]");
  REQUIRE(redaction.apply(R"({"a":"p+\/j!\/z"})") == R"({"a":"[secret KEY]"})");
}

TEST_CASE(
    "a secret is found in Base64, padded or not, for URLs or not, and inside of longer text") {
  // Bytes whose Base64 has `+` and `/`.
  const std::string secret = "\xfb\xef\xbf-hunter2";
  const Redaction redaction = redaction_of(secret);
  const auto url = [](std::string text) {
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
  };
  const std::string alone = base64_encode(secret);
  REQUIRE(alone == "+++/LWh1bnRlcjI=");
  REQUIRE(redaction.apply(alone) == "[secret KEY]");
  REQUIRE(redaction.apply(url(alone)) == "[secret KEY]");
  REQUIRE(redaction.apply("---_LWh1bnRlcjI.sig") == "[secret KEY].sig");
  for (std::size_t before = 0; before < 6; ++before) {
    for (std::size_t after = 0; after < 6; ++after) {
      const std::string text =
          base64_encode(std::string(before, 'u').append(secret).append(after, 'v'));
      for (const std::string& each : {text, url(text)}) {
        const std::string shown = redaction.apply(each);
        INFO(each << " is shown as " << shown);
        CHECK(shown.find("[secret KEY]") != std::string::npos);
        // What is left: the text around it, a character that is half of it on either side, padding.
        CHECK(shown.size() <= masked_secret("KEY").size() + (before + after) * 4 / 3 + 5);
      }
    }
  }
}

TEST_CASE("a secret in a host name is found, which is shown in lower case") {
  REQUIRE(redaction_of("Sup3rSecret").apply("no connection to sup3rsecret.invalid") ==
          "no connection to [secret KEY].invalid");
}

TEST_CASE("a number that is a secret as a whole is taken out, however it was written") {
  const Redaction redaction = redaction_of("4711");
  REQUIRE(applied(redaction, R"([4711,{"4711":4711},47110,-4711,4711.5,"4711"])") ==
          R"(["[secret KEY]",{"[secret KEY]":"[secret KEY]"},47110,-4711,4711.5,"[secret KEY]"])");
  REQUIRE(applied(redaction_of("12.50"), "[12.5,12]") == R"(["[secret KEY]",12])");
  REQUIRE(applied(redaction_of("18446744073709551615"), "18446744073709551615") ==
          R"("[secret KEY]")");
  REQUIRE(applied(redaction_of("true"), "[true,1,null]") == "[true,1,null]");
}

TEST_CASE("the beginning of a long secret is taken out as far as it is there") {
  std::string secret;
  for (int i = 0; i < 200; ++i) secret += std::to_string(1'000 + i);
  const Redaction redaction = redaction_of(secret);
  REQUIRE(redaction.apply("a" + secret + "b") == "a[secret KEY]b");
  REQUIRE(redaction.apply("a" + secret.substr(0, 500) + "b") == "a[secret KEY]b");
  REQUIRE(redaction.apply("a" + secret.substr(0, 256)) == "a[secret KEY]");
  REQUIRE(redaction.apply("a" + secret.substr(0, 255)) == "a" + secret.substr(0, 255));
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
  REQUIRE(applied(Redaction(), R"({"a":"b"})") == R"({"a":"b"})");
}

TEST_CASE("two keys that become the same leave one member") {
  const Redaction redaction = redaction_of("hunter2");
  REQUIRE(applied(redaction, R"({"a":0,"hunter2":1,"[secret KEY]":2})") ==
          R"({"a":0,"[secret KEY]":2})");
}

TEST_CASE("what is added after a use is looked for as well") {
  Redaction redaction = redaction_of("hunter2");
  REQUIRE(redaction.apply("hunter2 other") == "[secret KEY] other");
  redaction.add("other", "[x]");
  REQUIRE(redaction.apply("hunter2 other") == "[secret KEY] [x]");
}

TEST_CASE("a text that nearly is the secret everywhere is read in about one pass") {
  // Each place agrees with a long part of the secret: compared to the end, this would take minutes.
  const Redaction redaction = redaction_of(std::string(50'000, 'a') + "b");
  std::string expected;
  for (int i = 0; i < 60; ++i) expected += "[secret KEY]";
  REQUIRE(redaction.apply(std::string(3'000'000, 'a') + "c") == expected + "c");
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
