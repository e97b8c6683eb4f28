#include "runtime/templates/template.h"

#include "map_scope.h"
#include "runtime/base/limits.h"
#include "tests/support/catch.h"

using namespace millrace;

namespace {

const char* const values = R"({
  "step": {"result": {"name": "Ada", "age": 36, "tags": ["a", "b"], "none": null, "odd key": true}},
  "trigger": {"request": {"body": {"email": "a@b.c"}}},
  "user": {"id": "u-1"}
})";

/// Renders JSON text with the values above; the result is JSON text again.
std::string render(const std::string& json) {
  const auto compiled = Template::compile(*parse_json(json), "");
  REQUIRE(compiled.ok());
  return to_text(compiled->render(MapScope(values)));
}

std::vector<ErrorDetail> mistakes(const std::string& json) {
  const auto compiled = Template::compile(*parse_json(json), "/steps/0/parameters");
  REQUIRE_FALSE(compiled.ok());
  REQUIRE(compiled.error().code == ErrorCode::template_error);
  return compiled.error().details;
}

/// Renders one reference as if it had been linked across `levels` fan-outs.
std::string render_levels(const char* outputs, const char* text, std::uint32_t levels) {
  auto compiled = Template::compile(Json(text), "");
  REQUIRE(compiled.ok());
  compiled->visit_references(
      [&](Reference& reference, const std::string&) { reference.array_levels = levels; });
  const std::string scope = std::string(R"({"step":)") + outputs + '}';
  return to_text(compiled->render(MapScope(scope.c_str())));
}

}  // namespace

TEST_CASE("a string that is exactly one reference keeps the type of its value") {
  REQUIRE(render(R"("{{step.result.age}}")") == "36");
  REQUIRE(render(R"("{{ step.result.tags }}")") == R"(["a","b"])");
  REQUIRE(render(R"("{{step.result.none}}")") == "null");
  REQUIRE(render(R"("{{step.result[\"odd key\"]}}")") == "true");
  REQUIRE(render(R"("{{step.result.name}}")") == R"("Ada")");
}

TEST_CASE("text around a reference makes a string") {
  REQUIRE(render(R"(" {{step.result.age}}")") == R"(" 36")");
  REQUIRE(render(R"("Hello {{step.result.name}}, {{step.result.age}}!")") == R"("Hello Ada, 36!")");
  REQUIRE(render(R"("{{step.result.name}}{{step.result.name}}")") == R"("AdaAda")");
  REQUIRE(render(R"("tags: {{step.result.tags}}")") == R"("tags: [\"a\",\"b\"]")");
  REQUIRE(render(R"("<{{step.result.none}}{{step.result.absent}}>")") == R"("<>")");
}

TEST_CASE("an absent path renders to null and never fails") {
  REQUIRE(render(R"("{{step.result.absent.deeper[7]}}")") == "null");
  REQUIRE(render(R"("{{unknown.result}}")") == "null");
  REQUIRE(render(R"({"a":"{{unknown}}","b":1})") == R"({"a":null,"b":1})");
}

TEST_CASE("references are found at any depth and keys are left alone") {
  REQUIRE(
      render(R"({"a":[1,{"b":"{{step.result.age}}"}],"{{user.id}}":"x","c":["{{user.id}}"]})") ==
      R"({"a":[1,{"b":36}],"{{user.id}}":"x","c":["u-1"]})");
}

TEST_CASE("large objects keep the order and number of their keys") {
  std::string json = "{";
  std::string expected = "{";
  for (int i = 0; i < 100; ++i) {
    const std::string key = "\"key" + std::to_string(i) + "\":";
    const std::string comma = i == 0 ? "" : ",";
    json += comma + key + (i % 3 == 0 ? "\"{{step.result.age}}\"" : "\"constant\"");
    expected += comma + key + (i % 3 == 0 ? "36" : "\"constant\"");
  }
  REQUIRE(render(json + '}') == expected + '}');
}

TEST_CASE("an escaped opening brace is a literal and a lone closing one too") {
  REQUIRE(render(R"("\\{{step.result.age}}")") == R"("{{step.result.age}}")");
  REQUIRE(render(R"("\\{{x}} {{step.result.age}} }}")") == R"("{{x}} 36 }}")");
  REQUIRE(render(R"("a }} b { c }")") == R"("a }} b { c }")");
  REQUIRE(render(R"("a \\ b")") == R"("a \\ b")");
  REQUIRE(render(R"("{\"a\":{\"b\":{{step.result.age}}}}")") == R"("{\"a\":{\"b\":36}}")");
  REQUIRE(render(R"("{{{step.result.age}}}")") == R"("{36}")");
  REQUIRE(render(R"("\\{{{x}}}")") == R"("{{{x}}}")");
  REQUIRE(Template::compile(Json("\\{{x"), "")->is_constant());
}

TEST_CASE("braces inside a quoted key belong to the key") {
  const auto compiled = Template::compile(Json(R"({{step["a}}b"]}})"), "");
  REQUIRE(compiled.ok());
  REQUIRE(to_text(compiled->render(MapScope(R"({"step":{"a}}b":1}})"))) == "1");
}

TEST_CASE("every malformed reference is one finding with its place") {
  const auto details = mistakes(R"({"a":"{{ }}","b/c":["x {{a..b}} {{ok}} {{c[}}","{{open"]})");
  REQUIRE(details.size() == 4);
  REQUIRE(details[0].path == "/steps/0/parameters/a");
  REQUIRE_THAT(details[0].message, Catch::Contains("a reference is missing"));
  REQUIRE(details[1].path == "/steps/0/parameters/b~1c/0");
  REQUIRE_THAT(details[1].message, Catch::StartsWith("in `{{a..b}}` at character 3"));
  REQUIRE(details[2].path == "/steps/0/parameters/b~1c/0");
  REQUIRE(details[3].path == "/steps/0/parameters/b~1c/1");
  REQUIRE_THAT(details[3].message, Catch::Contains("`{{` at character 1 is never closed"));
}

TEST_CASE("a text with references over the limit is refused") {
  const std::string filler(limits::template_bytes_max, 'x');
  REQUIRE_FALSE(Template::compile(Json(filler + "{{user.id}}"), "").ok());
  REQUIRE(Template::compile(Json(filler), "").ok());
}

TEST_CASE("nesting beyond the limit is refused and not followed") {
  Json deep = "{{user.id}}";
  for (std::size_t i = 0; i < limits::json_depth_max; ++i) deep = JsonArray{deep};
  REQUIRE(Template::compile(deep, "").ok());
  deep = JsonArray{deep};
  REQUIRE_FALSE(Template::compile(deep, "").ok());
}

TEST_CASE("a template that would repeat a large value too often is not rendered") {
  const std::string big(limits::rendered_bytes_max / 4, 'x');
  const MapScope scope((R"({"big":")" + big + "\"}").c_str());
  for (const char* const text : {R"(["{{big}}","{{big}}","{{big}}"])", R"("{{big}} {{big}}")"}) {
    REQUIRE_NOTHROW(Template::compile(*parse_json(text), "")->render(scope));
  }
  for (const char* const text :
       {R"(["{{big}}","{{big}}","{{big}}","{{big}}"])", R"("{{big}} {{big}} {{big}} {{big}}")"}) {
    REQUIRE_THROWS_AS(Template::compile(*parse_json(text), "")->render(scope), RenderedTooMuch);
  }
}

TEST_CASE("a template knows whether it is constant or one reference") {
  REQUIRE(Template().is_constant());
  REQUIRE(Template().render(MapScope()).is_null());
  REQUIRE(Template::compile(*parse_json(R"({"a":[1,"x"]})"), "")->is_constant());
  const auto reference = Template::compile(Json("{{ a.b }}"), "");
  REQUIRE_FALSE(reference->is_constant());
  REQUIRE(reference->is_reference());
  REQUIRE_FALSE(Template::compile(Json("{{a}} "), "")->is_reference());
  REQUIRE_FALSE(Template::compile(*parse_json(R"(["{{a}}"])"), "")->is_reference());
}

TEST_CASE("visiting gives every reference with its pointer") {
  auto compiled = Template::compile(*parse_json(R"({"a":"{{x.y}} {{z}}","b":["{{w}}"]})"), "/p");
  REQUIRE(compiled.ok());
  std::string seen;
  compiled->visit_references([&](Reference& reference, const std::string& pointer) {
    seen += pointer + ' ' + reference.text + "; ";
  });
  REQUIRE(seen == "/p/a x.y; /p/a z; /p/b/0 w; ");
}

TEST_CASE("an output behind a fan-out is an array in input order") {
  REQUIRE(render_levels(R"([{"result":1},null,{"result":3}])", "{{step.result}}", 1) ==
          "[1,null,3]");
  REQUIRE(render_levels(R"([{"result":{"a":[7]}},{"error":{}}])", "{{step.result.a[0]}}", 1) ==
          "[7,null]");
  REQUIRE(render_levels("[]", "{{step.result}}", 1) == "[]");
  REQUIRE(render_levels("null", "{{step.result}}", 1) == "null");
  REQUIRE(render_levels(R"([{"result":1}])", "got {{step.result}}", 1) == R"("got [1]")");
}

TEST_CASE("nested fan-outs give nested arrays with null for what did not run") {
  REQUIRE(render_levels(R"([[{"result":1},{"result":2}],null,[]])", "{{step.result}}", 2) ==
          "[[1,2],null,[]]");
  REQUIRE(render_levels(R"([[[{"result":[1]}]]])", "{{step.result}}", 3) == "[[[[1]]]]");
}

TEST_CASE("rendering copies values so that the scope may go away") {
  const auto compiled = Template::compile(*parse_json(R"({"a":"{{step.result}}"})"), "");
  Json rendered;
  {
    const MapScope scope(values);
    rendered = compiled->render(scope);
  }
  REQUIRE(rendered.at("a").at("name") == "Ada");
}

TEST_CASE("what is well formed beside a mistake can be linked nevertheless") {
  std::vector<ErrorDetail> mistakes;
  Json deep = "{{d}}";
  for (std::size_t i = 0; i < limits::json_depth_max; ++i) deep = JsonArray{deep};
  const Json value = JsonObject{
      {"a", "{{x.y}} {{..}} {{z}}"}, {"b", JsonArray{"{{w}}", "{{open"}}, {"c", deep}, {"d", 1}};
  Template compiled = Template::compile(value, "/p", mistakes);
  REQUIRE(mistakes.size() == 3);
  std::string seen;
  compiled.visit_references([&](Reference& reference, const std::string& pointer) {
    seen += pointer + ' ' + reference.text + "; ";
  });
  REQUIRE(seen == "/p/a x.y; /p/a z; /p/b/0 w; ");
  // Nor does anybody take what is malformed for a constant.
  REQUIRE_FALSE(Template::compile(Json("{{open"), "", mistakes).is_constant());
  REQUIRE(to_text(compiled.constant().at("d")) == "1");
}

TEST_CASE("a reference with an escape is text for the inside of a query's quotes") {
  CHECK(render(R"("Name = '{{soql step.result.name}}'")") == R"("Name = 'Ada'")");
  CHECK(render(R"("{{odata step.result.age}}")") == R"("36")");
  CHECK(render(R"("{{ jql  step.result.none }}")") == R"("")");
  CHECK(render(R"("{{soql step.result.tags}}")") == R"("[\\\"a\\\",\\\"b\\\"]")");
  CHECK_THAT(mistakes(R"("{{sql step.result.name}}")").front().message,
             Catch::Contains("was expected"));
}

TEST_CASE("the position -1 is the last element of whatever is there") {
  CHECK(render(R"("{{step.result.tags[-1]}}")") == R"("b")");
  CHECK(render(R"("{{step.result.none[-1]}}")") == "null");
  CHECK(render(R"("{{step.result.name[-1]}}")") == "null");
  CHECK(mistakes(R"("{{step.result.tags[-2]}}")").size() == 1);
  CHECK(render_levels(R"([{"r":1},{"r":2}])", "{{step.r[-1]}}", 1) == "2");
}
