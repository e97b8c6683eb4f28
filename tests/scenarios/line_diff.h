#pragma once
// The difference of two texts, line by line, as a failing scenario prints it: `-` was expected and
// is missing, `+` came and was not expected. Empty if they are equal.

#include <string>
#include <vector>

namespace millrace {

std::string line_diff(const std::vector<std::string>& expected,
                      const std::vector<std::string>& got);

}  // namespace millrace
