#pragma once
// Nested values as fields of a form, as Stripe and PHP read them:
//
//   {"items": [{"price": "p1", "quantity": 2}], "metadata": {"order": "7"}}
//   items[0][price]=p1&items[0][quantity]=2&metadata[order]=7
//
// Null, an empty list and an empty object are left out: a form has no way to say them.

#include "runtime/base/json.h"

#include <functional>
#include <string>

namespace millrace {

/// Calls `add` for each field in the order of the value; `value` is text, a number or a boolean.
void each_bracket_field(const JsonObject& fields,
                        const std::function<void(const std::string& name, const Json& value)>& add);

}  // namespace millrace
