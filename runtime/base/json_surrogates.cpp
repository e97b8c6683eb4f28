#include "runtime/base/json_surrogates.h"

#include <cstddef>
#include <string_view>

namespace millrace {
namespace {

constexpr std::size_t escape_size = 6;  // \uXXXX

enum class Half { none, first, second };

/// Which half of a pair the escape at `at` stands for. Only the first three of its digits matter.
Half half_at(std::string_view json, std::size_t at) {
  const std::string_view escape = json.substr(at, escape_size);
  if (escape.size() < escape_size || !escape.starts_with("\\u")) return Half::none;
  if (escape[2] != 'd' && escape[2] != 'D') return Half::none;
  constexpr std::string_view first = "89abAB";
  constexpr std::string_view second = "cdefCDEF";
  if (escape.find_first_not_of("0123456789abcdefABCDEF", 3) != std::string_view::npos) {
    return Half::none;
  }
  if (first.find(escape[3]) != std::string_view::npos) return Half::first;
  return second.find(escape[3]) != std::string_view::npos ? Half::second : Half::none;
}

}  // namespace

bool replace_lone_surrogates(std::string& json) {
  bool has_replaced = false;
  // A backslash stands in strings only, and its next character belongs to it.
  for (std::size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
    const Half half = half_at(json, at);
    if (half == Half::none) {
      at += 2;
    } else if (half == Half::first && half_at(json, at + escape_size) == Half::second) {
      at += 2 * escape_size;
    } else {
      json.replace(at, escape_size, "\\ufffd");
      at += escape_size;
      has_replaced = true;
    }
  }
  return has_replaced;
}

}  // namespace millrace
