#pragma once
// Small damages to good inputs.

#include "runtime/base/json.h"
#include "tests/support/seeded_random.h"

#include <string>
#include <vector>

namespace millrace {

/// One to four changes: bytes flipped, cut out, repeated, moved, or pieces of `dictionary` put in.
void mutate(std::string& text, SeededRandom& random, const std::vector<std::string>& dictionary);

/// Pieces in any order.
std::string random_text(SeededRandom& random, const std::vector<std::string>& pieces,
                        std::size_t pieces_max);

/// One to four changes of places found by a walk from the root: a value replaced by one of `values`
/// or by one from elsewhere in the document, a member or element taken away, doubled or renamed.
void mutate(Json& document, SeededRandom& random, const std::vector<Json>& values);

/// Each text must be JSON.
std::vector<Json> parse_all(const std::vector<std::string>& texts);

/// True if the pointer leads to a value of the document, or to what is missing in one: a member, or
/// a member of an object that is missing itself.
bool points_into(const Json& document, const std::string& pointer);

}  // namespace millrace
