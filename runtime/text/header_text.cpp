#include "runtime/text/header_text.h"

#include "runtime/base/utf8.h"

#include <array>
#include <cstddef>

namespace millrace {
namespace {

constexpr auto is_token_byte = [] {
  std::array<bool, 256> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z') || (i >= '0' && i <= '9');
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    bytes[static_cast<std::size_t>(c)] = true;
  return bytes;
}();

}  // namespace

bool is_header_name(std::string_view name) {
  for (const char c : name) {
    if (!is_token_byte[static_cast<unsigned char>(c)]) return false;
  }
  return !name.empty();
}

bool is_header_value(std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) return false;
  }
  return true;
}

std::string utf8_of_header(std::string_view value) {
  if (is_valid_utf8(value)) return std::string(value);
  std::string converted;
  for (const char c : value) append_utf8(converted, static_cast<unsigned char>(c));
  return converted;
}

}  // namespace millrace
