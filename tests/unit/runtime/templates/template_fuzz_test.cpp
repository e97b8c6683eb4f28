#include "map_scope.h"
#include "runtime/templates/template.h"
#include "tests/support/catch.h"

#include <random>

using namespace millrace;

namespace {

/// Text of pieces that matter to the parser, so that mistakes are frequent and deep.
std::string random_text(std::mt19937_64& random) {
  static const std::vector<std::string> pieces{"{{",
                                               "}}",
                                               "\\",
                                               "{",
                                               "}",
                                               "[",
                                               "]",
                                               "\"",
                                               "'",
                                               ".",
                                               " ",
                                               "a",
                                               "result",
                                               "0",
                                               "12",
                                               "-",
                                               "_",
                                               "trigger",
                                               "instance",
                                               "ü",
                                               "\xff",
                                               "\n",
                                               "99999999999999999999",
                                               "[\"",
                                               "\"]",
                                               "\\{{"};
  std::string text;
  for (auto left = random() % 12; left > 0; --left) text += pieces[random() % pieces.size()];
  return text;
}

}  // namespace

TEST_CASE("any text is a template with a value or has details") {
  const std::uint64_t seed = 20260201;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const MapScope scope(R"({"a":{"result":[1,{"a":2}]},"trigger":[[]],"instance":"x"})");
  std::size_t valid = 0;
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = random_text(random);
    auto compiled = Template::compile(Json(text), "/x");
    if (!compiled) {
      REQUIRE_FALSE(compiled.error().details.empty());
      REQUIRE(compiled.error().details[0].path == "/x");
      continue;
    }
    ++valid;
    compiled->visit_references([&](Reference& reference, const std::string&) {
      reference.array_levels = static_cast<std::uint32_t>(random() % 3);
    });
    const Json rendered = compiled->render(scope);
    if (compiled->is_constant()) REQUIRE(rendered.is_string());
  }
  REQUIRE(valid > 1'000);
}

TEST_CASE("any text is a reference or an error with a character") {
  const std::uint64_t seed = 20260202;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::size_t valid = 0;
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = random_text(random);
    const auto reference = parse_reference(text);
    if (reference) {
      ++valid;
      // What was read is written without loss: reading it again gives the same.
      REQUIRE(parse_reference(reference->text)->path == reference->path);
    } else {
      REQUIRE(reference.error().message.find("at character") != std::string::npos);
    }
  }
  REQUIRE(valid > 100);
}
