#include "runtime/text/ascii_text.h"

#include <array>
#include <cstddef>

namespace millrace {
namespace {

/// Every byte in lower case. Names of header fields pass through here with each request, so this is
/// one look-up per character, without a branch.
constexpr auto lower_bytes = [] {
  std::array<char, 256> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i >= 'A' && i <= 'Z' ? i - 'A' + 'a' : i);
  }
  return bytes;
}();

char lower(char c) { return lower_bytes[static_cast<unsigned char>(c)]; }

}  // namespace

std::string_view trimmed(std::string_view text, std::string_view characters) {
  const auto first = text.find_first_not_of(characters);
  if (first == std::string_view::npos) return text.substr(0, 0);
  return text.substr(first, text.find_last_not_of(characters) - first + 1);
}

char lower_case(char c) { return lower(c); }

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

bool equal_but_for_case(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

}  // namespace millrace
