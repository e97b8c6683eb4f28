#include "runtime/secrets/needle_search.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <algorithm>

using namespace millrace;

namespace {

/// The same by trying every needle at every place.
std::optional<NeedleSearch::Match> find_slowly(const std::vector<NeedleSearch::Needle>& needles,
                                               std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    std::optional<NeedleSearch::Match> longest;
    for (const auto& each : needles) {
      const std::string_view rest = text.substr(i);
      std::size_t size = 0;
      while (size < std::min(rest.size(), each.text.size()) && rest[size] == each.text[size]) {
        ++size;
      }
      const bool counts = size == each.text.size() || size >= NeedleSearch::part_bytes_min;
      if (counts && (!longest || size > longest->size)) longest = {i, size, each.tag};
    }
    if (longest) return longest;
  }
  return std::nullopt;
}

std::string random_text(SeededRandom& random, std::size_t size) {
  std::string text;
  while (text.size() < size) text += static_cast<char>('a' + random.below(2));
  return text;
}

}  // namespace

TEST_CASE("a search finds what trying every needle at every place finds") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    std::vector<NeedleSearch::Needle> needles;
    for (std::size_t i = 0; i <= random.below(12); ++i) {
      needles.push_back({random_text(random, 4 + random.below(7)), i});
      // Some begin with another one.
      if (random.one_of(1, 3)) needles.push_back({needles.back().text + "ab", i + 100});
    }
    const NeedleSearch search(needles);
    const std::string text = random_text(random, random.below(200));
    for (std::size_t from = 0; from <= text.size(); from += 1 + random.below(3)) {
      const auto found = search.find(text, from);
      const auto expected = find_slowly(needles, text, from);
      REQUIRE(found.has_value() == expected.has_value());
      if (!found) continue;
      REQUIRE(found->begin == expected->begin);
      REQUIRE(found->size == expected->size);
      REQUIRE(found->tag == expected->tag);
    }
  }
}

TEST_CASE("of needles of which the text has a long part the one with the longest is found") {
  const std::string same(300, 'a');
  const NeedleSearch search({{same + std::string(300, 'b'), 1}, {same + std::string(300, 'd'), 2}});
  for (const auto& [letter, tag] : {std::pair{'b', 1u}, {'d', 2u}}) {
    const auto found = search.find("x" + same + std::string(100, letter) + "c");
    REQUIRE(found.has_value());
    REQUIRE(found->begin == 1);
    REQUIRE(found->size == 400);
    REQUIRE(found->tag == tag);
  }
}

TEST_CASE("a search without needles and a text that is too short find nothing") {
  REQUIRE_FALSE(NeedleSearch().find("text").has_value());
  const NeedleSearch search({{"text", 0}});
  REQUIRE_FALSE(search.find("tex").has_value());
  REQUIRE_FALSE(search.find("").has_value());
  REQUIRE_FALSE(search.find("text", 1).has_value());
  REQUIRE_FALSE(search.find("text", 100).has_value());
}
