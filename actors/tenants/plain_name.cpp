#include "actors/tenants/plain_name.h"

#include "runtime/base/limits.h"

#include <algorithm>

namespace millrace {

bool is_plain_name(std::string_view text) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= limits::id_bytes_max &&
         std::all_of(text.begin(), text.end(), is_allowed);
}

}  // namespace millrace
