// What an input of a sign-in may look like.
#include "runtime/oauth/input_pattern.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("a pattern is of the whole text") {
  CHECK(matches_pattern(R"([a-z0-9.-]+\.crm\.example)", "eu-1.crm.example"));
  CHECK_FALSE(matches_pattern(R"([a-z0-9.-]+\.crm\.example)", "evil.example/.crm.example"));
  CHECK_FALSE(matches_pattern(R"([a-z0-9.-]+\.crm\.example)", "eu.crm.example.evil.example"));
  CHECK_FALSE(matches_pattern("[a-z]+", ""));
  CHECK_FALSE(matches_pattern("[a-z]+", "a\n"));
}

TEST_CASE("patterns know groups, alternatives, repetition and classes") {
  CHECK(matches_pattern(R"((eu|us)-\d+)", "us-12"));
  CHECK_FALSE(matches_pattern(R"((eu|us)-\d+)", "as-12"));
  CHECK(matches_pattern("(ab)*c?", "ababc"));
  CHECK(matches_pattern("(ab)*c?", ""));
  CHECK(matches_pattern("[^/]+", "a.b"));
  CHECK_FALSE(matches_pattern("[^/]+", "a/b"));
  CHECK(matches_pattern(R"(\w+\.)", "a_9."));
  CHECK(matches_pattern("(a|b|)x", "x"));
}

TEST_CASE("no text makes a pattern take long") {
  CHECK_FALSE(matches_pattern("((a+)+)+b", std::string(input_bytes_max, 'a')));
  CHECK_FALSE(matches_pattern("a*", std::string(input_bytes_max + 1, 'a')));
}

TEST_CASE("a pattern that cannot be used says why") {
  for (const char* const pattern :
       {"", "(a", "a)", "[a", "*a", "a**", R"(a\)", R"(\q)", "a{2}", "^a$"}) {
    INFO(pattern);
    CHECK(why_no_pattern(pattern).has_value());
  }
  CHECK_FALSE(why_no_pattern("(a|b)+[0-9]?"));
}
