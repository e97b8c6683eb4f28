#pragma once
// Changing the secrets key: every sealed row is opened with the old key and sealed under the new
// one. In small commits, and safe to repeat: rows that are under the new key already are left
// alone, so an interrupted run is finished by the next. Nobody else may write meanwhile.

#include "runtime/base/result.h"
#include "storage/crypto/sealer.h"
#include "storage/ordered_store.h"

#include <cstddef>
#include <optional>

namespace millrace::storage {

struct ResealReport {
  std::size_t resealed = 0;
  std::size_t already_done = 0;
  /// Rows that the old key does not open; they are as they were.
  std::size_t left = 0;
  std::optional<Error> why_left;  // of the first of them
};

/// Errors of the store; what is committed until then stays.
Result<ResealReport> reseal_all(OrderedStore& store, const Sealer& from, const Sealer& to);

}  // namespace millrace::storage
