#pragma once
// The format of a data directory: one number in one row. A directory of a newer format is refused,
// one of an older format is migrated step by step before anybody reads it. Includes RocksDB: for
// storage/rocks alone.

#include "runtime/base/result.h"

#include <rocksdb/db.h>

#include <cstdint>
#include <string>

namespace millrace::storage {

/// What this program writes. Raised when keys or rows change in a way that older programs would
/// misread; new fields and new kinds of rows are no such change.
inline constexpr std::uint32_t format_version_current = 1;

/// Checks the version of an open database, migrates it if it is older, and marks it if it is new.
/// `directory` is named in errors: format_not_supported, corrupt_data, storage_failed.
Outcome check_format_version(rocksdb::DB& database, const std::string& directory);

/// The value of the version row.
std::string encode_format_version(std::uint32_t version);

}  // namespace millrace::storage
