#include "runtime/templates/reference.h"

#include "tests/support/catch.h"

using namespace millrace;

namespace {

/// The path in one spelling: keys in quotes, indexes bare.
std::string path_of(const char* text) {
  const auto reference = parse_reference(text);
  if (!reference) return reference.error().message;
  std::string path = reference->name;
  for (const auto& segment : reference->path) {
    const auto* const key = std::get_if<std::string>(&segment);
    path += key != nullptr ? " '" + *key + '\'' : ' ' + std::to_string(std::get<1>(segment));
  }
  return path;
}

std::string follow_text(const char* value, const char* reference) {
  return to_text(follow(*parse_json(value), parse_reference(reference)->path));
}

}  // namespace

TEST_CASE("a reference is a root and a path of keys and positions") {
  REQUIRE(path_of("normalise.result.items[0].id") == "normalise 'result' 'items' 0 'id'");
  REQUIRE(path_of("a-b_c.result") == "a-b_c 'result'");
  REQUIRE(path_of("trigger") == "trigger");
  REQUIRE(path_of("a[0][1]") == "a 0 1");
  REQUIRE(path_of("a.items.0.id") == "a 'items' 0 'id'");
  REQUIRE(path_of("a.007") == "a '007'");
  REQUIRE(path_of("a.grün.漢字.$x") == "a 'grün' '漢字' '$x'");
}

TEST_CASE("odd keys stand in quotes of either kind") {
  REQUIRE(path_of(R"(a["odd key"].b)") == "a 'odd key' 'b'");
  REQUIRE(path_of(R"(a['it "is"'])") == R"(a 'it "is"')");
  REQUIRE(path_of(R"(a["q\"q\\"])") == R"(a 'q"q\')");
  REQUIRE(path_of(R"(a["x\n"])") == R"(a 'x\n')");
  REQUIRE(path_of(R"(a[""])") == "a ''");
  REQUIRE(path_of(R"(a["0"])") == "a '0'");
}

TEST_CASE("space around a reference does not count") {
  const auto reference = parse_reference("  user.meta.Email\t");
  REQUIRE(reference.ok());
  REQUIRE(reference->text == "user.meta.Email");
  REQUIRE(reference->root == Reference::Root::user);
}

TEST_CASE("root keywords are roots and everything else is a step") {
  REQUIRE(root_names().size() == 9);
  for (const auto& name : root_names()) {
    const auto reference = parse_reference(name + ".x");
    REQUIRE(reference.ok());
    REQUIRE(reference->root == parse_root(name));
    REQUIRE(reference->root != Reference::Root::step);
  }
  REQUIRE(parse_reference("triggers")->root == Reference::Root::step);
  REQUIRE(parse_reference("1.request")->root == Reference::Root::step);
  REQUIRE(parse_reference("1.request")->name == "1");
}

TEST_CASE("a malformed reference says what is wrong and at which character") {
  const std::vector<std::pair<const char*, const char*>> mistakes{
      {"", "a reference is missing between `{{` and `}}`, at character 1"},
      {"   ", "a reference is missing between `{{` and `}}`, at character 1"},
      {".a", "a name was expected, at character 1"},
      {"a..b", "at character 3"},
      {"a.", "at character 3"},
      {"  a.", "at character 5"},
      {"a b", "at character 2"},
      {"a[", "at character 3"},
      {"a[x]", "a position or a quoted key was expected after `[`, at character 3"},
      {"a[-2]", "at character 3"},
      {"a[0", "`]` was expected, at character 4"},
      {"a[\"b]", "this quote is never closed, at character 3"},
      {"a[\"b\"", "`]` was expected, at character 6"},
      {"a[99999999999]", "at character 3"},
      {"a.b()", "at character 4"},
      {"a + b", "at character 2"},
      {"0.x", "an ordinal starts at 1, at character 1"},
      {"1a.x", "at character 1"},
      {"99999999999", "at character 1"},
  };
  for (const auto& [text, message] : mistakes) {
    INFO(text);
    const auto reference = parse_reference(text);
    REQUIRE_FALSE(reference.ok());
    REQUIRE(reference.error().code == ErrorCode::template_error);
    REQUIRE_THAT(reference.error().message, Catch::Contains(message));
  }
}

TEST_CASE("following a path that leads nowhere gives null") {
  const char* const value = R"({"a":[{"b":1},null],"0":"zero","s":"text"})";
  REQUIRE(follow_text(value, "x.a[0].b") == "1");
  REQUIRE(follow_text(value, "x.a.0.b") == "1");
  REQUIRE(follow_text(value, "x[0]") == "\"zero\"");
  REQUIRE(follow_text(value, "x.a[2]") == "null");
  REQUIRE(follow_text(value, "x.a[1].b") == "null");
  REQUIRE(follow_text(value, "x.a.length") == "null");
  REQUIRE(follow_text(value, "x.s[0]") == "null");
  REQUIRE(follow_text(value, "x.s.t.u.v") == "null");
  REQUIRE(follow_text("null", "x.a") == "null");
}

TEST_CASE("following a path does not copy the value") {
  const Json value = *parse_json(R"({"a":[{"b":[1,2,3]}]})");
  REQUIRE(&follow(value, parse_reference("x.a[0].b")->path) == &value.at("a").at(0).at("b"));
}
