#include "actors/functions/worker/lossy_numbers.h"

#include <algorithm>
#include <charconv>

namespace millrace::worker {
namespace {

// 2^53 has that many digits: shorter integers are exact, and a longer one covers a byte whose position
// is a multiple of it.
constexpr std::size_t digits_min = 16;
// Beyond, JavaScript writes an exponent, and so does whoever wrote such a number.
constexpr std::size_t digits_max = 21;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool has_long_digits(std::string_view json) {
  for (std::size_t at = digits_min - 1; at < json.size(); at += digits_min) {
    if (!is_digit(json[at])) continue;
    std::size_t begin = at;
    while (begin > 0 && is_digit(json[begin - 1])) --begin;
    std::size_t end = at;
    while (end < json.size() && is_digit(json[end])) ++end;
    if (end - begin >= digits_min) return true;
    at = end - 1;
  }
  return false;
}

/// The digits of the double that is nearest to the integer, as JavaScript writes it: no more of them
/// than tell it from its neighbours, then zeros.
std::string written_by_javascript(std::string_view digits) {
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  char shortest[32];
  const auto [end, problem] =
      std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::scientific);
  std::string written;
  for (const char* each = shortest; each != end && *each != 'e'; ++each) {
    if (is_digit(*each)) written += *each;
  }
  const char* const exponent = std::find(shortest, end, 'e');
  int power = 0;
  if (exponent + 2 < end) std::from_chars(exponent + 2, end, power);
  written.resize(std::max(written.size(), static_cast<std::size_t>(power) + 1), '0');
  return written;
}

/// Behind the string that begins at `at`.
std::size_t skip_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

}  // namespace

std::vector<LossyNumber> find_lossy_numbers(std::string_view json, std::size_t count_max) {
  std::vector<LossyNumber> found;
  if (!has_long_digits(json)) return found;
  std::size_t at = 0;
  while (at < json.size() && found.size() < count_max) {
    if (json[at] == '"') {
      at = skip_string(json, at);
      continue;
    }
    if (!is_digit(json[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < json.size() && is_digit(json[at])) ++at;
    const std::string_view digits = json.substr(begin, at - begin);
    const bool is_fraction =
        at < json.size() && (json[at] == '.' || json[at] == 'e' || json[at] == 'E');
    if (is_fraction) {
      while (at < json.size() &&
             std::string_view("0123456789.eE+-").find(json[at]) != std::string_view::npos)
        ++at;
      continue;
    }
    if (digits.size() < digits_min || digits.size() > digits_max) continue;
    std::string becomes = written_by_javascript(digits);
    if (becomes == digits) continue;
    const std::size_t sign = begin > 0 && json[begin - 1] == '-' ? 1 : 0;
    if (sign == 1) becomes = "-" + becomes;
    found.push_back({json.substr(begin - sign, digits.size() + sign), std::move(becomes)});
  }
  return found;
}

}  // namespace millrace::worker
