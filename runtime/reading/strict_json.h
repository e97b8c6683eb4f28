#pragma once
// JSON that people write for Millrace: definitions, and the bodies of the management API. Pure.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <string_view>

namespace millrace {

/// A byte order mark, as some editors write it, is no part of a text.
std::string_view without_byte_order_mark(std::string_view text);

/// Like `parse_json`, behind a byte order mark if there is one. A key that appears twice in one object
/// is refused, because only one of the two values would count. Error `invalid_json` with one detail
/// for each mistake, which has line and column.
Result<Json> parse_strict_json(std::string_view text);

}  // namespace millrace
