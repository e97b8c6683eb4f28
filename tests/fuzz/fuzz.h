#pragma once
// Runs a property many times, each round with a seed of its own. A round that fails, crashes or is
// stopped by a sanitizer prints its seed, and the seed alone repeats it:
//
//   MILLRACE_FUZZ_SEED=20261121007 MILLRACE_FUZZ_ROUNDS=1 build/fuzz_tests "a mutated definition*"
//
// MILLRACE_FUZZ_ROUNDS is the number of rounds of each test, for runs that are longer than the
// standard one, which takes seconds.

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <functional>
#include <string>

namespace millrace {

void fuzz(std::size_t standard_rounds, const std::function<void(SeededRandom& random)>& round);

/// Bytes as a C string literal, so that a failing input can be copied from the output of a test.
std::string printable(std::string_view bytes);

}  // namespace millrace
