#pragma once
// JSON text of JavaScript and Python may hold half of a surrogate pair as an escape ("\ud83d"),
// which stands for no character and which strict parsers refuse.

#include <string>

namespace millrace {

/// Replaces escapes of unpaired surrogates by `\ufffd`, which has the same size, so that places in the
/// text stay what they are. False: there were none. What is no JSON stays so.
bool replace_lone_surrogates(std::string& json);

}  // namespace millrace
