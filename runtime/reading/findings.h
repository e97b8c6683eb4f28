#pragma once
// What is wrong with a definition. Readers and checks only add to it, so that a user sees all
// findings at once.

#include "runtime/base/error.h"

#include <string>
#include <vector>

namespace millrace {

using Findings = std::vector<ErrorDetail>;

/// One of them: where it is (`step` and JSON pointer), and what is wrong there.
ErrorDetail finding_at(std::string step, std::string pointer, std::string message,
                       std::string expected = {}, std::string got = {}, std::string nearest = {});

/// `invalid_definition` with all findings, which must not be empty.
Error invalid_definition(Findings findings);

}  // namespace millrace
