#include "runtime/reading/json_places.h"

#include "runtime/reading/strict_json.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::string at(const JsonPlaces& places, const std::string& pointer) {
  const TextPlace place = places.find(pointer);
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace

TEST_CASE("each value of a JSON text is found where its member or element begins") {
  const JsonPlaces places(
      "{\n"
      "  \"name\": \"ä\", \"steps\": [\n"
      "    {\"id\": \"a\",\n"
      "     \"if\": [[{\"operator\": \">=\"}]]},\n"
      "\t17, null, \"x\"\n"
      "  ],\n"
      "  \"odd/key~\": {\"in\\u0061\": true}\n"
      "}\n");
  CHECK(at(places, "") == "1:1");
  CHECK(at(places, "/name") == "2:3");
  CHECK(at(places, "/steps") == "2:16");  // columns are characters, not bytes
  CHECK(at(places, "/steps/0/id") == "3:6");
  CHECK(at(places, "/steps/0/if/0/0/operator") == "4:15");
  CHECK(at(places, "/steps/1") == "5:2");
  CHECK(at(places, "/steps/2") == "5:6");
  CHECK(at(places, "/steps/3") == "5:12");
  CHECK(at(places, "/odd~1key~0/ina") == "7:16");
  CHECK(places.repeated_keys().empty());
}

TEST_CASE("what is missing is found where it would have been") {
  const JsonPlaces places("{\"steps\":\n [{\"id\": \"a\"}]}");
  CHECK(at(places, "/steps/0/type") == "2:3");
  CHECK(at(places, "/steps/5/type") == "1:2");
  CHECK(at(places, "/trigger") == "1:1");
}

TEST_CASE("a text that is no JSON has no places and harms nothing") {
  for (const char* const text : {"", "{", "{\"a\"", "[1,", "\"\\", "{\"a\":}", "{]", "nul"}) {
    CHECK(at(JsonPlaces(text), "/a/0") == "1:1");
  }
}

TEST_CASE("a key that is there twice is refused with both places") {
  const auto refused = parse_strict_json(
      "{\"a\": 1,\n \"b\": {\"url\": 1, \"ur\\u006c\": 2},\n \"a\": 3, \"c\": [{\"a\": 1}]}");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::invalid_json);
  const auto& details = refused.error().details;
  REQUIRE(details.size() == 2);
  CHECK(details[0].path == "/b/url");
  CHECK(details[0].line == 2);
  CHECK(details[0].column == 18);
  CHECK_THAT(details[0].message, Catch::Contains("line 2, column 8"));
  CHECK(details[1].path == "/a");
  CHECK(details[1].line == 3);
  // What is inside of the second is no repetition by itself.
  CHECK(parse_strict_json(R"({"a": {"x": 1}, "a": {"x": 2}})").error().details.size() == 1);
  CHECK(parse_strict_json(R"({"a": {"a": 1}, "b": {"a": [{"a": 1}, {"a": 1}]}})").ok());
}

TEST_CASE("a mistake in JSON has line and column, and a byte order mark is none") {
  const auto refused = parse_strict_json("{\n  \"a\": 1,\n  \"ä\": nope\n}");
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.error().details.size() == 1);
  CHECK(refused.error().details[0].line == 3);
  CHECK(refused.error().details[0].column >= 8);
  CHECK_THAT(refused.error().message, Catch::Contains("(line 3, column "));
  CHECK(to_text(*parse_strict_json("\xEF\xBB\xBF{\"a\":1}")) == R"({"a":1})");
  CHECK_FALSE(parse_strict_json("\xEF\xBB\xBF").ok());
}
