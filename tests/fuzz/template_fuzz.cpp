// Templates: any text is either understood or refused, and what is understood is what was written.
#include "../unit/runtime/templates/map_scope.h"
#include "runtime/definitions/compiled_form/source_reader.h"
#include "runtime/templates/template.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"

namespace millrace {
namespace {

const std::vector<std::string> pieces{"{{",
                                      "}}",
                                      "\\{{",
                                      "{",
                                      "}",
                                      "\\",
                                      "[",
                                      "]",
                                      "\"",
                                      "'",
                                      ".",
                                      " ",
                                      "\n",
                                      "a",
                                      "result",
                                      "0",
                                      "12",
                                      "-",
                                      "_",
                                      "$",
                                      "trigger",
                                      "instance",
                                      "secrets",
                                      "user",
                                      "\u00fc",
                                      "\xff",
                                      "[\"",
                                      "\"]",
                                      "['",
                                      "99999999999999999999",
                                      "007",
                                      "{{a.result}}",
                                      "{{ trigger.request[\"x y\"] }}",
                                      "1.request"};

const std::vector<std::string> good_templates{
    "{{a.result.items[0].id}}",
    "Dear {{trigger.request.body[\"full name\"]}}, \\{{not this}} {{1.request.params.q}}!",
    "{{user.meta['odd \\' key']}}{{secrets.KEY}}{{execution.id}}",
    "{{a.result[\"}}\"]}} {{a.result[\"{{\"]}}"};

std::string random_key(SeededRandom& random) {
  static const std::vector<std::string> parts{"a", "Z",  "9", "_", "-",  "$",  ".",      " ",  "\"",
                                              "'", "\\", "[", "]", "{{", "}}", "\u00e4", "\n", "0"};
  return random_text(random, parts, 4);
}

/// A path and a text that means it.
struct Written {
  std::vector<PathSegment> path;
  std::string text;
};

void add_quoted(Written& written, const std::string& key, char quote) {
  written.text += std::string("[") + quote;
  for (const char c : key) {
    if (c == quote || c == '\\') written.text += '\\';
    written.text += c;
  }
  written.text += std::string(1, quote) + "]";
  written.path.emplace_back(key);
}

Written random_reference(SeededRandom& random) {
  Written written;
  written.text = random.one_of(1, 2) ? "a" : "trigger";
  for (std::size_t left = random.below(5); left > 0; --left) {
    if (random.one_of(1, 3)) {
      const std::size_t index = random.below(1'000);
      const bool is_bracket = random.one_of(1, 2);
      written.text += is_bracket ? '[' + std::to_string(index) + ']' : '.' + std::to_string(index);
      written.path.emplace_back(index);
    } else if (random.one_of(1, 2)) {
      written.text += ".key_" + std::to_string(random.below(9)) + "-\u00fc";
      written.path.emplace_back(written.text.substr(written.text.rfind('.') + 1));
    } else {
      add_quoted(written, random_key(random), random.one_of(1, 2) ? '"' : '\'');
    }
  }
  return written;
}

}  // namespace

TEST_CASE("any reference that can be written is read as it was meant") {
  fuzz(20'000, [](SeededRandom& random) {
    const Written written = random_reference(random);
    INFO(printable(written.text));
    const auto reference = parse_reference(' ' + written.text + '\n');
    REQUIRE(reference.ok());
    REQUIRE(reference->path == written.path);
    REQUIRE(reference->text == written.text);
    // Between braces it is that one reference, whatever braces its keys have.
    auto compiled = Template::compile(Json("{{" + written.text + "}}"), "");
    REQUIRE(compiled.ok());
    REQUIRE(compiled->is_reference());
    compiled->visit_references(
        [&](Reference& inside, const std::string&) { REQUIRE(inside.path == written.path); });
  });
}

TEST_CASE("a damaged reference is refused or means the same when it is read again") {
  fuzz(20'000, [](SeededRandom& random) {
    std::string text =
        random.one_of(1, 2) ? random_reference(random).text : random_text(random, pieces, 10);
    mutate(text, random, pieces);
    INFO(printable(text));
    const auto reference = parse_reference(text);
    if (!reference) {
      REQUIRE(reference.error().code == ErrorCode::template_error);
      REQUIRE(reference.error().message.find("at character") != std::string::npos);
      return;
    }
    const auto again = parse_reference(reference->text);
    REQUIRE(again.ok());
    REQUIRE(again->root == reference->root);
    REQUIRE(again->name == reference->name);
    REQUIRE(again->path == reference->path);
  });
}

TEST_CASE("a damaged template renders or names its mistakes") {
  const MapScope scope(R"({"a":{"result":{"items":[{"id":1}],"}}":2}},"trigger":{"request":{}}})");
  fuzz(20'000, [&](SeededRandom& random) {
    std::string text = random.one_of(1, 2) ? good_templates[random.below(good_templates.size())]
                                           : random_text(random, pieces, 12);
    mutate(text, random, pieces);
    INFO(printable(text));
    auto compiled = Template::compile(JsonObject{{"k", JsonArray{text}}}, "/x");
    if (!compiled) {
      REQUIRE_FALSE(compiled.error().details.empty());
      for (const auto& detail : compiled.error().details) REQUIRE(detail.path == "/x/k/0");
      return;
    }
    compiled->visit_references([&](Reference& reference, const std::string&) {
      reference.array_levels = static_cast<std::uint32_t>(random.below(3));
    });
    const Json rendered = compiled->render(scope);
    REQUIRE(rendered.at("k").as_array().size() == 1);
    if (compiled->is_constant()) REQUIRE(rendered.at("k").as_array()[0].is_string());
  });
}

TEST_CASE("text with escaped braces renders as itself") {
  const MapScope scope;
  fuzz(20'000, [&](SeededRandom& random) {
    const std::string text = random_text(random, pieces, 12);
    INFO(printable(text));
    const auto compiled = Template::compile(Json(compiled_form::escaped(text)), "");
    REQUIRE(compiled.ok());
    REQUIRE(compiled->is_constant());
    REQUIRE(compiled->render(scope) == Json(text));
  });
}

}  // namespace millrace
