// Hidden: run with `runtime_tests "[.bench]"`. It prints; it fails only far beyond the target.
#include "map_scope.h"
#include "runtime/templates/template.h"
#include "tests/support/catch.h"

#include <chrono>
#include <iostream>

using namespace millrace;

namespace {

double microseconds_per_render(const Template& compiled, const Scope& scope) {
  constexpr int rounds = 20'000;
  std::size_t members = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) members += compiled.render(scope).as_object().size();
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  REQUIRE(members > 0);
  return took.count() / rounds;
}

/// An object of about 10 KB: `fields` members of `bytes` each, some of them references.
Json big_object(int fields, std::size_t bytes, int every) {
  JsonObject object;
  for (int i = 0; i < fields; ++i) {
    const bool is_reference = i % every == 0;
    object.emplace("field" + std::to_string(i),
                   is_reference ? std::string("{{step.result.text}}") : std::string(bytes, 'x'));
  }
  return object;
}

}  // namespace

TEST_CASE("rendering an object of ten kilobytes takes under twenty microseconds", "[.bench]") {
  const std::string text(90, 'y');
  const std::string values = R"({"step":{"result":{"text":")" + text + R"("}}})";
  const MapScope scope(values.c_str());
  struct Shape {
    const char* name;
    Json value;
  };
  const std::vector<Shape> shapes{
      {"100 fields of 90 bytes, each 10th a reference", big_object(100, 90, 10)},
      {"100 fields of 90 bytes, all references", big_object(100, 90, 1)},
      {"20 fields of 500 bytes, each 4th a reference", big_object(20, 500, 4)},
  };
  for (const auto& [name, value] : shapes) {
    const auto compiled = Template::compile(value, "");
    REQUIRE(compiled.ok());
    const double took = microseconds_per_render(*compiled, scope);
    std::cout << name << ": " << took << " us\n";
    REQUIRE(took < 100);
  }
}
