#pragma once
// How each query language says a comparison. One table for each; what is not in it cannot be said.

#include "runtime/conditions/operators.h"
#include "runtime/filters/filter.h"

#include <string>

namespace millrace {

/// Of the languages that are text.
struct FilterWords {
  std::string both;    // " AND "
  std::string either;  // " OR "
  /// The comparison as text. Precondition: `can_say`, `is_field_of`. An error says what the argument must be.
  Result<std::string> (*say)(const std::string& field, Operator op, const Json& argument);
};

/// Not for hubspot, which is JSON.
const FilterWords& words_of(FilterLanguage language);
/// {"propertyName", "operator", "value" or "values"}.
Result<Json> hubspot_filter(const std::string& field, Operator op, const Json& argument);

bool can_say(FilterLanguage language, Operator op);
/// A name that stands in the language as it is, whatever it is.
bool is_field_of(FilterLanguage language, std::string_view field);

}  // namespace millrace
