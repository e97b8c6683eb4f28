#pragma once
// What is wrong with a definition. Readers and checks only add to it, so that a user sees all
// findings at once.

#include "runtime/base/error.h"

#include <string>
#include <vector>

namespace millrace {

using Findings = std::vector<ErrorDetail>;

/// `invalid_definition` with all findings, which must not be empty.
Error invalid_definition(Findings findings);

}  // namespace millrace
