#pragma once
// Integers in JSON that JavaScript cannot hold: its numbers are doubles, exact up to 2^53. Ids of 64
// bits change in their last digits without a word when a function is given them, so the author is
// told.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::worker {

struct LossyNumber {
  std::string_view text;  // as it is in the JSON
  std::string becomes;    // as JavaScript writes it
};

/// The first such integers outside of strings, at most `count_max`. Looks at every sixteenth byte of a
/// JSON without long digit sequences.
std::vector<LossyNumber> find_lossy_numbers(std::string_view json, std::size_t count_max);

}  // namespace millrace::worker
