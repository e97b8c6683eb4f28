#pragma once
// The choices of a compiled conditional as the branches of one here.

#include "runtime/base/json.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace::compiled_form {

struct Choice {
  std::string label;
  std::optional<JsonArray> condition;  // absent: when no other choice holds
};

/// Adds `if`, `then` and `else` for Yes and No, otherwise `branches`. `steps_of` a choice's position are
/// its steps; it is asked once for each, in their order.
void add_branches(JsonObject& step, const std::vector<Choice>& choices,
                  const std::function<JsonArray(std::size_t)>& steps_of);

}  // namespace millrace::compiled_form
