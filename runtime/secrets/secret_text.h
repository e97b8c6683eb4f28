#pragma once
// A text that is rendered from the project's secrets and nothing else, when something comes in: there is
// no run yet, and of it nothing is stored.

#include "runtime/base/result.h"
#include "runtime/templates/template.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace {

/// The plain text of one of the project's secrets. Errors: secret_missing, secrets_locked.
using SecretSource = std::function<Result<std::string>(const std::string& name)>;

struct SecretText {
  Template text;
  std::vector<std::string> secrets;  // that it names
};

SecretText secret_text_of(Template text);

/// Errors: those of `secrets`.
Result<std::string> rendered(const SecretText& text, const SecretSource& secrets);

/// The same with `[secret KEY]` in the place of each: for what is shown and stored.
std::string masked(const SecretText& text);

}  // namespace millrace
