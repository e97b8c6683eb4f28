// Texts that were cut by somebody who did not know what is secret in them.
#include "runtime/secrets/redaction.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

Redaction redaction_of(const std::string& value) {
  Redaction redaction;
  redaction.add(value, "[secret KEY]");
  redaction.add("zebra-crossing", "[credential]");
  return redaction;
}

}  // namespace

TEST_CASE("of a text that was cut what is left of a secret is taken out") {
  const std::string secret = "hunter2-hunter2";
  const Redaction redaction = redaction_of(secret);
  for (std::size_t left = 4; left < secret.size(); ++left) {
    INFO(left);
    for (const std::string mark : {"...", "\u2026"}) {
      CHECK(redaction.apply("said: " + secret.substr(0, left) + mark + " (line 2)") ==
            "said: [secret KEY]" + mark + " (line 2)");
    }
  }
  CHECK(redaction.apply("a zebra... and hunter2-h...") == "a [credential]... and [secret KEY]...");
  CHECK(redaction.apply("hunter2-hunter2...") == "[secret KEY]...");
  CHECK(redaction.apply("hunter2-hunter2hunter....") == "[secret KEY][secret KEY]....");
}

TEST_CASE("a secret is found in a cut text as JSON, URLs and Base64 write it") {
  const Redaction redaction = redaction_of("p&s \"1\"/\nsecret");
  CHECK(redaction.apply(R"({"a":"p&s \"1...)") == R"({"a":"[secret KEY]...)");
  CHECK(redaction.apply("k=p%26s%20%22...") == "k=[secret KEY]...");
  CHECK(redaction.apply("Basic cCZzICIx...") == "Basic [secret KEY]...");
}

TEST_CASE("a text that was not cut, and one of which too little is left, stay as they are") {
  const Redaction redaction = redaction_of("hunter2-hunter2");
  for (const std::string text : {"the hunter2 went home", "hunter... 2", "the hun...", "wait...",
                                 "...", "", "....a...b", "\u2026", "hunte"}) {
    INFO(text);
    CHECK(redaction.apply(text) == (text == "hunter... 2" ? "[secret KEY]... 2" : text));
  }
}

TEST_CASE("many marks take no longer than the text is long") {
  const Redaction redaction = redaction_of("hunter2-hunter2");
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "a...";
  CHECK(redaction.apply(text) == text);
  CHECK(redaction.apply(std::string(1'000'000, '.')) == std::string(1'000'000, '.'));
}
