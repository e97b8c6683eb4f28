#pragma once
// Which branch of an execution: the root, or one element of a fan-out, possibly inside another
// element. Each branch has its own machine and its own journal.

#include "runtime/base/ids.h"

#include <compare>
#include <cstdint>
#include <vector>

namespace millrace {

struct BranchPath {
  struct Element {
    StepIndex fan_out;    // the fan-out step
    std::uint32_t index;  // the element's position in its items, from 0
    auto operator<=>(const Element&) const = default;
  };

  std::vector<Element> elements;  // empty: the root branch

  bool is_root() const { return elements.empty(); }
  BranchPath child(StepIndex fan_out, std::uint32_t index) const {
    BranchPath path = *this;
    path.elements.push_back({fan_out, index});
    return path;
  }
  auto operator<=>(const BranchPath&) const = default;
};

}  // namespace millrace
