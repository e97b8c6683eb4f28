#include "runtime/definitions/compiled_form/secret_names.h"

#include "runtime/base/limits.h"

#include <algorithm>

namespace millrace::compiled_form {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

constexpr std::string_view prefix = "secret_";

}  // namespace

bool is_uuid(std::string_view text) {
  constexpr std::string_view form = "00000000-0000-0000-0000-000000000000";
  return text.size() == form.size() &&
         std::equal(text.begin(), text.end(), form.begin(),
                    [](char c, char wanted) { return wanted == '-' ? c == '-' : is_hex(c); });
}

bool is_secret_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::id_bytes_max && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string secret_name(std::string_view id) {
  if (is_secret_name(id)) return std::string(id);
  std::string name(prefix);
  for (const char c : id.substr(0, limits::id_bytes_max - prefix.size())) {
    name += is_letter(c) || is_digit(c) ? c : '_';
  }
  return name;
}

}  // namespace millrace::compiled_form
