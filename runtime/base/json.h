#pragma once
// JSON values are Boost.JSON's. This file holds what the library leaves open: a parser that is
// bounded and exact, and a writer whose numbers look as JavaScript writes them.

#include "runtime/base/limits.h"
#include "runtime/base/result.h"
#include "runtime/base/utf8.h"

#include <boost/json.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace millrace {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

/// An immutable value that steps, scopes and actors share instead of copying.
using SharedJson = std::shared_ptr<const Json>;

/// Parses strict JSON (RFC 8259): valid UTF-8, at most `depth_max` levels, nothing after the value.
/// Doubles are correctly rounded (Boost.JSON 1.81 alone may miss the last bit); the last of
/// duplicate keys wins. Numbers that no double holds (1e400) are refused. Error `invalid_json` says
/// what is wrong and at which byte.
Result<Json> parse_json(std::string_view text, std::size_t depth_max = limits::json_depth_max);

/// The byte at which `parse_json` refuses the text; its size when it ends too early, or is fine.
std::size_t json_mistake_at(std::string_view text, std::size_t depth_max = limits::json_depth_max);

/// JSON as other servers write it: an escape of an unpaired surrogate ("\ud83d") is U+FFFD. What is
/// JSON as far as it was read, but beyond what Millrace can hold (depth, numbers), is
/// `limit_exceeded`; what is none is `invalid_json`.
Result<Json> parse_foreign_json(std::string_view text);

/// Compact JSON text. Numbers are written as ECMAScript's Number::toString does (1.5, not 1.5E0), so
/// that a value reads the same after a function step as before it. NaN and infinities become null.
std::string to_text(const Json& value);
void append_text(std::string& out, const Json& value);

/// Appends a double as ECMAScript writes it (ECMA-262, 6.1.6.1.20).
void append_number(std::string& out, double number);

/// True if arrays and objects are inside each other more than `depth_max` levels deep.
bool is_deeper_than(const Json& value, std::size_t depth_max);

/// "null", "boolean", "number", "string", "array" or "object": the word used in messages.
std::string_view kind_name(const Json& value);

SharedJson share(Json value);
/// The one shared null.
const SharedJson& shared_null();

/// Escapes one token of a JSON pointer (RFC 6901: `~` and `/`).
std::string pointer_token(std::string_view key);

}  // namespace millrace
