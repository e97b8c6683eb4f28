#pragma once
// The comparison operators of conditional steps. Both spellings are accepted:
// `StringContains` and `$stringContains`.
//
//   StringContains, StringStartsWith, StringEndsWith, StringExactlyMatches and their negations
//       strings on both sides; compared byte by byte, so with regard to case
//   StringGreaterThan, StringLessThan
//       strings; order of their UTF-8 bytes, which is the order of code points
//   StringIsIn, StringIsNotIn
//       `variable` a string; `argument` an array of strings, or a string of names between commas
//       (spaces around a name do not count)
//   NumberEquals, NumberGreaterThan, ...
//       numbers, or strings that are exactly a JSON number; compared exactly, also beyond 2^53
//   DateTimeAfter, DateTimeBefore, DateTimeEquals
//       times as runtime/text/time_text.h reads them, or numbers since 1970 (seconds or milliseconds)
//   BooleanTrue, BooleanFalse
//       booleans, or the strings "true" and "false"
//   Exists, IsNotNull, DoesNotExist, IsNull
//       anything; null and absent values are the same
//   ArrayIsIn, ArrayIsNotIn
//       `argument` an array, `variable` anything: is some element of `argument` equal to it? Deep
//       equality; 1 equals 1.0, the order of an object's keys does not matter
//   ArrayIsEmpty, ArrayIsNotEmpty
//       `variable` an array
//
// Anything else, null included, is a `type_mismatch` that names the operator, the side, what it
// expected and what it got. A negated operator mismatches where its positive one does.

#include "runtime/base/json.h"
#include "runtime/base/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace {

enum class Operator : std::uint8_t {
  string_contains,
  string_does_not_contain,
  string_exactly_matches,
  string_does_not_exactly_match,
  string_is_in,
  string_is_not_in,
  string_starts_with,
  string_does_not_start_with,
  string_ends_with,
  string_does_not_end_with,
  string_greater_than,
  string_less_than,
  number_greater_than,
  number_less_than,
  number_equals,
  number_does_not_equal,
  number_greater_than_or_equal_to,
  number_less_than_or_equal_to,
  date_time_after,
  date_time_before,
  date_time_equals,
  boolean_true,
  boolean_false,
  is_not_null,
  is_null,
  exists,
  does_not_exist,
  array_is_in,
  array_is_not_in,
  array_is_empty,
  array_is_not_empty,
};

std::optional<Operator> parse_operator(std::string_view wire);
/// The wire name, `StringContains`.
std::string_view wire_name(Operator op);
/// All wire names, for "did you mean" in messages.
const std::vector<std::string_view>& operator_names();
/// False for operators that look at the variable only (BooleanTrue, IsNull, ArrayIsEmpty, ...).
bool takes_argument(Operator op);

Result<bool> evaluate(Operator op, const Json& variable, const Json& argument);

}  // namespace millrace
