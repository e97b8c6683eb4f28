// What a project test expects beside what there is.
#include "http/server/project_tests/expectation.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

std::vector<std::string> paths(const std::string& expected, const std::string& got) {
  std::vector<std::string> found;
  for (const auto& each : differences(*parse_json(expected), *parse_json(got), "")) {
    found.push_back(each.is_missing ? each.path + "?" : each.path);
  }
  return found;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("an object expects the members it names and lets others be") {
  CHECK(paths(R"({"a": {"b": 1}})", R"({"a": {"b": 1, "c": 2}, "d": 3})") == Paths{});
  CHECK(paths(R"({"a": {"b": 1, "x": null}})", R"({"a": {"b": 2}})") == Paths{"a.b", "a.x?"});
}

TEST_CASE("arrays are expected element by element and as long as they are") {
  CHECK(paths(R"({"a": [{"b": 1}, 2]})", R"({"a": [{"b": 1, "c": 1}, 2]})") == Paths{});
  CHECK(paths(R"({"a": [1, 2]})", R"({"a": [1, 3, 4]})") == Paths{"a[1]", "a.length"});
}

TEST_CASE("numbers are equal by value and nothing equals another type") {
  CHECK(paths("[1, 1.5]", "[1.0, 1.5]") == Paths{});
  CHECK(paths(R"({"a": "1"})", R"({"a": 1})") == Paths{"a"});
  CHECK(paths(R"({"a": []})", R"({"a": {}})") == Paths{"a"});
}

TEST_CASE("a star stands for any text in a URL and nowhere else") {
  CHECK(paths(R"({"url": "https://*/items?*=2"})",
              R"({"url": "https://a.example/items?page=2"})") == Paths{});
  CHECK(paths(R"({"url": "*/items"})", R"({"url": "https://a.example/items/1"})") == Paths{"url"});
  CHECK(paths(R"({"url": "a*b*c"})", R"({"url": "abbc"})") == Paths{});
  CHECK(paths(R"({"name": "a*"})", R"({"name": "abc"})") == Paths{"name"});
}
