#pragma once
// Moving everything from one store to another of any kind. The target is read back afterwards, and only when it holds
// what the source holds, row by row, may it serve. The source stays as it was.

#include "runtime/base/result.h"
#include "storage/movable_store.h"

#include <array>
#include <cstdint>
#include <functional>

namespace millrace::storage {

/// What a store holds, besides its own rows (format version, epochs): two stores of equal contents have equal ones.
struct StoreContents {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of keys and values
  /// Of each row in key order, and of the digest before it: BLAKE2b-256 of digest, length of the key (8 bytes, big
  /// endian), key, value.
  std::array<std::uint8_t, 32> digest{};

  bool operator==(const StoreContents&) const = default;
};

/// Told every few thousand rows what was read so far.
using MoveProgress = std::function<void(const StoreContents&)>;

Result<StoreContents> read_contents(const OrderedStore& store, const MoveProgress& progress);

/// Copies all rows, compares, and gives the target the source's epochs and the permission to serve. `to` was opened to be
/// filled. Errors: those of the stores; corrupt_data if what was written is not what is read.
Result<StoreContents> move_rows(MovableStore& from, MovableStore& to, const MoveProgress& copying,
                                const MoveProgress& comparing);

}  // namespace millrace::storage
