#include "http/server/project_tests/expectation.h"

#include "runtime/conditions/compare_values.h"

#include <string_view>

namespace millrace {
namespace {

/// Text with `*` for anything, from left to right; the rest of a failed attempt goes to the last `*`.
bool fits_pattern(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, star = std::string_view::npos, behind_star = 0, in_pattern = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      behind_star = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++behind_star;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

class Comparison {
 public:
  std::vector<Difference> found;

  void compare(const Json& expected, const Json& got, const std::string& path, bool is_pattern) {
    if (expected.is_object() && got.is_object()) {
      return members(expected.get_object(), got.get_object(), path);
    }
    if (expected.is_array() && got.is_array()) {
      return elements(expected.get_array(), got.get_array(), path);
    }
    if (is_pattern && expected.is_string() && got.is_string() &&
        fits_pattern(expected.get_string(), got.get_string())) {
      return;
    }
    if (!equal_values(expected, got)) found.push_back({path, expected, got});
  }

 private:
  void members(const JsonObject& expected, const JsonObject& got, const std::string& path) {
    for (const auto& member : expected) {
      const std::string key(member.key());
      const std::string below = path.empty() ? key : path + "." + key;
      const Json* const there = got.if_contains(key);
      if (there != nullptr) {
        compare(member.value(), *there, below, key == "url");
      } else {
        found.push_back({below, member.value(), nullptr, true});
      }
    }
  }

  void elements(const JsonArray& expected, const JsonArray& got, const std::string& path) {
    for (std::size_t i = 0; i < expected.size() && i < got.size(); ++i) {
      compare(expected[i], got[i], path + "[" + std::to_string(i) + "]", false);
    }
    if (expected.size() != got.size()) {
      found.push_back({path + ".length", expected.size(), got.size()});
    }
  }
};

}  // namespace

std::vector<Difference> differences(const Json& expected, const Json& got,
                                    const std::string& path) {
  Comparison comparison;
  comparison.compare(expected, got, path, false);
  return std::move(comparison.found);
}

}  // namespace millrace
