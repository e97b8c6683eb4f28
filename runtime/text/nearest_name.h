#pragma once
// "Did you mean": the nearest of some names to a misspelt one.

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The candidate with the smallest edit distance (optimal string alignment: insert, delete,
/// replace, swap neighbours; case is half a step) if it is near enough to be helpful, else empty.
/// Near enough: one step for each three characters of the longer name, at least one; or equal but
/// for case. The first wins a draw.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);
/// What it adds to a message: `; did you mean "users"?`; nothing when it is empty.
std::string did_you_mean(const std::string& nearest);

}  // namespace millrace
