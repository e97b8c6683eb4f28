#include "runtime/drafts/raw_json.h"

#include "tests/support/catch.h"

using namespace millrace;

TEST_CASE("compact text loses blanks between tokens, and nothing else") {
  CHECK(compact_json(" { \"a b\" : [ 1.0 ,\n 1e2, \"\\u0041 \\\" x\" ] ,\t\"b\":null } ") ==
        R"({"a b":[1.0,1e2,"\u0041 \" x"],"b":null})");
  CHECK(compact_json("12345678901234567890123 ") == "12345678901234567890123");
}

TEST_CASE("members and elements are taken as they were written") {
  const std::string text = R"({"a":{"x":"},]"},"\u0062":[1,[2,3],"a,b"],"c":-1.50E+2})";
  const auto members = members_of(text);
  REQUIRE(members.size() == 3);
  CHECK(members[0].value == R"({"x":"},]"})");
  CHECK(members[1].key == "b");
  CHECK(members[1].key_token == R"("\u0062")");
  CHECK(members[2].value == "-1.50E+2");
  const auto elements = elements_of(members[1].value);
  REQUIRE(elements.size() == 3);
  CHECK(elements[1] == "[2,3]");
  CHECK(elements[2] == R"("a,b")");
  CHECK(members_of("[1]").empty());
  CHECK(members_of("{}").empty());
  CHECK(elements_of("[]").empty());
  CHECK(elements_of("{}").empty());
}

TEST_CASE("a pointer leads to the text of its value, or to nothing") {
  const std::string text = R"({"a/b":[{"~":1.0},2],"":{"x":null}})";
  CHECK(value_at(text, "") == text);
  CHECK(value_at(text, "/a~1b/0/~0") == "1.0");
  CHECK(value_at(text, "/a~1b/1") == "2");
  CHECK(value_at(text, "//x") == "null");
  CHECK(value_at(text, "/a~1b/2").empty());
  CHECK(value_at(text, "/none/x").empty());
}

TEST_CASE("texts are written alike whose tokens are, whatever the order of members") {
  const std::string text = R"({"a":[1.0,{"b":"\u0041","c":{}}],"d":123456789012345678901})";
  CHECK(is_written_alike(text, text));
  CHECK(is_written_alike(text, R"({"d":123456789012345678901,"a":[1.0,{"c":{},"b":"\u0041"}]})"));
  for (const char* const other :
       {R"({"a":[1,{"b":"\u0041","c":{}}],"d":123456789012345678901})",
        R"({"a":[1.0,{"b":"A","c":{}}],"d":123456789012345678901})",
        R"({"a":[1.0,{"b":"\u0041","c":{}}],"d":123456789012345678902})",
        R"({"a":[{"b":"\u0041","c":{}},1.0],"d":123456789012345678901})",
        R"({"a":[1.0,{"b":"\u0041"}],"d":123456789012345678901})",
        R"({"a":[1.0,{"b":"\u0041","c":[]}],"d":123456789012345678901})", "[]", "1"}) {
    INFO(other);
    CHECK_FALSE(is_written_alike(text, other));
    CHECK_FALSE(is_written_alike(other, text));
  }
}

TEST_CASE("text that ends too early is not read beyond its end") {
  for (const char* const text :
       {"{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":[1", "[", "[\"\\", "\""}) {
    INFO(text);
    members_of(text);
    elements_of(text);
    visit_strings(text, "", [](std::string_view, const std::string&) {});
    CHECK(compact_json(text).size() <= std::string(text).size());
  }
}
