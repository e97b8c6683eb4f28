#pragma once
// The one rule for ids that people choose and that stand in URLs: projects, signing keys, types of
// integrations.

#include <string_view>

namespace millrace {

/// 1 to `limits::id_bytes_max` ASCII letters, digits, '.', '_' or '-'.
bool is_id_text(std::string_view text);

}  // namespace millrace
