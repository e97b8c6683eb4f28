#pragma once
// The operators explained: what each compares, with an example that holds. For the message about an
// operator that does not exist; docs/definitions.md has the same as a table, and a test compares.

#include "runtime/base/json.h"
#include "runtime/conditions/operators.h"

#include <string>
#include <string_view>

namespace millrace {

struct OperatorGuide {
  std::string_view variable;          // "text"
  std::string_view argument;          // "text"; empty: it takes none
  std::string_view example_variable;  // JSON
  std::string_view example_argument;  // JSON; empty: none
};

const OperatorGuide& guide_to(Operator op);

/// All of them: `number and number: NumberEquals (1, 1.0), …; …`.
std::string operator_list();

/// The operator that was probably meant: a misspelt name, or what other languages write (`>=`,
/// `contains`). Empty if nothing is near. `argument` (null: none is given) tells whether numbers are
/// compared or text.
std::string nearest_operator(std::string_view written, const Json* argument);

}  // namespace millrace
