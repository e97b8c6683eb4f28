#include "runtime/conditions/compare_values.h"

#include "runtime/base/check.h"

#include <cmath>
#include <utility>

namespace millrace {
namespace {

std::partial_ordering flip(std::partial_ordering order) { return 0 <=> order; }

/// Compares an integer with a double. The double is split into its whole part, which is an exact
/// integer once it is known to be in range, and the fraction, which decides when those are equal.
template <class Integer>
std::partial_ordering compare_with_double(Integer left, double right) {
  if (std::isnan(right)) return std::partial_ordering::unordered;
  const bool is_signed = std::is_signed_v<Integer>;
  const double below = is_signed ? -0x1p63 : 0.0;
  const double above = is_signed ? 0x1p63 : 0x1p64;
  if (right < below) return std::partial_ordering::greater;
  if (right >= above) return std::partial_ordering::less;
  const double whole = std::trunc(right);
  const std::partial_ordering order = left <=> static_cast<Integer>(whole);
  return order == 0 ? 0.0 <=> (right - whole) : order;
}

std::partial_ordering compare_integers(const Json& left, const Json& right) {
  if (left.is_int64() && right.is_int64()) return left.get_int64() <=> right.get_int64();
  if (left.is_uint64() && right.is_uint64()) return left.get_uint64() <=> right.get_uint64();
  if (left.is_uint64()) return flip(compare_integers(right, left));
  const std::int64_t number = left.get_int64();
  if (number < 0) return std::partial_ordering::less;
  return static_cast<std::uint64_t>(number) <=> right.get_uint64();
}

}  // namespace

std::partial_ordering compare_numbers(const Json& left, const Json& right) {
  CHECK(left.is_number() && right.is_number(), "only numbers can be compared as numbers");
  if (left.is_double() && right.is_double()) return left.get_double() <=> right.get_double();
  if (left.is_double()) return flip(compare_numbers(right, left));
  if (!right.is_double()) return compare_integers(left, right);
  return left.is_int64() ? compare_with_double(left.get_int64(), right.get_double())
                         : compare_with_double(left.get_uint64(), right.get_double());
}

bool equal_values(const Json& left, const Json& right) {
  if (left.is_number() && right.is_number()) return compare_numbers(left, right) == 0;
  if (left.kind() != right.kind()) return false;
  if (left.is_array()) {
    const auto& a = left.get_array();
    const auto& b = right.get_array();
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!equal_values(a[i], b[i])) return false;
    }
    return true;
  }
  if (left.is_object()) {
    const auto& a = left.get_object();
    const auto& b = right.get_object();
    if (a.size() != b.size()) return false;
    for (const auto& member : a) {
      const Json* other = b.if_contains(member.key());
      if (other == nullptr || !equal_values(member.value(), *other)) return false;
    }
    return true;
  }
  return left == right;
}

}  // namespace millrace
