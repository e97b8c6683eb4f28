#pragma once
// What a benchmark throws when it cannot measure: a server that does not start, a set-up call that
// is refused, a wrong answer. The driver reports it and goes on with the next benchmark; a number
// that was measured wrongly must never reach the table.

#include "runtime/base/result.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace millrace::bench {

class BenchFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The value, or a BenchFailure with the error's message.
template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw BenchFailure(result.error().message);
  return *std::move(result);
}

inline void expect(bool holds, const std::string& otherwise) {
  if (!holds) throw BenchFailure(otherwise);
}

}  // namespace millrace::bench
