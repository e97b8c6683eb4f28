#pragma once
// Compiled steps are linked by arrows; definitions nest. What is needed to go from one to the other
// is where the branches of each conditional come together again.

#include <cstddef>
#include <optional>
#include <vector>

namespace millrace::compiled_form {

using StepPosition = std::size_t;  // in the list of steps

struct StepLinks {
  /// Absent: the branch ends here. Of a conditional: what follows whichever branch was taken.
  std::optional<StepPosition> next;
  std::optional<StepPosition> body;  // of a map: its first step for each element
  bool is_conditional = false;
  std::vector<std::optional<StepPosition>>
      heads;  // of a conditional: the first step of each choice
};

/// A step from which the links lead back to itself, if there is one.
std::optional<StepPosition> find_loop(const std::vector<StepLinks>& steps);

/// For each conditional, the first step that runs after it whichever branch is taken; absent when
/// the branches do not come together, and for other steps. The links must have no loop.
std::vector<std::optional<StepPosition>> find_joins(const std::vector<StepLinks>& steps);

}  // namespace millrace::compiled_form
