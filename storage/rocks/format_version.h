#pragma once
// The format of a data directory: one number in one row. A directory of a newer format is refused,
// one of an older format is migrated step by step before anybody reads it. Includes RocksDB: for
// storage/rocks alone.

#include "runtime/base/result.h"
#include "storage/movable_store.h"

#include <rocksdb/db.h>

#include <cstdint>
#include <string>

namespace millrace::storage {

/// What this program writes. Raised when keys or rows change in a way that older programs would
/// misread; new fields and new kinds of rows are no such change.
inline constexpr std::uint32_t format_version_current = 1;

/// The version of a directory that is being filled: no program serves from it.
inline constexpr std::uint32_t format_version_filling = 0;

/// Checks the version of an open database, migrates it if it is older, and marks it if it is new. One that is opened to
/// be filled must be new, or it was to be filled before and is emptied. `directory` is named in errors:
/// format_not_supported, conflict, corrupt_data, storage_failed.
Outcome check_format_version(rocksdb::DB& database, const std::string& directory, OpenedTo purpose);

/// The value of the version row.
std::string encode_format_version(std::uint32_t version);

}  // namespace millrace::storage
