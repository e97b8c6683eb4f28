#pragma once
// Comparison of JSON values by what they mean, not by how they are stored: the number 1 may arrive
// as an int64, a uint64 or a double and is the same number each time.

#include "runtime/base/json.h"

#include <compare>

namespace millrace {

/// Compares two numbers exactly: nothing is rounded, also where a double cannot hold an integer.
/// Both values must be numbers. NaN, which no parser of ours produces, is unordered.
std::partial_ordering compare_numbers(const Json& left, const Json& right);

/// Deep equality; numbers by value, objects without regard to the order of their keys.
bool equal_values(const Json& left, const Json& right);

}  // namespace millrace
