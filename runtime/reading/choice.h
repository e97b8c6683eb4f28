#pragma once
// One allowed word of a field and what it stands for.

#include <string_view>

namespace millrace {

template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};

}  // namespace millrace
