#pragma once
// The names that a project's backend may choose freely and that go into URLs as they are.

#include <string_view>

namespace millrace {

/// 1 to `limits::id_bytes_max` letters, digits, '.', '_' or '-'.
bool is_plain_name(std::string_view text);

}  // namespace millrace
