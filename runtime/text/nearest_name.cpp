#include "runtime/text/nearest_name.h"

#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <limits>

namespace millrace {
namespace {

// Distances are counted in half steps, so that a difference in case costs one of them.
constexpr std::size_t step = 2;
constexpr std::size_t case_step = 1;
constexpr std::size_t far = std::numeric_limits<std::size_t>::max();
// Longer names are not typing errors, and the table grows with the square of the length.
constexpr std::size_t name_bytes_max = 200;

std::size_t replace_cost(char left, char right) {
  if (left == right) return 0;
  return lower_case(left) == lower_case(right) ? case_step : step;
}

/// Optimal string alignment distance with three rows.
/// Source: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1), last(right.size() + 1), row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) last[j] = j * step;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i * step;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      row[j] = std::min({last[j] + step, row[j - 1] + step,
                         last[j - 1] + replace_cost(left[i - 1], right[j - 1])});
      const bool is_swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (is_swapped) row[j] = std::min(row[j], before[j - 2] + step);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[right.size()];
}

std::size_t helpful_distance(std::string_view left, std::string_view right) {
  const std::size_t longer = std::max(left.size(), right.size());
  if (longer > name_bytes_max) return far;
  const std::size_t allowed = step * std::max<std::size_t>(1, longer / 3);
  const std::size_t measured = distance(left, right);
  return measured <= allowed || equal_but_for_case(left, right) ? measured : far;
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string* nearest = nullptr;
  std::size_t nearest_distance = far;
  for (const auto& candidate : candidates) {
    const std::size_t measured = helpful_distance(name, candidate);
    if (measured >= nearest_distance) continue;
    nearest = &candidate;
    nearest_distance = measured;
  }
  return nearest == nullptr ? std::string() : *nearest;
}

std::string did_you_mean(const std::string& nearest) {
  return nearest.empty() ? std::string() : "; did you mean \"" + nearest + "\"?";
}

}  // namespace millrace
