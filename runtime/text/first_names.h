#pragma once
// A list of names within a sentence, however many there are.

#include <cstddef>
#include <string>
#include <vector>

namespace millrace {

/// "a, b, c"; of more than `max` the first ones: "a, b, c and 12 others". Empty for none.
std::string first_names(const std::vector<std::string>& names, std::size_t max);

}  // namespace millrace
